using System.Text.Json.Serialization;
using Tandem.Live;

namespace Tandem.Server.Ops;

/// <summary>How things are, in one word.</summary>
public enum OpsLevel
{
    /// <summary>Everything is in order.</summary>
    [JsonStringEnumMemberName("ok")]
    Ok,

    /// <summary>Something is wrong, or about to be, that can wait for the next working day.</summary>
    [JsonStringEnumMemberName("warning")]
    Warning,

    /// <summary>Something is wrong that viewers notice, or are about to.</summary>
    [JsonStringEnumMemberName("critical")]
    Critical,
}

/// <summary>What the operations page shows: <c>/ops/state</c>. Times in seconds; null where nothing was measured.</summary>
/// <param name="At">When it was measured.</param>
/// <param name="Version">Tandem's.</param>
/// <param name="UptimeSeconds">Since the server started.</param>
/// <param name="EverySeconds">Time between two measurements.</param>
/// <param name="WindowSeconds">What percentiles and shares were asked for over.</param>
/// <param name="CoveredSeconds">What they are over: less while the server has not been up for so long.</param>
/// <param name="Status">In words.</param>
/// <param name="Alerts">Those that fire, and those that will if nothing changes.</param>
/// <param name="AlertsJudgedElsewhere">Names of those that one instance cannot judge; Prometheus does.</param>
/// <param name="Instance">CPU, memory and cost.</param>
/// <param name="Total">All channels together.</param>
/// <param name="Channels">Each channel, in configured order.</param>
public sealed record OpsState(
    DateTimeOffset At,
    string Version,
    double UptimeSeconds,
    double EverySeconds,
    double WindowSeconds,
    double CoveredSeconds,
    OpsStatus Status,
    IReadOnlyList<OpsAlert> Alerts,
    IReadOnlyList<string> AlertsJudgedElsewhere,
    OpsInstance Instance,
    OpsFigures Total,
    IReadOnlyList<OpsChannel> Channels);

/// <summary>How things are.</summary>
/// <param name="Level">In one word.</param>
/// <param name="Lines">What is wrong, each one line for people; empty where nothing is.</param>
public sealed record OpsStatus(OpsLevel Level, IReadOnlyList<string> Lines);

/// <summary>An alert.</summary>
/// <param name="Name">As deploy/prometheus/tandem.alerts.yml has it.</param>
/// <param name="Severity">As there.</param>
/// <param name="State"><c>firing</c>, or <c>pending</c> until the condition has held for as long as the rule asks.</param>
/// <param name="Since">When the condition began to hold.</param>
/// <param name="Channel">Id; null for the instance.</param>
/// <param name="Part">The language or queue; null for the whole.</param>
/// <param name="Value">What was measured.</param>
/// <param name="Summary">One line for people.</param>
/// <param name="Runbook">What to do.</param>
public sealed record OpsAlert(
    string Name, AlertSeverity Severity, string State, DateTimeOffset Since, string? Channel, string? Part, double Value, string Summary, string Runbook);

/// <summary>The instance.</summary>
/// <param name="CpuRatio">CPU in use, of the limit.</param>
/// <param name="MemoryRatio">Memory in use, of the limit.</param>
/// <param name="HealthFailuresInRow">Failed health checks since the last one that did not fail.</param>
/// <param name="DollarsPerMonth">What a month costs as the last hour did, at list prices.</param>
/// <param name="BudgetDollars">For all instances together; null for no limit.</param>
/// <param name="History">By name, a value each half minute, the newest last.</param>
public sealed record OpsInstance(
    double CpuRatio, double MemoryRatio, double HealthFailuresInRow, double? DollarsPerMonth, double? BudgetDollars, IReadOnlyDictionary<string, IReadOnlyList<double?>> History);

/// <summary>The figures of one channel, or of all together.</summary>
public sealed record OpsFigures
{
    /// <summary>Time for a segment by stage; <c>total</c> is the work from the fetched segment to its publication.</summary>
    public required IReadOnlyList<OpsStage> Stages { get; init; }

    /// <summary>Segments published in the window.</summary>
    public required double Segments { get; init; }

    /// <summary>Failed segments of those published, 1 at most.</summary>
    public required double? ErrorRatio { get; init; }

    /// <summary>What failed in the window, the most frequent first; playlists and utterances too, which are not in <see cref="ErrorRatio"/>.</summary>
    public required IReadOnlyList<OpsFailure> Failures { get; init; }

    /// <summary>Segments between fetch and publication.</summary>
    public required double InFlight { get; init; }

    /// <summary>What waits; of all channels together, the fullest of each kind.</summary>
    public required IReadOnlyList<OpsQueue> Queues { get; init; }

    /// <summary>How late segments were published, s.</summary>
    public required OpsQuantiles Lateness { get; init; }

    /// <summary>How long WebSocket chunks took to viewers who acknowledge them, s.</summary>
    public required OpsQuantiles Delivery { get; init; }

    /// <summary>Sizes of WebSocket messages, bytes.</summary>
    public required OpsQuantiles Messages { get; init; }

    /// <summary>How the sizes are distributed: the buckets of the histogram, each without those below it.</summary>
    public required IReadOnlyList<OpsBucket> MessageSizes { get; init; }

    /// <summary>Time since the source last showed something new, s; of all channels together, the longest.</summary>
    public required double? SourceAgeSeconds { get; init; }

    /// <summary>Connected WebSockets by voice.</summary>
    public required IReadOnlyList<OpsViewers> Viewers { get; init; }

    /// <summary>By name, a value each half minute, over the five minutes before it, the newest last.</summary>
    public required IReadOnlyDictionary<string, IReadOnlyList<double?>> History { get; init; }
}

/// <summary>Percentiles of a histogram, as Prometheus's <c>histogram_quantile</c> has them.</summary>
/// <param name="P50">The median.</param>
/// <param name="P95">95 of 100 are below it.</param>
/// <param name="P99">99 of 100 are below it.</param>
/// <param name="Count">Observations in the window.</param>
public sealed record OpsQuantiles(double? P50, double? P95, double? P99, double Count);

/// <summary>Percentiles of a stage, s.</summary>
/// <param name="Stage">A word of <c>tandem_segment_processing_seconds</c>.</param>
/// <param name="P50">The median.</param>
/// <param name="P95">95 of 100 are below it.</param>
/// <param name="P99">99 of 100 are below it.</param>
/// <param name="Count">Segments in the window.</param>
public sealed record OpsStage(string Stage, double? P50, double? P95, double? P99, double Count);

/// <summary>Failures of one kind in the window.</summary>
/// <param name="Stage">A word of <c>tandem_segment_failures_total</c>.</param>
/// <param name="Reason">Likewise.</param>
/// <param name="Count">How many.</param>
public sealed record OpsFailure(string Stage, string Reason, double Count);

/// <summary>A queue.</summary>
/// <param name="Queue">A word of <c>tandem_segment_queue_depth</c>.</param>
/// <param name="Depth">What waits.</param>
/// <param name="Bound">Places; null where it has no bound of its own.</param>
public sealed record OpsQueue(string Queue, double Depth, double? Bound);

/// <summary>A bucket.</summary>
/// <param name="UpTo">Its upper edge; null for what is above all edges.</param>
/// <param name="Count">Observations in the window.</param>
public sealed record OpsBucket(double? UpTo, double Count);

/// <summary>Viewers of a voice.</summary>
/// <param name="Voice">BCP 47 tag, or <c>original</c>.</param>
/// <param name="Viewers">How many.</param>
public sealed record OpsViewers(string Voice, double Viewers);

/// <summary>One channel.</summary>
/// <param name="Id">Its id.</param>
/// <param name="State">What it is doing.</param>
/// <param name="Reason">One line for people; null when it is live.</param>
/// <param name="Engine">Its engine.</param>
/// <param name="WorkerRestarts">Of the media worker, in the window.</param>
/// <param name="Figures">Its figures.</param>
/// <param name="Languages">Each target language, in configured order.</param>
public sealed record OpsChannel(
    string Id, ChannelState State, string? Reason, OpsEngine Engine, double WorkerRestarts, OpsFigures Figures, IReadOnlyList<OpsLanguage> Languages);

/// <summary>An engine.</summary>
/// <param name="Name">As configured.</param>
/// <param name="Healthy">Whether it works.</param>
/// <param name="CircuitOpen">Whether it, or its part for one language, is not asked at the moment.</param>
/// <param name="Reason">One line for people; null when healthy.</param>
public sealed record OpsEngine(string Name, bool Healthy, bool CircuitOpen, string? Reason);

/// <summary>One language of a channel.</summary>
/// <param name="Language">BCP 47 tag.</param>
/// <param name="State">What its viewers hear.</param>
/// <param name="Reason">One line for people; null when it is dubbed.</param>
/// <param name="OnsetLag">Start of dubs after their utterance, s.</param>
/// <param name="FallbackRatio">Of the time that should have been dubbed, what was heard in the original; null where nothing should have been.</param>
/// <param name="SyncOffset">Self-check: how far sound lies from its picture, s.</param>
/// <param name="Viewers">Connected WebSockets.</param>
public sealed record OpsLanguage(
    string Language, LanguageState State, string? Reason, OpsQuantiles OnsetLag, double? FallbackRatio, OpsQuantiles SyncOffset, double Viewers);
