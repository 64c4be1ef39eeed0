using System.Collections.Immutable;
using System.Globalization;
using Tandem.Live;

namespace Tandem.Server.Ops;

/// <summary>
/// The alerts of deploy/prometheus/tandem.alerts.yml that one instance can judge by what it knows of itself: the same names, thresholds and
/// times; a test compares them, and the reasons stand there. Pure.
/// </summary>
internal static class OpsRules
{
    private static readonly TimeSpan Five = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan Quarter = TimeSpan.FromMinutes(15);
    private static readonly TimeSpan Hour = TimeSpan.FromHours(1);

    // What the source's time breaks by without having been announced, and what is no break.
    private static readonly string[] Unannounced = ["jump", "reset", "outage", "format", "video"];
    private static readonly string[] Begun = ["start", "takeover"];

    /// <summary>Those that are judged, in the order of the file.</summary>
    public static ImmutableArray<OpsRule> All { get; } =
    [
        new("TandemCpuHigh", AlertSeverity.Warning, Minutes(10), "cpu",
            Process(one => one.Cpu > 0.9 ? (one.Cpu, $"{Percent(one.Cpu)} of the CPU is in use") : null)),
        new("TandemMemoryHigh", AlertSeverity.Critical, Minutes(10), "memory",
            Process(one => one.Memory > 0.9 ? (one.Memory, $"{Percent(one.Memory)} of the memory is in use") : null)),
        new("TandemHealthFailing", AlertSeverity.Critical, Minutes(1), "health-checks",
            Process(one => one.HealthFailures > 3 ? (one.HealthFailures, $"{Number(one.HealthFailures)} health checks failed in a row") : null)),
        new("TandemScratchSpace", AlertSeverity.Warning, Minutes(5), "scratch-space",
            Process(one => one.ScratchFree is < 67_108_864 and var free ? (free, $"{Bytes(free)} are free where files are written") : null)),
        new("TandemRecordFailing", AlertSeverity.Warning, Minutes(2), "record", history => Over(history, Five, (id, window) =>
            window.Increase(id, channel => channel.RecordFailures) is > 1.5 and var times
                ? (times, $"what a restart needs could not be written {Number(times)} times {When(window, Five, "in 5 minutes")}")
                : null)),
        new("TandemSegmentErrors", AlertSeverity.Critical, Minutes(5), "segment-errors", Errors(0.05, "in 5 minutes", Five)),
        new("TandemSegmentProcessingSlow", AlertSeverity.Warning, Minutes(5), "segment-processing", Slow(
            Five, MetricCatalogue.SegmentProcessing, channel => channel.Processing.GetValueOrDefault("total"), 1.5,
            value => $"a segment takes {Seconds(value)} (p95)")),
        new("TandemPublicationLate", AlertSeverity.Critical, Minutes(5), "publication-late", Slow(
            Five, MetricCatalogue.PublishLateness, channel => channel.Lateness, 0.5, value => $"segments are published {Seconds(value)} late (p95)")),
        new("TandemPublicationStopped", AlertSeverity.Critical, Minutes(2), "publication-stopped", Stopped),
        new("TandemQueueDeep", AlertSeverity.Warning, Minutes(1), "queue-depth", Queues),
        new("TandemSourceStale", AlertSeverity.Critical, TimeSpan.FromSeconds(30), "source-stale", Channels((id, channel) =>
            channel.SourceAge > 20 ? (channel.SourceAge, $"the source has shown nothing new for {Seconds(channel.SourceAge)}") : null)),
        new("TandemReferenceLost", AlertSeverity.Warning, Minutes(1), "reference-lost", ReferenceLost),
        new("TandemEpochsMany", AlertSeverity.Warning, Minutes(1), "epochs", Epochs),
        new("TandemWorkerRestarts", AlertSeverity.Warning, TimeSpan.Zero, "worker-restarts", history => Over(history, Quarter, (id, window) =>
            window.Increase(id, channel => channel.WorkerRestarts) is > 3.5 and var times
                ? (times, $"the media worker was started again {Number(times)} times {When(window, Quarter, "in 15 minutes")}")
                : null)),
        new("TandemEngineCircuitOpen", AlertSeverity.Critical, Minutes(2), "engine-circuit-open", Channels((id, channel) =>
            channel.CircuitOpen ? (1, "the engine or a part of it is out of use") : null)),
        new("TandemFallbackHigh", AlertSeverity.Critical, Minutes(5), "fallback", Fallback),
        new("TandemOnsetLagHigh", AlertSeverity.Warning, Minutes(10), "onset-lag", Voices(
            MetricCatalogue.DubOnsetLag, language => language.OnsetLag, 4, value => $"dubs begin {Seconds(value)} after their utterance (p95)")),
        new("TandemSyncOffset", AlertSeverity.Critical, Minutes(5), "sync-offset", Voices(
            MetricCatalogue.SyncOffset, language => language.SyncOffset, 0.045, value => $"sound is {Seconds(value)} off its picture (p95)")),
        new("TandemMessagesLarge", AlertSeverity.Warning, Minutes(5), "websocket-messages", Slow(
            Five, MetricCatalogue.WebSocketMessage, channel => channel.Messages, 524_288, value => $"WebSocket messages are {Bytes(value)} large (p95)")),
        new("TandemDisconnects", AlertSeverity.Critical, Minutes(5), "disconnects", Disconnects),
        new("TandemSegmentBudgetFast", AlertSeverity.Critical, TimeSpan.Zero, "segment-errors", Errors(0.144, "in an hour: 14.4 times the budget", Hour, Five)),
        new("TandemSegmentBudgetSlow", AlertSeverity.Warning, TimeSpan.Zero, "segment-errors",
            Errors(0.06, "in six hours: 6 times the budget", TimeSpan.FromHours(6), TimeSpan.FromMinutes(30))),
        new("TandemCostOverBudget", AlertSeverity.Warning, Minutes(30), "cost", Cost),
    ];

    /// <summary>Those that need to see other instances, or an instance from outside: Prometheus judges them.</summary>
    public static ImmutableArray<string> Elsewhere { get; } =
        ["TandemInstanceDown", "TandemAbsent", "TandemMetricsMissing", "TandemChannelGone", "TandemHealthBudgetFast", "TandemHealthBudgetSlow"];

    /// <summary>Failed segments of those published, 1 at most; null where neither happened.</summary>
    public static double? ErrorRatio(double failures, double segments) => failures + segments > 0 ? Math.Min(1, failures / segments) : null;

    /// <summary>Of the time that should have been dubbed, what was heard in the original; null where nothing should have been.</summary>
    public static double? FallbackRatio(double fallback, double dubbed) => fallback + dubbed > 0 ? fallback / (fallback + dubbed) : null;

    private static TimeSpan Minutes(int minutes) => TimeSpan.FromMinutes(minutes);

    private static Func<OpsHistory, IEnumerable<Finding>> Process(Func<ProcessReading, (double Value, string Summary)?> judge) =>
        history => judge(history.Newest!.Process) is { } found ? [new Finding(null, null, found.Value, found.Summary)] : [];

    private static Func<OpsHistory, IEnumerable<Finding>> Channels(Func<string, ChannelReading, (double Value, string Summary)?> judge) =>
        history => history.Newest!.Channels
            .Select(pair => judge(pair.Key, pair.Value) is { } found ? new Finding(pair.Key, null, found.Value, found.Summary) : null)
            .OfType<Finding>();

    private static IEnumerable<Finding> Over(OpsHistory history, TimeSpan length, Func<string, OpsWindow, (double Value, string Summary)?> judge)
    {
        var window = history.Window(length);
        return history.Newest!.Channels.Keys
            .Select(id => judge(id, window) is { } found ? new Finding(id, null, found.Value, found.Summary) : null).OfType<Finding>();
    }

    /// <summary>Failed segments above a share, in each of the windows.</summary>
    private static Func<OpsHistory, IEnumerable<Finding>> Errors(double most, string when, params TimeSpan[] lengths) => history =>
    {
        List<OpsWindow> windows = [.. lengths.Select(length => history.Window(length))];
        return history.Newest!.Channels.Keys.Where(id => windows.TrueForAll(window => Ratio(id, window) > most))
            .Select(id => (Id: id, Ratio: Ratio(id, windows[0])!.Value))
            .Select(one => new Finding(one.Id, null, one.Ratio, $"{Percent(one.Ratio)} of segments failed {When(windows[0], lengths[0], when)}"));

        static double? Ratio(string id, OpsWindow window) =>
            ErrorRatio(window.Increase(id, channel => channel.MediaFailures), window.Increase(id, channel => channel.Segments));
    };

    private static Func<OpsHistory, IEnumerable<Finding>> Slow(
        TimeSpan length, MetricDefinition metric, Func<ChannelReading, Buckets?> of, double most, Func<double, string> say) =>
        history => Over(history, length, (id, window) =>
            window.Increase(id, metric.Edges, of).Quantile(0.95) is { } value && value > most ? (value, say(value)) : null);

    private static Func<OpsHistory, IEnumerable<Finding>> Voices(
        MetricDefinition metric, Func<LanguageReading, Buckets> of, double most, Func<double, string> say) => history =>
    {
        var window = history.Window(OpsHistory.Longest);
        return EachLanguage(history, (id, language) =>
            window.Increase(id, metric.Edges, channel => channel.Languages.GetValueOrDefault(language) is { } found ? of(found) : null)
                .Quantile(0.95) is { } value && value > most
                ? (value, say(value))
                : null);
    };

    private static IEnumerable<Finding> Fallback(OpsHistory history)
    {
        var window = history.Window(Five);
        return EachLanguage(history, (id, language) =>
            FallbackRatio(
                window.Increase(id, channel => channel.Languages.GetValueOrDefault(language)?.Fallback ?? 0),
                window.Increase(id, channel => channel.Languages.GetValueOrDefault(language)?.Dubbed ?? 0)) is > 0.1 and var ratio
                ? (ratio, $"the original stands in for {Percent(ratio)} of the dub")
                : null);
    }

    private static IEnumerable<Finding> EachLanguage(OpsHistory history, Func<string, string, (double Value, string Summary)?> judge) =>
        history.Newest!.Channels.SelectMany(channel => channel.Value.Languages.Keys.Select(language =>
            judge(channel.Key, language) is { } found ? new Finding(channel.Key, language, found.Value, found.Summary) : null)).OfType<Finding>();

    private static IEnumerable<Finding> Stopped(OpsHistory history)
    {
        // Before its first segment a channel waits for its delay; a source that has said that it ends has an age of 0.
        var (lately, begin) = (history.Window(Minutes(2)), history.Window(Minutes(6)));
        return Channels((id, channel) =>
        {
            var stopped = channel.Segments > 0
                ? lately.Length >= Minutes(2) - OpsHistory.Step && lately.Increase(id, one => one.Segments) <= 0
                : begin.Length >= Minutes(6) - OpsHistory.Step && begin.First!.Channels.TryGetValue(id, out var then) && then.Segments <= 0
                    && !begin.Any(reading => reading.Channels.TryGetValue(id, out var one) && one.SourceAge >= 20);
            return stopped && channel.SourceAge is > 0 and < 20 ? (0, "nothing is published while the source goes on") : null;
        })(history);
    }

    private static IEnumerable<Finding> Queues(OpsHistory history) => history.Newest!.Channels.SelectMany(channel => channel.Value.Queues
        .Where(queue => (queue.Value.Depth > 100 && queue.Key != "publish") || (queue.Value.Bound > 0 && queue.Value.Depth > 0.8 * queue.Value.Bound))
        .Select(queue => new Finding(channel.Key, queue.Key, queue.Value.Depth, $"{Number(queue.Value.Depth)} wait in the queue {queue.Key}")));

    private static IEnumerable<Finding> ReferenceLost(OpsHistory history)
    {
        // As far as the history goes back: six hours, where Prometheus looks at a day.
        var window = history.Window(TimeSpan.FromHours(6));
        return Channels((id, channel) =>
            channel.Reference == "failed" && window.Any(reading => reading.Channels.TryGetValue(id, out var then) && then.Reference == "proven")
                ? (1, "viewers cannot have the source's own segments any more")
                : null)(history);
    }

    private static IEnumerable<Finding> Epochs(OpsHistory history) => Over(history, Hour, (id, window) =>
    {
        var unannounced = window.Increase(id, channel => channel.Epochs.Where(one => Unannounced.Contains(one.Key, StringComparer.Ordinal)).Sum(one => one.Value));
        var all = window.Increase(id, channel => channel.Epochs.Where(one => !Begun.Contains(one.Key, StringComparer.Ordinal)).Sum(one => one.Value));
        var many = unannounced > 6.5 ? unannounced : all > 60.5 ? all : 0;
        return many > 0 ? (many, $"the source's time broke {Number(many)} times {When(window, Hour, "in an hour")}") : null;
    });

    private static IEnumerable<Finding> Disconnects(OpsHistory history)
    {
        var (lately, before) = (history.Window(Quarter), history.Window(Hour, Quarter));
        return history.Newest!.Channels.Keys.Select(id =>
        {
            if (lately.Increase(id, channel => channel.ViewerSeconds) <= 3600)
                return null;
            var now = Rate(id, lately) ?? 0;
            return now > 0.5 + (2 * (Rate(id, before) ?? 0))
                ? new Finding(id, null, now, FormattableString.Invariant($"{now:F2} unplanned disconnects a viewer-hour, far more than in the hour before"))
                : null;
        }).OfType<Finding>();

        static double? Rate(string id, OpsWindow window) =>
            window.Increase(id, channel => channel.ViewerSeconds) is > 0 and var seconds
                ? window.Increase(id, channel => channel.UnplannedDisconnects) / (seconds / 3600)
                : null;
    }

    private static IEnumerable<Finding> Cost(OpsHistory history)
    {
        var window = history.Window(Hour);
        if (history.Newest!.Process.Budget is not (> 0 and var budget) || window.Length == TimeSpan.Zero)
            return [];
        var month = window.Increase(reading => reading.Process.Cost) / window.Length.TotalSeconds * 730 * 3600;
        return month > budget
            ? [new Finding(null, null, month, FormattableString.Invariant($"at this rate a month of this instance costs {month:F0} USD, budget {budget:F0}"))]
            : [];
    }

    /// <summary>While the server has not been up for as long as a rule looks back, what it judges by is less.</summary>
    private static string When(OpsWindow window, TimeSpan length, string words) =>
        window.Length < length - OpsHistory.Step ? $"in the {Seconds(window.Length.TotalSeconds)} since the start" : words;

    private static string Percent(double share) => string.Create(CultureInfo.InvariantCulture, $"{share * 100:0.#} %");

    private static string Number(double value) => string.Create(CultureInfo.InvariantCulture, $"{value:0.##}");

    private static string Seconds(double value) => value < 1
        ? string.Create(CultureInfo.InvariantCulture, $"{value * 1000:0} ms")
        : value < 10 ? string.Create(CultureInfo.InvariantCulture, $"{value:0.#} s")
        : string.Create(CultureInfo.InvariantCulture, $"{value:0} s");

    private static string Bytes(double value) => value < 1 << 20
        ? string.Create(CultureInfo.InvariantCulture, $"{value / 1024:0} KiB")
        : string.Create(CultureInfo.InvariantCulture, $"{value / (1 << 20):0} MiB");
}
