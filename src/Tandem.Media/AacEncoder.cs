using Tandem.Media.Native;

namespace Tandem.Media;

/// <summary>
/// A continuous AAC-LC encoder at 48 kHz: frames of 1,024 samples in, raw AAC packets (no ADTS header) out. One lives as long as its
/// stream; between its packets there is never a gap. Not safe for several threads at once.
/// </summary>
/// <remarks>
/// <para>Packet k, counted from 0, decodes to input frame k − 1: a decoder's output for packet 0 is the priming (1,024 samples,
/// <see cref="Priming"/>), its output for packet k is the sound of frame k − 1, aligned to the sample.</para>
/// <para>The encoder looks one frame ahead: packet k comes out when frame k + 1 goes in, so the sound of a frame is complete in the
/// output two frames after it. <see cref="Finish"/> brings out the rest.</para>
/// </remarks>
public sealed unsafe class AacEncoder : IDisposable
{
    /// <summary>Samples a channel in a frame.</summary>
    public const int FrameSamples = 1024;

    /// <summary>Hz.</summary>
    public const int SampleRate = 48_000;

    private readonly CodecHandle _codec;
    private readonly FrameHandle _frame = new();
    /// <summary>Bits a second and channel from which on a band's wave is always worth its bits.</summary>
    private const int WavesBitRate = 64_000;

    private static readonly string[] Parametric = ["aac_pns", "aac_is"];

    private readonly PacketHandle _packet = new();
    private readonly int _channels;
    private long _frames;
    private bool _finished;

    /// <summary>Opens an encoder.</summary>
    /// <param name="bitRate">Bits a second, all channels together: 16,000 to 512,000.</param>
    /// <param name="channels">1 or 2.</param>
    /// <param name="coder">FFmpeg's <c>aac_coder</c>; <c>fast</c> costs 2.4 s of CPU for 200 s of stereo at 128 k, <c>twoloop</c> 4.1 s.</param>
    public AacEncoder(int bitRate, int channels = 2, string coder = "fast")
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(bitRate, 16_000);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(bitRate, 512_000);
        ArgumentOutOfRangeException.ThrowIfLessThan(channels, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(channels, 2);
        _channels = channels;
        LibAvUtil.av_log_set_level(LibAvUtil.LogQuiet);

        var codec = LibAvCodec.avcodec_find_encoder_by_name("aac");
        if (codec == 0)
            throw new InvalidOperationException("libavcodec has no AAC encoder");
        _codec = new CodecHandle(codec);
        var context = _codec.Value;
        context->bit_rate = bitRate;
        context->sample_rate = SampleRate;
        context->sample_fmt = LibAvUtil.SampleFormatFloatPlanar;
        context->time_base = new AVRational { num = 1, den = SampleRate };
        context->flags |= LibAvCodec.FlagBitExact | LibAvCodec.FlagGlobalHeader;
        context->thread_count = 1;
        LibAvUtil.av_channel_layout_default(&context->ch_layout, channels);
        AvError.Check(LibAvUtil.av_opt_set(context, "aac_coder", coder, LibAvUtil.OptSearchChildren), "aac_coder");

        // Noise substitution and intensity stereo keep no wave: they are for rates at which there are no bits for one, and cost CPU.
        foreach (var tool in bitRate / channels >= WavesBitRate ? Parametric : [])
            AvError.Check(LibAvUtil.av_opt_set(context, tool, "0", LibAvUtil.OptSearchChildren), tool);
        AvError.Check(LibAvCodec.avcodec_open2(context, codec, null), "open the AAC encoder");
        if (context->frame_size != FrameSamples)
            throw new InvalidOperationException($"the AAC encoder takes frames of {context->frame_size} samples, not {FrameSamples}");

        AudioSpecificConfig = new ReadOnlySpan<byte>(context->extradata, context->extradata_size).ToArray();
        Priming = context->initial_padding;

        var frame = _frame.Value;
        frame->nb_samples = FrameSamples;
        frame->format = LibAvUtil.SampleFormatFloatPlanar;
        frame->sample_rate = SampleRate;
        AvError.Check(LibAvUtil.av_channel_layout_copy(&frame->ch_layout, &context->ch_layout), "channel layout");
        AvError.Check(LibAvUtil.av_frame_get_buffer(frame, 0), "frame buffer");
    }

    /// <summary>The stream's configuration (ISO/IEC 14496-3, 1.6.2.1), for an <c>esds</c> box or an ADTS header.</summary>
    public ReadOnlyMemory<byte> AudioSpecificConfig { get; }

    /// <summary>Samples that decoding the packets yields before the first sample that went in: 1,024.</summary>
    public int Priming { get; }

    /// <summary>Encodes whole frames; nothing is kept of <paramref name="interleaved"/>.</summary>
    /// <param name="interleaved">One or more frames: 1,024 × channels floats each, −1…1, interleaved.</param>
    /// <param name="output">Gets the packets that come out: as many as frames went in, one less at the very start.</param>
    public void Encode(ReadOnlySpan<float> interleaved, List<ReadOnlyMemory<byte>> output)
    {
        ObjectDisposedException.ThrowIf(_finished || _codec.IsClosed, this);
        var size = FrameSamples * _channels;
        if (interleaved.Length % size != 0)
            throw new ArgumentException($"whole frames of {size} floats wanted, got {interleaved.Length}", nameof(interleaved));
        for (; !interleaved.IsEmpty; interleaved = interleaved[size..])
        {
            Fill(interleaved[..size]);
            AvError.Check(LibAvCodec.avcodec_send_frame(_codec.Value, _frame.Value), "encode");
            Drain(output);
        }
    }

    /// <summary>Ends the stream: brings out what the encoder still holds. Nothing can be encoded afterwards.</summary>
    public void Finish(List<ReadOnlyMemory<byte>> output)
    {
        ObjectDisposedException.ThrowIf(_finished || _codec.IsClosed, this);
        _finished = true;
        AvError.Check(LibAvCodec.avcodec_send_frame(_codec.Value, null), "finish");
        Drain(output);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _codec.Dispose();
        _frame.Dispose();
        _packet.Dispose();
    }

    private void Fill(ReadOnlySpan<float> interleaved)
    {
        var frame = _frame.Value;
        AvError.Check(LibAvUtil.av_frame_make_writable(frame), "frame buffer");
        frame->pts = _frames++ * FrameSamples;
        var left = new Span<float>(frame->extended_data[0], FrameSamples);
        if (_channels == 1)
        {
            for (var i = 0; i < FrameSamples; i++)
                left[i] = Sane(interleaved[i]);
            return;
        }

        PlanarStereo.Split(interleaved, left, new Span<float>(frame->extended_data[1], FrameSamples));
    }

    // The encoder refuses a frame that holds NaN or infinity; the stream would stall for one bad sample.
    private static float Sane(float sample) => float.IsFinite(sample) ? Math.Clamp(sample, -4f, 4f) : 0f;

    private void Drain(List<ReadOnlyMemory<byte>> output)
    {
        var packet = _packet.Value;
        while (true)
        {
            var result = LibAvCodec.avcodec_receive_packet(_codec.Value, packet);
            if (result is LibAvUtil.Again or LibAvUtil.EndOfFile)
                return;
            AvError.Check(result, "encode");
            output.Add(new ReadOnlySpan<byte>(packet->data, packet->size).ToArray());
            LibAvCodec.av_packet_unref(packet);
        }
    }
}
