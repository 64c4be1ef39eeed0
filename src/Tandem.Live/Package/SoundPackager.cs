using Tandem.Live.Timeline;
using Tandem.Media.Worker;

namespace Tandem.Live.Package;

/// <summary>
/// Packages one rendition for one generation in the source's kind of container (design.md, section 3a, rule 4). Keeps the end of the last
/// segment, so that rounding from 90 kHz never opens a gap of a sample between contiguous segments. Not safe for concurrent use.
/// </summary>
public sealed class SoundPackager
{
    /// <summary>A fragment that starts this near to the end of the one before continues it: half of design.md's bound for jitter.</summary>
    private static readonly TimeSpan Seam = TimeSpan.FromMilliseconds(1);

    private readonly SoundFormat _format;
    private readonly TransportAudio? _transport;
    private uint _fragments;
    private int _epoch = -1;
    private long _expected;
    private (MediaTime Start, List<TimedFrame> Frames)? _packaged;

    private SoundPackager(SoundFormat format, bool fragmented, bool transported, string language)
    {
        _format = format;
        _transport = transported ? new TransportAudio() : null;
        IsFragmented = fragmented;
        Init = fragmented ? Cmaf.Init(format, language) : ReadOnlyMemory<byte>.Empty;
    }

    /// <summary>Time and frames of what was packaged last; handed over once, because they are held nowhere else.</summary>
    /// <param name="generation">Names the rendition's life.</param>
    public PackagedSound? TakeFrames(string generation)
    {
        var sound = _packaged is var (start, frames) ? new PackagedSound(generation, _format, start, frames) : null;
        _packaged = null;
        return sound;
    }

    /// <summary>True for CMAF, which needs <see cref="Init"/> and EXT-X-MAP.</summary>
    public bool IsFragmented { get; }

    /// <summary>The init segment; empty for all but CMAF.</summary>
    public ReadOnlyMemory<byte> Init { get; }

    /// <summary>For CHANNELS.</summary>
    public int Channels => _format.Channels;

    /// <summary>RFC 6381 name for CODECS.</summary>
    public string CodecsTag => IsFragmented && _format.Codec is SoundCodec.MpegLayer2 or SoundCodec.MpegLayer3
        ? $"mp4a.{SampleEntry.ObjectTypeIndication(_format):X2}"
        : _format.CodecsTag;

    /// <summary>File name extension of segments, without the dot, as players expect it.</summary>
    public string Extension => IsFragmented ? "m4s" : _transport is not null ? "ts" : _format.Codec switch
    {
        SoundCodec.Aac => "aac",
        SoundCodec.Ac3 => "ac3",
        SoundCodec.EnhancedAc3 => "eac3",
        _ => "mp3",
    };

    /// <summary>Content-Type of segments and of the init segment.</summary>
    public string ContentType => IsFragmented ? "audio/mp4" : _transport is not null ? "video/mp2t" : _format.Codec switch
    {
        SoundCodec.Aac => "audio/aac",
        SoundCodec.Ac3 => "audio/ac3",
        SoundCodec.EnhancedAc3 => "audio/eac3",
        _ => "audio/mpeg",
    };

    /// <summary>
    /// A packager, or null where <paramref name="source"/>'s kind of container cannot carry <paramref name="format"/> or no player plays it:
    /// then the original must be encoded.
    /// </summary>
    /// <param name="source">Container of the source: CMAF beside fragmented MP4, packed audio beside the others.</param>
    /// <param name="format">What the frames are.</param>
    /// <param name="language">BCP 47 tag for the init segment.</param>
    /// <param name="alone">
    /// Whether the source's sound is in segments of its own. AAC beside such transport streams comes in transport streams too: a viewer
    /// changes between it and the source's renditions, and Shaka 5.2 keeps the parser of the kind that it began with, so that it stalled
    /// for good on the way from packed audio to a transport stream.
    /// </param>
    public static SoundPackager? Create(Container source, SoundFormat format, string language, bool alone = false)
    {
        // No player takes layer II, and one that reads it in CODECS drops the variant with all its voices.
        var fragmented = source == Container.FragmentedMp4;
        var transported = source == Container.MpegTs && alone && format.Codec == SoundCodec.Aac;
        return format.Codec != SoundCodec.MpegLayer2 && (fragmented || PackedAudio.CanCarry(format))
            ? new SoundPackager(format, fragmented, transported, language)
            : null;
    }

    /// <summary>Packages frames of a source; lost ones become silence, see <see cref="FrameGrid"/>.</summary>
    /// <param name="start">Time of the first frame.</param>
    /// <param name="frames">In presentation order.</param>
    /// <param name="until">Where the segment ends, if sound is lost there: 90 kHz; null to end with the last frame.</param>
    public byte[] Package(MediaTime start, IReadOnlyList<CodedFrame> frames, long? until = null) =>
        Package(start, FrameGrid.Fill(_format, start, frames, until));

    /// <summary>Packages contiguous frames of the format's ordinary length.</summary>
    /// <param name="start">Time of the first frame, priming taken out.</param>
    /// <param name="frames">Raw frames.</param>
    public byte[] Package(MediaTime start, IReadOnlyList<ReadOnlyMemory<byte>> frames)
    {
        var timed = new List<TimedFrame>(frames.Count);
        for (var index = 0; index < frames.Count; index++)
            timed.Add(new TimedFrame(_format.FrameSamples, frames[index]));
        return Package(start, timed);
    }

    private byte[] Package(MediaTime start, List<TimedFrame> frames)
    {
        _packaged = (start, frames);
        if (_transport is not null)
            return _transport.Segment(_format, start, frames.ConvertAll(frame => frame.Data));
        if (!IsFragmented)
            return PackedAudio.Segment(_format, start, frames.ConvertAll(frame => frame.Data));

        var decodeTime = Cmaf.DecodeTime(start, _format.SampleRate);
        if (_epoch == start.Epoch && Math.Abs(decodeTime - _expected) <= Seam.TotalSeconds * _format.SampleRate)
            decodeTime = _expected;
        _epoch = start.Epoch;
        _expected = decodeTime + frames.Sum(frame => (long)frame.Samples);
        return Cmaf.Fragment(++_fragments, decodeTime, frames);
    }
}
