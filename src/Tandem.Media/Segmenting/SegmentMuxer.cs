using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Tandem.Media.Native;
using Tandem.Media.Worker;

namespace Tandem.Media.Segmenting;

/// <summary>
/// Writes segments, one muxer for a whole stream: continuity counters go on, and there is one init segment. What a container needs of a
/// codec in another form than the source's (ADTS, start codes) libavformat converts by itself.
/// </summary>
internal sealed unsafe class SegmentMuxer : IDisposable
{
    private const int BufferSize = 64 * 1024;

    // How long before a frame's decoding the transport stream's clock says that it is to come: 0.7 s, as FFmpeg has it.
    private const int MuxDelay = 700_000;
    private const int NegativeTimesAsTheyAre = 0;
    private const int FirstPid = 0x100;
    private const int Ticks = 90_000;

    private readonly Container _container;
    private readonly OutputHandle _output;
    private readonly CallbackIoHandle _io;
    private readonly GCHandle _self;
    private readonly int _most;
    private byte[] _bytes = new byte[1 << 20];
    private int _count;
    private byte[] _init = [];

    /// <param name="plan">What to write, in what.</param>
    /// <param name="source">Where it comes from.</param>
    /// <param name="most">Bytes that a segment may have.</param>
    public SegmentMuxer(StreamPlan plan, SourceDemuxer source, int most)
    {
        _container = plan.Container;
        _most = most;
        _output = new OutputHandle(_container == Container.MpegTs ? "mpegts" : "mp4");
        _self = GCHandle.Alloc(this);
        _io = new CallbackIoHandle(BufferSize, (void*)GCHandle.ToIntPtr(_self), null, &Write, null);
        _io.Value->seekable = 0;
        var context = _output.Value;
        context->pb = _io.Value;
        context->interrupt_callback = Patience.Callback;
        context->flags |= LibAvFormat.FlagBitExact;
        context->avoid_negative_ts = NegativeTimesAsTheyAre;
        context->max_delay = _container == Container.MpegTs ? MuxDelay : 0;
        foreach (var stream in plan.Streams)
            AddStream(context, stream, source);
        void* options = null;
        foreach (var (name, value) in Options(_container))
            AvError.Check(LibAvUtil.av_dict_set(&options, name, value, 0), name);
        var result = LibAvFormat.avformat_write_header(context, &options);
        LibAvUtil.av_dict_free(&options);
        AvError.Check(result, "the muxer takes the streams");
        LibAvFormat.avio_flush(context->pb);
    }

    /// <summary>The init segment of fragmented MP4, once a segment was written; empty for transport streams.</summary>
    public ReadOnlySpan<byte> Init => _init;

    /// <summary>The newest segment.</summary>
    public ReadOnlySpan<byte> Data => _bytes.AsSpan(0, _count);

    /// <summary>Id of a stream in the output: PID or track id.</summary>
    public static int Id(Container container, int stream) => container == Container.MpegTs ? FirstPid + stream : 1 + stream;

    /// <summary>Writes a segment. Returns how many of its packets the muxer refused.</summary>
    public int Write(CutSegment segment)
    {
        var context = _output.Value;
        var refused = 0;
        _count = 0;
        if (_container == Container.MpegTs)
            AvError.Check(LibAvUtil.av_opt_set(context->priv_data, "mpegts_flags", "+resend_headers", 0), "mpegts_flags");
        else
            AvError.Check(LibAvUtil.av_opt_set(context->priv_data, "movflags", "+frag_discont", 0), "movflags");
        foreach (var packet in segment.Packets)
        {
            Patience.Step();
            var stream = context->streams[packet.Stream];
            var value = packet.Data!.Value;
            value->stream_index = packet.Stream;
            value->pts = Rescale.FromTicks(packet.Pts, stream->time_base);
            value->dts = Math.Min(Rescale.FromTicks(packet.Dts, stream->time_base), value->pts);
            value->duration = Rescale.FromTicks(Math.Max(packet.Duration, 0), stream->time_base);
            if (LibAvFormat.av_write_frame(context, value) < 0)
                refused++;
        }

        refused += Flush();
        if (_container != Container.FragmentedMp4)
            return refused;

        // The first flush brings out the init segment only.
        if (TakeInit() && _count == 0)
            refused += Flush();
        return refused;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _output.Dispose();
        _io.Dispose();
        _self.Free();
    }

    private int Flush()
    {
        var result = LibAvFormat.av_write_frame(_output.Value, null);
        LibAvFormat.avio_flush(_output.Value->pb);
        return result < 0 ? 1 : 0;
    }

    private static (string Name, string Value)[] Options(Container container) => container == Container.MpegTs
        ?
        [
            ("mpegts_copyts", "1"),

            // A PES packet a frame, so that each sound frame keeps its own time.
            ("pes_payload_size", "0"),
        ]
        :
        [
            // No edit list, and tfdt counts from 0: the frames' own times are the times that they play at.
            ("movflags", "frag_custom+empty_moov+delay_moov+frag_discont+default_base_moof+skip_trailer"),
            ("use_editlist", "0"),
            ("strict", "experimental"),
        ];

    private static void AddStream(AVFormatContext* context, CarriedStream carried, SourceDemuxer source)
    {
        var from = source[carried.Source.Index];
        var to = LibAvFormat.avformat_new_stream(context, null);
        if (to is null)
            throw new InvalidOperationException("avformat_new_stream: out of memory");
        to->id = FirstPid + to->index;
        if (carried.Encoded)
        {
            DescribeAac(to->codecpar);
        }
        else
        {
            AvError.Check(LibAvCodec.avcodec_parameters_copy(to->codecpar, from->codecpar), "parameters");
            to->codecpar->codec_tag = 0;
        }

        to->time_base = new AVRational { num = 1, den = to->codecpar->codec_type == LibAvUtil.MediaSound ? to->codecpar->sample_rate : Ticks };
        to->avg_frame_rate = from->avg_frame_rate;
        to->disposition = from->disposition;
        if (source.Language(carried.Source.Index) is { } language)
            AvError.Check(LibAvUtil.av_dict_set(&to->metadata, "language", language, 0), "language");
    }

    private static void DescribeAac(AVCodecParameters* parameters)
    {
        var configuration = SoundTranscoder.Configuration();
        parameters->codec_type = LibAvUtil.MediaSound;
        parameters->codec_id = LibAvCodec.IdAac;
        parameters->sample_rate = AacEncoder.SampleRate;
        parameters->frame_size = AacEncoder.FrameSamples;
        LibAvUtil.av_channel_layout_default(&parameters->ch_layout, 2);
        parameters->extradata = (byte*)LibAvUtil.av_mallocz((nuint)(configuration.Length + LibAvUtil.InputPadding));
        parameters->extradata_size = configuration.Length;
        configuration.CopyTo(new Span<byte>(parameters->extradata, configuration.Length));
    }

    [UnmanagedCallersOnly]
    private static int Write(void* opaque, byte* buffer, int size)
    {
        var self = (SegmentMuxer)GCHandle.FromIntPtr((nint)opaque).Target!;
        if (size > self._most - self._count)
            return LibAvUtil.InputOutputError;
        if (self._count + size > self._bytes.Length)
            Array.Resize(ref self._bytes, Math.Min(Math.Max(self._count + size, self._bytes.Length * 2), self._most));
        new ReadOnlySpan<byte>(buffer, size).CopyTo(self._bytes.AsSpan(self._count));
        self._count += size;
        return size;
    }

    // The muxer writes ftyp and moov before the first fragment, once it has seen what the frames say of their codecs.
    private bool TakeInit()
    {
        var at = 0;
        var end = 0;
        while (_count - at >= 8)
        {
            var length = BinaryPrimitives.ReadUInt32BigEndian(_bytes.AsSpan(at));
            if (length < 8 || length > _count - at)
                break;
            var name = _bytes.AsSpan(at + 4, 4);
            at += (int)length;
            if (name.SequenceEqual("moov"u8))
                end = at;
            else if (name.SequenceEqual("moof"u8))
                break;
        }

        if (end == 0)
            return false;
        _init = _bytes.AsSpan(0, end).ToArray();
        _bytes.AsSpan(end, _count - end).CopyTo(_bytes);
        _count -= end;
        return true;
    }
}
