using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Tandem.Workbench.Bench;

/// <summary>Many clients that read what they get as fast as it comes, and throw it away.</summary>
internal sealed class FanOutReaders : IAsyncDisposable
{
    private const int HeadLimit = 16 * 1024;

    // What is thrown away may be written over by another client.
    private static readonly byte[] Scrap = new byte[256 * 1024];

    private readonly CancellationTokenSource _stop = new();
    private readonly List<Socket> _sockets = [];
    private readonly List<Task> _reading = [];
    private long _bytes;
    private int _ended;

    /// <summary>Bytes that came so far.</summary>
    public long Bytes => Interlocked.Read(ref _bytes);

    /// <summary>Clients whose connection ended.</summary>
    public int Ended => Volatile.Read(ref _ended);

    /// <summary>Viewers of a channel's socket.</summary>
    /// <param name="port">Of the server.</param>
    /// <param name="channel">The channel.</param>
    /// <param name="count">How many.</param>
    /// <param name="cancel">Ends the attempt.</param>
    public static async Task<FanOutReaders> WatchAsync(int port, string channel, int count, CancellationToken cancel)
    {
        var readers = new FanOutReaders();
        var request = Encoding.ASCII.GetBytes(
            $"GET /ws/live/{channel}?media=av HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
            + "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: tandem.v1\r\n\r\n");
        for (var index = 0; index < count; index++)
        {
            var socket = await readers.ConnectAsync(port, cancel);
            readers._reading.Add(readers.WatchAsync(socket, request));
        }

        return readers;
    }

    /// <summary>Clients who fetch a file again and again over a connection that is kept.</summary>
    /// <param name="port">Of the server.</param>
    /// <param name="file">Its path.</param>
    /// <param name="length">Its length.</param>
    /// <param name="every">Between two requests of a client.</param>
    /// <param name="count">How many.</param>
    /// <param name="cancel">Ends the attempt.</param>
    public static async Task<FanOutReaders> FetchAsync(int port, string file, int length, TimeSpan every, int count, CancellationToken cancel)
    {
        var readers = new FanOutReaders();
        var request = Encoding.ASCII.GetBytes($"GET {file} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n");
        for (var index = 0; index < count; index++)
        {
            var socket = await readers.ConnectAsync(port, cancel);
            readers._reading.Add(readers.FetchAsync(socket, request, length, every));
        }

        return readers;
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        foreach (var socket in _sockets)
            socket.Dispose();
        await Task.WhenAll(_reading);
        _stop.Dispose();
    }

    private async Task<Socket> ConnectAsync(int port, CancellationToken cancel)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        _sockets.Add(socket);
        await socket.ConnectAsync(IPAddress.Loopback, port, cancel);
        return socket;
    }

    private Task WatchAsync(Socket socket, byte[] request) => UntilEndAsync(async () =>
    {
        await socket.SendAsync(request, _stop.Token);
        await AnswerFirstPingAsync(socket);
        while (await socket.ReceiveAsync(Scrap, _stop.Token) is > 0 and var got)
            Interlocked.Add(ref _bytes, got);
    });

    /// <summary>Reads the answer and the first frames; the server waits for the pong before it sends media.</summary>
    private async Task AnswerFirstPingAsync(Socket socket)
    {
        var head = new byte[HeadLimit];
        var count = 0;
        while (count < head.Length)
        {
            var got = await socket.ReceiveAsync(head.AsMemory(count), _stop.Token);
            if (got == 0)
                throw new SocketException((int)SocketError.ConnectionReset);
            count += got;
            if (!FindPing(head.AsSpan(0, count)))
                continue;

            // A pong of "tandem", masked with zeros.
            await socket.SendAsync((byte[])[0x8A, 0x86, 0, 0, 0, 0, .. "tandem"u8], _stop.Token);
            return;
        }
    }

    private static bool FindPing(ReadOnlySpan<byte> bytes)
    {
        var at = bytes.IndexOf("\r\n\r\n"u8);
        if (at < 0)
            return false;
        for (at += 4; at + 4 <= bytes.Length;)
        {
            if (bytes[at] == 0x89)
                return true;
            var length = bytes[at + 1] < 126 ? 2 + bytes[at + 1] : 4 + ((bytes[at + 2] << 8) | bytes[at + 3]);
            at += length;
        }

        return false;
    }

    private Task FetchAsync(Socket socket, byte[] request, int length, TimeSpan every) => UntilEndAsync(async () =>
    {
        using var timer = new PeriodicTimer(every, TimeProvider.System);
        while (await timer.WaitForNextTickAsync(_stop.Token))
        {
            await socket.SendAsync(request, _stop.Token);

            // The body, and a head that is never longer than this.
            for (var got = 0; got < length;)
            {
                var part = await socket.ReceiveAsync(Scrap, _stop.Token);
                if (part == 0)
                    return;
                got += part;
                Interlocked.Add(ref _bytes, part);
            }
        }
    });

    private async Task UntilEndAsync(Func<Task> work)
    {
        try
        {
            await work();
        }
        catch (Exception end) when (end is SocketException or OperationCanceledException or ObjectDisposedException)
        {
            // Ended, by this side or the other.
        }

        if (!_stop.IsCancellationRequested)
            Interlocked.Increment(ref _ended);
    }
}
