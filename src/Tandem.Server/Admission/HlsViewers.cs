namespace Tandem.Server.Admission;

/// <summary>
/// Who has asked for HLS lately, by token or address: there is no connection to count. Those behind one cache or one address without tokens
/// count as one. Bounded: who does not fit is not held.
/// </summary>
/// <param name="time">The clock.</param>
internal sealed class HlsViewers(TimeProvider time)
{
    // Players ask for a playlist each target duration, 6 s mostly; some wait for three.
    private static readonly TimeSpan Stay = TimeSpan.FromSeconds(30);

    // Between two sweeps; counting in between may count some that are gone.
    private static readonly TimeSpan Sweep = TimeSpan.FromSeconds(5);

    private readonly Dictionary<UInt128, long> _seen = [];
    private readonly Lock _lock = new();
    private long _swept = time.GetTimestamp();

    /// <summary>How many there are.</summary>
    public int Count
    {
        get
        {
            lock (_lock)
            {
                Forget();
                return _seen.Count;
            }
        }
    }

    /// <summary>Notes that somebody asked; false, and nothing noted, where they are new and <paramref name="mayJoin"/> says no.</summary>
    public bool See(UInt128 who, Func<bool> mayJoin)
    {
        var now = time.GetTimestamp();
        lock (_lock)
        {
            if (_seen.ContainsKey(who))
            {
                _seen[who] = now;
                return true;
            }
        }

        // Outside the lock: it counts, too. Two at once may both get the last place.
        if (!mayJoin())
            return false;
        lock (_lock)
            _seen[who] = now;
        return true;
    }

    private void Forget()
    {
        var now = time.GetTimestamp();
        if (time.GetElapsedTime(_swept, now) < Sweep)
            return;
        _swept = now;
        foreach (var (who, at) in _seen)
        {
            if (time.GetElapsedTime(at, now) > Stay)
                _seen.Remove(who);
        }
    }
}
