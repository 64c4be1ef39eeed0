using Tandem.Media.Demux;
using Tandem.Media.Worker;

namespace Tandem.Media.Remux;

/// <summary>
/// Takes the sound out of a segment and leaves the picture as it is, in the container it came in (design.md, section 3a). Holds nothing
/// from segment to segment: what must go on is given back to the parent as bytes, so that it outlives this process.
/// </summary>
internal static class Remuxer
{
    /// <summary>Does one request.</summary>
    /// <param name="data">The segment; it is written over.</param>
    /// <param name="init">Its init segment.</param>
    /// <param name="memory">What the segment before it left; empty at the start of an epoch.</param>
    public static RemuxResult Remux(Memory<byte> data, ReadOnlyMemory<byte> init, ReadOnlySpan<byte> memory)
    {
        if (TsDemuxer.Recognises(data.Span))
            return TsRemuxer.Remux(data, init.Span, memory);
        if (Mp4Demuxer.Recognises(data.Span))
            return Mp4Remuxer.Remux(data, init);
        if (PackedAudioReader.Recognise(data.Span) is not null)
            return RemuxResult.Failed(DecodeFault.NoPicture, "packed audio, which has no picture");
        var begin = Convert.ToHexString(data.Span[..Math.Min(16, data.Length)]);
        return RemuxResult.Failed(DecodeFault.NotMedia, $"{data.Length} bytes that are no container Tandem reads; they begin with {begin}");
    }
}
