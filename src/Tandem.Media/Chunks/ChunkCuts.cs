namespace Tandem.Media.Chunks;

/// <summary>
/// Where a segment's pictures are cut into a given number of chunks: about equally, each half a second at most, and where that allows it at a
/// picture that decoding can begin with. Pure.
/// </summary>
internal static class ChunkCuts
{
    /// <summary>Index of the first picture of each chunk; equal to that of the next where a chunk has none.</summary>
    /// <param name="samples">In decoding order.</param>
    /// <param name="timescale">Units a second of their times.</param>
    /// <param name="count">How many chunks.</param>
    public static int[] Of(IReadOnlyList<PictureSample> samples, uint timescale, int count)
    {
        var starts = new int[count];
        var begin = samples[0].Decode;
        var end = samples[^1].Decode + samples[^1].Duration - begin;
        var longest = timescale / 2L;
        for (int chunk = 0, first = 0; chunk < count; chunk++)
        {
            starts[chunk] = first;
            var left = count - chunk - 1;
            if (left == 0)
                break;
            var from = first < samples.Count ? samples[first].Decode - begin : end;
            var least = end - (left * longest);
            var most = from + longest;
            var even = from + ((end - from) / (left + 1));
            first = Next(samples, first, begin, (least, even, most));
        }

        return starts;
    }

    private static int Next(IReadOnlyList<PictureSample> samples, int first, long begin, (long Least, long Even, long Most) bounds)
    {
        var equal = -1;
        for (var index = first + 1; index < samples.Count; index++)
        {
            var at = samples[index].Decode - begin;
            if (at > bounds.Most && (equal >= 0 || bounds.Least <= bounds.Most))
                return equal >= 0 ? equal : Math.Max(index - 1, first + 1);
            if (samples[index].IsSync && at >= bounds.Least && at <= bounds.Most)
                return index;
            if (equal < 0 && at >= bounds.Even)
                equal = index;
        }

        return equal >= 0 ? equal : samples.Count;
    }
}
