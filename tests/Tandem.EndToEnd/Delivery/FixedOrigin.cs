using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Tandem.EndToEnd.Delivery;

/// <summary>One playlist and one segment with the headers that Tandem gives them; ServerTests hold Tandem to these.</summary>
public sealed class FixedOrigin : IAsyncDisposable
{
    private readonly WebApplication _app;

    private FixedOrigin(WebApplication app)
    {
        _app = app;
        Root = new Uri(app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First());
    }

    /// <summary>The segment.</summary>
    public static byte[] Segment { get; } = [.. Enumerable.Range(0, 5000).Select(index => (byte)index)];

    /// <summary>The playlist.</summary>
    public static string Playlist { get; } = "#EXTM3U\n" + string.Concat(Enumerable.Repeat("# a line of a long playlist\n", 100));

    /// <summary>Where it listens.</summary>
    public Uri Root { get; }

    /// <summary>Starts on a free port.</summary>
    public static async Task<FixedOrigin> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        var app = builder.Build();
        app.Run(AnswerAsync);
        await app.StartAsync();
        return new FixedOrigin(app);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        using var soon = new CancellationTokenSource(TimeSpan.FromSeconds(2));
        await _app.StopAsync(soon.Token);
        await _app.DisposeAsync();
    }

    private static Task AnswerAsync(HttpContext context)
    {
        context.Response.Headers.AccessControlAllowOrigin = "*";
        if (context.Request.Path.Value?.EndsWith(".aac", StringComparison.Ordinal) == true)
        {
            context.Response.Headers.CacheControl = "public, max-age=31536000, immutable";
            return Results.Bytes(Segment, "audio/aac", enableRangeProcessing: true).ExecuteAsync(context);
        }

        context.Response.Headers.CacheControl = "public, max-age=1";
        context.Response.Headers.Vary = "Accept-Encoding";
        return Results.Text(Playlist, "application/vnd.apple.mpegurl").ExecuteAsync(context);
    }
}
