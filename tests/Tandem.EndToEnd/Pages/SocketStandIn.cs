using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Net;
using System.Net.WebSockets;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.FileProviders;
using Microsoft.Extensions.Logging;
using Tandem.EndToEnd.Harness;

namespace Tandem.EndToEnd.Pages;

/// <summary>
/// A server of tandem.v1, written from the protocol's description and sharing nothing with Tandem's own: the page, the state of one channel that
/// asks for the shortest delay, and a socket that sends a test picture and the voices es (440 Hz) and fr (1,000 Hz) as time passes.
/// </summary>
public sealed class SocketStandIn : IAsyncDisposable
{
    /// <summary>How long ago what is sent was live, s.</summary>
    public const double DelaySeconds = 3;

    private const int Picture = 1;
    private const int Sound = 2;
    private static readonly string[] _languages = ["original", "es", "fr"];

    private readonly WebApplication _app;
    private readonly SocketTrack _picture;
    private readonly SocketTrack[] _voices;
    private readonly DateTimeOffset _began = TimeProvider.System.GetUtcNow();
    private readonly ConcurrentQueue<string> _heard = new();
    private readonly ConcurrentQueue<string> _queries = new();
    private CancellationTokenSource _cut = new();
    private volatile int _silenced;
    private volatile bool _ended;

    private SocketStandIn(WebApplication app, SocketTrack picture, SocketTrack[] voices) => (_app, _picture, _voices) = (app, picture, voices);

    /// <summary>Its address.</summary>
    public Uri Root => new(_app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First());

    /// <summary>Whether sockets are refused.</summary>
    public bool Refuses { get; set; }

    /// <summary>The token without which the channel's state and its sockets are refused; null while anybody may come.</summary>
    public string? Token { get; set; }

    /// <summary>Chunks that are sent before their time: the page gets more than it plays.</summary>
    public int Ahead { get; set; }

    /// <summary>Queries of the sockets that were asked for.</summary>
    public IReadOnlyCollection<string> Queries => _queries;

    /// <summary>What went wrong here, for a failed test's message.</summary>
    public string Fault { get; private set; } = "";

    /// <summary>What clients said.</summary>
    public IReadOnlyCollection<string> Heard => _heard;

    /// <summary>Starts on a free port.</summary>
    public static async Task<SocketStandIn> StartAsync()
    {
        var (picture, spanish, french) = (SocketTrack.PictureAsync(), SocketTrack.SoundAsync(440), SocketTrack.SoundAsync(1000));
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        var app = builder.Build();
        var server = new SocketStandIn(app, await picture, [await spanish, await spanish, await french]);
        var files = new PhysicalFileProvider(Path.Combine(Checkout.Root, "web", "dist"));
        app.UseDefaultFiles(new DefaultFilesOptions { FileProvider = files });
        app.UseStaticFiles(new StaticFileOptions { FileProvider = files });
        app.UseWebSockets();
        app.Run(server.AnswerAsync);
        await app.StartAsync();
        return server;
    }

    /// <summary>Says good-bye to all and ends their sockets, as a server does that shuts down.</summary>
    public async Task CutAsync()
    {
        var cut = Interlocked.Exchange(ref _cut, new CancellationTokenSource());
        await cut.CancelAsync();
        cut.Dispose();
    }

    /// <summary>The channel ends: says so, and ends sockets for good.</summary>
    public Task EndAsync()
    {
        _ended = true;
        return CutAsync();
    }

    /// <summary>Sends nothing more to those who are there, and does not close their sockets either, as a path that is dead.</summary>
    public void FallSilent() => _silenced++;

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await CutAsync();
        using var soon = new CancellationTokenSource(TimeSpan.FromSeconds(2));
        await _app.StopAsync(soon.Token);
        await _app.DisposeAsync();
        _cut.Dispose();
    }

    private static long Milliseconds => TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds();

    // Chunks that exist by now.
    private int Newest => (int)((TimeProvider.System.GetUtcNow() - _began).TotalSeconds / SocketTrack.ChunkSeconds) + 4 + Ahead;

    private async Task AnswerAsync(HttpContext context)
    {
        switch (context.Request.Path.Value)
        {
            case "/live/channels.json":
                await context.Response.WriteAsync("""{"channels":[{"channel":"short"}]}""");
                break;
            case "/live/short/state.json" or "/ws/live/short"
                when Token is { } token && context.Request.Headers.Authorization != $"Bearer {token}" && context.Request.Query["token"] != token:
                context.Response.StatusCode = StatusCodes.Status401Unauthorized;
                break;
            case "/live/short/state.json":
                await context.Response.WriteAsync(
                    $$$"""
                    {"channel":"short","state":"live","from":"en","delaySeconds":3,"shortestDelay":true,"serverTime":{{{Milliseconds}}},"edge":{"date":{{{Milliseconds - 3000}}},"appearedAt":{{{Milliseconds - 3000}}}},
                    "voices":[{"language":"es","state":"dubbed","heard":[]},{"language":"fr","state":"dubbed","heard":[]}]}
                    """);
                break;
            case "/ws/live/short":
                _queries.Enqueue(context.Request.QueryString.Value ?? "");
                if (Refuses || !context.WebSockets.IsWebSocketRequest)
                {
                    context.Response.StatusCode = StatusCodes.Status503ServiceUnavailable;
                    break;
                }

                using (var socket = await context.WebSockets.AcceptWebSocketAsync("tandem.v1"))
                    await ServeAsync(socket, context.Request.Query, _cut.Token);
                break;
            default:
                context.Response.StatusCode = StatusCodes.Status404NotFound;
                break;
        }
    }

    private async Task ServeAsync(WebSocket socket, IQueryCollection query, CancellationToken cut)
    {
        var voice = Math.Max(1, Array.IndexOf(_languages, (string?)query["lang"] ?? "es"));
        var (picture, sound) = Resume(query["resume"].ToString());
        using var gone = CancellationTokenSource.CreateLinkedTokenSource(cut);
        var listening = ListenAsync(socket, index => voice = index, gone);
        try
        {
            await SayAsync(socket, Hello(_languages[voice]));
            await SendAsync(socket, _picture, Picture, 0, picture, init: true);
            var (sent, silenced) = (-1, _silenced);

            // Who is cut off comes again in the middle of a group of pictures, where it is hardest to go on.
            while (!gone.IsCancellationRequested || _picture.Chunks[picture].IsCut)
            {
                while (silenced == _silenced && picture < Newest)
                {
                    await SendAsync(socket, _picture, Picture, 0, picture, init: false);
                    picture++;
                }

                while (silenced == _silenced && sound < Newest)
                {
                    if (sent != voice)
                        await SendAsync(socket, _voices[voice], Sound, voice, sound, init: true);
                    sent = voice;
                    await SendAsync(socket, _voices[voice], Sound, voice, sound, init: false);
                    sound++;
                }

                await Task.Delay(TimeSpan.FromSeconds(0.1), TimeProvider.System, CancellationToken.None);
            }

            await SayAsync(socket, _ended
                ? """{"type":"bye","reason":"channel_gone","detail":"the source has ended","reconnect":false}"""
                : """{"type":"bye","reason":"shutdown","detail":"","reconnect":true,"afterMs":300}""");
            await socket.CloseOutputAsync(WebSocketCloseStatus.EndpointUnavailable, null, CancellationToken.None);
        }
        catch (Exception fault)
        {
            // The page left, or this stand-in has a mistake.
            Fault = fault.ToString();
        }

        await gone.CancelAsync();
        await listening;
    }

    private async Task ListenAsync(WebSocket socket, Action<int> select, CancellationTokenSource gone)
    {
        var buffer = new byte[4096];
        try
        {
            while (true)
            {
                // Not to be cancelled, which aborts the socket before it can say good-bye.
                var received = await socket.ReceiveAsync(buffer, CancellationToken.None);
                if (received.MessageType == WebSocketMessageType.Close)
                    break;
                var text = Encoding.UTF8.GetString(buffer, 0, received.Count);
                _heard.Enqueue(text);
                using var message = JsonDocument.Parse(text);
                if (message.RootElement.GetProperty("type").GetString() == "select")
                    select(Array.IndexOf(_languages, message.RootElement.GetProperty("language").GetString()));
            }
        }
        catch (WebSocketException)
        {
            // Cut off, by whichever side.
        }

        await gone.CancelAsync();
    }

    private (int Picture, int Sound) Resume(string resume)
    {
        var next = resume.Split(',', StringSplitOptions.RemoveEmptyEntries).Select(part => part.Split(':'))
            .ToDictionary(part => part[0], part => int.Parse(part[1], System.Globalization.CultureInfo.InvariantCulture), StringComparer.Ordinal);
        var newest = Newest - 1;
        while (!_picture.Chunks[newest].IsCut)
            newest--;
        return (next.GetValueOrDefault("video", newest), next.GetValueOrDefault("audio", newest));
    }

    private static string Hello(string language) =>
        $$$"""
        {"type":"hello","protocol":"tandem.v1","channel":"short","session":"5e55","delayMs":3000,"media":"av","language":"{{{language}}}",
        "tracks":[{"track":1,"kind":"video","mime":"video/mp4; codecs=\"avc1.4d401f\"","width":320,"height":180},{"track":2,"kind":"audio","mime":"audio/mp4; codecs=\"mp4a.40.2\""}],
        "renditions":[{"rendition":0,"language":"original","name":"English (original)","source":"en"},{"rendition":1,"language":"es","name":"Español"},{"rendition":2,"language":"fr","name":"Français"}],
        "segmentMs":2000,"chunkMs":320,"serverTime":{{{Milliseconds}}},"pingSeconds":20,"endsInSeconds":3300,"unknown":1}
        """;

    private static Task SayAsync(WebSocket socket, string text) =>
        socket.SendAsync(Encoding.UTF8.GetBytes(text), WebSocketMessageType.Text, endOfMessage: true, CancellationToken.None);

    private Task SendAsync(WebSocket socket, SocketTrack of, int track, int rendition, int sequence, bool init)
    {
        var payload = init ? of.Init : of.Chunks[sequence].Data;

        // When its beginning was live is what the delay is counted from.
        var published = _began.AddSeconds((sequence - 3) * SocketTrack.ChunkSeconds);
        var live = published.AddSeconds(of.Chunks[0].Composition - DelaySeconds);
        var data = new byte[40 + payload.Length];
        data[0] = (byte)(init ? 1 : 2);
        data[1] = (byte)track;
        data[2] = (byte)(!init && of.Chunks[sequence].IsCut ? 1 : 0);
        data[3] = 40;
        BinaryPrimitives.WriteUInt32BigEndian(data.AsSpan(4), 1);
        BinaryPrimitives.WriteUInt64BigEndian(data.AsSpan(8), (ulong)sequence);
        BinaryPrimitives.WriteInt64BigEndian(data.AsSpan(16), live.ToUnixTimeMilliseconds() * 1000);
        BinaryPrimitives.WriteInt64BigEndian(data.AsSpan(24), published.ToUnixTimeMilliseconds() * 1000);
        BinaryPrimitives.WriteUInt32BigEndian(data.AsSpan(32), (uint)(SocketTrack.ChunkSeconds * 1e6));
        BinaryPrimitives.WriteUInt16BigEndian(data.AsSpan(36), (ushort)rendition);
        payload.CopyTo(data.AsSpan(40));
        return socket.SendAsync(data, WebSocketMessageType.Binary, endOfMessage: true, CancellationToken.None);
    }
}
