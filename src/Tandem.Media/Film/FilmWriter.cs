using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Tandem.Media.Native;

namespace Tandem.Media.Film;

/// <summary>Writes MP4 and Matroska: copied streams, voices and captions. What is written goes to a callback with its place in the file.</summary>
internal sealed unsafe class FilmWriter : IDisposable
{
    private const int IoBytes = 256 << 10;
    private const int DisplayMatrix = 5;
    private const int FirstDisposition = 1;
    private const int DubDisposition = 2;
    private const int OriginalDisposition = 4;

    // How long before it plays a first picture without a decoding time is decoded: 0.1 s.
    private const long Reordering = 9000;

    // What a picture's stream says beside its codec: its rotation, 3D, mastering display, spherical, light level, Dolby Vision.
    private static readonly int[] Kept = [DisplayMatrix, 6, 20, 21, 22, 29];

    private readonly GCHandle _self;
    private readonly FilmContainer _container;
    private readonly Sink _put;
    private readonly PacketHandle _packet = new();
    private readonly List<long> _lastDecode = [];
    private AVFormatContext* _context;
    private AVIOContext* _io;
    private long _position;
    private long _size;

    /// <summary>Takes bytes and their place.</summary>
    public delegate void Sink(long position, ReadOnlySpan<byte> bytes);

    /// <summary>A file without tracks as yet.</summary>
    public FilmWriter(FilmContainer container, Sink put)
    {
        _self = GCHandle.Alloc(this);
        _container = container;
        _put = put;
        AVFormatContext* context;
        AvError.Check(
            LibAvFormat.avformat_alloc_output_context2(&context, null, container == FilmContainer.Mp4 ? "mp4" : "matroska", null), "open the writer");
        _context = context;
        _io = LibAvFormat.avio_alloc_context(
            (byte*)LibAvUtil.av_malloc(IoBytes), IoBytes, 1, (void*)GCHandle.ToIntPtr(_self), null, &WriteBytes, &Seek);
        _context->pb = _io;
        _context->flags |= LibAvFormat.FlagCustomIo | LibAvFormat.FlagBitExact;
    }

    /// <summary>Adds a stream of a source.</summary>
    public void Add(CopiedTrack track, AVStream* from)
    {
        var to = Stream(track, track.Default ? FirstDisposition : 0);
        AvError.Check(LibAvCodec.avcodec_parameters_copy(to->codecpar, from->codecpar), "copy parameters");

        // Tags belong to their container; but players of Apple's want HEVC whose parameter sets are not in the stream to be called so.
        const uint Hvc1 = 'h' | ('v' << 8) | ('c' << 16) | ((uint)'1' << 24);
        var keep = _container == FilmContainer.Mp4 && from->codecpar->codec_tag == Hvc1;
        to->codecpar->codec_tag = keep ? Hvc1 : 0;
        to->sample_aspect_ratio = from->sample_aspect_ratio;

        // Where container and bitstream differ, players go by the container; a writer refuses to be told both.
        if (from->sample_aspect_ratio.num != 0)
            to->codecpar->sample_aspect_ratio = from->sample_aspect_ratio;
        to->avg_frame_rate = from->avg_frame_rate;
        to->time_base = from->time_base;
        foreach (var kind in Kept)
        {
            nuint size;
            var data = LibAvFormat.av_stream_get_side_data(from, kind, &size);
            if (data is null)
                continue;
            var copy = LibAvFormat.av_stream_new_side_data(to, kind, size);
            if (copy is not null)
                NativeMemory.Copy(data, copy, size);
        }
    }

    /// <summary>Adds a voice.</summary>
    public void Add(VoiceTrack track)
    {
        const int AacLow = 1;
        var to = Stream(track, (track.Default ? FirstDisposition : 0) | (track.Original ? OriginalDisposition : DubDisposition));
        var parameters = to->codecpar;
        parameters->codec_type = 1;
        parameters->codec_id = LibAvFormat.CodecAac;
        parameters->profile = AacLow;
        parameters->bit_rate = track.BitRate;
        parameters->sample_rate = AacEncoder.SampleRate;
        parameters->frame_size = AacEncoder.FrameSamples;
        parameters->initial_padding = _container == FilmContainer.Mp4 ? AacEncoder.FrameSamples : 0;
        LibAvUtil.av_channel_layout_default(&parameters->ch_layout, 2);
        Extra(parameters, track.Configuration.Span);
        to->time_base = new AVRational { num = 1, den = AacEncoder.SampleRate };
    }

    /// <summary>Adds captions.</summary>
    public void Add(CaptionsTrack track)
    {
        var to = Stream(track, 0);
        to->codecpar->codec_type = 3;
        to->codecpar->codec_id = _container == FilmContainer.Mp4 ? LibAvFormat.CodecMovText : LibAvFormat.CodecSubRip;
        if (_container == FilmContainer.Mp4)
            Extra(to->codecpar, TimedText);
        to->time_base = new AVRational { num = 1, den = 1000 };
    }

    /// <summary>Writes the header; nothing can be added afterwards. Returns libavformat's error, or 0.</summary>
    public int Begin()
    {
        void* options = null;

        // Beginnings that lie apart are written in this unit: a thousandth of a second would shift tracks by a part of it.
        if (_container == FilmContainer.Mp4)
            _ = LibAvUtil.av_dict_set(&options, "movie_timescale", "90000", 0);
        var result = LibAvFormat.avformat_write_header(_context, &options);
        LibAvUtil.av_dict_free(&options);
        return Math.Min(result, 0);
    }

    /// <summary>Writes a source's packet. Returns libavformat's error, or 0.</summary>
    /// <param name="track">Number of the track.</param>
    /// <param name="packet">As read; its times are changed.</param>
    /// <param name="from">Its stream.</param>
    /// <param name="start">The time that becomes 0, 90 kHz.</param>
    public int Write(int track, AVPacket* packet, AVStream* from, long start)
    {
        var to = _context->streams[track];
        packet->pts = Moved(packet->pts, from, to, start);
        packet->dts = Moved(packet->dts, from, to, start);
        packet->duration = FilmReader.Rescale(
            packet->duration, (long)from->time_base.num * to->time_base.den, (long)from->time_base.den * to->time_base.num);
        packet->pos = -1;
        return Put(track, packet);
    }

    /// <summary>Writes a packet of one's own. Returns libavformat's error, or 0.</summary>
    /// <param name="track">Number of the track.</param>
    /// <param name="start">48 kHz.</param>
    /// <param name="length">48 kHz.</param>
    /// <param name="data">An AAC packet, or a caption's text.</param>
    public int Write(int track, long start, long length, ReadOnlySpan<byte> data)
    {
        var to = _context->streams[track];
        var text = to->codecpar->codec_id == LibAvFormat.CodecMovText;
        var prefix = text ? sizeof(ushort) : 0;
        data = text && data.Length > ushort.MaxValue ? data[..ushort.MaxValue] : data;
        var packet = _packet.Value;
        AvError.Check(LibAvCodec.av_new_packet(packet, data.Length + prefix), "packet");
        var body = new Span<byte>(packet->data, packet->size);
        if (text)
            BinaryPrimitives.WriteUInt16BigEndian(body, (ushort)data.Length);
        data.CopyTo(body[prefix..]);
        var (numerator, denominator) = ((long)to->time_base.den, (long)to->time_base.num * AacEncoder.SampleRate);
        packet->pts = packet->dts = FilmReader.Rescale(start, numerator, denominator);
        packet->duration = FilmReader.Rescale(start + length, numerator, denominator) - packet->pts;
        packet->flags = 1;
        var result = Put(track, packet);
        LibAvCodec.av_packet_unref(packet);
        return result;
    }

    /// <summary>Writes the rest. Returns libavformat's error, or 0.</summary>
    public int End()
    {
        var result = LibAvFormat.av_write_trailer(_context);
        LibAvFormat.avio_flush(_io);
        return result < 0 ? result : Math.Min(_io->error, 0);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        LibAvFormat.avformat_free_context(_context);
        LibAvUtil.av_free(_io->buffer);
        fixed (AVIOContext** io = &_io)
            LibAvFormat.avio_context_free(io);
        _packet.Dispose();
        _self.Free();
    }

    // 3GPP TS 26.245, 5.16: text sample description without its box header; white, centred, at the bottom.
    private static ReadOnlySpan<byte> TimedText =>
    [
        0, 0, 0, 0, 1, 0xFF, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 18, 0xFF, 0xFF, 0xFF, 0xFF,
        0, 0, 0, 18, (byte)'f', (byte)'t', (byte)'a', (byte)'b', 0, 1, 0, 1, 5, (byte)'S', (byte)'e', (byte)'r', (byte)'i', (byte)'f',
    ];

    private static long Moved(long time, AVStream* from, AVStream* to, long start)
    {
        if (time == LibAvUtil.NoTime)
            return time;
        var offset = FilmReader.FromTicks(start, to->time_base);
        return FilmReader.Rescale(time, (long)from->time_base.num * to->time_base.den, (long)from->time_base.den * to->time_base.num) - offset;
    }

    private AVStream* Stream(FilmTrack track, int disposition)
    {
        var stream = LibAvFormat.avformat_new_stream(_context, null);
        if (stream is null)
            throw new InvalidOperationException("avformat_new_stream: out of memory");
        stream->disposition = disposition;
        if (track.Language is { } language)
            _ = LibAvUtil.av_dict_set(&stream->metadata, "language", language, 0);
        if (track.Title is { } title)
        {
            _ = LibAvUtil.av_dict_set(&stream->metadata, "title", title, 0);
            if (_container == FilmContainer.Mp4)
                _ = LibAvUtil.av_dict_set(&stream->metadata, "handler_name", title, 0);
        }

        _lastDecode.Add(long.MinValue);
        return stream;
    }

    private static void Extra(AVCodecParameters* parameters, ReadOnlySpan<byte> bytes)
    {
        parameters->extradata = (byte*)LibAvUtil.av_mallocz((nuint)(bytes.Length + LibAvUtil.InputPadding));
        parameters->extradata_size = bytes.Length;
        bytes.CopyTo(new Span<byte>(parameters->extradata, bytes.Length));
    }

    // Files whose decoding times stand still or go back exist; a writer refuses them.
    private int Put(int track, AVPacket* packet)
    {
        var last = _lastDecode[track];
        if (packet->dts == LibAvUtil.NoTime)
            packet->dts = Decoded(_context->streams[track], packet->pts, last);
        if (last != long.MinValue && packet->dts <= last)
            packet->dts = last + 1;
        if (packet->pts == LibAvUtil.NoTime || packet->pts < packet->dts)
            packet->pts = packet->dts;
        _lastDecode[track] = packet->dts;
        packet->stream_index = track;
        return Math.Min(LibAvFormat.av_write_frame(_context, packet), 0);
    }

    // Matroska has no decoding times. libavformat works them out, but for the first pictures where they are reordered: those that it knows
    // begin with the earliest presentation of all, so that the unknown ones must lie before it.
    private static long Decoded(AVStream* to, long pts, long last)
    {
        var isPicture = to->codecpar->codec_type == 0;
        if (last != long.MinValue && (isPicture || pts == LibAvUtil.NoTime))
            return last + 1;
        if (pts == LibAvUtil.NoTime)
            return 0;
        return isPicture ? pts - FilmReader.FromTicks(Reordering, to->time_base) : pts;
    }

    [UnmanagedCallersOnly]
    private static int WriteBytes(void* opaque, byte* from, int count)
    {
        var self = (FilmWriter)GCHandle.FromIntPtr((nint)opaque).Target!;
        self._put(self._position, new ReadOnlySpan<byte>(from, count));
        self._position += count;
        self._size = Math.Max(self._size, self._position);
        return count;
    }

    [UnmanagedCallersOnly]
    private static long Seek(void* opaque, long offset, int whence)
    {
        var self = (FilmWriter)GCHandle.FromIntPtr((nint)opaque).Target!;
        if ((whence & LibAvFormat.SeekSize) != 0)
            return self._size;
        var target = (whence & 3) switch
        {
            0 => offset,
            1 => self._position + offset,
            _ => self._size + offset,
        };
        return target < 0 ? -22 : self._position = target;
    }
}
