using Microsoft.Extensions.Logging;
using Tandem.Live;

namespace Tandem.Server.Ops;

/// <summary>
/// Looks at the instance's own metrics every ten seconds, judges the alerts, and says what the operations page shows. What it holds is bounded:
/// the readings of <see cref="OpsHistory"/>, and an hour of each figure's course.
/// </summary>
internal sealed partial class OpsBoard : IDisposable
{
    /// <summary>What percentiles and shares are over unless asked otherwise: as in the alerts.</summary>
    public static readonly TimeSpan Usual = TimeSpan.FromMinutes(5);

    private readonly Lock _lock = new();
    private readonly Func<OpsReading> _read;
    private readonly Func<IReadOnlyList<ChannelSnapshot>> _channels;
    private readonly ILogger _log;
    private readonly OpsHistory _history = new();
    private readonly AlertBoard _board = new(OpsRules.All);
    private readonly Dictionary<TimeSpan, OpsState> _told = [];
    private readonly Dictionary<string, Trend> _trends = new(StringComparer.Ordinal);
    private readonly Trend _total = new();
    private readonly Trend _instance = new();
    private readonly ITimer _timer;
    private IReadOnlyList<RaisedAlert> _alerts = [];
    private TimeSpan? _marked;

    /// <summary>Looks at once, and every ten seconds from then on.</summary>
    /// <param name="read">Reads the metrics.</param>
    /// <param name="channels">The channels' states, in configured order.</param>
    /// <param name="time">The clock.</param>
    /// <param name="log">Told when looking fails.</param>
    public OpsBoard(Func<OpsReading> read, Func<IReadOnlyList<ChannelSnapshot>> channels, TimeProvider time, ILogger log)
    {
        (_read, _channels, _log) = (read, channels, log);
        Look();
        _timer = time.CreateTimer(_ => Look(), null, OpsHistory.Step, OpsHistory.Step);
    }

    /// <summary>What the page shows, over the last <paramref name="window"/>; as of the last look.</summary>
    public OpsState State(TimeSpan window)
    {
        // Rounded, so that what is kept until the next look stays little.
        window = OpsHistory.Step * Math.Round(Math.Clamp(window / OpsHistory.Step, 1, OpsHistory.Longest / OpsHistory.Step));
        lock (_lock)
        {
            if (!_told.TryGetValue(window, out var state))
                _told[window] = state = OpsFigure.State(_history, _alerts, _channels(), window, new OpsTrends(_instance, _total, _trends));
            return state;
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _timer.Dispose();

    private void Look()
    {
        try
        {
            lock (_lock)
            {
                var reading = _read();
                _history.Add(reading);
                _alerts = _board.Judge(_history);
                _told.Clear();
                if (_marked is null || reading.Uptime - _marked >= Trend.Step - (OpsHistory.Step / 2))
                {
                    _marked = reading.Uptime;
                    Mark(reading);
                }
            }
        }
#pragma warning disable CA1031 // The edge of a timer: what cannot be read now may be read next time.
        catch (Exception error)
#pragma warning restore CA1031
        {
            LogFailed(_log, error);
        }
    }

    /// <summary>Adds a value to each course.</summary>
    private void Mark(OpsReading reading)
    {
        _instance.Add("cpu", reading.Process.Cpu);
        _instance.Add("memory", reading.Process.Memory);
        var window = _history.Window(Usual);
        var all = ChannelTally.None;
        foreach (var (id, channel) in reading.Channels)
        {
            var tally = ChannelTally.Of(window, id, channel);
            all += tally;
            if (!_trends.TryGetValue(id, out var trend))
                _trends[id] = trend = new Trend();
            Mark(trend, tally);
            var languages = channel.Languages.Keys.Select(language => OpsFigure.Language(window, id, language)).ToList();
            trend.Add("onsetLag", languages.Max(language => language.OnsetLag.P95));
            trend.Add("fallback", languages.Max(language => language.Fallback));
        }

        Mark(_total, all);
        _total.Add("delivery", all.Delivery.Quantile(0.95));
        _total.Add("messages", all.Messages.Quantile(0.95));
        _total.Add("inFlight", reading.Channels.Values.Sum(channel => channel.InFlight));
        _total.Add("queue", reading.Channels.Values.SelectMany(channel => channel.Queues.Values).Where(queue => queue.Bound > 0)
            .Select(queue => queue.Depth / queue.Bound).DefaultIfEmpty(0).Max());
        _total.Add("viewers", reading.Channels.Values.SelectMany(channel => channel.Voices.Values).Sum(voice => voice.Viewers));
        foreach (var gone in _trends.Keys.Except(reading.Channels.Keys, StringComparer.Ordinal).ToList())
            _trends.Remove(gone);
    }

    private static void Mark(Trend trend, ChannelTally tally)
    {
        trend.Add("processing", tally.Processing.GetValueOrDefault("total")?.Quantile(0.95));
        trend.Add("errors", tally.ErrorRatio);
        trend.Add("lateness", tally.Lateness.Quantile(0.95));
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "the operations page could not look at the metrics; it tries again in ten seconds")]
    private static partial void LogFailed(ILogger log, Exception error);
}
