using Tandem.Live.Ingest;

namespace Tandem.Live.Timeline;

/// <summary>
/// The date ranges of a playlist that Tandem repeats later: those that the source has dropped already stay until the published window has
/// passed them, and those of a time that is not published yet wait.
/// </summary>
public sealed class HeldDateRanges
{
    private const int Most = 1000;
    private readonly List<DateRange> _held = [];

    /// <summary>Takes the source's newest; its lines for an ID replace those that were there.</summary>
    public void See(IReadOnlyCollection<DateRange> ranges)
    {
        var named = ranges.Select(range => range.Id).ToHashSet(StringComparer.Ordinal);
        _held.RemoveAll(held => named.Contains(held.Id));
        _held.AddRange(ranges.TakeLast(Most));
        if (_held.Count > Most)
            _held.RemoveRange(0, _held.Count - Most);
    }

    /// <summary>The lines for a published window; forgets what lies before it and is not in the source's playlist any more.</summary>
    /// <param name="from">Date of the window's beginning.</param>
    /// <param name="to">Date of its end.</param>
    /// <param name="listed">What the source's playlist has now.</param>
    public IReadOnlyList<string> Between(DateTimeOffset from, DateTimeOffset to, IReadOnlyCollection<DateRange> listed)
    {
        var starts = _held.Where(held => held.Start is not null).GroupBy(held => held.Id, StringComparer.Ordinal)
            .ToDictionary(group => group.Key, group => group.Min(held => held.Start!.Value), StringComparer.Ordinal);
        var current = listed.Select(range => range.Id).ToHashSet(StringComparer.Ordinal);
        _held.RemoveAll(held => !current.Contains(held.Id) && (held.End ?? starts.GetValueOrDefault(held.Id)) < from);
        return [.. _held.Where(held => starts.TryGetValue(held.Id, out var start) && start < to).Select(held => held.Line).Distinct(StringComparer.Ordinal)];
    }
}
