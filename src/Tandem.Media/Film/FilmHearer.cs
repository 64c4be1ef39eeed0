using Tandem.Media.Decode;
using Tandem.Media.Native;

namespace Tandem.Media.Film;

/// <summary>Decodes one sound stream of a film to interleaved stereo, with the times that players give it.</summary>
internal sealed unsafe class FilmHearer : IDisposable
{
    private readonly CodecHandle _codec;
    private readonly FrameHandle _frame = new();
    private readonly StereoMixdown _mixdown = new();
    private readonly AVRational _timeBase;
    private long? _next;

    private FilmHearer(CodecHandle codec, AVRational timeBase)
    {
        _codec = codec;
        _timeBase = timeBase;
    }

    /// <summary>Time of the newest block's first sample, 90 kHz as the file counts.</summary>
    public long Ticks { get; private set; }

    /// <summary>Its rate, Hz.</summary>
    public int SampleRate { get; private set; }

    /// <summary>Its interleaved stereo; valid until the next call of <see cref="Receive"/>.</summary>
    public ReadOnlySpan<float> Samples => _mixdown.Samples;

    /// <summary>Opens a decoder; null where libavcodec has none.</summary>
    public static FilmHearer? Open(AVStream* stream)
    {
        var codec = LibAvCodec.avcodec_find_decoder(stream->codecpar->codec_id);
        if (codec == 0)
            return null;
        var handle = new CodecHandle(codec);
        var context = handle.Value;
        if (LibAvCodec.avcodec_parameters_to_context(context, stream->codecpar) >= 0)
        {
            // Samples that the container wants left out at the ends are left out, and times are those of what is left.
            context->pkt_timebase = stream->time_base;
            context->thread_count = 1;
            context->max_samples = 1 << 20;
            if (LibAvCodec.avcodec_open2(context, codec, null) >= 0)
                return new FilmHearer(handle, stream->time_base);
        }

        handle.Dispose();
        return null;
    }

    /// <summary>Gives the decoder a packet, or with null the end; false where it finds it damaged.</summary>
    public bool Send(AVPacket* packet) => LibAvCodec.avcodec_send_packet(_codec.Value, packet) >= 0;

    /// <summary>Takes the next block; false when there is none until more is sent.</summary>
    public bool Receive()
    {
        LibAvUtil.av_frame_unref(_frame.Value);
        if (LibAvCodec.avcodec_receive_frame(_codec.Value, _frame.Value) < 0)
            return false;
        var frame = _frame.Value;
        if (frame->nb_samples <= 0 || frame->sample_rate is < 4_000 or > 192_000 || !_mixdown.Read(frame))
            return Receive();
        SampleRate = frame->sample_rate;
        Ticks = frame->pts != LibAvUtil.NoTime ? FilmReader.Ticks(frame->pts, _timeBase) : _next ?? 0;
        _next = Ticks + FilmReader.Rescale(frame->nb_samples, FilmReader.Rate, frame->sample_rate);
        return true;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _mixdown.Dispose();
        _frame.Dispose();
        _codec.Dispose();
    }
}
