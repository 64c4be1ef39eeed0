namespace Tandem.Operations.Load;

/// <summary>Counts what a group of viewers went through. For many threads.</summary>
internal sealed class Tally(string name)
{
    private const int ReasonLimit = 40;

    private readonly Lock _lock = new();
    private readonly Histogram _join = new();
    private readonly Histogram _delivery = new();
    private readonly Histogram _second = new();
    private readonly Histogram _delay = new();
    private readonly Histogram _reconnect = new();
    private readonly Dictionary<string, long> _disconnects = new(StringComparer.Ordinal);
    private readonly Dictionary<string, long> _refusals = new(StringComparer.Ordinal);
    private readonly long[] _faults = new long[Enum.GetValues<FaultKind>().Length];
    private long _planned;
    private long _unplanned;
    private long _bytes;
    private long _delivered;
    private long _undelivered;
    private long _skipped;
    private int _wanted;
    private int _joined;
    private int _refused;
    private int _stalls;
    private int _stalledViewers;
    private long _stallTime;
    private long _watchTime;

    /// <summary>The group's name.</summary>
    public string Name => name;

    /// <summary>Everything that came so far.</summary>
    public long Bytes => Interlocked.Read(ref _bytes);

    /// <summary>Faults so far.</summary>
    public long Faults
    {
        get
        {
            lock (_lock)
                return _faults.Sum();
        }
    }

    /// <summary>Connections that ended so far.</summary>
    public long Disconnects
    {
        get
        {
            lock (_lock)
                return _planned + _unplanned;
        }
    }

    /// <summary>Bytes came.</summary>
    public void Came(int bytes) => Interlocked.Add(ref _bytes, bytes);

    /// <summary>A chunk or segment came.</summary>
    /// <param name="after">How late, µs; null where that cannot be told, as for what was there before the viewer came.</param>
    public void Delivered(long? after)
    {
        lock (_lock)
        {
            if (after is not { } late)
                return;
            _delivered++;
            _delivery.Add(late);
            _second.Add(late);
        }
    }

    /// <summary>Chunks or segments will never come.</summary>
    public void Undelivered(long count, bool skipped = false)
    {
        if (count <= 0)
            return;
        lock (_lock)
        {
            _undelivered += count;
            _skipped += skipped ? count : 0;
            _delivery.AddInfinite(count);
        }
    }

    /// <summary>A fault was found.</summary>
    public void Fault(FaultKind kind)
    {
        lock (_lock)
            _faults[(int)kind]++;
    }

    /// <summary>What is seen is so far behind, µs.</summary>
    public void Delay(long behind)
    {
        lock (_lock)
            _delay.Add(behind);
    }

    /// <summary>A connection ended.</summary>
    public void Disconnected(string reason, bool planned)
    {
        lock (_lock)
        {
            Count(_disconnects, reason);
            _planned += planned ? 1 : 0;
            _unplanned += planned ? 0 : 1;
        }
    }

    /// <summary>A viewer was let in no more, or not yet.</summary>
    public void Refused(string reason)
    {
        lock (_lock)
            Count(_refusals, reason);
    }

    /// <summary>Media came again so long (µs) after a connection ended; null if it never did.</summary>
    public void Reconnected(long? after)
    {
        lock (_lock)
        {
            if (after is { } took)
                _reconnect.Add(took);
            else
                _reconnect.AddInfinite(1);
        }
    }

    /// <summary>A viewer's run is over.</summary>
    /// <param name="joinedAfter">From wanting to playing, µs; null if it never played.</param>
    /// <param name="refused">Whether it was refused at last.</param>
    /// <param name="playback">Its player.</param>
    /// <param name="watched">Since it joined, µs.</param>
    public void Finished(long? joinedAfter, bool refused, PlaybackBuffer? playback, long watched)
    {
        lock (_lock)
        {
            _wanted++;
            if (joinedAfter is { } took)
            {
                _joined++;
                _join.Add(took);
            }
            else
            {
                _join.AddInfinite(1);
                _refused += refused ? 1 : 0;
            }

            if (playback is null)
                return;
            _stalls += playback.Stalls;
            _stallTime += playback.StallTime;
            _stalledViewers += playback.Stalls > 0 ? 1 : 0;
            _watchTime += watched;
        }
    }

    /// <summary>What came since this was asked last: how much, and how late, s.</summary>
    public void TakeSecond(Histogram into)
    {
        lock (_lock)
        {
            into.Add(_second);
            _second.Clear();
        }
    }

    /// <summary>Adds delivery to another histogram.</summary>
    public void DeliveryInto(Histogram into)
    {
        lock (_lock)
            into.Add(_delivery);
    }

    /// <summary>Adds all of this to another tally.</summary>
    public void AddTo(Tally all)
    {
        lock (_lock)
        {
            all._join.Add(_join);
            all._delivery.Add(_delivery);
            all._delay.Add(_delay);
            all._reconnect.Add(_reconnect);
            foreach (var (reason, count) in _disconnects)
                Count(all._disconnects, reason, count);
            foreach (var (reason, count) in _refusals)
                Count(all._refusals, reason, count);
            for (var kind = 0; kind < _faults.Length; kind++)
                all._faults[kind] += _faults[kind];
            all._planned += _planned;
            all._unplanned += _unplanned;
            all._bytes += Bytes;
            all._delivered += _delivered;
            all._undelivered += _undelivered;
            all._skipped += _skipped;
            all._wanted += _wanted;
            all._joined += _joined;
            all._refused += _refused;
            all._stalls += _stalls;
            all._stalledViewers += _stalledViewers;
            all._stallTime += _stallTime;
            all._watchTime += _watchTime;
        }
    }

    /// <summary>All figures.</summary>
    public GroupReport Report()
    {
        lock (_lock)
        {
            return new GroupReport
            {
                Name = name,
                Viewers = new ViewersReport(_wanted, _joined, _refused, _wanted - _joined - _refused),
                Join = TimesReport.Of(_join),
                Delivery = TimesReport.Of(_delivery),
                Delay = TimesReport.Of(_delay),
                Reconnect = TimesReport.Of(_reconnect),
                Expected = _delivered + _undelivered,
                Delivered = _delivered,
                Undelivered = _undelivered,
                Skipped = _skipped,
                Stalls = _stalls,
                StallSeconds = Math.Round(_stallTime / 1e6, 3),
                StallShare = _watchTime == 0 ? 0 : Math.Round((double)_stallTime / _watchTime, 6),
                StalledViewers = _stalledViewers,
                Disconnects = new DisconnectsReport(
                    _planned, _unplanned, new SortedDictionary<string, long>(_disconnects, StringComparer.Ordinal)),
                Refusals = new SortedDictionary<string, long>(_refusals, StringComparer.Ordinal),
                Faults = Enum.GetValues<FaultKind>().ToDictionary(Figure.NameOf, kind => _faults[(int)kind], StringComparer.Ordinal),
                Bytes = Bytes,
            };
        }
    }

    /// <summary>Reasons come from outside: only so many are told apart.</summary>
    private static void Count(Dictionary<string, long> counts, string reason, long times = 1)
    {
        var key = counts.Count < ReasonLimit || counts.ContainsKey(reason) ? reason : "other";
        counts[key] = counts.GetValueOrDefault(key) + times;
    }
}
