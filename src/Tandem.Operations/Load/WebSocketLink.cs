using System.Buffers;
using System.Buffers.Binary;
using System.Globalization;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;

namespace Tandem.Operations.Load;

/// <summary>Why a viewer was not let in.</summary>
/// <param name="Reason">A status such as <c>http 503</c>, or what went wrong on the way.</param>
/// <param name="Refused">Whether the server said no; otherwise it could not be reached.</param>
/// <param name="Detail">What it said, one line; empty where it said nothing.</param>
/// <param name="After">When it says that one may come back.</param>
internal sealed record Refusal(string Reason, bool Refused, string Detail, TimeSpan? After);

/// <summary>
/// A WebSocket with little to it: frames are read with buffers that are borrowed only while bytes are there, so that thousands of viewers
/// share a few. (ClientWebSocket copies each message into a buffer that every viewer keeps.)
/// </summary>
internal sealed class WebSocketLink : IAsyncDisposable
{
    private const string Protocol = "tandem.v1";
    private const int BufferLength = 128 << 10;
    private const int LongestAnswer = 16 << 10;
    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(15);

    private readonly Socket _socket;
    private readonly Stream _stream;
    private readonly SemaphoreSlim _sending = new(1);
    private byte[] _early = [];

    private WebSocketLink(Socket socket, Stream stream) => (_socket, _stream) = (socket, stream);

    /// <summary>Connects and asks for the upgrade.</summary>
    /// <param name="address">http or https.</param>
    /// <param name="token">Sent as <c>Authorization: Bearer</c>; null for none.</param>
    /// <param name="receiveBuffer">Bytes that the system may hold for it; null for its own choice.</param>
    /// <param name="time">The clock that patience goes by.</param>
    /// <param name="cancel">Gives up.</param>
    public static async Task<(WebSocketLink? Link, Refusal? Refusal)> ConnectAsync(
        Uri address, string? token, int? receiveBuffer, TimeProvider time, CancellationToken cancel)
    {
        using var limit = new CancellationTokenSource(_patience, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancel, limit.Token);
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        Stream? stream = null;
        try
        {
            if (receiveBuffer is { } bytes)
                socket.ReceiveBufferSize = bytes;
            await socket.ConnectAsync(address.DnsSafeHost, address.Port, either.Token);
            stream = new NetworkStream(socket, ownsSocket: true);
            if (address.Scheme == "https")
            {
                var secured = new SslStream(stream);
                stream = secured;
                await secured.AuthenticateAsClientAsync(new SslClientAuthenticationOptions { TargetHost = address.DnsSafeHost },
                    either.Token);
            }

            var link = new WebSocketLink(socket, stream);
            var refusal = await link.UpgradeAsync(address, token, either.Token);
            if (refusal is null)
                return (link, null);
            await link.DisposeAsync();
            return (null, refusal);
        }
        catch (Exception fault) when (fault is SocketException or IOException or OperationCanceledException or System.Security.Authentication.AuthenticationException)
        {
            socket.Dispose();
            if (stream is not null)
                await stream.DisposeAsync();
            cancel.ThrowIfCancellationRequested();
            var reason = fault switch
            {
                OperationCanceledException => "no answer",
                SocketException broken => broken.SocketErrorCode.ToString(),
                IOException { InnerException: SocketException broken } => broken.SocketErrorCode.ToString(),
                _ => "no connection",
            };
            return (null, new Refusal(reason, Refused: false, fault.Message, null));
        }
    }

    /// <summary>Waits for bytes and hands on what is there. False when the connection has ended.</summary>
    /// <param name="reader">Takes them.</param>
    /// <param name="came">Told how many came.</param>
    /// <param name="atMost">Reads no more than so many; null for as many as a buffer takes.</param>
    /// <param name="cancel">Gives up.</param>
    public async ValueTask<bool> ReadAsync(FrameReader reader, Action<int> came, int? atMost, CancellationToken cancel)
    {
        if (_early.Length > 0)
        {
            var early = _early;
            _early = [];
            came(early.Length);
            reader.Feed(early);
            return true;
        }

        // No buffer is held while there is nothing to read.
        _ = await _stream.ReadAsync(Memory<byte>.Empty, cancel);
        var buffer = ArrayPool<byte>.Shared.Rent(Math.Min(BufferLength, atMost ?? BufferLength));
        try
        {
            var count = await _stream.ReadAsync(buffer.AsMemory(0, Math.Min(buffer.Length, atMost ?? buffer.Length)), cancel);
            if (count == 0)
                return false;
            came(count);
            reader.Feed(buffer.AsSpan(0, count));
            return true;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    /// <summary>Sends one frame, masked as clients must.</summary>
    public async ValueTask SendAsync(int opcode, ReadOnlyMemory<byte> payload, CancellationToken cancel)
    {
        var frame = ArrayPool<byte>.Shared.Rent(payload.Length + 14);
        await _sending.WaitAsync(cancel);
        try
        {
            await _stream.WriteAsync(frame.AsMemory(0, Write(frame, opcode, payload.Span)), cancel);
        }
        finally
        {
            _sending.Release();
            ArrayPool<byte>.Shared.Return(frame);
        }
    }

    /// <summary>Ends the connection at once; a read that waits ends with an error.</summary>
    public void Abort() => _socket.Dispose();

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _stream.DisposeAsync();
        _socket.Dispose();
        _sending.Dispose();
    }

    private static int Write(byte[] frame, int opcode, ReadOnlySpan<byte> payload)
    {
        frame[0] = (byte)(0x80 | opcode);
        int at;
        if (payload.Length < 126)
        {
            frame[1] = (byte)(0x80 | payload.Length);
            at = 2;
        }
        else
        {
            frame[1] = 0x80 | 126;
            BinaryPrimitives.WriteUInt16BigEndian(frame.AsSpan(2), (ushort)payload.Length);
            at = 4;
        }

        var mask = frame.AsSpan(at, 4);
        RandomNumberGenerator.Fill(mask);
        at += 4;
        for (var index = 0; index < payload.Length; index++)
            frame[at + index] = (byte)(payload[index] ^ mask[index & 3]);
        return at + payload.Length;
    }

    private async Task<Refusal?> UpgradeAsync(Uri address, string? token, CancellationToken cancel)
    {
        var key = Convert.ToBase64String(RandomNumberGenerator.GetBytes(16));
        var request = new StringBuilder();
        request.Append(CultureInfo.InvariantCulture,
            $"GET {address.PathAndQuery} HTTP/1.1\r\nHost: {address.Authority}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n");
        request.Append(CultureInfo.InvariantCulture,
            $"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Protocol: {Protocol}\r\nUser-Agent: tandem-load\r\n");
        if (token is not null)
            request.Append(CultureInfo.InvariantCulture, $"Authorization: Bearer {token}\r\n");
        request.Append("\r\n");
        await _stream.WriteAsync(Encoding.ASCII.GetBytes(request.ToString()), cancel);

        var answer = ArrayPool<byte>.Shared.Rent(LongestAnswer);
        try
        {
            return await AnsweredAsync(answer, key, cancel);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(answer);
        }
    }

    private async Task<Refusal?> AnsweredAsync(byte[] answer, string key, CancellationToken cancel)
    {
        var (length, end) = (0, -1);
        while (end < 0)
        {
            var count = length < answer.Length ? await _stream.ReadAsync(answer.AsMemory(length), cancel) : 0;
            if (count == 0)
                return new Refusal("no http", Refused: false, "the answer to the upgrade is none", null);
            length += count;
            end = answer.AsSpan(0, length).IndexOf("\r\n\r\n"u8);
        }

        var head = UpgradeAnswer.Read(Encoding.Latin1.GetString(answer, 0, end));
        if (head.Status != 101)
            return await RefusalAsync(head, answer, end + 4, length, cancel);
        if (head.Accept != UpgradeAnswer.AcceptOf(key) || head.Protocol != Protocol)
            return new Refusal("bad upgrade", Refused: false, $"the upgrade is answered with the protocol \"{head.Protocol}\"", null);
        _early = answer[(end + 4)..length];
        return null;
    }

    private async Task<Refusal> RefusalAsync(UpgradeAnswer head, byte[] answer, int body, int length, CancellationToken cancel)
    {
        // Without a length (chunked) what comes next is enough: reasons are short.
        var whole = Math.Min(answer.Length, head.Length is { } known ? body + known : Math.Max(length, body + 1));
        while (length < whole)
        {
            var count = await _stream.ReadAsync(answer.AsMemory(length, head.Length is null ? answer.Length - length : whole - length),
                cancel);
            if (count == 0)
                break;
            length += count;
        }

        return new Refusal(
            string.Create(CultureInfo.InvariantCulture, $"http {head.Status}"), head.Status is >= 400 and < 600,
            UpgradeAnswer.DetailOf(answer.AsSpan(body, length - body)), head.RetryAfter);
    }
}
