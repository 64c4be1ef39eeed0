using System.Globalization;
using Tandem.Media.Demux;
using Tandem.Media.Worker;

namespace Tandem.Media.Decode;

/// <summary>
/// What a worker does with segments: tells containers apart, demuxes, chooses what is heard and decodes it. Holds what must live on from
/// segment to segment: partial frames and the decoder's own memory. Runs in the child process only, but for tests.
/// </summary>
internal sealed class SegmentDecoder : IDisposable
{
    /// <summary>Samples a channel that one segment may hold: 90 s at 48 kHz.</summary>
    public const int LongestSound = 90 * 48_000;

    private readonly TsDemuxer _ts = new();
    private readonly Mp4Demuxer _mp4 = new();
    private readonly PackedAudioReader _packed = new();
    private Container? _container;
    private SoundDecoder? _decoder;
    private string _decoderCodec = "";
    private byte[] _decoderConfiguration = [];
    private int? _heard;

    /// <summary>Does one request.</summary>
    public DecodeOutcome Decode(DecodeRequest request)
    {
        if (!request.Continues)
            Forget();
        var demuxed = Demux(request);
        if (demuxed is null)
            return DecodeOutcome.Failed(DecodeFault.NotMedia, NotMediaDetail(request));
        if (_container is { } before && before != demuxed.Container)
            Forget();
        _container = demuxed.Container;
        if (demuxed.Streams.Count == 0)
            return DecodeOutcome.Failed(DecodeFault.NotMedia, $"{Name(demuxed.Container)} without a programme or a track");

        var heard = HeardTrack.Choose(demuxed.Streams, request.Language, _heard);
        if (heard is null)
            return Unheard(demuxed, DecodeFault.NoSound, $"{Name(demuxed.Container)} without sound");
        if (heard.Encrypted)
            return Unheard(demuxed, DecodeFault.Encrypted, $"the sound ({heard.Codec}, track {heard.Id}) is encrypted");
        if (!SoundDecoder.Knows(heard.Codec))
            return Unheard(demuxed, DecodeFault.UnknownCodec, $"the sound's codec ({heard.Codec}, track {heard.Id}) is none that can be decoded");
        if (heard.Id != _heard)
            CloseDecoder();
        _heard = heard.Id;
        return Hear(demuxed, heard);
    }

    /// <inheritdoc/>
    public void Dispose() => CloseDecoder();

    private static string Name(Container container) => container switch
    {
        Container.MpegTs => "a transport stream",
        Container.FragmentedMp4 => "an MP4",
        _ => "packed audio",
    };

    private static string NotMediaDetail(DecodeRequest request)
    {
        var begin = Convert.ToHexString(request.Data.Span[..Math.Min(16, request.Data.Length)]);
        return Mp4Demuxer.Recognises(request.Data.Span)
            ? "an MP4 segment without an init segment that describes its tracks"
            : $"{request.Data.Length} bytes that are no container Tandem reads; they begin with {begin}";
    }

    /// <summary>The pictures' time is told where there are pictures: the channel goes on with them.</summary>
    private static DecodeOutcome Unheard(Demuxed demuxed, DecodeFault fault, string detail) =>
        PictureTime(demuxed, clock => clock.Start) is { } start
            ? DecodeOutcome.Unheard(fault, detail, demuxed.Container, start, PictureTime(demuxed, clock => clock.End))
            : DecodeOutcome.Failed(fault, detail);

    private Demuxed? Demux(DecodeRequest request)
    {
        var data = request.Data.Span;
        if (data.StartsWith("ID3"u8))
            return PackedAudioReader.Recognise(data) is { } tagged ? _packed.Read(tagged, data, request.Continues) : null;
        if (TsDemuxer.Recognises(data))
            return _ts.Read(request.Init.Span, data, request.Continues);
        if (Mp4Demuxer.Recognises(data))
            return _mp4.Read(request.Init, request.Data, request.Continues);
        return PackedAudioReader.Recognise(data) is { } syntax ? _packed.Read(syntax, data, request.Continues) : null;
    }

    private DecodeOutcome Hear(Demuxed demuxed, ElementaryStream heard)
    {
        if (_decoder is null || _decoderCodec != heard.Codec || !heard.DecoderConfiguration.Span.SequenceEqual(_decoderConfiguration))
        {
            CloseDecoder();
            _decoder = SoundDecoder.Open(heard.Codec, heard.DecoderConfiguration.Span);
            _decoderCodec = heard.Codec;
            _decoderConfiguration = heard.DecoderConfiguration.ToArray();
        }

        if (_decoder is null)
            return Unheard(demuxed, DecodeFault.UnknownCodec, $"libavcodec refuses the sound's configuration ({heard.CodecsTag ?? heard.Codec})");

        var sound = new List<DecodedSound>(heard.Frames.Count);
        var damaged = demuxed.Damaged;
        long total = 0;
        foreach (var frame in heard.Frames)
        {
            // A decoder that was told its configuration wants bare frames, another finds it in their headers.
            if (!_decoder.Send(heard.DecoderConfiguration.IsEmpty ? frame.Whole.Span : frame.Bare.Span))
                damaged++;

            // A packet that yields several blocks has them follow one another.
            long into = 0;
            bool bad;
            while (_decoder.Receive(out bad))
            {
                damaged += bad ? 1 : 0;
                var ticks = frame.Ticks + FrameClock.Ticks(into, _decoder.SampleRate);
                var block = new DecodedSound(Wrapped(demuxed.Container, ticks), _decoder.SampleRate, _decoder.Samples.ToArray());
                sound.Add(block);
                into += block.Samples.Length / 2;
                total += block.Samples.Length / 2;
                if (total > LongestSound)
                    return DecodeOutcome.Failed(DecodeFault.TooLarge, $"more than {LongestSound / 48_000} s of sound in one segment");
            }

            damaged += bad ? 1 : 0;
        }

        return DecodeOutcome.Of(new DecodedSegment(
            demuxed.Container,
            [.. demuxed.Streams.Select(stream => Track(stream, stream == heard))],
            heard.Id,
            PictureTime(demuxed, clock => clock.Start),
            PictureTime(demuxed, clock => clock.End),
            new CodedSound(
                heard.Codec,
                heard.SampleRate,
                heard.Channels,
                heard.AudioSpecificConfig,
                [.. heard.Frames.Select(frame => new CodedFrame(frame.Ticks, frame.Samples, frame.Bare))]),
            sound,
            damaged));
    }

    private TrackInfo Track(ElementaryStream stream, bool heard) =>
        new(stream.Id, stream.Kind, stream.Codec, CodecsTag(stream, heard), stream.Language, stream.SampleRate, stream.Channels);

    private string? CodecsTag(ElementaryStream stream, bool heard)
    {
        // The decoder finds SBR and parametric stereo where the configuration only implies them.
        const int ProfileHe = 4;
        const int ProfileHeV2 = 28;
        if (stream.Codec == "aac")
        {
            var profile = heard && _decoder is not null ? _decoder.Profile : 0;
            return profile switch
            {
                ProfileHe => "mp4a.40.5",
                ProfileHeV2 => "mp4a.40.29",
                _ => stream.CodecsTag ?? (stream.AudioSpecificConfig.IsEmpty
                    ? null
                    : string.Create(CultureInfo.InvariantCulture, $"mp4a.40.{stream.AudioSpecificConfig.Span[0] >> 3}")),
            };
        }

        return stream.CodecsTag ?? stream.Codec switch
        {
            "mp3" => "mp4a.40.34",
            "mp2" => "mp4a.40.33",
            "ac3" => "ac-3",
            "eac3" => "ec-3",
            "opus" => "opus",
            _ => null,
        };
    }

    private static long? PictureTime(Demuxed demuxed, Func<PictureClock, long?> edge)
    {
        var stream = demuxed.Streams.FirstOrDefault(stream => stream.Kind == TrackKind.Picture && stream.Pictures.Count > 0);
        if (stream is null || edge(stream.Pictures) is not { } ticks)
            return null;
        return Wrapped(demuxed.Container, ticks);
    }

    // Only MP4 counts beyond 33 bits, and below 0.
    private static long Wrapped(Container container, long ticks) => container == Container.FragmentedMp4 ? ticks : ticks & ((1L << 33) - 1);

    private void Forget()
    {
        CloseDecoder();
        _container = null;
        _heard = null;
    }

    private void CloseDecoder()
    {
        _decoder?.Dispose();
        _decoder = null;
    }
}
