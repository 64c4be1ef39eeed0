using System.Collections.Immutable;

namespace Tandem.Live.Ingest;

/// <summary>What a poll brought.</summary>
internal enum PollResult
{
    /// <summary>Nothing that matters.</summary>
    Same,

    /// <summary>Addresses, dates or the window's beginning, but no segment.</summary>
    Details,

    /// <summary>An older state of the same playlist, as a cache that lags behind serves it; to be ignored.</summary>
    Stale,

    /// <summary>New segments, or the end.</summary>
    Grown,
}

/// <summary>What one poll changed.</summary>
/// <param name="Result">Kind of change.</param>
/// <param name="Appeared">New segments with the time of their appearance.</param>
/// <param name="Reset">The numbering began anew.</param>
/// <param name="Missed">Segments that came and went between two polls.</param>
internal sealed record WindowChange(
    PollResult Result, ImmutableArray<(MediaSegment Segment, DateTimeOffset At)> Appeared, bool Reset, long Missed);

/// <summary>
/// Remembers which segments of a playlist were seen and tells what is new in the next state of it. Takes values and returns values; the
/// polling is done around it.
/// </summary>
/// <param name="isPushed">Whether the source itself brings each state, so that none comes from a cache.</param>
internal sealed class PlaylistWindow(bool isPushed = false)
{
    // Two connections may overtake each other; further back than this a packager has begun anew.
    private const int MostOvertaken = 3;

    // A cache that serves states older than this is not lagging but broken.
    private static readonly TimeSpan s_memory = TimeSpan.FromMinutes(2);

    private readonly SortedDictionary<long, SegmentMark> _known = [];
    private long? _next;
    private DateTimeOffset _grownAt;
    private DateTimeOffset _seenAt;
    private DateTimeOffset _lastAppearance = DateTimeOffset.MinValue;
    private (DateTimeOffset Since, long Last)? _stale;
    private (long First, int Count, Uri? Oldest, Uri? Newest, Uri? Map, int Dates) _details;

    /// <summary>EXT-X-ENDLIST was seen, and nothing new after it.</summary>
    public bool Ended { get; private set; }

    /// <summary>When it last grew.</summary>
    public DateTimeOffset GrownAt => _grownAt;

    /// <summary>Takes the next state, which was there at <paramref name="at"/>.</summary>
    public WindowChange Advance(MediaPlaylist playlist, DateTimeOffset at)
    {
        var segments = playlist.Segments;
        if (segments.IsEmpty)
            return Unchanged(playlist, at);
        var last = segments[^1].Sequence;
        if (_next is not { } next)
            return Grow(playlist, 0, at, reset: false, missed: 0);
        if (last < next - 1)
            return Backwards(playlist, at, last, next);

        _stale = null;
        if (IsRenumbered(segments))
            return Grow(playlist, 0, at, reset: true, missed: 0);
        if (last == next - 1)
            return Unchanged(playlist, at);
        var first = segments[0].Sequence;
        if (first <= next)
            return Grow(playlist, (int)(next - first), at, reset: false, missed: 0);
        return IsOutage(playlist, at, last, next)
            ? Grow(playlist, 0, at, reset: false, missed: first - next)
            : Grow(playlist, 0, at, reset: true, missed: 0);
    }

    private WindowChange Unchanged(MediaPlaylist playlist, DateTimeOffset at)
    {
        _seenAt = at;
        if (playlist.EndList && !Ended)
        {
            Ended = true;
            return new WindowChange(PollResult.Grown, [], Reset: false, Missed: 0);
        }

        return new WindowChange(NoteDetails(playlist) ? PollResult.Details : PollResult.Same, [], Reset: false, Missed: 0);
    }

    private WindowChange Backwards(MediaPlaylist playlist, DateTimeOffset at, long last, long next)
    {
        var overlap = false;
        var same = true;
        foreach (var segment in playlist.Segments)
        {
            if (!_known.TryGetValue(segment.Sequence, out var mark))
                continue;
            overlap = true;
            same &= mark.IsExactly(segment);
        }

        if (overlap && same && !HasLaggedTooLong(playlist, at, last, next))
            return new WindowChange(PollResult.Stale, [], Reset: false, Missed: 0);
        _stale = null;
        return Grow(playlist, 0, at, reset: true, missed: 0);
    }

    // An encoder that restarts and writes the same names again looks like a lagging cache. But a cache that lags by n segments has
    // caught up after n of them; what still grows behind after that is new.
    private bool HasLaggedTooLong(MediaPlaylist playlist, DateTimeOffset at, long last, long next)
    {
        // What is pushed late was written before; the next state is not behind any more, unless it was overtaken too or the writer is another,
        // who takes a segment's time for it.
        if (isPushed && (next - 1 - last > MostOvertaken || (_stale is { } before && last > before.Last && at - before.Since >= playlist.TargetDuration / 2)))
            return true;
        _stale ??= (at, last);
        var patience = playlist.TargetDuration * (3 + Math.Min(next - 1 - _stale.Value.Last, 5));
        return last > _stale.Value.Last && at - _stale.Value.Since > patience;
    }

    // The numbers fit, but most of them mean something else than before.
    private bool IsRenumbered(ImmutableArray<MediaSegment> segments)
    {
        var overlap = 0;
        var other = 0;
        foreach (var segment in segments)
        {
            if (!_known.TryGetValue(segment.Sequence, out var mark))
                continue;
            overlap++;
            if (!mark.IsLike(segment))
                other++;
        }

        return other * 2 > overlap;
    }

    // A jump is an outage's if no more segments are new than the time since the last one could have brought.
    private bool IsOutage(MediaPlaylist playlist, DateTimeOffset at, long last, long next)
    {
        var average = playlist.Segments.Average(segment => segment.Duration.TotalSeconds);
        var possible = ((at - _grownAt).TotalSeconds * 1.25) + (3 * playlist.TargetDuration.TotalSeconds);
        return (last - next + 1) * average <= possible;
    }

    private WindowChange Grow(MediaPlaylist playlist, int from, DateTimeOffset at, bool reset, long missed)
    {
        var segments = playlist.Segments;
        var count = segments.Length - from;
        var appeared = new (MediaSegment, DateTimeOffset)[count];
        var earliest = _next is null ? DateTimeOffset.MinValue : Later(_seenAt, _lastAppearance);
        // Of a machine whose clock was set back, the old times lie in the future.
        earliest = at < earliest ? at : earliest;
        var time = at;
        for (var index = count - 1; index >= 0; index--)
        {
            var segment = segments[from + index];
            appeared[index] = (segment, time);
            time = time - DateTimeOffset.MinValue > segment.Duration ? Later(time - segment.Duration, earliest) : earliest;
        }

        if (reset)
            _known.Clear();
        Remember(segments, at);
        _next = segments[^1].Sequence + 1;
        _grownAt = at;
        _seenAt = at;
        _lastAppearance = appeared[^1].Item2;
        Ended = playlist.EndList;
        NoteDetails(playlist);
        return new WindowChange(PollResult.Grown, [.. appeared], reset, missed);
    }

    private void Remember(ImmutableArray<MediaSegment> segments, DateTimeOffset at)
    {
        foreach (var segment in segments)
        {
            if (!_known.ContainsKey(segment.Sequence))
                _known[segment.Sequence] = SegmentMark.Of(segment, at);
        }

        var first = segments[0].Sequence;
        while (_known.Count > 0)
        {
            var (sequence, mark) = _known.First();
            if (sequence >= first || at - mark.SeenAt < s_memory)
                break;
            _known.Remove(sequence);
        }
    }

    private bool NoteDetails(MediaPlaylist playlist)
    {
        var segments = playlist.Segments;
        var oldest = segments.IsEmpty ? null : segments[0];
        var newest = segments.IsEmpty ? null : segments[^1];
        var details = (
            playlist.MediaSequence, segments.Length, oldest?.Address, newest?.Address, newest?.Map?.Address, playlist.DateRanges.Length);
        var changed = details != _details;
        _details = details;
        return changed;
    }

    private static DateTimeOffset Later(DateTimeOffset first, DateTimeOffset second) => first > second ? first : second;

    /// <summary>What tells a segment from another with its number. Query strings are no part of it: signatures change at every poll.</summary>
    private sealed record SegmentMark(string Path, long? Offset, TimeSpan Duration, DateTimeOffset? Date, DateTimeOffset SeenAt)
    {
        public static SegmentMark Of(MediaSegment segment, DateTimeOffset at) =>
            new(segment.Address.AbsolutePath, segment.Range?.Offset, segment.Duration, segment.ProgramDate, at);

        public bool IsExactly(MediaSegment segment) =>
            IsLike(segment)
            && Duration == segment.Duration
            && (Date is null || segment.ProgramDate is null || (Date.Value - segment.ProgramDate.Value).Duration() < TimeSpan.FromSeconds(1));

        /// <summary>The same path; or, for tokens in paths and second hosts, the same file name and duration.</summary>
        public bool IsLike(MediaSegment segment)
        {
            var path = segment.Address.AbsolutePath;
            return Offset == segment.Range?.Offset
                && (path == Path || (Duration == segment.Duration && FileName(path).SequenceEqual(FileName(Path))));
        }

        private static ReadOnlySpan<char> FileName(string path) => path.AsSpan(path.LastIndexOf('/') + 1);
    }
}
