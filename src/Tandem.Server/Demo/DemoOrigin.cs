using System.Globalization;
using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Tandem.Server.Demo;

/// <summary>
/// A live HLS channel as a CDN would serve it: an origin of its own, readable from every page, playlists that grow by the clock, pieces
/// that never change. It knows nothing of Tandem.
/// </summary>
internal sealed class DemoOrigin : IAsyncDisposable
{
    /// <summary>How long a piece can still be had after it left the playlist: longer than Tandem's longest delay.</summary>
    private static readonly TimeSpan Kept = TimeSpan.FromMinutes(10);

    private readonly WebApplication _host;
    private readonly Material _material;
    private readonly LoopWindow _window;
    private readonly TimeProvider _time;

    private DemoOrigin(WebApplication host, Material material, TimeProvider time)
    {
        _host = host;
        _material = material;
        _window = new(material.Loop!);
        _time = time;
    }

    /// <summary>Address of the channel's master playlist.</summary>
    public Uri Master { get; private set; } = null!;

    /// <summary>Starts serving on 127.0.0.1.</summary>
    /// <param name="material">What is looped.</param>
    /// <param name="port">The port; when it is taken, or 0, any free one.</param>
    /// <param name="time">The clock that the channel lives by.</param>
    /// <param name="cancel">Gives up starting.</param>
    public static async Task<DemoOrigin> StartAsync(Material material, int port, TimeProvider time, CancellationToken cancel)
    {
        try
        {
            return await ListenAsync(material, port, time, cancel).ConfigureAwait(false);
        }
        catch (IOException) when (port != 0)
        {
            return await ListenAsync(material, 0, time, cancel).ConfigureAwait(false);
        }
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _host.DisposeAsync();

    private static async Task<DemoOrigin> ListenAsync(Material material, int port, TimeProvider time, CancellationToken cancel)
    {
        var builder = WebApplication.CreateEmptyBuilder(new());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(o =>
        {
            o.AddServerHeader = false;
            o.Listen(IPAddress.Loopback, port, l => l.Protocols = HttpProtocols.Http1);
        });
        builder.Services.AddRoutingCore();
        builder.Logging.ClearProviders();
        var host = builder.Build();
        var origin = new DemoOrigin(host, material, time);
        host.Use(AllowEveryPage);
        host.UseRouting();
        string[] read = [HttpMethods.Get, HttpMethods.Head];
        host.MapMethods("/master.m3u8", read, origin.MasterAsync);
        host.MapMethods("/{variant}/live.m3u8", read, origin.MediaAsync);
        host.MapMethods("/{variant}/{piece}.ts", read, origin.PieceAsync);
        try
        {
            await host.StartAsync(cancel).ConfigureAwait(false);
        }
        catch
        {
            await host.DisposeAsync().ConfigureAwait(false);
            throw;
        }

        origin.Master = new Uri(new Uri(host.Urls.First()), "master.m3u8");
        return origin;
    }

    private static Task AllowEveryPage(HttpContext context, RequestDelegate next)
    {
        var headers = context.Response.Headers;
        headers.AccessControlAllowOrigin = "*";
        headers.AccessControlExposeHeaders = "Date, Age, Content-Length, Content-Range";
        if (!HttpMethods.IsOptions(context.Request.Method))
        {
            return next(context);
        }

        headers.AccessControlAllowHeaders = "Range";
        headers.AccessControlMaxAge = "86400";
        context.Response.StatusCode = StatusCodes.Status204NoContent;
        return Task.CompletedTask;
    }

    private Task MasterAsync(HttpContext context) => PlaylistAsync(context, LoopPlaylists.Master(_window.Loop), "public, max-age=60");

    private Task MediaAsync(HttpContext context) => Variant(context) is null
        ? NotFoundAsync(context)
        : PlaylistAsync(context, LoopPlaylists.Media(_window, _time.GetUtcNow()), "public, max-age=1");

    private static Task PlaylistAsync(HttpContext context, string text, string caching)
    {
        context.Response.Headers.CacheControl = caching;
        return Results.Text(text, "application/vnd.apple.mpegurl").ExecuteAsync(context);
    }

    private async Task PieceAsync(HttpContext context)
    {
        var newest = _window.Newest(_time.GetUtcNow());
        if (Variant(context) is not { } variant
            || !long.TryParse((string?)context.Request.RouteValues["piece"], NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            || number > newest.Number
            || number < 0
            || newest.Start - _window.At(number).Start > Kept.TotalSeconds * Loop.TicksPerSecond)
        {
            await NotFoundAsync(context).ConfigureAwait(false);
            return;
        }

        var piece = _window.At(number);
        var path = Path.Combine(_material.Folder, Loop.PathOf(variant.Name, piece.Index));
        var bytes = await File.ReadAllBytesAsync(path, context.RequestAborted).ConfigureAwait(false);
        if (_window.Loop.Seamless)
        {
            TransportStream.Shift(bytes, piece.Round, _window.Loop.Length, variant.PacketsByPid);
        }

        context.Response.Headers.CacheControl = "public, max-age=31536000, immutable";
        await Results.Bytes(bytes, "video/mp2t", enableRangeProcessing: true).ExecuteAsync(context).ConfigureAwait(false);
    }

    private LoopVariant? Variant(HttpContext context)
    {
        var name = (string?)context.Request.RouteValues["variant"];
        return _window.Loop.Variants.FirstOrDefault(v => v.Name == name);
    }

    private static Task NotFoundAsync(HttpContext context)
    {
        context.Response.StatusCode = StatusCodes.Status404NotFound;
        context.Response.Headers.CacheControl = "no-store";
        return Task.CompletedTask;
    }
}
