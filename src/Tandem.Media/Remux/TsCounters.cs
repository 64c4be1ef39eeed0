namespace Tandem.Media.Remux;

/// <summary>
/// continuity_counter of each PID (ISO/IEC 13818-1, 2.4.3.3), unbroken from segment to segment however the source counts in each. Within
/// a segment a gap of the source stays a gap: players are to see that something was lost.
/// </summary>
internal sealed class TsCounters
{
    private readonly Dictionary<int, (int Written, int? Read)> _all = [];

    /// <summary>The newest counters that were written, by PID.</summary>
    public IEnumerable<(int Pid, int Counter)> Written => _all.Select(entry => (entry.Key, entry.Value.Written));

    /// <summary>Takes what a segment before wrote last.</summary>
    public void Restore(int pid, int counter) => _all[pid] = (counter & 15, null);

    /// <summary>The counter of a packet of the source's.</summary>
    /// <param name="pid">Its PID.</param>
    /// <param name="counter">Its counter in the source.</param>
    /// <param name="hasPayload">Packets without payload do not count.</param>
    /// <param name="mayJump">discontinuity_indicator.</param>
    public int Next(int pid, int counter, bool hasPayload, bool mayJump)
    {
        var (written, read) = _all.GetValueOrDefault(pid, (15, null));
        if (!hasPayload)
            return written;
        written = (written + (read is { } last && !mayJump ? counter - last : 1)) & 15;
        _all[pid] = (written, counter);
        return written;
    }

    /// <summary>The counter of a packet with payload that the source does not have.</summary>
    public int Next(int pid)
    {
        var written = (_all.GetValueOrDefault(pid, (15, null)).Item1 + 1) & 15;
        _all[pid] = (written, null);
        return written;
    }
}
