using Tandem.Live.Ingest;
using Tandem.Live.Package;

namespace Tandem.Live.Timeline;

/// <summary>A segment of a playlist that Tandem repeats, with the place it was given.</summary>
public sealed class DelayedSegment
{
    /// <summary>The source's entry; its address is renewed while the source lists it, because signatures run out.</summary>
    public required MediaSegment Source { get; set; }

    /// <summary>How many times this playlist had started its numbers anew.</summary>
    public required int Incarnation { get; init; }

    /// <summary>When it appeared in the source's playlist, give or take a poll.</summary>
    public required DateTimeOffset AppearedAt { get; init; }

    /// <summary>Where its beginning lies on channel time.</summary>
    public ChannelTime Position { get; set; }

    /// <summary>Media sequence number that Tandem publishes; null until it is published.</summary>
    public long? Number { get; set; }

    /// <summary>Its date as published.</summary>
    public DateTimeOffset Date { get; set; }

    /// <summary>The epoch that it was published in.</summary>
    public Epoch? Epoch { get; set; }

    /// <summary>Whether a discontinuity stands before it.</summary>
    public bool Discontinuity { get; set; }

    /// <summary>Where Tandem serves it; null where it is the source's own, or not decided yet.</summary>
    public RenditionSegment? Own { get; set; }

    /// <summary>Published though the source never showed it: a gap that keeps the numbers.</summary>
    public bool Missing { get; init; }
}

/// <summary>
/// One of the source's playlists as Tandem repeats it, later: its own segments and cuts, on the table's epochs and dates. Playlists whose
/// segments correspond one to one to the heard ones take number, date and epoch from the row; others are placed by date, or by when they
/// appeared where the source has no dates.
/// </summary>
public sealed class DelayedPlaylist
{
    // Two cuts of the same moment differ by an audio frame or a picture; half a second is neither rounding nor the next segment.
    private static readonly TimeSpan SameMoment = TimeSpan.FromSeconds(0.5);

    // Polls and caches make an appearance uncertain by a segment or so: of the one that a chain of segments began with, and of the one looked at.
    private const int Uncertain = 3;

    private readonly List<DelayedSegment> _segments = [];
    // What never finds a place must not pile up; a playlist of two minutes has at most a few hundred segments.
    private const int MostWaiting = 4096;

    // Rows that the heard playlist may take to start anew as well; polls are half a segment apart.
    private const int Patience = 3;

    private int _incarnation;
    private int _shift;
    private long? _newestAtReset;
    private long _lastSequence = -1;

    /// <summary>The newest state of the source's playlist; null before the first one.</summary>
    public MediaPlaylist? Playlist { get; private set; }

    /// <summary>The source's date ranges, held back as the segments are.</summary>
    public HeldDateRanges DateRanges { get; } = new();

    /// <summary>Number of the first segment that is listed; it never falls (RFC 8216, section 6.2.2).</summary>
    public long FirstListed { get; set; } = long.MinValue;

    /// <summary>Whether its segments correspond one to one to the heard playlist's, under their numbers; null until both were seen.</summary>
    public bool? Aligned { get; private set; }

    /// <summary>How many times its numbers started anew.</summary>
    public int Incarnation => _incarnation;

    /// <summary>All segments that are held, oldest first; those with a number are published.</summary>
    public IReadOnlyList<DelayedSegment> Segments => _segments;

    /// <summary>Takes a new state of the playlist.</summary>
    /// <param name="playlist">The state.</param>
    /// <param name="reset">Whether its numbers started anew.</param>
    /// <param name="at">When it was there.</param>
    public void See(MediaPlaylist playlist, bool reset, DateTimeOffset at)
    {
        Playlist = playlist;
        DateRanges.See(playlist.DateRanges);
        if (reset)
        {
            _incarnation++;
            _lastSequence = -1;
            Aligned = null;
            _newestAtReset = null;
        }

        var held = new Dictionary<long, DelayedSegment>(_segments.Count);
        foreach (var segment in _segments.Where(segment => segment.Incarnation == _incarnation))
            held[segment.Source.Sequence] = segment;
        var appearedAt = at - TimeSpan.FromTicks(playlist.Segments.Sum(segment => segment.Duration.Ticks));
        foreach (var segment in playlist.Segments)
        {
            // The newest just now, each other when the next one began.
            appearedAt += segment.Duration;
            if (segment.Sequence > _lastSequence)
            {
                if (_segments.Count >= MostWaiting)
                    _segments.RemoveAt(0);
                _segments.Add(new DelayedSegment { Source = segment, Incarnation = _incarnation, AppearedAt = appearedAt });
                _lastSequence = segment.Sequence;
            }
            else if (held.TryGetValue(segment.Sequence, out var known))
            {
                known.Source = known.Source with { Address = segment.Address, Map = segment.Map, Keys = segment.Keys };
            }
        }
    }

    /// <summary>Another playlist is heard from now on: whether this one corresponds to it is open again.</summary>
    public void Realign() => Aligned = null;

    /// <summary>Gives numbers to all segments whose time is published now.</summary>
    /// <param name="rows">The table's rows, oldest first.</param>
    /// <param name="published">How many of them, from the front, are published.</param>
    /// <param name="heard">The newest state of the heard playlist.</param>
    /// <param name="heardIncarnation">Its <see cref="Incarnation"/>; rows count in the heard playlist's.</param>
    /// <returns>Whether anything changed.</returns>
    public bool PublishUpTo(IReadOnlyList<SegmentRow> rows, int published, MediaPlaylist heard, int heardIncarnation)
    {
        if (published == 0 || Playlist is null)
            return false;

        // Decided anew until something of this incarnation is out: the heard playlist may only be about to start anew as well.
        if (Aligned is null || (Aligned == false && !_segments.Exists(segment => segment.Incarnation == _incarnation && segment.Number is not null)))
        {
            var corresponds = Corresponds(Playlist, heard);
            Aligned = corresponds && HasRowNumbers(rows, published);
            _shift = heardIncarnation - _incarnation;
            _newestAtReset ??= rows[published - 1].Number;
            if (!corresponds && _incarnation > 0 && rows[published - 1].Number < _newestAtReset + Patience)
                return false;
        }

        return Aligned == true ? PublishAligned(rows, published) : PublishPlaced(rows, published);
    }

    /// <summary>Forgets published segments that end before <paramref name="from"/>, and returns them.</summary>
    public IReadOnlyList<DelayedSegment> Trim(ChannelTime from)
    {
        var drop = 0;
        while (drop + 1 < _segments.Count && _segments[drop].Number is not null && End(_segments[drop]) <= from)
            drop++;
        var gone = _segments.GetRange(0, drop);
        _segments.RemoveRange(0, drop);
        return gone;
    }

    /// <summary>Whether two playlists cut the same moments under the same numbers.</summary>
    private static bool Corresponds(MediaPlaylist mine, MediaPlaylist heard)
    {
        if (ReferenceEquals(mine, heard))
            return true;
        var common = 0;
        var others = heard.Segments.ToDictionary(segment => segment.Sequence);
        foreach (var segment in mine.Segments)
        {
            if (!others.TryGetValue(segment.Sequence, out var other))
                continue;
            common++;
            if ((segment.Duration - other.Duration).Duration() > SameMoment
                || (segment.ProgramDate is { } mineAt && other.ProgramDate is { } otherAt && (mineAt - otherAt).Duration() > SameMoment))
                return false;
        }

        return common > 0 && !mine.IFramesOnly;
    }

    /// <summary>
    /// Whether the rows' numbers go on where its own have ended. Of a playlist that was published under numbers of its own they are behind,
    /// where nothing would be published for as long, or ahead, where there would be a hole.
    /// </summary>
    private bool HasRowNumbers(IReadOnlyList<SegmentRow> rows, int published)
    {
        if (_segments.FindLast(segment => segment.Number is not null) is not { } last)
            return true;
        var row = RowAt(rows, published, last.Position + SoundLength.Of(last.Source.Duration / 2));
        return row is null ? last.Number < rows[0].Number : last.Number == row.Number;
    }

    private bool PublishAligned(IReadOnlyList<SegmentRow> rows, int published)
    {
        var last = _segments.FindLastIndex(segment => segment.Number is not null);
        var lastNumber = last < 0 ? long.MinValue : _segments[last].Number!.Value;
        var changed = false;
        for (var index = 0; index < published; index++)
        {
            var row = rows[index];
            if (row.Number <= lastNumber)
                continue;
            var at = _segments.FindIndex(segment =>
                segment.Number is null && segment.Incarnation + _shift == row.Incarnation && segment.Source.Sequence == row.Source.Sequence);
            if (at < 0)
            {
                // Not there yet: it may still come, unless a later one has come already.
                if (!_segments.Exists(segment => segment.Number is null
                    && (segment.Incarnation + _shift > row.Incarnation || (segment.Incarnation + _shift == row.Incarnation && segment.Source.Sequence > row.Source.Sequence))))
                    break;
                if (last < 0)
                    continue;
                at = last + 1;
                _segments.Insert(at, new DelayedSegment
                {
                    Source = Gap(row),
                    Incarnation = row.Incarnation - _shift,
                    AppearedAt = row.AppearedAt,
                    Missing = true,
                });
            }

            // What the source listed before the first row has no place any more.
            _segments.RemoveRange(last + 1, at - last - 1);
            last++;
            var segment = _segments[last];
            segment.Number = row.Number;
            segment.Position = row.From;
            segment.Date = row.Date;
            segment.Epoch = row.Epoch;
            segment.Discontinuity = row.Discontinuity;
            lastNumber = row.Number;
            changed = true;
        }

        return changed;
    }

    private MediaSegment Gap(SegmentRow row) => row.Source with { Address = _segments[^1].Source.Address, Gap = true, Map = _segments[^1].Source.Map, Keys = [], Range = null };

    private bool PublishPlaced(IReadOnlyList<SegmentRow> rows, int published)
    {
        var horizon = rows[published - 1].To;
        var changed = false;
        for (var index = 0; index < _segments.Count; index++)
        {
            var segment = _segments[index];
            if (segment.Number is not null)
                continue;
            segment.Position = Place(index, rows);
            var middle = segment.Position + SoundLength.Of(segment.Source.Duration / 2);
            if (middle > horizon)
                break;
            var row = RowAt(rows, published, middle);
            if (row is null || IsRepeated(index, middle))
            {
                // Older than anything that is published: it never will be. Or the source shows its window once more, and that was.
                _segments.RemoveAt(index--);
                continue;
            }

            Publish(segment, index, row);
            changed = true;
        }

        return changed;
    }

    private bool IsRepeated(int index, ChannelTime middle) =>
        index > 0 && _segments[index - 1] is { Number: not null } before && before.Incarnation != _segments[index].Incarnation && middle < End(before);

    private void Publish(DelayedSegment segment, int index, SegmentRow row)
    {
        // Numbers go on whatever the source's do, and whether they were the rows' before.
        var before = index > 0 ? _segments[index - 1] : null;
        segment.Number = before?.Number + 1 ?? segment.Source.Sequence + row.Epoch.NumberOffset;

        // A place that is corrected may lie before an epoch that has begun; discontinuities are not counted backwards.
        segment.Epoch = before?.Epoch is { } epoch && epoch.Index > row.Epoch.Index ? epoch : row.Epoch;
        segment.Discontinuity = before?.Epoch is { } last ? segment.Epoch != last : row.Discontinuity && row.From >= segment.Position;

        // The source's dates are of no use beside made-up ones in the voices.
        var date = row.Source.ProgramDate is null ? null : segment.Source.ProgramDate;
        segment.Date = date ?? row.Date + (segment.Position - row.From).Time;
    }

    /// <summary>Where a segment begins on channel time.</summary>
    private ChannelTime Place(int index, IReadOnlyList<SegmentRow> rows)
    {
        var segment = _segments[index];
        if (segment.Source.ProgramDate is { } date && rows.Count > 0 && rows[0].Source.ProgramDate is not null)
        {
            foreach (var row in rows.Reverse())
            {
                if (row.Date <= date && date < row.Date + row.Duration + SameMoment)
                    return row.From + SoundLength.Of(date - row.Date);
            }

            if (date < rows[0].Date)
                return rows[0].From - SoundLength.Of(rows[0].Date - date);
        }

        var shown = EndByAppearance(segment, rows) - SoundLength.Of(segment.Source.Duration);
        var before = index > 0 ? _segments[index - 1] : null;
        if (before is null || before.Incarnation != segment.Incarnation || before.Source.Sequence + 1 != segment.Source.Sequence)
            return shown;

        // One after the other, until durations that are rounded, or a packager that stood still, have led too far away.
        var off = (End(before) - shown).Time.Duration();
        var longest = segment.Source.Duration > rows[^1].Duration ? segment.Source.Duration : rows[^1].Duration;
        return off > Uncertain * longest ? shown : End(before);
    }

    /// <summary>
    /// Where a segment ends on channel time by when it appeared: where the heard playlist had come by then. Not by the newest row: that may wait
    /// to be fetched and decoded, and this playlist may wait to be polled.
    /// </summary>
    private static ChannelTime EndByAppearance(DelayedSegment segment, IReadOnlyList<SegmentRow> rows)
    {
        var index = rows.Count - 1;
        while (index > 0 && rows[index].AppearedAt > segment.AppearedAt)
            index--;
        var end = rows[index].To + SoundLength.Of(segment.AppearedAt - rows[index].AppearedAt);

        // Time that the heard playlist has left out is none of the channel's.
        return index + 1 < rows.Count ? ChannelTime.Min(end, rows[index + 1].To) : end;
    }

    private static SegmentRow? RowAt(IReadOnlyList<SegmentRow> rows, int published, ChannelTime time)
    {
        for (var index = published - 1; index >= 0; index--)
        {
            if (rows[index].From <= time)
                return rows[index];
        }

        return null;
    }

    private static ChannelTime End(DelayedSegment segment) => segment.Position + SoundLength.Of(segment.Source.Duration);
}
