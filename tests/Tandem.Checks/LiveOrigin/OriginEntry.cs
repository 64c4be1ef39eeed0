using Tandem.Checks.Signals;

namespace Tandem.Checks.LiveOrigin;

/// <summary>One segment of the channel's time line; the same for all tracks.</summary>
/// <param name="Life">Counts the encoder's restarts.</param>
/// <param name="Sequence">Media sequence number.</param>
/// <param name="DiscontinuitySequence">Of this segment.</param>
/// <param name="Discontinuity">EXT-X-DISCONTINUITY stands before it.</param>
/// <param name="Gap">EXT-X-GAP: it cannot be had.</param>
/// <param name="Piece">Index of the programme's piece.</param>
/// <param name="Shift">Added to the piece's timestamps, 90 kHz.</param>
/// <param name="Date">EXT-X-PROGRAM-DATE-TIME.</param>
/// <param name="Appears">When playlists list it, wall time.</param>
/// <param name="Ordinal">Counts segments since the channel's beginning, through every restart.</param>
public sealed record OriginEntry(
    int Life,
    long Sequence,
    long DiscontinuitySequence,
    bool Discontinuity,
    bool Gap,
    int Piece,
    long Shift,
    DateTimeOffset Date,
    DateTimeOffset Appears,
    long Ordinal);

/// <summary>The channel's time line: grows with the clock, and changes its ways on command from the next segment on.</summary>
internal sealed class OriginSchedule
{
    private readonly OriginOptions _options;
    private readonly Lock _lock = new();
    private readonly List<OriginEntry> _entries = [];
    private readonly long[] _starts;
    private Next _next;
    private readonly List<DateTimeOffset> _restarts = [];
    private DateTimeOffset? _paused;

    public OriginSchedule(OriginOptions options, DateTimeOffset now)
    {
        _options = options;
        var pieces = options.Programme.Tracks[0].Pieces;
        _starts = new long[pieces.Length + 1];
        for (var index = 0; index < pieces.Length; index++)
            _starts[index + 1] = _starts[index] + pieces[index].Ticks;

        var ahead = options.Ahead ?? options.Window;
        var first = options.AtEnd == AtEnd.LoopSeamlessly ? options.Programme.LoopFrom : 0;
        var shift = (options.FirstTicks ?? options.Programme.FirstTicks) - options.Programme.FirstTicks - _starts[first];
        var length = Seconds(_starts[Math.Min(first + ahead, pieces.Length)] - _starts[first]);
        _next = new Next(0, options.FirstSequence, 0, false, 0, first, shift, now - length, now - (length / options.Speed), 0);
    }

    private sealed record Next(
        int Life, long Sequence, long DiscontinuitySequence, bool Discontinuity, int Gaps, int Piece, long Shift, DateTimeOffset Date,
        DateTimeOffset Begins, long Ordinal);

    /// <summary>The newest segments of the current life that have appeared by <paramref name="now"/>, a window at most, oldest first.</summary>
    public IReadOnlyList<OriginEntry> Window(DateTimeOffset now)
    {
        lock (_lock)
        {
            Grow(now);
            var last = _entries.FindLastIndex(entry => entry.Appears <= now);
            var first = last;
            while (first > 0 && last - first + 1 < _options.Window && _entries[first - 1].Life == _entries[last].Life)
                first--;
            // After a restart the new life's playlist holds nothing of the old one.
            return last < 0 || _entries[last].Life != Life(now) ? [] : _entries[first..(last + 1)];
        }
    }

    /// <summary>A segment by its life and number, if it has appeared and is not too old to be had.</summary>
    public OriginEntry? Find(DateTimeOffset now, int life, long sequence)
    {
        lock (_lock)
        {
            Grow(now);
            var longest = _options.Keep + Seconds(_starts[^1] / (_starts.Length - 1) * _options.Window);
            var entry = _entries.FindLast(entry => entry.Life == life && entry.Sequence == sequence);
            return entry is null || entry.Appears < now - longest ? null : entry;
        }
    }

    /// <summary>The segment of this ordinal.</summary>
    public OriginEntry At(long ordinal)
    {
        lock (_lock)
            return _entries[(int)ordinal];
    }

    /// <summary>Stops growing, as a source does whose encoder stands still.</summary>
    public void Pause(DateTimeOffset now)
    {
        lock (_lock)
        {
            Grow(now);
            _paused ??= now;
        }
    }

    /// <summary>Goes on, the standstill left out of programme and timestamps.</summary>
    public void Resume(DateTimeOffset now)
    {
        lock (_lock)
        {
            if (_paused is { } since)
                _next = _next with { Begins = _next.Begins + (now - since), Date = _next.Date + (now - since) };
            _paused = null;
        }
    }

    /// <summary>Begins again with number <paramref name="sequence"/> and timestamp <paramref name="ticks"/>, and says nothing of it.</summary>
    public void Restart(DateTimeOffset now, long sequence, long ticks)
    {
        lock (_lock)
        {
            Grow(now);
            _restarts.Add(now);
            _next = _next with
            {
                Life = _next.Life + 1,
                Sequence = sequence,
                DiscontinuitySequence = 0,
                Discontinuity = false,
                Begins = now,
                Shift = ticks - _options.Programme.FirstTicks - _starts[_next.Piece],
            };
        }
    }

    /// <summary>The next segment comes after EXT-X-DISCONTINUITY and begins at <paramref name="ticks"/>.</summary>
    public void Break(DateTimeOffset now, long ticks, bool tagged)
    {
        lock (_lock)
        {
            Grow(now);
            _next = _next with
            {
                Discontinuity = tagged,
                Shift = ticks - _options.Programme.FirstTicks - _starts[_next.Piece],
            };
        }
    }

    /// <summary>The next segments are gaps.</summary>
    public void Gap(DateTimeOffset now, int segments)
    {
        lock (_lock)
        {
            Grow(now);
            _next = _next with { Gaps = segments };
        }
    }

    private int Life(DateTimeOffset now) => _restarts.Count(restart => restart <= now);

    private void Grow(DateTimeOffset now)
    {
        while (_paused is null && TryGrow(now))
        {
        }
    }

    private static TimeSpan Seconds(long ticks) => TimeSpan.FromSeconds(ticks / (double)Programme.TickRate);

    private bool TryGrow(DateTimeOffset now)
    {
        var next = _next;
        if (next.Piece >= _starts.Length - 1)
            return false;
        var length = Seconds(_starts[next.Piece + 1] - _starts[next.Piece]);
        var appears = next.Begins + (length / _options.Speed);
        if (appears > now)
            return false;

        var discontinuitySequence = next.DiscontinuitySequence + (next.Discontinuity ? 1 : 0);
        _entries.Add(new OriginEntry(
            next.Life, next.Sequence, discontinuitySequence, next.Discontinuity, next.Gaps > 0, next.Piece, next.Shift, next.Date, appears,
            next.Ordinal));
        next = next with
        {
            Sequence = next.Sequence + 1,
            DiscontinuitySequence = discontinuitySequence,
            Discontinuity = false,
            Gaps = Math.Max(0, next.Gaps - 1),
            Piece = next.Piece + 1,
            Date = next.Date + length,
            Begins = appears,
            Ordinal = next.Ordinal + 1,
        };
        _next = Wrap(next);
        return true;
    }

    private Next Wrap(Next next)
    {
        var programme = _options.Programme;
        return _options.AtEnd switch
        {
            AtEnd.LoopSeamlessly when next.Piece >= programme.LoopTo => next with
            {
                Piece = programme.LoopFrom,
                Shift = next.Shift + _starts[programme.LoopTo] - _starts[programme.LoopFrom],
            },
            AtEnd.LoopWithDiscontinuity when next.Piece >= programme.Length => next with
            {
                Piece = 0,
                Discontinuity = true,
                Shift = (_options.FirstTicks ?? programme.FirstTicks) - programme.FirstTicks,
            },
            _ => next,
        };
    }
}
