namespace Tandem.Operations.Load;

/// <summary>What a simulated player is doing.</summary>
internal enum PlaybackPhase
{
    /// <summary>It has not begun: too little is buffered.</summary>
    Waiting,

    /// <summary>It plays.</summary>
    Playing,

    /// <summary>It has played all that there is of picture or voice.</summary>
    Stalled,
}

/// <summary>
/// The buffer of a player: begins when enough of every track is there, plays in real time, stalls when one track runs dry, and goes on when
/// enough is there again. All times are µs; what it is told of "now" decides, so that it can be tested without a clock.
/// </summary>
/// <param name="tracks">How many tracks must be there: 1 or 2.</param>
/// <param name="enough">What must be buffered before it begins, and after a stall.</param>
internal sealed class PlaybackBuffer(int tracks, long enough)
{
    /// <summary>A shorter stop is not seen, and is no stall.</summary>
    public const long LeastStall = 100_000;

    /// <summary>Less between two chunks is rounding.</summary>
    private const long LeastHole = 50_000;

    private readonly long[] _end = new long[tracks];
    private readonly long[] _shift = new long[tracks];
    private readonly bool[] _has = new bool[tracks];
    private readonly List<(long From, long To)> _holes = [];
    private long _first;
    private long _position;
    private long _at;
    private long _dryAt;

    /// <summary>What it does, as of the last time that it was told.</summary>
    public PlaybackPhase Phase { get; private set; }

    /// <summary>When it began; null before.</summary>
    public long? BeganAt { get; private set; }

    /// <summary>Stalls that are over, or last already long enough to count.</summary>
    public int Stalls { get; private set; }

    /// <summary>How long all stalls took together.</summary>
    public long StallTime { get; private set; }

    /// <summary>Source time that was jumped over because it never came.</summary>
    public long JumpedTime { get; private set; }

    /// <summary>What is buffered beyond the position; 0 before it began.</summary>
    public long Ahead => Phase == PlaybackPhase.Waiting ? 0 : Math.Max(0, _end.Min() - _position);

    /// <summary>The source time that is seen now; null before it began.</summary>
    public long? SourcePosition => BeganAt is null ? null : _position - _shift[0];

    /// <summary>Appends a piece to a track.</summary>
    /// <param name="track">From 0.</param>
    /// <param name="source">Its source time.</param>
    /// <param name="duration">Its length.</param>
    /// <param name="discontinuity">Whether source time may jump here; playback goes on all the same.</param>
    /// <param name="now">When it arrived.</param>
    public void Add(int track, long source, long duration, bool discontinuity, long now)
    {
        Advance(now);
        if (discontinuity && _has[track])
            _shift[track] = _end[track] - source;
        var start = source + _shift[track];
        if (!_has[track])
        {
            _has[track] = true;
            _end[track] = start;
            _first = BeganAt is null ? Math.Max(_first, start) : _first;
        }

        if (start > _end[track] + LeastHole)
            _holes.Add((_end[track], start));
        _end[track] = Math.Max(_end[track], start + duration);
        if (Array.TrueForAll(_has, has => has))
            GoOn(now);
    }

    /// <summary>Plays up to now.</summary>
    public void Advance(long now)
    {
        if (Phase != PlaybackPhase.Playing)
            return;
        var limit = _end.Min();
        var left = Math.Max(0, now - _at);
        while (left > 0)
        {
            JumpHoles();
            var next = limit;
            foreach (var hole in _holes)
                next = hole.From >= _position ? Math.Min(next, hole.From) : next;
            var step = Math.Min(left, next - _position);
            if (step <= 0)
                break;
            _position += step;
            left -= step;
        }

        JumpHoles();
        _at = now;
        if (left > 0 || _position >= limit)
        {
            Phase = PlaybackPhase.Stalled;
            _dryAt = now - left;
        }
    }

    /// <summary>The run is over: a stall that lasts still is counted up to now.</summary>
    public void Finish(long now)
    {
        Advance(now);
        if (Phase == PlaybackPhase.Stalled)
            CountStall(now);
    }

    private void GoOn(long now)
    {
        switch (Phase)
        {
            case PlaybackPhase.Waiting when _end.Min() - _first >= enough:
                _position = _first;
                BeganAt = now;
                break;
            case PlaybackPhase.Stalled when _end.Min() - _position >= enough || HoleAhead():
                CountStall(now);
                break;
            default:
                return;
        }

        Phase = PlaybackPhase.Playing;
        _at = now;
        _holes.RemoveAll(hole => hole.To <= _position);
    }

    private bool HoleAhead() => _holes.Exists(hole => hole.From <= _position && _end.Min() - hole.To >= enough);

    private void CountStall(long now)
    {
        if (now - _dryAt < LeastStall)
            return;
        Stalls++;
        StallTime += now - _dryAt;
        _dryAt = now;
    }

    private void JumpHoles()
    {
        for (var index = 0; index < _holes.Count; index++)
        {
            var hole = _holes[index];
            if (hole.From > _position || _end.Min() < hole.To)
                continue;
            JumpedTime += Math.Max(0, hole.To - _position);
            _position = Math.Max(_position, hole.To);
            _holes.RemoveAt(index--);
        }
    }
}
