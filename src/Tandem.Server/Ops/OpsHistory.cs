namespace Tandem.Server.Ops;

/// <summary>
/// The readings of the last hours, fewer the longer ago: what the windows of the page and of the alerts need, and no more. At most about 200
/// readings, of which about 60 have histograms. Not safe on several threads.
/// </summary>
internal sealed class OpsHistory
{
    /// <summary>Time between readings.</summary>
    public static readonly TimeSpan Step = TimeSpan.FromSeconds(10);

    /// <summary>The longest window over histograms: onset lag and sync offset are judged over ten minutes.</summary>
    public static readonly TimeSpan Longest = TimeSpan.FromMinutes(10);

    private readonly Tier[] _tiers =
    [
        new(Step, Longest),

        // A quarter of an hour against the hour before it.
        new(TimeSpan.FromMinutes(1), TimeSpan.FromMinutes(75)),

        // The longest window that a budget is judged over.
        new(TimeSpan.FromMinutes(6), TimeSpan.FromHours(6)),
    ];

    /// <summary>The newest reading; null before the first.</summary>
    public OpsReading? Newest { get; private set; }

    /// <summary>Readings that are held, of all kinds.</summary>
    public int Count => _tiers.Sum(tier => tier.Readings.Count);

    /// <summary>Takes a reading in; they come in the order of time.</summary>
    public void Add(OpsReading reading)
    {
        Newest = reading;
        _tiers[0].Offer(reading);
        if (_tiers[1].Wants(reading) || _tiers[2].Wants(reading))
        {
            var counters = reading.CountersOnly();
            _tiers[1].Offer(counters);
            _tiers[2].Offer(counters);
        }
    }

    /// <summary>
    /// The readings of a window, the one at or before its beginning first; fewer where there is no history that long. Windows longer than
    /// <see cref="Longest"/>, and those that end in the past, have no histograms.
    /// </summary>
    /// <param name="length">How long.</param>
    /// <param name="ago">How long ago it ended.</param>
    public OpsWindow Window(TimeSpan length, TimeSpan ago = default)
    {
        if (Newest is null)
            return new OpsWindow([]);
        var to = Newest.Uptime - ago;
        var from = to - length;
        var tier = Array.Find(_tiers, one => one.Span >= length + ago) ?? _tiers[^1];
        List<OpsReading> readings = [.. tier.Readings.Where(reading => reading.Uptime <= to)];

        // Timers come a little early or late.
        var first = readings.FindLastIndex(reading => reading.Uptime <= from + (Step / 10));
        readings = readings[Math.Max(0, first)..];
        if (ago == TimeSpan.Zero && (readings is [] || readings[^1].Uptime < Newest.Uptime))
            readings.Add(Newest);
        return new OpsWindow(readings);
    }

    private sealed class Tier(TimeSpan step, TimeSpan span)
    {
        private readonly Queue<OpsReading> _readings = new();
        private TimeSpan? _next;

        public TimeSpan Span => span;

        public Queue<OpsReading> Readings => _readings;

        public bool Wants(OpsReading reading) => _next is null || reading.Uptime >= _next;

        public void Offer(OpsReading reading)
        {
            if (!Wants(reading))
                return;
            _readings.Enqueue(reading);
            _next = reading.Uptime + step - (Step / 2);

            // The one before the window's beginning stays: from it on is counted.
            while (_readings.Count > (int)(span / step) + 2)
                _readings.Dequeue();
        }
    }
}
