using System.Globalization;

namespace Tandem.Checks.Detectors;

/// <summary>How far a published voice moved against the picture, measured against the source's own offsets (design.md, section 5).</summary>
/// <param name="Count">Beeps that both have.</param>
/// <param name="Missed">Beeps of the source that the voice lacks, between its first and its last.</param>
/// <param name="Median">Median of voice minus source, s.</param>
/// <param name="Worst">The one that is farthest from zero, s.</param>
/// <param name="Drift">Median of the last minute minus median of the first; of halves where there are under two minutes.</param>
public sealed record SyncError(int Count, int Missed, double Median, double Worst, double Drift)
{
    /// <summary>Compares offsets flash by flash.</summary>
    /// <param name="source">Offsets in the source, by a key that names the flash.</param>
    /// <param name="voice">Offsets in what Tandem publishes, by the same keys.</param>
    public static SyncError Between<TKey>(IReadOnlyList<KeyValuePair<TKey, double>> source, IReadOnlyDictionary<TKey, double> voice)
        where TKey : notnull
    {
        var first = -1;
        var last = -1;
        var moved = new List<(int Index, double Error)>();
        for (var index = 0; index < source.Count; index++)
        {
            if (!voice.TryGetValue(source[index].Key, out var offset))
                continue;
            first = first < 0 ? index : first;
            last = index;
            moved.Add((index, offset - source[index].Value));
        }

        if (moved.Count == 0)
            return new SyncError(0, source.Count, double.NaN, double.NaN, double.NaN);
        // Beeps come about once a second, so indices stand for seconds.
        var edge = Math.Min(60, Math.Max(1, (last - first) / 2));
        return new SyncError(
            moved.Count,
            last - first + 1 - moved.Count,
            MedianOf(moved.Select(pair => pair.Error)),
            moved.MaxBy(pair => Math.Abs(pair.Error)).Error,
            MedianOf(moved.Where(pair => pair.Index > last - edge).Select(pair => pair.Error))
                - MedianOf(moved.Where(pair => pair.Index < first + edge).Select(pair => pair.Error)));
    }

    /// <inheritdoc/>
    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture,
        $"{Count} beeps ({Missed} missed), median {Median * 1000:F2} ms, worst {Worst * 1000:F2} ms, drift {Drift * 1000:F2} ms");

    private static double MedianOf(IEnumerable<double> values)
    {
        var sorted = values.Order().ToList();
        return sorted.Count == 0 ? double.NaN : (sorted[(sorted.Count - 1) / 2] + sorted[sorted.Count / 2]) / 2;
    }
}
