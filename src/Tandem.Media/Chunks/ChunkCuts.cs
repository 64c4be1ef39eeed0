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
        var groups = GroupsOf(samples);
        var parts = groups.ConvertAll(group => Least(samples, group, timescale / 2, count));
        if (parts.Sum() > count)
            (groups, parts) = ([(0, samples.Count)], [count]);
        while (parts.Sum() < count)
        {
            var largest = Enumerable.Range(0, groups.Count).MaxBy(index => (double)Length(samples, groups[index]) / parts[index]);
            parts[largest]++;
        }

        return [.. groups.Zip(parts).SelectMany(group => Even(samples, group.First, group.Second))];
    }

    /// <summary>Runs of pictures that begin with one that decoding can begin with, but for the first.</summary>
    private static List<(int From, int To)> GroupsOf(IReadOnlyList<PictureSample> samples)
    {
        var groups = new List<(int From, int To)>();
        var from = 0;
        for (var index = 1; index <= samples.Count; index++)
        {
            if (index < samples.Count && !samples[index].IsSync)
                continue;
            groups.Add((from, index));
            from = index;
        }

        return groups;
    }

    private static long Length(IReadOnlyList<PictureSample> samples, (int From, int To) group) =>
        Math.Max(1, samples[group.To - 1].Decode + samples[group.To - 1].Duration - samples[group.From].Decode);

    /// <summary>
    /// The fewest even parts of a group that last <paramref name="longest"/> at most; more than <paramref name="most"/> where there are none.
    /// A part that ends between two pictures ends with the first of them, and so may last longer than its share.
    /// </summary>
    private static int Least(IReadOnlyList<PictureSample> samples, (int From, int To) group, long longest, int most)
    {
        var parts = (int)Math.Min(most + 1, ((Length(samples, group) - 1) / Math.Max(1, longest)) + 1);
        while (parts <= most && Even(samples, group, parts).Append(group.To) is var cuts
            && cuts.Zip(cuts.Skip(1)).Any(part => part.Second > part.First && Length(samples, part) > longest))
            parts++;
        return parts;
    }

    private static IEnumerable<int> Even(IReadOnlyList<PictureSample> samples, (int From, int To) group, int parts)
    {
        var (begin, length) = (samples[group.From].Decode, Length(samples, group));
        var index = group.From;
        for (var part = 0; part < parts; part++)
        {
            while (index < group.To && samples[index].Decode < begin + (length * part / parts))
                index++;
            yield return index;
        }
    }
}
