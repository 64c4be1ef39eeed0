using System.IO.Pipelines;
using System.Text;
using System.Text.Json;

namespace Tandem.Tests.WebSockets;

/// <summary>
/// A connection in memory: the server's end is a stream, the client's reads and writes frames. A client that does not read lets the server's
/// writes wait as soon as 64 KiB are on their way.
/// </summary>
internal sealed class StreamPair
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly Pipe _toServer = new();
    private readonly Pipe _toClient = new(new PipeOptions(pauseWriterThreshold: 64 * 1024));
    private readonly ServerEnd _server;
    private long _sent;

    public StreamPair() => _server = new ServerEnd(_toServer.Reader, _toClient.Writer);

    public Stream Server => _server;

    /// <summary>Whether the server has cut the connection.</summary>
    public bool Aborted => _server.Aborted;

    /// <summary>Whether a write of the server's waits for the client to read.</summary>
    public bool IsStuck => _server.IsStuck;

    /// <summary>What the server does to cut it.</summary>
    public void Abort() => _server.Abort();

    /// <summary>The server wrote all that it will.</summary>
    public void Finish() => _toClient.Writer.Complete();

    /// <summary>Sends bytes, and waits until the server has done with them, unless they are the last ones that it reads.</summary>
    public async Task SendAsync(byte[] bytes, bool last = false)
    {
        await _toServer.Writer.WriteAsync(bytes);
        _sent += bytes.Length;
        if (!last)
            await UntilAsync(() => _server.Done == _sent);
    }

    /// <summary>The next frame of the server.</summary>
    public async Task<(byte First, byte[] Payload)> ReadAsync()
    {
        var head = await TakeAsync(2);
        var length = (int)head[1];
        if (length == 126)
            length = System.Buffers.Binary.BinaryPrimitives.ReadUInt16BigEndian(await TakeAsync(2));
        return (head[0], await TakeAsync(length));
    }

    /// <summary>Reads frames until one satisfies.</summary>
    public async Task<(byte First, byte[] Payload)> ReadToAsync(Func<byte, byte[], bool> satisfies)
    {
        while (true)
        {
            var (first, payload) = await ReadAsync();
            if (satisfies(first, payload))
                return (first, payload);
        }
    }

    /// <summary>All that the server says from here to the end: text messages, and the code of the close frame, if one comes.</summary>
    public async Task<(List<JsonElement> Texts, int? Code)> ReadToEndAsync()
    {
        var (texts, code) = (new List<JsonElement>(), (int?)null);
        while (true)
        {
            try
            {
                var (first, payload) = await ReadAsync();
                if (first == 0x81)
                    texts.Add(JsonDocument.Parse(payload).RootElement);
                else if (first == 0x88)
                    code = (payload[0] << 8) | payload[1];
            }
            catch (EndOfStreamException)
            {
                return (texts, code);
            }
        }
    }

    public static async Task UntilAsync(Func<bool> holds)
    {
        var began = TimeProvider.System.GetTimestamp();
        while (!holds())
        {
            if (TimeProvider.System.GetElapsedTime(began) > Patience)
                throw new TimeoutException();
            await Task.Delay(TimeSpan.FromMilliseconds(1), TimeProvider.System);
        }
    }

    public static bool Is(byte first, byte[] payload, string type) =>
        first == 0x81 && Encoding.UTF8.GetString(payload).StartsWith($"{{\"type\":\"{type}\"", StringComparison.Ordinal);

    private async Task<byte[]> TakeAsync(int count)
    {
        if (count == 0)
            return [];
        using var limit = new CancellationTokenSource(Patience);
        var got = await _toClient.Reader.ReadAtLeastAsync(count, limit.Token);
        if (got.Buffer.Length < count)
            throw new EndOfStreamException();
        var bytes = new byte[count];
        var taken = got.Buffer.Slice(0, count);
        System.Buffers.BuffersExtensions.CopyTo(taken, bytes);
        _toClient.Reader.AdvanceTo(taken.End);
        return bytes;
    }

    private sealed class ServerEnd(PipeReader input, PipeWriter output) : Stream
    {
        private long _read;
        private long _done;

        public bool Aborted { get; private set; }

        public bool IsStuck { get; private set; }

        /// <summary>Bytes that the server took before it asked for more.</summary>
        public long Done => Volatile.Read(ref _done);

        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => true;

        public override long Length => throw new NotSupportedException();

        public override long Position
        {
            get => throw new NotSupportedException();
            set => throw new NotSupportedException();
        }

        public void Abort()
        {
            Aborted = true;
            input.CancelPendingRead();
            output.CancelPendingFlush();
        }

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            Volatile.Write(ref _done, _read);
            var got = await input.ReadAsync(cancellationToken);
            if (Aborted)
                throw new IOException("cut off");
            var taken = got.Buffer.Slice(0, Math.Min(got.Buffer.Length, buffer.Length));
            System.Buffers.BuffersExtensions.CopyTo(taken, buffer.Span);
            input.AdvanceTo(taken.End);
            _read += taken.Length;
            return (int)taken.Length;
        }

        public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
        {
            if (Aborted)
                throw new IOException("cut off");
            var writing = output.WriteAsync(buffer, cancellationToken);
            IsStuck = !writing.IsCompleted;
            await writing;
            IsStuck = false;
            if (Aborted)
                throw new IOException("cut off");
        }

        public override void Flush()
        {
        }

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();
    }
}
