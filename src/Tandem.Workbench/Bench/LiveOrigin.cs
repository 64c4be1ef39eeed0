using System.Globalization;
using System.Net;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Tandem.Workbench.Bench;

/// <summary>
/// The bench's source on the air: an HTTP server on a free loopback port, whose every path is the same live channel, so that all channels
/// see a segment at the same moment.
/// </summary>
internal sealed class LiveOrigin : IAsyncDisposable
{
    private const int WindowSegments = 6;

    private readonly WebApplication _app;
    private readonly BenchMaterial _material;
    private readonly TimeProvider _time;
    private readonly DateTimeOffset _start;

    private LiveOrigin(WebApplication app, BenchMaterial material, TimeProvider time)
    {
        _app = app;
        _material = material;
        _time = time;

        // A window's worth of segments is there at once.
        _start = time.GetUtcNow() - (WindowSegments * BenchMaterial.Duration);
    }

    /// <summary>How long the source lasts from its start on the air.</summary>
    public static TimeSpan Lasts => (BenchMaterial.Count - WindowSegments) * BenchMaterial.Duration;

    /// <summary>Where it listens.</summary>
    public Uri Root { get; private set; } = new("http://127.0.0.1/");

    /// <summary>A channel's media playlist.</summary>
    public Uri Playlist(string channel) => new(Root, $"{channel}/live.m3u8");

    /// <summary>Puts the source on the air.</summary>
    public static async Task<LiveOrigin> StartAsync(BenchMaterial material, TimeProvider time, CancellationToken cancel)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        builder.Logging.ClearProviders();
        var app = builder.Build();
        var origin = new LiveOrigin(app, material, time);
        app.Run(origin.AnswerAsync);
        await app.StartAsync(cancel);
        origin.Root = new Uri(app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First());
        return origin;
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        using var soon = new CancellationTokenSource(TimeSpan.FromSeconds(2), _time);
        await _app.StopAsync(soon.Token);
        await _app.DisposeAsync();
    }

    private async Task AnswerAsync(HttpContext context)
    {
        var name = (context.Request.Path.Value ?? "").Split('/')[^1];
        context.Response.Headers.AccessControlAllowOrigin = "*";
        if (name == "live.m3u8")
        {
            var body = Encoding.UTF8.GetBytes(List());
            context.Response.ContentType = "application/vnd.apple.mpegurl";
            context.Response.ContentLength = body.Length;
            await context.Response.Body.WriteAsync(body, context.RequestAborted);
        }
        else if (int.TryParse(name.AsSpan(1).ToString().Split('.')[0], CultureInfo.InvariantCulture, out var index) && index < Complete())
        {
            context.Response.ContentType = "video/mp2t";
            context.Response.ContentLength = _material.Segments[index].Length;
            await context.Response.Body.WriteAsync(_material.Segments[index], context.RequestAborted);
        }
        else
        {
            context.Response.StatusCode = StatusCodes.Status404NotFound;
        }
    }

    private int Complete() => Math.Min(BenchMaterial.Count, (int)((_time.GetUtcNow() - _start) / BenchMaterial.Duration));

    private string List()
    {
        var complete = Complete();
        var first = Math.Max(0, complete - WindowSegments);
        var text = new StringBuilder("#EXTM3U\n#EXT-X-VERSION:3\n#EXT-X-TARGETDURATION:2\n");
        text.Append(CultureInfo.InvariantCulture, $"#EXT-X-MEDIA-SEQUENCE:{first}\n");
        for (var index = first; index < complete; index++)
            text.Append(CultureInfo.InvariantCulture, $"#EXTINF:2.000,\ns{index}.ts\n");
        return text.ToString();
    }
}
