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
        // A chunk that ends between two pictures ends with the first of them: it may last a picture longer than its even share.
        var longest = Math.Max(1, (timescale / 2L) - samples.Max(sample => sample.Duration));
        var groups = GroupsOf(samples);
        var parts = groups.ConvertAll(group => (int)Math.Min(count + 1, ((Length(samples, group) - 1) / longest) + 1));
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
