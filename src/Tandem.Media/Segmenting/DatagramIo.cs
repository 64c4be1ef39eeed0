using System.Runtime.InteropServices;
using Tandem.Media.Native;
using Tandem.Media.Sandbox;

namespace Tandem.Media.Segmenting;

/// <summary>
/// Reads MPEG-TS from the UDP socket that the parent bound. A thread of its own empties the socket, so that neither libavformat nor the
/// parent makes datagrams wait in the kernel's small buffer; what is too much is dropped, and counted.
/// </summary>
internal sealed unsafe class DatagramIo : SourceIo
{
    private const int BufferSize = 64 * 1024;
    private const int MostBytes = 8 << 20;
    private const int RtpHeader = 12;
    private const byte SyncByte = 0x47;
    private const int WaitMilliseconds = 500;

    private readonly TimeSpan _silence;
    private readonly GCHandle _self;
    private readonly Lock _lock = new();
    private readonly SemaphoreSlim _filled = new(0);
    private readonly Queue<byte[]> _datagrams = new();
    private CallbackIoHandle? _io;
    private int _bytes;
    private byte[] _current = [];
    private int _at;

    /// <param name="silence">How long a sender may be silent before it counts as gone.</param>
    public DatagramIo(TimeSpan silence)
    {
        _silence = silence;
        _self = GCHandle.Alloc(this);
        new Thread(Receive, 256 * 1024) { IsBackground = true, Name = "datagrams" }.Start();
    }

    /// <inheritdoc/>
    public override AVIOContext* Context => _io is null ? null : _io.Value;

    /// <inheritdoc/>
    public override string? Format => "mpegts";

    /// <inheritdoc/>
    public override (CutFault Fault, string Detail)? Open()
    {
        // What libavformat has read, and does not want any more, is of the sender before.
        _current = [];
        _at = 0;
        _io?.Dispose();
        _io = new CallbackIoHandle(BufferSize, (void*)GCHandle.ToIntPtr(_self), &Read, null, null);
        Patience.Within(null);
        while (!Next(TimeSpan.FromMilliseconds(WaitMilliseconds)))
            Patience.Step();
        return null;
    }

    /// <inheritdoc/>
    public override void Dispose()
    {
        // Lives as long as the process: so does the thread, and so does the socket.
    }

    [UnmanagedCallersOnly]
    private static int Read(void* opaque, byte* buffer, int size)
    {
        var self = (DatagramIo)GCHandle.FromIntPtr((nint)opaque).Target!;
        var since = TimeProvider.System.GetTimestamp();
        while (self._at >= self._current.Length)
        {
            Patience.Step();
            if (self.Next(TimeSpan.FromMilliseconds(WaitMilliseconds)))
                break;
            if (TimeProvider.System.GetElapsedTime(since) >= self._silence || Patience.IsOver)
                return LibAvUtil.EndOfFile;
        }

        if (Patience.IsOver)
            return LibAvUtil.Interrupted;
        Patience.Step();
        var count = Math.Min(size, self._current.Length - self._at);
        self._current.AsSpan(self._at, count).CopyTo(new Span<byte>(buffer, count));
        self._at += count;
        return count;
    }

    private bool Next(TimeSpan wait)
    {
        if (_at < _current.Length)
            return true;
        if (!_filled.Wait(wait))
            return false;
        lock (_lock)
        {
            _current = _datagrams.Dequeue();
            _bytes -= _current.Length;
        }

        _at = 0;
        return true;
    }

    private void Receive()
    {
        var buffer = new byte[65_536];
        while (true)
        {
            var entry = new Libc.PollEntry { Descriptor = ConfinedProcess.Inherited, Wanted = Libc.PollEntry.Readable };
            if (Libc.poll(&entry, new CULong(1), -1) <= 0)
                continue;
            nint got;
            fixed (byte* to = buffer)
                got = Libc.read(ConfinedProcess.Inherited, to, (nuint)buffer.Length);
            if (got <= 0)
                continue;
            var datagram = Payload(buffer.AsSpan(0, (int)got));
            lock (_lock)
            {
                if (_bytes + datagram.Length > MostBytes)
                    continue;
                _datagrams.Enqueue(datagram.ToArray());
                _bytes += datagram.Length;
            }

            _filled.Release();
        }
    }

    /// <summary>The transport stream in a datagram: all of it, or what follows an RTP header (RFC 2250, 2).</summary>
    internal static ReadOnlySpan<byte> Payload(ReadOnlySpan<byte> datagram)
    {
        if (datagram.Length <= RtpHeader || datagram[0] == SyncByte || datagram[0] >> 6 != 2)
            return datagram;
        var header = RtpHeader + (4 * (datagram[0] & 15));
        return header < datagram.Length && datagram[header] == SyncByte ? datagram[header..] : datagram;
    }
}
