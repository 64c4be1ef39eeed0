using Tandem.Media.Demux;
using Tandem.Media.Worker;

namespace Tandem.Media.Chunks;

/// <summary>What the child made of one segment to be cut into chunks.</summary>
/// <param name="Container">The container.</param>
/// <param name="Pictures">What was read.</param>
/// <param name="Starts">Index of each chunk's first picture.</param>
internal sealed record Chunked(Container Container, Pictures Pictures, int[] Starts);

/// <summary>Chunks in the child, or the reason why there are none.</summary>
internal readonly record struct ChunkResult(Chunked? Segment, DecodeFault? Fault, string? Detail);

/// <summary>Cuts a segment's picture into CMAF chunks. Holds nothing from segment to segment.</summary>
internal static class Chunker
{
    // What the parent takes; see WireChunks.
    private const int LargestInit = 256 * 1024;
    private const uint FastestTimescale = 100_000_000;
    private const int LargestSide = 16_384;
    private const int LongestSeconds = 1800;
    private const int LongestOffset = 60;

    /// <summary>Does one request.</summary>
    /// <param name="data">The segment.</param>
    /// <param name="init">Its init segment.</param>
    /// <param name="count">How many chunks.</param>
    public static ChunkResult Cut(ReadOnlyMemory<byte> data, ReadOnlyMemory<byte> init, int count)
    {
        var isTransport = TsDemuxer.Recognises(data.Span);
        if (!isTransport && !Mp4Demuxer.Recognises(data.Span))
            return new ChunkResult(null, DecodeFault.NotMedia, $"{data.Length} bytes that are no container with a picture");
        var (pictures, fault, detail) = isTransport ? TsPictures.Read(data.Span, init.Span) : Mp4Pictures.Read(data, init);
        if (pictures is not null && !IsSane(pictures))
            (pictures, fault, detail) = (null, DecodeFault.NotMedia, "a picture whose sizes or times make no sense");
        return pictures is null
            ? new ChunkResult(null, fault, detail)
            : new ChunkResult(
                new Chunked(isTransport ? Container.MpegTs : Container.FragmentedMp4, pictures, ChunkCuts.Of(pictures.Samples, pictures.Timescale, count)),
                null,
                null);
    }

    private static bool IsSane(Pictures pictures)
    {
        if (pictures.Init.Length > LargestInit || pictures.Timescale is 0 or > FastestTimescale || pictures.Width > LargestSide || pictures.Height > LargestSide)
            return false;
        if (Math.Abs(pictures.Samples[0].Decode) > long.MaxValue / 16)
            return false;
        var duration = 0L;
        foreach (var sample in pictures.Samples)
        {
            duration += sample.Duration;
            if (Math.Abs((long)sample.Offset) > LongestOffset * (long)pictures.Timescale)
                return false;
        }

        return duration <= LongestSeconds * (long)pictures.Timescale;
    }
}
