using System.Collections.Concurrent;
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

namespace Tandem.Tests.Load;

/// <summary>A file that somebody asks for.</summary>
/// <param name="Voice">Of the voice; otherwise of the picture.</param>
/// <param name="Number">Of the segment, counted from the server's start; -1 for playlists and init segments.</param>
/// <param name="Asked">How often this file was asked for before.</param>
/// <param name="Bytes">What would be sent.</param>
internal sealed record SentFile(bool Voice, int Number, int Asked, byte[] Bytes)
{
    /// <summary>Whether this is the segment that a test spoils.</summary>
    public bool IsChosen => Voice && Number == HlsServer.Chosen;
}

/// <summary>A live HLS channel that a test makes misbehave: fMP4 picture and packed voice, a segment every 0.512 s.</summary>
internal sealed class HlsServer : IAsyncDisposable
{
    /// <summary>Number of the segment that a test spoils: the third to appear after the first request.</summary>
    public const int Chosen = Window + 2;

    // Long, so that nothing leaves the playlist while a busy machine holds viewers up.
    private const int Window = 24;

    private readonly WebApplication _app;
    private readonly Lazy<long> _start = new(() => (Now / MadeMedia.SegmentTime) - Window);
    private readonly ConcurrentDictionary<string, int> _asked = new(StringComparer.Ordinal);

    private HlsServer(WebApplication app) => _app = app;

    /// <summary>Where it listens. Numbers are counted from the first request.</summary>
    public Uri Root { get; private set; } = new("http://127.0.0.1/");

    /// <summary>What is sent for a segment; null for 404.</summary>
    public Func<SentFile, byte[]?> Send { get; init; } = file => file.Bytes;

    /// <summary>How long a segment is held back.</summary>
    public Func<SentFile, TimeSpan> Hold { get; init; } = _ => TimeSpan.Zero;

    /// <summary>What becomes of a playlist; null for 503.</summary>
    public Func<bool, int, string, string?> List { get; init; } = (_, _, text) => text;

    /// <summary>How far the voice's media time is off, 90 kHz, by segment.</summary>
    public Func<int, long> Off { get; init; } = _ => 0;

    /// <summary>Told of each segment that was asked for.</summary>
    public Action<SentFile> Asked { get; set; } = _ => { };

    /// <summary>How many playlists were asked for with the tag of the one before.</summary>
    public int Conditional { get; private set; }

    /// <summary>One that misbehaves as told.</summary>
    public static HlsServer Make(
        WebApplication app,
        Func<SentFile, byte[]?>? send = null,
        Func<SentFile, TimeSpan>? hold = null,
        Func<bool, int, string, string?>? list = null,
        Func<int, long>? off = null)
    {
        return new HlsServer(app)
        {
            Send = send ?? (file => file.Bytes),
            Hold = hold ?? (_ => TimeSpan.Zero),
            List = list ?? ((_, _, text) => text),
            Off = off ?? (_ => 0),
        };
    }

    /// <summary>Starts it on a free port.</summary>
    public static async Task<HlsServer> StartAsync(Func<WebApplication, HlsServer> make)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        builder.Logging.ClearProviders();
        var app = builder.Build();
        var server = make(app);
        app.Run(server.AnswerAsync);
        await app.StartAsync();
        server.Root = new Uri(app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First());
        return server;
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        using var soon = new CancellationTokenSource(TimeSpan.FromSeconds(2));
        await _app.StopAsync(soon.Token);
        await _app.DisposeAsync();
    }

    private static long Now => (TimeProvider.System.GetUtcNow() - DateTimeOffset.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond;

    private async Task AnswerAsync(HttpContext context)
    {
        var name = (context.Request.Path.Value ?? "").Split('/')[^1];
        var asked = _asked.AddOrUpdate(name, 0, (_, before) => before + 1);
        var voice = name[0] == 'a';
        try
        {
            await (name switch
            {
                "master.m3u8" => TextAsync(context, Master),
                "v.m3u8" or "a.m3u8" => TextAsync(context, List(voice, asked, Media(voice))),
                "v.init" => BytesAsync(context, MadeMedia.Init(voice: false)),
                _ => SegmentAsync(context, voice, int.Parse(name[1..^4], CultureInfo.InvariantCulture), asked),
            });
        }
        catch (OperationCanceledException)
        {
            // The viewer left.
        }
    }

    private const string Master = """
        #EXTM3U
        #EXT-X-VERSION:6
        #EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="voices",LANGUAGE="en",NAME="English, original",URI="nowhere.m3u8"
        #EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="voices",LANGUAGE="es",NAME="Español",DEFAULT=YES,URI="a.m3u8"
        #EXT-X-STREAM-INF:BANDWIDTH=1000,CODECS="avc1.64001f,mp4a.40.2",AUDIO="voices"
        nowhere.m3u8
        #EXT-X-STREAM-INF:BANDWIDTH=3000,CODECS="avc1.64001f,mp4a.40.2",AUDIO="voices"
        v.m3u8
        """;

    private string Media(bool voice)
    {
        var newest = (Now / MadeMedia.SegmentTime) - 1;
        var text = new StringBuilder("#EXTM3U\n#EXT-X-VERSION:6\n#EXT-X-TARGETDURATION:1\n");
        text.Append(CultureInfo.InvariantCulture,
            $"#EXT-X-MEDIA-SEQUENCE:{newest - Window + 1 - _start.Value}\n#EXT-X-DISCONTINUITY-SEQUENCE:4\n");
        if (!voice)
            text.Append("#EXT-X-MAP:URI=\"v.init\"\n");
        for (var number = newest - Window + 1; number <= newest; number++)
        {
            var date = DateTimeOffset.UnixEpoch.AddMicroseconds((number * MadeMedia.SegmentTime) - 8_000_000);
            text.Append(CultureInfo.InvariantCulture,
                $"#EXT-X-PROGRAM-DATE-TIME:{date:yyyy-MM-ddTHH:mm:ss.fffZ}\n#EXTINF:0.512,\n{(voice ? 'a' : 'v')}{number - _start.Value}.{(voice ? "aac" : "m4s")}\n");
        }

        return text.ToString();
    }

    private async Task SegmentAsync(HttpContext context, bool voice, int number, int asked)
    {
        var time = (_start.Value + number) * MadeMedia.SegmentTime;
        var file = new SentFile(voice, number, asked, voice
            ? MadeMedia.Packed((time * 9 / 100) + Off(number), 24, number)
            : MadeMedia.Fragment(time * 48 / 1000, 24, number));
        await Task.Delay(Hold(file), TimeProvider.System, context.RequestAborted);
        if (Send(file) is { } bytes)
            await BytesAsync(context, bytes);
        else
            context.Response.StatusCode = 404;
        Asked(file);
    }

    private async Task TextAsync(HttpContext context, string? text)
    {
        if (text is null)
        {
            context.Response.StatusCode = 503;
            return;
        }

        var tag = $"\"{Convert.ToHexString(System.Security.Cryptography.SHA256.HashData(Encoding.UTF8.GetBytes(text)))[..16]}\"";
        context.Response.Headers.ETag = tag;
        Conditional += context.Request.Headers.IfNoneMatch.Count;
        if (context.Request.Headers.IfNoneMatch == tag)
        {
            context.Response.StatusCode = 304;
            return;
        }

        await BytesAsync(context, Encoding.UTF8.GetBytes(text));
    }

    private static Task BytesAsync(HttpContext context, byte[] bytes)
    {
        context.Response.ContentLength = bytes.Length;
        return context.Response.Body.WriteAsync(bytes, context.RequestAborted).AsTask();
    }
}
