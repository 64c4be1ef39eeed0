using System.Runtime.InteropServices;
using Tandem.Media.Demux;
using Tandem.Media.Native;
using Tandem.Media.Worker;

namespace Tandem.Media.Segmenting;

/// <summary>A source, opened by libavformat; in the child only.</summary>
internal sealed unsafe class SourceDemuxer : IDisposable
{
    // What holds media itself. Playlists and scripts of other resources (hls, dash, concat, sdp, …) are not among them.
    private const string Formats =
        "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,mpegts,mpeg,flv,avi,asf,mxf,gxf,nut,mp3,aac,ac3,eac3,wav,w64,aiff,au,caf,flac,ogg,"
        + "amr,tta,wv,ape,tak,dsf,dts,truehd,rm,ivf,obu,av1,amrnb,amrwb,latm,loas";

    private const int FirstProgramme = 1;

    private readonly InputHandle _input = new();

    private SourceDemuxer()
    {
    }

    /// <summary>libavformat's name of the container.</summary>
    public string Format => Text(_input.Value->iformat->name);

    /// <summary>Length as the header tells it, or as libavformat guesses it; 90 kHz; null where there is none.</summary>
    public long? Length => _input.Value->duration is > 0 and var length ? Rescale.ToTicks(length, new AVRational { num = 1, den = 1_000_000 }) : null;

    /// <summary>Its streams.</summary>
    public IReadOnlyList<SourceStream> Streams { get; private set; } = [];

    /// <summary>One of its streams, as libavformat has it.</summary>
    public AVStream* this[int index] => _input.Value->streams[index];

    /// <summary>Opens a source; null with the reason where it is none.</summary>
    /// <param name="io">Where its bytes come from.</param>
    /// <param name="problem">libavformat's words for what is wrong.</param>
    public static SourceDemuxer? Open(SourceIo io, out string problem)
    {
        var demuxer = new SourceDemuxer();
        LogTail.Clear();
        var result = demuxer.OpenInput(io);
        if (result >= 0)
            result = LibAvFormat.avformat_find_stream_info(demuxer._input.Value, null);
        problem = result >= 0 ? ""
            : LogTail.Hint(null).Contains("not on whitelist", StringComparison.Ordinal) ? "it is a playlist, or of a format that Tandem does not read"
            : $"it cannot be read: {AvError.Text(result)}{LogTail.Hint(io.Secret)}";
        if (result >= 0)
        {
            demuxer.Describe();
            return demuxer;
        }

        demuxer.Dispose();
        return null;
    }

    /// <summary>Reads the next packet of any stream that is not left out. Returns FFmpeg's error.</summary>
    public int Read(PacketHandle packet) => LibAvFormat.av_read_frame(_input.Value, packet.Value);

    /// <summary>Has a stream's packets thrown away as early as can be.</summary>
    public void Discard(int index) => this[index]->discard = LibAvUtil.DiscardAll;

    /// <summary>Length of a stream as the header tells it, 90 kHz; null where it does not.</summary>
    public long? StreamLength(int index) => Rescale.ToTicks(this[index]->duration, this[index]->time_base) is > 0 and var length ? length : null;

    /// <summary>When a stream begins, 90 kHz; null where that is not known.</summary>
    public long? StreamStart(int index) => Rescale.ToTicks(this[index]->start_time, this[index]->time_base);

    /// <summary>The language that the source says of a stream; null where it says none.</summary>
    public string? Language(int index)
    {
        var entry = LibAvUtil.av_dict_get(this[index]->metadata, "language", null, 0);
        if (entry is null)
            return null;
        var text = Text(entry->value).Split(',')[0];
        if (text.Length is < 2 or > 35 || !text.All(letter => char.IsAsciiLetterOrDigit(letter) || letter == '-'))
            return null;
        return text.Length == 3 ? LanguageTag.FromIso639(System.Text.Encoding.ASCII.GetBytes(text)) : text;
    }

    /// <inheritdoc/>
    public void Dispose() => _input.Dispose();

    private static string Text(byte* text) => Marshal.PtrToStringUTF8((nint)text) ?? "";

    private int OpenInput(SourceIo io)
    {
        var context = _input.Value;
        context->pb = io.Context;
        context->interrupt_callback = Patience.Callback;
        if (!io.IsLive)
            context->flags |= LibAvFormat.FlagGeneratePts;
        void* options = null;
        Set(&options, "format_whitelist", Formats);
        Set(&options, "protocol_whitelist", "none");

        // Times that wrap are put right by InputClock, which a stream of days wraps more than once.
        Set(&options, "correct_ts_overflow", "0");
        if (io.IsLive)
        {
            Set(&options, "analyzeduration", "3000000");
            Set(&options, "probesize", "4000000");
        }

        var format = io.Format is { } name ? LibAvFormat.av_find_input_format(name) : null;
        var result = _input.Open(null, format, &options);
        LibAvUtil.av_dict_free(&options);
        return result;
    }

    private static void Set(void** options, string name, string value) => AvError.Check(LibAvUtil.av_dict_set(options, name, value, 0), name);

    private void Describe()
    {
        var context = _input.Value;
        var streams = new List<SourceStream>();
        for (var i = 0; i < (int)Math.Min(context->nb_streams, 256); i++)
        {
            var stream = context->streams[i];
            var parameters = stream->codecpar;
            var kind = parameters->codec_type switch
            {
                LibAvUtil.MediaSound => TrackKind.Sound,
                LibAvUtil.MediaPicture => TrackKind.Picture,
                _ => TrackKind.Other,
            };
            var sized = parameters->width is > 0 and <= 16_384 && parameters->height is > 0 and <= 16_384;
            streams.Add(new SourceStream(
                i,
                kind,
                parameters->codec_id,
                Text(LibAvCodec.avcodec_get_name(parameters->codec_id)),
                sized ? parameters->width * parameters->height : 0,
                kind == TrackKind.Picture ? sized : parameters->sample_rate is >= 4000 and <= 192_000 && parameters->ch_layout.nb_channels is > 0 and <= 64,
                (stream->disposition & LibAvFormat.DispositionAttachedPicture) != 0,
                context->nb_programs > FirstProgramme ? (long)LibAvFormat.av_find_program_from_stream(context, null, i) : 0,
                IsPlainAac(Header(parameters)),
                LibAvCodec.avcodec_find_decoder(parameters->codec_id) != 0));
        }

        Streams = streams;
    }

    /// <summary>A codec's own header.</summary>
    public static ReadOnlySpan<byte> Header(AVCodecParameters* parameters) =>
        parameters->extradata is null || parameters->extradata_size <= 0 ? [] : new ReadOnlySpan<byte>(parameters->extradata, parameters->extradata_size);

    // ADTS knows the object types Main, LC, SSR and LTP only; SBR and PS are found behind an LC core.
    private static bool IsPlainAac(ReadOnlySpan<byte> header)
    {
        if (header.IsEmpty)
            return true;
        return AudioSpecificConfig.Read(header) is { ObjectType: (>= 1 and <= 5) or 29 };
    }
}
