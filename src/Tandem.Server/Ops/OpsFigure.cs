using Tandem.Live;

namespace Tandem.Server.Ops;

/// <summary>The courses that are kept.</summary>
/// <param name="Instance">Of CPU and memory.</param>
/// <param name="Total">Of all channels together.</param>
/// <param name="Channels">By id.</param>
internal sealed record OpsTrends(Trend Instance, Trend Total, IReadOnlyDictionary<string, Trend> Channels);

/// <summary>Works out what the operations page shows. Pure.</summary>
internal static class OpsFigure
{
    private const string Runbooks = "docs/runbooks.md#";

    private static readonly ChannelReading NotRead = new();

    /// <summary>Everything.</summary>
    /// <param name="history">The readings; there is at least one.</param>
    /// <param name="alerts">Those that hold.</param>
    /// <param name="channels">The channels' states, in configured order.</param>
    /// <param name="length">What percentiles and shares are over.</param>
    /// <param name="trends">The courses.</param>
    public static OpsState State(
        OpsHistory history, IReadOnlyList<RaisedAlert> alerts, IReadOnlyList<ChannelSnapshot> channels, TimeSpan length, OpsTrends trends)
    {
        var now = history.Newest!;
        var window = history.Window(length);
        var tallies = channels.Select(channel => ChannelTally.Of(window, channel.Id, Reading(channel.Id))).ToList();
        var shown = channels
            .Zip(tallies, (channel, tally) => Channel(window, channel, Reading(channel.Id), tally, trends.Channels.GetValueOrDefault(channel.Id)))
            .ToList();
        var readings = channels.Select(channel => Reading(channel.Id)).ToList();
        return new OpsState(
            now.At,
            ProgramVersion.Text,
            now.Uptime.TotalSeconds,
            OpsHistory.Step.TotalSeconds,
            length.TotalSeconds,
            window.Length.TotalSeconds,
            Status(alerts, shown),
            [.. alerts.Select(Alert)],
            OpsRules.Elsewhere,
            Instance(history, now, trends.Instance),
            Figures(tallies.Aggregate(ChannelTally.None, (sum, one) => sum + one), readings, trends.Total),
            shown);

        ChannelReading Reading(string id) => now.Channels.GetValueOrDefault(id) ?? NotRead;
    }

    /// <summary>One language in a window.</summary>
    public static (OpsQuantiles OnsetLag, OpsQuantiles SyncOffset, double? Fallback) Language(OpsWindow window, string channel, string language) =>
    (
        Quantiles(window.Increase(channel, MetricCatalogue.DubOnsetLag.Edges, one => one.Languages.GetValueOrDefault(language)?.OnsetLag)),
        Quantiles(window.Increase(channel, MetricCatalogue.SyncOffset.Edges, one => one.Languages.GetValueOrDefault(language)?.SyncOffset)),
        OpsRules.FallbackRatio(
            window.Increase(channel, one => one.Languages.GetValueOrDefault(language)?.Fallback ?? 0),
            window.Increase(channel, one => one.Languages.GetValueOrDefault(language)?.Dubbed ?? 0)));

    private static OpsStatus Status(IReadOnlyList<RaisedAlert> alerts, IReadOnlyList<OpsChannel> channels)
    {
        // What an alert says already is not said twice.
        var told = alerts.Select(one => one.Finding.Channel).ToHashSet(StringComparer.Ordinal);
        List<string> lines =
        [
            .. alerts.Where(one => one.Fires).Select(Line),
            .. alerts.Where(one => !one.Fires).Select(one => $"{Line(one)}; the alert is not due yet"),
            .. channels.Where(channel => !told.Contains(channel.Id)).SelectMany(Trouble),
        ];

        // Two budgets may be spent by the same failures.
        lines = [.. lines.Distinct(StringComparer.Ordinal)];
        var level = alerts.Any(one => one.Fires && one.Rule.Severity == AlertSeverity.Critical) ? OpsLevel.Critical
            : lines.Count > 0 ? OpsLevel.Warning
            : OpsLevel.Ok;
        return new OpsStatus(level, lines);
    }

    private static string Line(RaisedAlert alert) => (alert.Finding.Channel, alert.Finding.Part) switch
    {
        (null, _) => $"This instance: {alert.Finding.Summary}",
        ({ } channel, null) => $"{channel}: {alert.Finding.Summary}",
        ({ } channel, { } part) => $"{channel}, {part}: {alert.Finding.Summary}",
    };

    private static IEnumerable<string> Trouble(OpsChannel channel)
    {
        if (channel.State is ChannelState.SourceLost or ChannelState.Faulted or ChannelState.Stopped
            || channel is { State: ChannelState.Starting, Reason: not null })
            yield return $"{channel.Id}: {Word(channel.State)}{(channel.Reason is null ? "" : $": {channel.Reason}")}";
        foreach (var language in channel.Languages.Where(language => language.State == LanguageState.Fallback))
            yield return $"{channel.Id}, {language.Language}: viewers hear the original{(language.Reason is null ? "" : $": {language.Reason}")}";
    }

    private static string Word(ChannelState state) => state switch
    {
        ChannelState.SourceLost => "the source is lost",
        ChannelState.Faulted => "faulted",
        ChannelState.Stopped => "stopped",
        _ => "not started yet",
    };

    private static OpsAlert Alert(RaisedAlert raised) => new(
        raised.Rule.Name,
        raised.Rule.Severity,
        raised.Fires ? "firing" : "pending",
        raised.Since,
        raised.Finding.Channel,
        raised.Finding.Part,
        raised.Finding.Value,
        raised.Finding.Summary,
        Runbooks + raised.Rule.Section);

    private static OpsInstance Instance(OpsHistory history, OpsReading now, Trend trend)
    {
        var hour = history.Window(TimeSpan.FromHours(1));
        return new OpsInstance(
            now.Process.Cpu,
            now.Process.Memory,
            now.Process.HealthFailures,
            hour.Length > TimeSpan.Zero ? hour.Increase(reading => reading.Process.Cost) / hour.Length.TotalSeconds * 730 * 3600 : null,
            now.Process.Budget > 0 ? now.Process.Budget : null,
            trend.Read());
    }

    private static OpsChannel Channel(OpsWindow window, ChannelSnapshot channel, ChannelReading now, ChannelTally tally, Trend? trend) => new(
        channel.Id,
        channel.State,
        channel.Reason,
        new OpsEngine(channel.Engine.Name, channel.Engine.Healthy, now.CircuitOpen, channel.Engine.Reason),
        window.Increase(channel.Id, one => one.WorkerRestarts),
        Figures(tally, [now], trend),
        [.. channel.Languages.Select(language =>
        {
            var (lag, offset, fallback) = Language(window, channel.Id, language.Language);
            return new OpsLanguage(
                language.Language, language.State, language.Reason, lag, fallback, offset, now.Voices.GetValueOrDefault(language.Language).Viewers);
        })]);

    private static OpsFigures Figures(ChannelTally tally, List<ChannelReading> channels, Trend? trend) => new()
    {
        // In the order of the pipeline.
        Stages = [.. MetricCatalogue.SegmentProcessing.LabelValues.Select(values => values[0]).Where(tally.Processing.ContainsKey)
            .Select(stage => (Stage: stage, Of: Quantiles(tally.Processing[stage])))
            .Select(one => new OpsStage(one.Stage, one.Of.P50, one.Of.P95, one.Of.P99, one.Of.Count))],
        Segments = tally.Segments,
        ErrorRatio = tally.ErrorRatio,
        Failures = [.. tally.Failures.Select(pair => new OpsFailure(pair.Key.Stage, pair.Key.Reason, pair.Value))
            .OrderByDescending(one => one.Count).ThenBy(one => one.Stage, StringComparer.Ordinal).ThenBy(one => one.Reason, StringComparer.Ordinal)],
        InFlight = channels.Sum(channel => channel.InFlight),
        Queues = [.. MetricCatalogue.SegmentQueueDepth.LabelValues.Select(values => values[0]).Select(queue => Fullest(queue, channels)).OfType<OpsQueue>()],
        Lateness = Quantiles(tally.Lateness),
        Delivery = Quantiles(tally.Delivery),
        Messages = Quantiles(tally.Messages),
        MessageSizes = [.. tally.Messages.Counts
            .Select((count, index) => new OpsBucket(index < tally.Messages.Edges.Length ? tally.Messages.Edges[index] : null, count))],
        SourceAgeSeconds = channels.Count == 0 ? null : channels.Max(channel => channel.SourceAge),
        Viewers = [.. channels.SelectMany(channel => channel.Voices).GroupBy(voice => voice.Key, StringComparer.Ordinal)
            .Select(voice => new OpsViewers(voice.Key, voice.Sum(one => one.Value.Viewers))).OrderBy(one => one.Voice, StringComparer.Ordinal)],
        History = trend?.Read() ?? new Dictionary<string, IReadOnlyList<double?>>(StringComparer.Ordinal),
    };

    private static OpsQueue? Fullest(string queue, List<ChannelReading> channels)
    {
        var known = channels.Where(channel => channel.Queues.ContainsKey(queue)).Select(channel => channel.Queues[queue]).ToList();
        if (known.Count == 0)
            return null;
        var (depth, bound) = known.MaxBy(one => (one.Bound > 0 ? one.Depth / one.Bound : 0, one.Depth));
        return new OpsQueue(queue, depth, bound > 0 ? bound : null);
    }

    private static OpsQuantiles Quantiles(Buckets buckets) => new(buckets.Quantile(0.5), buckets.Quantile(0.95), buckets.Quantile(0.99), buckets.Total);
}
