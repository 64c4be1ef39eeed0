namespace Tandem.Checks.Demux;

/// <summary>One coded frame or access unit.</summary>
/// <param name="Seconds">Presentation time: of the first sample that a decoder hands out for it, with no priming taken off.</param>
/// <param name="Data">H.264 as Annex B, HEVC of a transport stream as well, other pictures as they are, AAC with an ADTS header, MPEG audio as it is.</param>
/// <param name="Segment">Index of the segment it came in.</param>
public readonly record struct TimedFrame(double Seconds, ReadOnlyMemory<byte> Data, int Segment);

/// <summary>Coded pictures in decoding order.</summary>
/// <param name="Frames">One each.</param>
/// <param name="Format">What ffmpeg calls the frames one after another: <c>h264</c>, <c>hevc</c>; or <c>mp4</c> for what needs its container.</param>
/// <param name="Container">The container's bytes where <paramref name="Format"/> is <c>mp4</c>; null otherwise.</param>
public sealed record PictureStream(IReadOnlyList<TimedFrame> Frames, string Format = "h264", byte[]? Container = null);

/// <summary>Coded sound.</summary>
/// <param name="Codec"><c>aac</c>, <c>mp2</c> or <c>mp3</c>.</param>
/// <param name="SampleRate">Hz.</param>
/// <param name="FrameSamples">Samples a channel that each frame decodes to.</param>
/// <param name="Frames">In order.</param>
public sealed record SoundStream(string Codec, int SampleRate, int FrameSamples, IReadOnlyList<TimedFrame> Frames);

/// <summary>Bytes that are no container the checks read.</summary>
public sealed class DemuxException(string message) : Exception(message);

/// <summary>
/// Takes segments apart without FFmpeg: times come from the container's own fields, to the tick, as a player with Media Source
/// Extensions reads them.
/// </summary>
public static class Streams
{
    /// <summary>The pictures of consecutive segments of one track.</summary>
    public static PictureStream Pictures(byte[]? init, IEnumerable<byte[]> segments) => Demuxed(init, segments).Pictures;

    /// <summary>The sound of consecutive segments of one track; the first sound of a container that has several.</summary>
    /// <exception cref="DemuxException">There is none.</exception>
    public static SoundStream Sound(byte[]? init, IEnumerable<byte[]> segments) =>
        Demuxed(init, segments).Sound ?? throw new DemuxException("No sound in these segments");

    /// <summary>Pictures and sound of one segment by itself; no sound is null.</summary>
    public static (PictureStream Pictures, SoundStream? Sound) Both(byte[]? init, byte[] segment)
    {
        var demuxed = Demuxed(init, [segment]);
        return (demuxed.Pictures, demuxed.Sound);
    }

    private static ISegmentDemuxer Demuxed(byte[]? init, IEnumerable<byte[]> segments)
    {
        ISegmentDemuxer? demuxer = null;
        foreach (var segment in segments)
        {
            demuxer ??= init is not null ? new Mp4Demuxer(init) : TsPacket.LooksLikeTs(segment) ? new TsDemuxer() : new PackedAudioDemuxer();
            demuxer.Read(segment);
        }

        return demuxer ?? throw new DemuxException("No segments");
    }
}

/// <summary>Reads segments one after another.</summary>
internal interface ISegmentDemuxer
{
    /// <summary>The pictures so far.</summary>
    PictureStream Pictures { get; }

    /// <summary>The sound so far; null where there is none.</summary>
    SoundStream? Sound { get; }

    /// <summary>Takes one whole segment apart.</summary>
    void Read(byte[] segment);
}

/// <summary>Continues a counter of 33 bits past its wrap; jumps of less than half its range either way are kept.</summary>
internal sealed class TickUnwrapper
{
    private const long Range = 1L << 33;
    private long? _last;

    public long Unwrap(long ticks)
    {
        if (_last is not { } last)
        {
            _last = ticks;
            return ticks;
        }

        var step = (ticks - last) & (Range - 1);
        if (step >= Range / 2)
            step -= Range;
        _last = last + step;
        return last + step;
    }
}
