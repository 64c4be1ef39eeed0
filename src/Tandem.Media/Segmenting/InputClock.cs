namespace Tandem.Media.Segmenting;

/// <summary>Where a packet stands on the output's time line.</summary>
/// <param name="Kept">False where it has no place: it has no time, comes twice, or is a leftover from before a jump.</param>
/// <param name="Jumped">Whether the source's clock jumped here, so that a discontinuity comes before it.</param>
/// <param name="Pts">When it plays, 90 kHz.</param>
/// <param name="Dts">When it is decoded, 90 kHz; grows from packet to packet of a stream, and is at most <paramref name="Pts"/>.</param>
internal readonly record struct InputTime(bool Kept, bool Jumped, long Pts, long Dts);

/// <summary>
/// Puts a source's times on one time line that never goes back. Between two discontinuities one constant is added to all of them, so what
/// the source had in step stays in step. Pure; all times are ticks of 90 kHz.
/// </summary>
/// <param name="begin">Where the time line begins.</param>
internal sealed class InputClock(long begin)
{
    /// <summary>What a clock may leap ahead, or another stream differ, and still be the same clock: 10 s.</summary>
    public const long FarAhead = 10 * 90_000;

    /// <summary>What decoding times may go back without being a jump: 1 s.</summary>
    public const long FarBack = 90_000;

    // Room before the first packet after a discontinuity, for streams that come a little later with smaller times.
    private const long Between = 2 * 90_000;

    // Where the first packets of a stream have no decoding time, they are decoded this long before they play at most: 0.1 s.
    private const long Reordering = 9000;

    private readonly Dictionary<int, StreamState> _streams = [];
    private long _end = begin;
    private long _shift;
    private long _newest;
    private int _epoch;
    private bool _any;

    /// <summary>End of what was placed, on the output's time line.</summary>
    public long End => _end;

    /// <summary>A new source, or the same from its beginning: its first packet counts as a jump.</summary>
    public void Restart()
    {
        _streams.Clear();
        _any = false;
    }

    /// <summary>Places a packet.</summary>
    /// <param name="stream">Its stream.</param>
    /// <param name="pts">Its presentation time as the source has it; null where it has none.</param>
    /// <param name="dts">Its decoding time; null where it has none.</param>
    /// <param name="duration">Its duration; 0 where unknown.</param>
    /// <param name="wrap">After how many ticks the source's times begin anew; 0 for never.</param>
    public InputTime Place(int stream, long? pts, long? dts, long duration, long wrap)
    {
        if (!_streams.TryGetValue(stream, out var state))
            _streams[stream] = state = new StreamState();
        if ((dts ?? pts ?? state.Last + Math.Max(state.Duration, 1)) is not { } given)
            return default;
        var time = Unwrap(given, wrap, _newest);
        var plays = pts is { } shown ? Unwrap(shown, wrap, time) : time;
        if (Math.Abs(plays - time) > FarAhead)
            plays = time;
        if (Judge(state, time) is not { } jumped)
            return default;
        if (jumped)
        {
            _epoch++;
            _shift = _end + Between - time;
            _newest = time;
            _any = true;
        }

        var last = state.Epoch == _epoch ? state.Last : null;
        var decoded = dts is not null ? time : last is { } before ? before + 1 : plays - Reordering;
        if (last is { } previous && decoded <= previous)
            decoded = previous + 1;
        if (plays < decoded && dts is not null && time < decoded)
            return default;
        plays = Math.Max(plays, decoded);

        state.Epoch = _epoch;
        state.Last = decoded;
        state.Duration = duration;
        _newest = Math.Max(_newest, time);
        _end = Math.Max(_end, plays + duration + _shift);
        return new InputTime(true, jumped, plays + _shift, decoded + _shift);
    }

    private static long Unwrap(long time, long wrap, long reference)
    {
        if (wrap <= 0)
            return time;
        var turns = (long)Math.Round((reference - time) / (double)wrap);
        return time + (turns * wrap);
    }

    // Whether a packet begins a new epoch; null where it belongs to one that is over.
    private bool? Judge(StreamState state, long time)
    {
        if (!_any)
            return true;
        if (state.Epoch == _epoch && state.Last is { } last)
            return time < last - FarBack || time > Math.Max(last, _newest) + FarAhead;

        // Another stream jumped. This one may not have come to the jump yet.
        var distance = Math.Abs(time - _newest);
        if (state.Last is { } before && Math.Abs(time - before) <= FarBack && distance > FarBack)
            return null;
        return distance > FarAhead;
    }

    private sealed class StreamState
    {
        public int Epoch { get; set; }

        public long? Last { get; set; }

        public long Duration { get; set; }
    }
}
