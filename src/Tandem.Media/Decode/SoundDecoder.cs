using Tandem.Media.Native;

namespace Tandem.Media.Decode;

/// <summary>
/// One codec's decoder, kept from segment to segment: its state (overlap, SBR history) is what makes sound continue without a click.
/// What comes out for a packet plays at that packet's time; players hold to the same convention. Nothing is skipped or trimmed.
/// </summary>
internal sealed unsafe class SoundDecoder : IDisposable
{
    // FFmpeg's names of the decoders, chosen so that they put out float planes where there is a choice.
    private static readonly Dictionary<string, string> Decoders = new(StringComparer.Ordinal)
    {
        ["aac"] = "aac",
        ["mp1"] = "mp1float",
        ["mp2"] = "mp2float",
        ["mp3"] = "mp3float",
        ["ac3"] = "ac3",
        ["eac3"] = "eac3",
        ["opus"] = "opus",
        ["flac"] = "flac",
    };

    private readonly CodecHandle _codec;
    private readonly PacketHandle _packet = new();
    private readonly FrameHandle _frame = new();
    private readonly StereoMixdown _mixdown = new();

    private SoundDecoder(CodecHandle codec) => _codec = codec;

    /// <summary>Output rate of the newest block, Hz.</summary>
    public int SampleRate { get; private set; }

    /// <summary>Interleaved stereo of the newest block; valid until the next call of <see cref="Receive"/>.</summary>
    public ReadOnlySpan<float> Samples => _mixdown.Samples;

    /// <summary>FFmpeg's number of the profile that the decoder found, such as 1, 4, 28 for AAC LC, HE, HEv2.</summary>
    public int Profile => _codec.Value->profile;

    /// <summary>All codecs that are decoded, FFmpeg's names.</summary>
    public static IReadOnlyList<string> Codecs { get; } = [.. Decoders.Keys];

    /// <summary>Whether this machine's libavcodec has the decoder that is used for <paramref name="codec"/>.</summary>
    public static bool Exists(string codec) => LibAvCodec.avcodec_find_decoder_by_name(Decoders[codec]) != 0;

    /// <summary>Whether this codec can be decoded here.</summary>
    public static bool Knows(string codec) => Decoders.ContainsKey(codec);

    /// <summary>Opens a decoder; null where libavcodec has none or refuses the configuration.</summary>
    /// <param name="codec">FFmpeg's name of the codec.</param>
    /// <param name="configuration">The codec's own header, such as an AudioSpecificConfig; empty where frames carry all.</param>
    public static SoundDecoder? Open(string codec, ReadOnlySpan<byte> configuration)
    {
        if (!Decoders.TryGetValue(codec, out var name))
            return null;
        var found = LibAvCodec.avcodec_find_decoder_by_name(name);
        if (found == 0)
            return null;
        var handle = new CodecHandle(found);
        var context = handle.Value;
        context->thread_count = 1;
        context->flags2 |= LibAvCodec.Flag2SkipManual;
        context->max_samples = 65_536;
        if (!configuration.IsEmpty)
        {
            context->extradata = (byte*)LibAvUtil.av_mallocz((nuint)(configuration.Length + LibAvUtil.InputPadding));
            if (context->extradata is null)
                throw AvError.OutOfMemory("av_mallocz");
            context->extradata_size = configuration.Length;
            configuration.CopyTo(new Span<byte>(context->extradata, configuration.Length));
        }

        if (AvError.NotOutOfMemory(LibAvCodec.avcodec_open2(context, found, null), "avcodec_open2") >= 0)
            return new SoundDecoder(handle);
        handle.Dispose();
        return null;
    }

    /// <summary>Opens a decoder of any codec that libavcodec has; null where it has none or refuses the parameters.</summary>
    public static SoundDecoder? Open(AVCodecParameters* parameters)
    {
        var found = LibAvCodec.avcodec_find_decoder(parameters->codec_id);
        if (found == 0)
            return null;
        var handle = new CodecHandle(found);
        var context = handle.Value;
        if (LibAvCodec.avcodec_parameters_to_context(context, parameters) >= 0)
        {
            context->thread_count = 1;
            context->flags2 |= LibAvCodec.Flag2SkipManual;
            context->max_samples = 1 << 20;
            if (LibAvCodec.avcodec_open2(context, found, null) >= 0)
                return new SoundDecoder(handle);
        }

        handle.Dispose();
        return null;
    }

    /// <summary>Gives the decoder one frame; false where it finds it damaged.</summary>
    public bool Send(ReadOnlySpan<byte> frame)
    {
        // A new buffer each time: libavcodec needs its padding, and may keep a reference.
        if (AvError.NotOutOfMemory(LibAvCodec.av_new_packet(_packet.Value, frame.Length), "av_new_packet") < 0)
            return false;
        frame.CopyTo(new Span<byte>(_packet.Value->data, frame.Length));
        var result = LibAvCodec.avcodec_send_packet(_codec.Value, _packet.Value);
        LibAvCodec.av_packet_unref(_packet.Value);
        return AvError.NotOutOfMemory(result, "avcodec_send_packet") >= 0;
    }

    /// <summary>Takes the next decoded block.</summary>
    /// <param name="damaged">Whether the decoder failed, or could only hide the damage.</param>
    /// <returns>False when there is none until more is sent.</returns>
    public bool Receive(out bool damaged)
    {
        damaged = false;
        LibAvUtil.av_frame_unref(_frame.Value);
        var result = AvError.NotOutOfMemory(LibAvCodec.avcodec_receive_frame(_codec.Value, _frame.Value), "avcodec_receive_frame");
        if (result < 0)
        {
            damaged = result is not (LibAvUtil.Again or LibAvUtil.EndOfFile);
            return false;
        }

        var frame = _frame.Value;
        damaged = frame->decode_error_flags != 0;
        if (frame->nb_samples <= 0 || frame->sample_rate is < 4_000 or > 192_000 || !_mixdown.Read(frame))
        {
            damaged = true;
            return false;
        }

        SampleRate = frame->sample_rate;
        return true;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _mixdown.Dispose();
        _frame.Dispose();
        _packet.Dispose();
        _codec.Dispose();
    }
}
