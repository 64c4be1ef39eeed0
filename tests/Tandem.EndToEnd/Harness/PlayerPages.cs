using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Xunit;

namespace Tandem.EndToEnd.Harness;

/// <summary>Serves the player pages from an origin of their own, so that source, Tandem and page are three origins, as in real life.</summary>
public sealed class PlayerPages : IAsyncDisposable
{
    private readonly WebApplication _app;

    private PlayerPages(WebApplication app)
    {
        _app = app;
        Root = new Uri(app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First());
    }

    /// <summary>Where they are.</summary>
    public Uri Root { get; }

    /// <summary>Starts on a free port; the test is skipped where the players were not installed.</summary>
    public static async Task<PlayerPages> StartAsync()
    {
        var folder = Path.Combine(Checkout.Root, "tests/Tandem.EndToEnd/players");
        if (!File.Exists(Path.Combine(folder, "dist/hls.js")))
            Assert.Skip("The players are not installed: run tests/Tandem.EndToEnd/players/install");
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        var app = builder.Build();
        app.Run(context => AnswerAsync(context, folder));
        await app.StartAsync();
        return new PlayerPages(app);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        using var soon = new CancellationTokenSource(TimeSpan.FromSeconds(2));
        await _app.StopAsync(soon.Token);
        await _app.DisposeAsync();
    }

    private static async Task AnswerAsync(HttpContext context, string folder)
    {
        var name = Path.GetFileName(context.Request.Path.Value ?? "");
        var file = new[] { "pages", "dist" }.Select(part => Path.Combine(folder, part, name)).FirstOrDefault(File.Exists);
        if (file is null)
        {
            context.Response.StatusCode = 404;
            return;
        }

        context.Response.ContentType = name.EndsWith(".html", StringComparison.Ordinal) ? "text/html" : "text/javascript";
        await context.Response.SendFileAsync(file);
    }
}
