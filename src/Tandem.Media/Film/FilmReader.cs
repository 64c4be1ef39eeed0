using System.Runtime.InteropServices;
using Tandem.Media.Demux;
using Tandem.Media.Native;

namespace Tandem.Media.Film;

/// <summary>
/// Takes a film's file apart, through a descriptor that was opened for it. Read twice, it gives the same packets at the same times: what
/// is heard in one reading and joined in the other belongs together. Runs in the child process only, but for tests.
/// </summary>
internal sealed unsafe class FilmReader : IDisposable
{
    /// <summary>More streams than any film has.</summary>
    public const int MostStreams = 100;

    /// <summary>Ticks a second of all times here.</summary>
    public const int Rate = 90_000;

    // Containers of films and recordings; none of those that lead to other files.
    private const string Formats =
        "mov,matroska,mpegts,mpeg,avi,flv,ogg,wav,w64,flac,mp3,aac,ac3,eac3,asf,mxf,aiff,au,caf,dv,h264,hevc,rm,nut,amr,ape,wv,tta,g722,g726,ivf";

    private const int IoBytes = 256 << 10;

    // A time stamp that lies further ahead, or further back, than this belongs to another clock (transport streams that were joined).
    private const long LargestGap = 10 * Rate;
    private const long LargestStepBack = Rate;

    private readonly GCHandle _self;
    private readonly int _descriptor;
    private readonly PacketHandle _packet = new();
    private readonly long?[] _last = new long?[MostStreams];
    private readonly long[] _shifts = new long[MostStreams];
    private AVFormatContext* _context;
    private AVIOContext* _io;
    private long _position;
    private long _newest;

    private FilmReader(int descriptor)
    {
        _descriptor = descriptor;
        _self = GCHandle.Alloc(this);
    }

    /// <summary>The streams as libavformat sees them.</summary>
    public ReadOnlySpan<nint> Streams => new(_context->streams, (int)Math.Min(_context->nb_streams, MostStreams));

    /// <summary>The container.</summary>
    public AVFormatContext* Context => _context;

    /// <summary>The newest packet; valid until the next is read.</summary>
    public AVPacket* Packet => _packet.Value;

    /// <summary>How far into the file the reading is, bytes.</summary>
    public long Position => _position;

    /// <summary>
    /// What its times are counted from, 90 kHz: the time stamp at the front of packed audio (RFC 8216, section 3.4), which libavformat reads
    /// over; 0 for all else.
    /// </summary>
    public long Origin { get; private set; }

    /// <summary>Opens a file; null where it is none that can be read.</summary>
    /// <param name="descriptor">Open for reading; positions in it are this object's own.</param>
    /// <param name="problem">libavformat's reason.</param>
    public static FilmReader? Open(int descriptor, out string problem)
    {
        var reader = new FilmReader(descriptor);
        var result = reader.Open();
        if (result >= 0)
        {
            problem = "";
            return reader;
        }

        problem = AvError.Text(result);
        reader.Dispose();
        return null;
    }

    /// <summary>A stream by its number.</summary>
    public AVStream* Stream(int index) => index >= 0 && index < Streams.Length ? (AVStream*)Streams[index] : null;

    /// <summary>Reads the next packet of a stream that is known; null at the end, else libavformat's error or 0.</summary>
    public int? Next()
    {
        while (true)
        {
            LibAvCodec.av_packet_unref(Packet);
            var result = LibAvFormat.av_read_frame(_context, Packet);
            if (result == LibAvUtil.EndOfFile)
                return null;
            if (result < 0)
                return result;
            if (Stream(Packet->stream_index) is var stream && stream is null)
                continue;
            Straighten(stream);
            Move(Origin, stream);
            return 0;
        }
    }

    /// <summary>A time of a stream at 90 kHz.</summary>
    public static long Ticks(long time, AVRational timeBase) => Rescale(time, (long)timeBase.num * Rate, timeBase.den);

    /// <summary>A time at 90 kHz as a stream counts.</summary>
    public static long FromTicks(long ticks, AVRational timeBase) => Rescale(ticks, timeBase.den, (long)timeBase.num * Rate);

    /// <summary><paramref name="value"/> × <paramref name="factor"/> ÷ <paramref name="divisor"/>, rounded to the nearest.</summary>
    public static long Rescale(long value, long factor, long divisor)
    {
        if (divisor <= 0)
            return 0;
        var product = (Int128)value * factor;
        var half = (Int128)divisor / 2;
        var rounded = product >= 0 ? (product + half) / divisor : -((-product + half) / divisor);
        return (long)Int128.Clamp(rounded, long.MinValue / 4, long.MaxValue / 4);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        fixed (AVFormatContext** context = &_context)
        {
            if (_context is not null)
                LibAvFormat.avformat_close_input(context);
        }

        if (_io is not null)
        {
            LibAvUtil.av_free(_io->buffer);
            fixed (AVIOContext** io = &_io)
                LibAvFormat.avio_context_free(io);
        }

        _packet.Dispose();
        if (_self.IsAllocated)
            _self.Free();
    }

    private int Open()
    {
        _io = LibAvFormat.avio_alloc_context(
            (byte*)LibAvUtil.av_malloc(IoBytes), IoBytes, 0, (void*)GCHandle.ToIntPtr(_self), &ReadBytes, null, &Seek);
        _context = LibAvFormat.avformat_alloc_context();
        _context->pb = _io;
        _context->flags |= LibAvFormat.FlagCustomIo | LibAvFormat.FlagGeneratePts;
        _context->max_streams = MostStreams;
        void* options = null;
        _ = LibAvUtil.av_dict_set(&options, "format_whitelist", Formats, 0);
        _ = LibAvUtil.av_dict_set(&options, "protocol_whitelist", "none", 0);
        int result;
        fixed (AVFormatContext** context = &_context)
            result = LibAvFormat.avformat_open_input(context, null, null, &options);
        LibAvUtil.av_dict_free(&options);

        // On failure libavformat has freed the context.
        if (result < 0)
            return result;
        Origin = PackedAudioReader.Timestamp(Front()) ?? 0;
        return LibAvFormat.avformat_find_stream_info(_context, null);
    }

    /// <summary>The first bytes of the file; more than tags with a time stamp have.</summary>
    private ReadOnlySpan<byte> Front()
    {
        var front = new byte[64 << 10];
        fixed (byte* to = front)
            return front.AsSpan(0, (int)Math.Max(0, Sandbox.Libc.pread(_descriptor, to, (nuint)front.Length, 0)));
    }

    /// <summary>
    /// Joins what transport streams that were put one behind the other count anew. Where they meet, packets of both clocks are interleaved:
    /// each stream goes over to the new one by itself, and picture and sound stay as far apart as they were in it. Where one stream alone
    /// lacks something, its times stay as they are.
    /// </summary>
    private void Straighten(AVStream* stream)
    {
        if ((_context->iformat->flags & LibAvFormat.TimesMayJump) == 0 || stream->codecpar->codec_type is not (0 or 1))
            return;
        var time = Packet->dts != LibAvUtil.NoTime ? Packet->dts : Packet->pts;
        if (time == LibAvUtil.NoTime)
            return;
        var ticks = Ticks(time, stream->time_base);
        var length = Math.Max(0, Ticks(Packet->duration, stream->time_base));
        ref var own = ref _shifts[stream->index];
        if (_last[stream->index] is { } expected)
        {
            if (IsOther(ticks + _newest, expected) && IsOther(ticks + own, expected))
            {
                if (IsGap(stream->index, ticks + _newest))
                    own = _newest;
                else if (!IsGap(stream->index, ticks + own))
                    own = _newest = expected - ticks;
            }
            else if (Math.Abs(ticks + _newest - expected) < Math.Abs(ticks + own - expected))
                own = _newest;
        }
        else
        {
            own = _newest;
        }

        _last[stream->index] = ticks + own + length;
        Move(own, stream);
    }

    /// <summary>Adds to the newest packet's times.</summary>
    private void Move(long ticks, AVStream* stream)
    {
        var shift = FromTicks(ticks, stream->time_base);
        if (Packet->dts != LibAvUtil.NoTime)
            Packet->dts += shift;
        if (Packet->pts != LibAvUtil.NoTime)
            Packet->pts += shift;
    }

    /// <summary>Whether another stream has come as far by the same clock: then only this one lacked something.</summary>
    private bool IsGap(int index, long ticks)
    {
        if (ticks < _last[index])
            return false;
        for (var other = 0; other < _last.Length; other++)
        {
            if (other != index && Math.Abs(ticks - _last[other] ?? long.MaxValue) <= LargestGap)
                return true;
        }

        return false;
    }

    private static bool IsOther(long ticks, long expected) => ticks < expected - LargestStepBack || ticks > expected + LargestGap;

    [UnmanagedCallersOnly]
    private static int ReadBytes(void* opaque, byte* to, int count)
    {
        var self = (FilmReader)GCHandle.FromIntPtr((nint)opaque).Target!;
        while (true)
        {
            var got = Sandbox.Libc.pread(self._descriptor, to, (nuint)count, self._position);
            if (got > 0)
            {
                self._position += got;
                return (int)got;
            }

            if (got == 0)
                return LibAvUtil.EndOfFile;
            var error = Marshal.GetLastPInvokeError();
            if (error != Sandbox.Libc.Interrupted)
                return -error;
        }
    }

    [UnmanagedCallersOnly]
    private static long Seek(void* opaque, long offset, int whence)
    {
        const int End = 2;
        var self = (FilmReader)GCHandle.FromIntPtr((nint)opaque).Target!;
        var size = Sandbox.Libc.lseek(self._descriptor, 0, End);
        if ((whence & LibAvFormat.SeekSize) != 0)
            return size;
        var target = (whence & 3) switch
        {
            0 => offset,
            1 => self._position + offset,
            _ => size + offset,
        };
        return target < 0 ? -22 : self._position = target;
    }
}
