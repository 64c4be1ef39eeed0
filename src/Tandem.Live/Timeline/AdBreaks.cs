using System.Globalization;
using Tandem.Live.Ingest;

namespace Tandem.Live.Timeline;

/// <summary>
/// Tells which segments of the heard playlist are advertisements, by what packagers write: EXT-X-CUE-OUT and EXT-X-CUE-IN before segments
/// (AWS Elemental, Unified Streaming and others), and EXT-X-DATERANGE with SCTE35-OUT (RFC 8216, section 4.3.2.7.1). Remembers a break whose
/// first segment has left the playlist.
/// </summary>
public sealed class AdBreaks
{
    // A break whose end was lost must not leave the channel without dubs; none is longer.
    private static readonly TimeSpan Longest = TimeSpan.FromMinutes(10);

    private const int MostRanges = 64;

    private readonly List<(string Id, DateTimeOffset Start, DateTimeOffset End)> _ranges = [];
    private TimeSpan _left;

    /// <summary>Takes the date ranges that the playlist has now; those that it had before are remembered.</summary>
    public void See(IReadOnlyCollection<DateRange> ranges)
    {
        foreach (var range in ranges.GroupBy(range => range.Id, StringComparer.Ordinal))
        {
            if (!range.Any(line => line.IsSpliceOut) || range.FirstOrDefault(line => line.Start is not null)?.Start is not { } start)
                continue;

            // A later line of the same ID knows the real length; the first one had it planned.
            var end = range.LastOrDefault(line => line.End is not null)?.End ?? start + Longest;
            _ranges.RemoveAll(known => known.Id == range.Key);
            _ranges.Add((range.Key, start, end < start + Longest ? end : start + Longest));
        }

        if (_ranges.Count > MostRanges)
            _ranges.RemoveRange(0, _ranges.Count - MostRanges);
    }

    /// <summary>Whether a segment is an advertisement; to be asked once for each, in order.</summary>
    /// <param name="segment">As its playlist has it.</param>
    public bool Contains(MediaSegment segment)
    {
        foreach (var tag in segment.OtherTags)
            Take(tag);
        var cued = _left > TimeSpan.Zero;

        // Durations are rounded: what is left of a break that is over does not reach the middle of the next segment.
        _left = _left > segment.Duration * 1.5 ? _left - segment.Duration : TimeSpan.Zero;
        return cued || (segment.ProgramDate is { } date && IsInRange(date + (segment.Duration / 2)));
    }

    private bool IsInRange(DateTimeOffset date) => _ranges.Exists(range => range.Start <= date && date < range.End);

    private void Take(string line)
    {
        var colon = line.IndexOf(':', StringComparison.Ordinal);
        var (tag, value) = colon < 0 ? (line, "") : (line[..colon], line[(colon + 1)..]);
        switch (tag)
        {
            case "#EXT-X-CUE-OUT":
                _left = Length(value) ?? Longest;
                break;
            case "#EXT-X-CUE-OUT-CONT":
                _left = Rest(value) ?? (_left > TimeSpan.Zero ? _left : Longest);
                break;
            case "#EXT-X-CUE-IN":
                _left = TimeSpan.Zero;
                break;
        }
    }

    /// <summary><c>30</c>, <c>DURATION=30</c>, or nothing.</summary>
    private static TimeSpan? Length(string value) => Seconds(Attribute(value, "DURATION") ?? value);

    /// <summary>What is left of <c>8/30</c> or <c>ElapsedTime=8,Duration=30</c>; at least a moment, since the tag says that the break goes on.</summary>
    private static TimeSpan? Rest(string value)
    {
        var parts = value.Split('/');
        var elapsed = Seconds(Attribute(value, "ELAPSEDTIME") ?? (parts.Length == 2 ? parts[0] : ""));
        var length = Seconds(Attribute(value, "DURATION") ?? (parts.Length == 2 ? parts[1] : ""));
        if (length is not { } whole)
            return null;
        var rest = whole - (elapsed ?? TimeSpan.Zero);
        return rest > TimeSpan.Zero ? rest : TimeSpan.FromTicks(1);
    }

    private static string? Attribute(string value, string name)
    {
        foreach (var part in value.Split(','))
        {
            var pair = part.Split('=', 2);
            if (pair.Length == 2 && pair[0].Trim().Equals(name, StringComparison.OrdinalIgnoreCase))
                return pair[1].Trim('"', ' ');
        }

        return null;
    }

    private static TimeSpan? Seconds(string text) =>
        double.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var seconds) && seconds is > 0 and < 86_400
            ? TimeSpan.FromSeconds(Math.Min(seconds, Longest.TotalSeconds))
            : null;
}
