using System.Buffers.Binary;
using System.Globalization;
using System.Net;
using System.Net.WebSockets;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Tandem.Tests.Load;

/// <summary>One chunk on its way to one viewer.</summary>
/// <param name="Viewer">Connections count from 0.</param>
/// <param name="Track">1 picture, 2 voice.</param>
/// <param name="Index">How many chunks of this track this connection got before.</param>
/// <param name="Bytes">The whole message; may be changed.</param>
internal sealed record SentChunk(int Viewer, int Track, int Index, byte[] Bytes)
{
    /// <summary>Whether this is the one that a test spoils: early, but not the first.</summary>
    public bool IsChosen(int track = 2) => Viewer == 0 && Track == track && Index == 6;

    /// <summary>Moves a time of its header.</summary>
    public byte[] Moved(int offset, long microseconds)
    {
        BinaryPrimitives.WriteInt64BigEndian(Bytes.AsSpan(offset),
            BinaryPrimitives.ReadInt64BigEndian(Bytes.AsSpan(offset)) + microseconds);
        return Bytes;
    }
}

/// <summary>A server that a test makes misbehave: it speaks what docs/protocol.md says, written from that document alone.</summary>
internal sealed class SocketServer : IAsyncDisposable
{
    /// <summary>Where times stand in a chunk's header.</summary>
    public const int SourceTimeAt = 16;

    /// <summary>The same for the publication.</summary>
    public const int PublishedAt = 24;

    /// <summary>Bytes of a header.</summary>
    public const int HeaderLength = 40;

    private const long Delay = 8_000_000;

    private readonly WebApplication _app;
    private int _connections;

    private SocketServer(WebApplication app) => _app = app;

    /// <summary>Where it listens.</summary>
    public Uri Root { get; private set; } = new("http://127.0.0.1/");

    /// <summary>What becomes of a chunk: nothing, itself, or several messages.</summary>
    public Func<SentChunk, IEnumerable<byte[]>> Send { get; init; } = chunk => [chunk.Bytes];

    /// <summary>How long a chunk is held back.</summary>
    public Func<SentChunk, TimeSpan> Hold { get; init; } = _ => TimeSpan.Zero;

    /// <summary>A text message to send before a chunk; null for none.</summary>
    public Func<SentChunk, string?> Say { get; init; } = _ => null;

    /// <summary>Ends a connection after so many chunks of the voice; null for never.</summary>
    public Func<int, int?> EndsAfter { get; init; } = _ => null;

    /// <summary>What is said before a connection is ended; null for nothing: then it is cut.</summary>
    public string? Bye { get; init; }

    /// <summary>Answers an upgrade with this status; null lets everyone in.</summary>
    public Func<int, int?> Refuses { get; init; } = _ => null;

    /// <summary>Lets a connection in only to say that there is no room.</summary>
    public Func<int, bool> TurnsAway { get; init; } = _ => false;

    /// <summary>Whether connections get an init segment.</summary>
    public bool SendsInit { get; init; } = true;

    /// <summary>Told when a connection has been sent so many chunks of the voice.</summary>
    public Action<int, int> Sent { get; set; } = (_, _) => { };

    /// <summary>What <c>hello</c> says of segments, ms: viewers wait for chunks so long before they miss them.</summary>
    public int SegmentMs { get; init; } = 2000;

    /// <summary>Text messages that viewers sent.</summary>
    public System.Collections.Concurrent.ConcurrentQueue<string> Received { get; } = new();

    /// <summary>Queries of all connections.</summary>
    public System.Collections.Concurrent.ConcurrentQueue<string> Queries { get; } = new();

    /// <summary>Starts it on a free port.</summary>
    public static async Task<SocketServer> StartAsync(Func<WebApplication, SocketServer>? make = null)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        builder.Logging.ClearProviders();
        var app = builder.Build();
        app.UseWebSockets();
        var server = make?.Invoke(app) ?? new SocketServer(app);
        app.Run(server.AnswerAsync);
        await app.StartAsync();
        server.Root = new Uri(app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First());
        return server;
    }

    /// <summary>One that misbehaves as told.</summary>
    public static SocketServer Make(
        WebApplication app,
        Func<SentChunk, IEnumerable<byte[]>>? send = null,
        Func<SentChunk, TimeSpan>? hold = null,
        Func<SentChunk, string?>? say = null,
        Func<int, int?>? endsAfter = null,
        string? bye = null,
        Func<int, int?>? refuses = null,
        Func<int, bool>? turnsAway = null,
        bool sendsInit = true,
        int segmentMs = 2000)
    {
        return new SocketServer(app)
        {
            Send = send ?? (chunk => [chunk.Bytes]),
            Hold = hold ?? (_ => TimeSpan.Zero),
            Say = say ?? (_ => null),
            EndsAfter = endsAfter ?? (_ => null),
            Bye = bye,
            Refuses = refuses ?? (_ => null),
            TurnsAway = turnsAway ?? (_ => false),
            SendsInit = sendsInit,
            SegmentMs = segmentMs,
        };
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
        var viewer = Interlocked.Increment(ref _connections) - 1;
        Queries.Enqueue(context.Request.QueryString.Value ?? "");
        if (Refuses(viewer) is { } status)
        {
            context.Response.StatusCode = status;
            context.Response.Headers.RetryAfter = "1";
            await context.Response.WriteAsync("""{"status":503,"title":"Service Unavailable","detail":"full","reason":"viewers"}""");
            return;
        }

        using var socket = await context.WebSockets.AcceptWebSocketAsync("tandem.v1");
        try
        {
            var reading = ReadAsync(socket, context.RequestAborted);
            if (await ServeAsync(socket, viewer, context))
                await reading;
        }
        catch (Exception fault) when (fault is WebSocketException or OperationCanceledException or InvalidOperationException or IOException or ObjectDisposedException)
        {
            // The viewer left.
        }
    }

    private async Task ReadAsync(WebSocket socket, CancellationToken cancel)
    {
        var buffer = new byte[4096];
        while (socket.State is WebSocketState.Open or WebSocketState.CloseSent)
        {
            var result = await socket.ReceiveAsync(buffer, cancel);
            if (result.MessageType == WebSocketMessageType.Text)
                Received.Enqueue(Encoding.UTF8.GetString(buffer, 0, result.Count));
        }
    }

    /// <summary>False when the connection is to be cut.</summary>
    private async Task<bool> ServeAsync(WebSocket socket, int viewer, HttpContext context)
    {
        if (TurnsAway(viewer))
        {
            await SayAsync(socket, """{"type":"bye","reason":"admission","detail":"full","reconnect":true,"afterMs":1000}""");
            await socket.CloseOutputAsync((WebSocketCloseStatus)1013, null, default);
            return true;
        }

        await SayAsync(socket, string.Create(CultureInfo.InvariantCulture, $$"""{"type":"hello","protocol":"tandem.v1","channel":"test","delayMs":8000,"media":"av","tracks":[{"track":1,"kind":"video"},{"track":2,"kind":"audio"}],"segmentMs":{{SegmentMs}},"chunkMs":128,"serverTime":{{Now / 1000}},"unknown":[1]}"""));
        for (var track = 1; track <= 2 && SendsInit; track++)
            await socket.SendAsync(Message(kind: 1, track, sequence: 0, MadeMedia.Init(voice: track == 2)), WebSocketMessageType.Binary,
                true, default);
        var next = Resumed(context.Request.Query["resume"].ToString()) ?? ((Now / MadeMedia.ChunkTime) - 3);
        for (var index = 0; socket.State == WebSocketState.Open; index++, next++)
        {
            var wait = (next * MadeMedia.ChunkTime) - Now;
            if (wait > 0)
                await Task.Delay(TimeSpan.FromMicroseconds(wait), TimeProvider.System, context.RequestAborted);
            if (index % 8 == 0)
                await SayAsync(socket, string.Create(CultureInfo.InvariantCulture, $$"""{"type":"status","state":"dubbed","serverTime":{{Now / 1000}}}"""));
            for (var track = 1; track <= 2; track++)
                await SendAsync(socket, new SentChunk(viewer, track, index,
                    Message(kind: 2, track, next, MadeMedia.Fragment(next * 6144, 6, (int)((next * 2) + track)))));
            Sent(viewer, index + 1);
            if (EndsAfter(viewer) is { } last && index >= last)
            {
                if (Bye is null)
                    context.Abort();
                else
                    await SayAsync(socket, Bye);
                if (Bye is not null)
                    await socket.CloseOutputAsync((WebSocketCloseStatus)1001, null, default);
                return Bye is not null;
            }
        }

        return true;
    }

    private async Task SendAsync(WebSocket socket, SentChunk chunk)
    {
        await Task.Delay(Hold(chunk), TimeProvider.System);
        if (Say(chunk) is { } text)
            await SayAsync(socket, text);
        foreach (var message in Send(chunk))
            await socket.SendAsync(message, WebSocketMessageType.Binary, true, default);
    }

    private static Task SayAsync(WebSocket socket, string text) =>
        socket.SendAsync(Encoding.UTF8.GetBytes(text), WebSocketMessageType.Text, true, default);

    private static long? Resumed(string query) => query.Split(',').Select(part => part.Split(':')).Where(part => part.Length == 2)
        .Select(part => (long?)long.Parse(part[1], CultureInfo.InvariantCulture)).Min();

    /// <summary>A binary message, published when its number says.</summary>
    internal static byte[] Message(byte kind, int track, long sequence, byte[] payload)
    {
        var message = new byte[HeaderLength + payload.Length];
        message[0] = kind;
        message[1] = (byte)track;
        message[2] = 1;
        message[3] = HeaderLength;
        BinaryPrimitives.WriteInt32BigEndian(message.AsSpan(4), 7);
        BinaryPrimitives.WriteInt64BigEndian(message.AsSpan(8), sequence);
        BinaryPrimitives.WriteInt64BigEndian(message.AsSpan(SourceTimeAt), (sequence * MadeMedia.ChunkTime) - Delay);
        BinaryPrimitives.WriteInt64BigEndian(message.AsSpan(PublishedAt), sequence * MadeMedia.ChunkTime);
        BinaryPrimitives.WriteInt32BigEndian(message.AsSpan(32), MadeMedia.ChunkTime);
        BinaryPrimitives.WriteInt16BigEndian(message.AsSpan(36), (short)(track == 2 ? 1 : 0));
        payload.CopyTo(message, HeaderLength);
        return message;
    }
}
