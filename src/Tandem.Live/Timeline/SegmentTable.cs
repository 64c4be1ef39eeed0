namespace Tandem.Live.Timeline;

/// <summary>
/// The rows of a channel, oldest first: published ones that viewers may still ask for, then those that wait. Every playlist is made of
/// them.
/// </summary>
public sealed class SegmentTable
{
    // A playlist shorter than three target durations makes players start at its very end (RFC 8216, section 6.2.2).
    internal const int FewestTargets = 3;

    private readonly List<SegmentRow> _rows = [];

    /// <summary>All rows that are held.</summary>
    public IReadOnlyList<SegmentRow> Rows => _rows;

    /// <summary>How many of them, from the front, are published.</summary>
    public int Published { get; private set; }

    /// <summary>EXT-X-TARGETDURATION of every playlist, s; never falls.</summary>
    public int TargetDuration { get; private set; }

    /// <summary>The row that is to be published next; null while there is none.</summary>
    public SegmentRow? Next => Published < _rows.Count ? _rows[Published] : null;

    /// <summary>The newest published row; null while all are the instance's before.</summary>
    public SegmentRow? Newest => Published > 0 && !_rows[Published - 1].Repeated ? _rows[Published - 1] : null;

    /// <summary>Takes the newest row.</summary>
    public void Add(SegmentRow row)
    {
        _rows.Add(row);
        Cover(row.Duration);
    }

    /// <summary>Makes the target duration cover <paramref name="duration"/>.</summary>
    public void Cover(TimeSpan duration) =>
        TargetDuration = Math.Max(TargetDuration, Math.Max(1, (int)Math.Round(duration.TotalSeconds, MidpointRounding.AwayFromZero)));

    /// <summary>Counts <see cref="Next"/> as published.</summary>
    public void Publish(DateTimeOffset at)
    {
        _rows[Published].PublishedAt = at;
        Published++;
    }

    /// <summary>Index of the first row of the published window.</summary>
    /// <param name="window">How long the source's own playlist is.</param>
    public int WindowStart(TimeSpan window)
    {
        var wanted = TimeSpan.FromTicks(Math.Max(window.Ticks, TimeSpan.FromSeconds(FewestTargets * TargetDuration).Ticks));
        var length = TimeSpan.Zero;
        var index = Published;
        while (index > 0 && length < wanted - TimeSpan.FromMilliseconds(50))
            length += _rows[--index].Duration;
        return index;
    }

    /// <summary>Removes and returns the published rows that lie more than one window before the window.</summary>
    public IReadOnlyList<SegmentRow> Expire(TimeSpan window)
    {
        var start = WindowStart(window);
        var length = TimeSpan.Zero;
        var keep = start;
        var grace = TimeSpan.FromTicks(Math.Max(window.Ticks, TimeSpan.FromSeconds(FewestTargets * TargetDuration).Ticks));
        while (keep > 0 && length < grace)
            length += _rows[--keep].Duration;
        var expired = _rows.GetRange(0, keep);
        _rows.RemoveRange(0, keep);
        Published -= keep;
        return expired;
    }
}
