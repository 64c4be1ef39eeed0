using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Tandem.EndToEnd.Pages;

/// <summary>A page of somebody else with the policy of docs/embed.md and one script tag, which notes the player's events.</summary>
public sealed class HostPage : IAsyncDisposable
{
    private readonly WebApplication _app;

    private HostPage(WebApplication app) => _app = app;

    /// <summary>Its address.</summary>
    public Uri Root => new(_app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First());

    /// <summary>Starts on a free port.</summary>
    /// <param name="tandem">Where the player comes from.</param>
    /// <param name="pictures">Who has the pictures.</param>
    public static async Task<HostPage> StartAsync(Uri tandem, Uri pictures)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        var app = builder.Build();
        app.Run(context =>
        {
            if (context.Request.Path == "/note.js")
            {
                context.Response.ContentType = "text/javascript";
                return context.Response.WriteAsync(
                    """
                    window.noted = [];
                    for (const name of ['tandem-ready', 'tandem-status', 'tandem-voice'])
                        addEventListener(name, ({ detail: d }) => window.noted.push([name, d.channel, d.heard, d.language, d.voice, d.behindLiveSeconds, d.player].filter(v => v != null).join(' ')));
                    """);
            }

            context.Response.ContentType = "text/html";
            context.Response.Headers.ContentSecurityPolicy =
                $"default-src 'none'; img-src 'self'; script-src 'self' {tandem}; connect-src {tandem} {pictures}; media-src blob: data:; require-trusted-types-for 'script'";
            return context.Response.WriteAsync(
                $"""
                <!doctype html>
                <html lang="en"><title>Somebody's page</title>
                <script src="/note.js"></script>
                <h1>News</h1>
                <script src="{tandem}embed.js" data-channel="guest" data-lang="fr"></script>
                </html>
                """);
        });
        await app.StartAsync();
        return new HostPage(app);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        using var soon = new CancellationTokenSource(TimeSpan.FromSeconds(2));
        await _app.StopAsync(soon.Token);
        await _app.DisposeAsync();
    }
}
