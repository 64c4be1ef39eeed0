using System.Buffers.Binary;
using System.Net.WebSockets;
using System.Text;
using System.Text.Json;

namespace Tandem.Tests.WebSockets;

/// <summary>A binary message as docs/protocol.md describes it.</summary>
internal sealed record Received(int Kind, int Track, int Flags, long Generation, long Sequence, long SourceMicros, long PublishedMicros, long Duration, int Rendition, byte[] Payload)
{
    public static Received Read(byte[] message) => new(
        message[0],
        message[1],
        message[2],
        BinaryPrimitives.ReadUInt32BigEndian(message.AsSpan(4)),
        BinaryPrimitives.ReadInt64BigEndian(message.AsSpan(8)),
        BinaryPrimitives.ReadInt64BigEndian(message.AsSpan(16)),
        BinaryPrimitives.ReadInt64BigEndian(message.AsSpan(24)),
        BinaryPrimitives.ReadUInt32BigEndian(message.AsSpan(32)),
        BinaryPrimitives.ReadUInt16BigEndian(message.AsSpan(36)),
        message[message[3]..]);

    /// <summary>Such as <c>init a5.1</c> or <c>v7</c>.</summary>
    public override string ToString() => (Kind == 1 ? "init " : "") + (Track == 1 ? $"v{Sequence}" : $"a{Sequence}.{Rendition}");
}

/// <summary>A plain WebSocket client that keeps what it gets.</summary>
internal sealed class SocketClient : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly ClientWebSocket _socket = new();
    private readonly Lock _lock = new();
    private readonly List<JsonElement> _texts = [];
    private readonly List<Received> _media = [];
    private Task _reading = Task.CompletedTask;

    public WebSocketCloseStatus? Closed => _socket.CloseStatus;

    public string? Protocol => _socket.SubProtocol;

    public IReadOnlyList<Received> Media
    {
        get
        {
            lock (_lock)
                return [.. _media];
        }
    }

    /// <summary>The types of all text messages, in the order in which they came.</summary>
    public IReadOnlyList<string?> Types
    {
        get
        {
            lock (_lock)
                return [.. _texts.Select(text => text.GetProperty("type").GetString())];
        }
    }

    public IReadOnlyList<JsonElement> Texts(string type)
    {
        lock (_lock)
            return [.. _texts.Where(text => text.GetProperty("type").GetString() == type)];
    }

    public static async Task<SocketClient> ConnectAsync(Uri server, string path, string protocol = "tandem.v1")
    {
        var client = new SocketClient();
        client._socket.Options.AddSubProtocol(protocol);
        using var limit = new CancellationTokenSource(Patience);
        await client._socket.ConnectAsync(new Uri($"ws://{server.Authority}{path}"), limit.Token);
        client._reading = Task.Run(client.ReadAsync);
        return client;
    }

    public Task SendAsync(string text) => SendAsync(Encoding.UTF8.GetBytes(text), WebSocketMessageType.Text);

    public Task SendAsync(byte[] bytes, WebSocketMessageType type) => _socket.SendAsync(bytes, type, true, CancellationToken.None);

    /// <summary>Waits until something holds.</summary>
    public async Task UntilAsync(Func<bool> holds, string what)
    {
        var began = TimeProvider.System.GetTimestamp();
        while (!holds())
        {
            if (TimeProvider.System.GetElapsedTime(began) > Patience)
                throw new TimeoutException($"{what}; got {string.Join(' ', Media)} and {string.Join('\n', _texts)}; closed {Closed}");
            await Task.Delay(TimeSpan.FromMilliseconds(5), TimeProvider.System);
        }
    }

    /// <summary>Waits until the server has closed.</summary>
    public Task EndAsync() => _reading.WaitAsync(Patience, TimeProvider.System);

    public async ValueTask DisposeAsync()
    {
        _socket.Abort();
        await _reading;
        _socket.Dispose();
    }

    private async Task ReadAsync()
    {
        var buffer = new byte[64 * 1024];
        var message = new List<byte>();
        try
        {
            while (true)
            {
                var got = await _socket.ReceiveAsync(buffer.AsMemory(), CancellationToken.None);
                if (got.MessageType == WebSocketMessageType.Close)
                {
                    await _socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, "", CancellationToken.None);
                    return;
                }

                message.AddRange(buffer.AsSpan(0, got.Count));
                if (!got.EndOfMessage)
                    continue;
                Keep([.. message], got.MessageType);
                message.Clear();
            }
        }
        catch (Exception end) when (end is WebSocketException or OperationCanceledException)
        {
            // Cut off.
        }
    }

    private void Keep(byte[] message, WebSocketMessageType type)
    {
        lock (_lock)
        {
            if (type == WebSocketMessageType.Text)
                _texts.Add(JsonDocument.Parse(message).RootElement);
            else
                _media.Add(Received.Read(message));
        }
    }
}
