using System.Collections.Frozen;
using System.Collections.Immutable;
using System.Text.Json;
using Tandem.Live.Dubbing;
using Tandem.Live.Package;
using Tandem.Live.Timeline;

namespace Tandem.Live;

/// <summary>What a metric is, in Prometheus's words.</summary>
public enum MetricKind
{
    /// <summary>Only grows.</summary>
    Counter,

    /// <summary>Goes up and down.</summary>
    Gauge,

    /// <summary>Counts observations in buckets with fixed edges.</summary>
    Histogram,
}

/// <summary>What there is one series of.</summary>
public enum MetricScope
{
    /// <summary>The process.</summary>
    Process,

    /// <summary>Each channel: label <c>channel</c>.</summary>
    Channel,

    /// <summary>Each target language of each channel: labels <c>channel</c> and <c>lang</c>.</summary>
    Language,

    /// <summary>Each voice of each channel, the original among them: labels <c>channel</c> and <c>lang</c>.</summary>
    Voice,
}

/// <summary>One metric as it is declared: every series that it can ever have is known beforehand.</summary>
/// <param name="Name">Full Prometheus name.</param>
/// <param name="Kind">Counter, gauge or histogram.</param>
/// <param name="Scope">What there is one series of; gives the first labels.</param>
/// <param name="Unit"><c>s</c>, <c>By</c> (bytes), <c>1</c> (ratio or number), <c>USD</c>.</param>
/// <param name="Help">One sentence.</param>
public sealed record MetricDefinition(string Name, MetricKind Kind, MetricScope Scope, string Unit, string Help)
{
    /// <summary>Names of the labels beside <c>channel</c> and <c>lang</c>.</summary>
    public ImmutableArray<string> Labels { get; init; } = [];

    /// <summary>
    /// The values that <see cref="Labels"/> can have together. A measurement with others is counted as <c>other</c>, so that nothing
    /// from outside can make series. Empty where Tandem itself sets them once (build info).
    /// </summary>
    public ImmutableArray<ImmutableArray<string>> LabelValues { get; init; } = [[]];

    /// <summary>Upper edges of a histogram's buckets, ascending, without +Inf.</summary>
    public ImmutableArray<double> Edges { get; init; } = [];

    /// <summary>The first labels of each of a channel's series: none for a metric of the process.</summary>
    public IEnumerable<KeyValuePair<string, object?>[]> ScopesOf(MeteredChannel channel) => Scope switch
    {
        MetricScope.Channel => [[new("channel", channel.Id)]],
        MetricScope.Language => channel.Languages.Select(language => new KeyValuePair<string, object?>[] { new("channel", channel.Id), new("lang", language) }),
        MetricScope.Voice => channel.Languages.Prepend(VoiceSet.Original)
            .Select(voice => new KeyValuePair<string, object?>[] { new("channel", channel.Id), new("lang", voice) }),
        _ => [],
    };
}

/// <summary>Every metric of Tandem that exists by now; docs/metrics.md says the same, and a test compares them.</summary>
public static class MetricCatalogue
{
    /// <summary>Where measurements with a label value that is not declared go.</summary>
    public const string Other = "other";

    private static readonly Lazy<FrozenDictionary<string, MetricDefinition>> ByName =
        new(() => All.ToFrozenDictionary(metric => metric.Name, StringComparer.Ordinal));

    private static readonly ImmutableArray<double> Times = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 1.5, 3, 5, 10];
    private static readonly ImmutableArray<double> Lags = [0.05, 0.1, 0.25, 0.5, 1, 1.5, 2, 3, 4, 6, 8, 10, 15, 30, 60];
    private static readonly ImmutableArray<double> Offsets = [0.001, 0.002, 0.005, 0.01, 0.02, 0.045, 0.05, 0.1, 0.25, 0.5, 1, 1.5, 3];

    private static readonly ImmutableArray<double> Sizes =
        [1024, 2048, 4096, 8192, 16_384, 32_768, 65_536, 131_072, 262_144, 524_288, 1_048_576, 4_194_304];

    /// <summary><c>tandem_segment_processing_seconds</c>.</summary>
    public static MetricDefinition SegmentProcessing { get; } =
        new("tandem_segment_processing_seconds", MetricKind.Histogram, MetricScope.Channel, "s",
            "Time that a stage worked on one segment; stage total is the work from the fetched segment to its publication, without waiting.")
        {
            Labels = ["stage"],
            LabelValues = One("fetch", "decode", "mix", "encode", "package", "total"),
            Edges = Times,
        };

    /// <summary><c>tandem_segment_failures_total</c>.</summary>
    public static MetricDefinition SegmentFailures { get; } =
        new("tandem_segment_failures_total", MetricKind.Counter, MetricScope.Channel, "1",
            "What a stage failed on: segments, those not published when due among them; playlists; utterances. Fallback is counted apart.")
        {
            Labels = ["stage", "reason"],
            LabelValues = Two(
                ("playlist", [.. FetchReasons, "not_a_playlist", "bad_playlist", "no_sound", "not_growing"]),
                ("segment", [.. FetchReasons, "bad_decryption"]),
                ("init", [.. FetchReasons, "bad_decryption"]),
                ("key", [.. FetchReasons, "bad_key", "sample_aes", "drm"]),
                ("decode", ["not_media", "no_sound", "unknown_codec", "encrypted", "too_large", "timeout", "crashed", "unavailable"]),
                ("carry", [.. FetchReasons, .. CarryReasons]),
                ("encode", ["error"]),
                ("publish", ["late"]),
                ("channel", ["exception"]),
                ("recognise", EngineReasons),
                ("translate", EngineReasons),
                ("speak", EngineReasons)),
        };

    /// <summary><c>tandem_segments_total</c>.</summary>
    public static MetricDefinition Segments { get; } =
        new("tandem_segments_total", MetricKind.Counter, MetricScope.Channel, "1", "Segments published, of the heard playlist.");

    /// <summary><c>tandem_segments_in_flight</c>.</summary>
    public static MetricDefinition SegmentsInFlight { get; } =
        new("tandem_segments_in_flight", MetricKind.Gauge, MetricScope.Channel, "1", "Segments that are being fetched, or were, and are not published yet.");

    /// <summary><c>tandem_segment_queue_depth</c>.</summary>
    public static MetricDefinition SegmentQueueDepth { get; } =
        new("tandem_segment_queue_depth", MetricKind.Gauge, MetricScope.Channel, "1", "Segments or pieces of work that wait in a bounded queue.")
        {
            Labels = ["queue"],
            LabelValues = One("source", "decode", "carry", "engine", "publish"),
        };

    /// <summary><c>tandem_publish_lateness_seconds</c>.</summary>
    public static MetricDefinition PublishLateness { get; } =
        new("tandem_publish_lateness_seconds", MetricKind.Histogram, MetricScope.Channel, "s",
            "Time from when a segment was due (appearance at the source plus delay) until it could be fetched.")
        {
            Edges = Times,
        };

    /// <summary><c>tandem_dub_onset_lag_seconds</c>.</summary>
    public static MetricDefinition DubOnsetLag { get; } =
        new("tandem_dub_onset_lag_seconds", MetricKind.Histogram, MetricScope.Language, "s", "Start of a dub minus start of its utterance.")
        {
            Edges = Lags,
        };

    /// <summary><c>tandem_dubs_total</c>.</summary>
    public static MetricDefinition Dubs { get; } =
        new("tandem_dubs_total", MetricKind.Counter, MetricScope.Language, "1", "Utterances by what became of their dub.")
        {
            Labels = ["outcome"],
            LabelValues = One(Words<DubOutcome>()),
        };

    /// <summary><c>tandem_fallback_seconds_total</c>.</summary>
    public static MetricDefinition FallbackSeconds { get; } =
        new("tandem_fallback_seconds_total", MetricKind.Counter, MetricScope.Language, "s",
            "Speech that was heard in the original because no dub could be placed.");

    /// <summary><c>tandem_source_age_seconds</c>.</summary>
    public static MetricDefinition SourceAge { get; } =
        new("tandem_source_age_seconds", MetricKind.Gauge, MetricScope.Channel, "s", "Time since the source last showed a new segment; 0 once it has said that it ends.");

    /// <summary><c>tandem_epochs_total</c>.</summary>
    public static MetricDefinition Epochs { get; } =
        new("tandem_epochs_total", MetricKind.Counter, MetricScope.Channel, "1", "Epochs begun, by what broke the source's time.")
        {
            Labels = ["reason"],
            LabelValues = One(Words<EpochReason>()),
        };

    /// <summary><c>tandem_sync_offset_seconds</c>.</summary>
    public static MetricDefinition SyncOffset { get; } =
        new("tandem_sync_offset_seconds", MetricKind.Histogram, MetricScope.Language, "s",
            "Self-check on what is published: how far, without sign, a voice's sound lies from its picture's time.")
        {
            Edges = Offsets,
        };

    /// <summary><c>tandem_worker_restarts_total</c>.</summary>
    public static MetricDefinition WorkerRestarts { get; } =
        new("tandem_worker_restarts_total", MetricKind.Counter, MetricScope.Channel, "1", "Times that the media worker had to be started again.");

    /// <summary><c>tandem_record_failures_total</c>.</summary>
    public static MetricDefinition RecordFailures { get; } =
        new("tandem_record_failures_total", MetricKind.Counter, MetricScope.Channel, "1", "Times that what a restart needs could not be written to state_dir.")
        {
            Labels = ["reason"],
            LabelValues = One("full", "read_only"),
        };

    /// <summary><c>tandem_engine_circuit_open</c>.</summary>
    public static MetricDefinition EngineCircuitOpen { get; } =
        new("tandem_engine_circuit_open", MetricKind.Gauge, MetricScope.Channel, "1", "1 while the engine does not work and is not asked, else 0.");

    /// <summary><c>tandem_scratch_bytes</c>.</summary>
    public static MetricDefinition ScratchBytes { get; } =
        new("tandem_scratch_bytes", MetricKind.Gauge, MetricScope.Channel, "By", "Bytes in temporary files; 0 as long as none are used.");

    /// <summary><c>tandem_segment_queue_bound</c>.</summary>
    public static MetricDefinition SegmentQueueBound { get; } =
        new("tandem_segment_queue_bound", MetricKind.Gauge, MetricScope.Channel, "1", "Places of a bounded queue; 0 where there is none of its own.")
        {
            Labels = SegmentQueueDepth.Labels,
            LabelValues = SegmentQueueDepth.LabelValues,
        };

    /// <summary><c>tandem_dubbed_seconds_total</c>.</summary>
    public static MetricDefinition DubbedSeconds { get; } =
        new("tandem_dubbed_seconds_total", MetricKind.Counter, MetricScope.Language, "s", "Time in which the original was lowered for a dub.");

    /// <summary><c>tandem_reference_state</c>.</summary>
    public static MetricDefinition Reference { get; } =
        new("tandem_reference_state", MetricKind.Gauge, MetricScope.Channel, "1", "1 for what is known of the source's own segments, else 0.")
        {
            Labels = ["state"],
            LabelValues = One(Words<ReferenceState>()),
        };

    /// <summary><c>tandem_health_failures_in_row</c>.</summary>
    public static MetricDefinition HealthFailures { get; } =
        new("tandem_health_failures_in_row", MetricKind.Gauge, MetricScope.Process, "1",
            "Answers of /health/ready that were unready since the last one that was not, or of /health/live that were stuck; the larger number.");

    /// <summary><c>tandem_http_sent_bytes_total</c>.</summary>
    public static MetricDefinition HttpSentBytes { get; } =
        new("tandem_http_sent_bytes_total", MetricKind.Counter, MetricScope.Process, "By", "Bytes of the bodies of HTTP answers.");

    /// <summary><c>tandem_cost_dollars_total</c>.</summary>
    public static MetricDefinition Cost { get; } =
        new("tandem_cost_dollars_total", MetricKind.Counter, MetricScope.Process, "USD", "What this instance has cost since its start, at list prices.")
        {
            Labels = ["kind"],
            LabelValues = One("cpu", "memory", "egress"),
        };

    /// <summary><c>tandem_monthly_budget_dollars</c>.</summary>
    public static MetricDefinition MonthlyBudget { get; } =
        new("tandem_monthly_budget_dollars", MetricKind.Gauge, MetricScope.Process, "USD",
            "What all instances together may cost a month; 0 for no limit.");

    /// <summary><c>tandem_health_checks_total</c>.</summary>
    public static MetricDefinition HealthChecks { get; } =
        new("tandem_health_checks_total", MetricKind.Counter, MetricScope.Process, "1", "Answers to /health/live and /health/ready.")
        {
            Labels = ["result"],
            LabelValues = One("live", "stuck", "ready", "degraded", "unready"),
        };

    /// <summary><c>tandem_access_refusals_total</c>.</summary>
    public static MetricDefinition AccessRefusals { get; } =
        new("tandem_access_refusals_total", MetricKind.Counter, MetricScope.Process, "1", "Requests and connections refused for who asked, or how often.")
        {
            Labels = ["reason"],
            LabelValues = One(
                "missing", "malformed", "algorithm", "signature", "issuer", "audience", "expired", "not_yet", "no_expiry", "keys", "channel", "language", "premium",
                "rate", "connections", "operator_missing", "operator_key", "operator_remote", "operator_origin"),
        };

    /// <summary><c>tandem_admission_refusals_total</c>.</summary>
    public static MetricDefinition AdmissionRefusals { get; } =
        new("tandem_admission_refusals_total", MetricKind.Counter, MetricScope.Process, "1", "Channels and viewers that the instance had no room for.")
        {
            Labels = ["reason"],
            LabelValues = One("channels", "languages", "viewers", "segments_in_flight", "queue_depth", "cpu", "memory"),
        };

    /// <summary><c>tandem_feedback_total</c>.</summary>
    public static MetricDefinition Feedback { get; } =
        new("tandem_feedback_total", MetricKind.Counter, MetricScope.Process, "1", "What viewers said.")
        {
            Labels = ["kind"],
            LabelValues = One("latency", "quality", "score"),
        };

    /// <summary><c>tandem_cpu_ratio</c>.</summary>
    public static MetricDefinition CpuRatio { get; } =
        new("tandem_cpu_ratio", MetricKind.Gauge, MetricScope.Process, "1", "CPU in use, of the container's limit, else of the machine.");

    /// <summary><c>tandem_memory_ratio</c>.</summary>
    public static MetricDefinition MemoryRatio { get; } =
        new("tandem_memory_ratio", MetricKind.Gauge, MetricScope.Process, "1", "Memory in use, of the container's limit, else of the machine.");

    /// <summary><c>tandem_scratch_free_bytes</c>.</summary>
    public static MetricDefinition ScratchFree { get; } =
        new("tandem_scratch_free_bytes", MetricKind.Gauge, MetricScope.Process, "By", "Room where files are written, in `state_dir` or the folder for temporary files, whichever has less; 0 where one is not there.");

    /// <summary><c>tandem_build_info</c>.</summary>
    public static MetricDefinition BuildInfo { get; } =
        new("tandem_build_info", MetricKind.Gauge, MetricScope.Process, "1", "Always 1; the labels say what runs.")
        {
            Labels = ["version", "ffmpeg", "revision"],
            LabelValues = [],
        };

    /// <summary><c>tandem_websocket_message_bytes</c>.</summary>
    public static MetricDefinition WebSocketMessage { get; } =
        new("tandem_websocket_message_bytes", MetricKind.Histogram, MetricScope.Channel, "By", "Size of the binary messages that were sent to viewers.")
        {
            Edges = Sizes,
        };

    /// <summary><c>tandem_websocket_delivery_seconds</c>.</summary>
    public static MetricDefinition WebSocketDelivery { get; } =
        new("tandem_websocket_delivery_seconds", MetricKind.Histogram, MetricScope.Channel, "s",
            "Time from when a chunk could first be had until a viewer acknowledged it, less half of the round trip.")
        {
            Edges = Times,
        };

    /// <summary><c>tandem_websocket_disconnects_total</c>.</summary>
    public static MetricDefinition WebSocketDisconnects { get; } =
        new("tandem_websocket_disconnects_total", MetricKind.Counter, MetricScope.Channel, "1", "Sockets that ended, and whether they were meant to.")
        {
            Labels = ["reason", "planned"],
            LabelValues = Two(
                ("client", ["yes"]), ("shutdown", ["yes"]), ("lifetime", ["yes"]), ("moved", ["yes"]), ("channel_gone", ["yes"]),
                ("token_expired", ["yes"]), ("admission", ["no"]), ("slow", ["no"]), ("silent", ["no"]), ("lost", ["no"]), ("protocol", ["no"]),
                ("too_large", ["no"]), ("too_often", ["no"])),
        };

    /// <summary><c>tandem_websocket_skipped_chunks_total</c>.</summary>
    public static MetricDefinition WebSocketSkips { get; } =
        new("tandem_websocket_skipped_chunks_total", MetricKind.Counter, MetricScope.Channel, "1",
            "Chunks that were left out for viewers who were too slow, or asked for what is not held any more.")
        {
            Labels = ["track"],
            LabelValues = One("video", "audio"),
        };

    /// <summary><c>tandem_viewers</c>.</summary>
    public static MetricDefinition Viewers { get; } =
        new("tandem_viewers", MetricKind.Gauge, MetricScope.Voice, "1", "Viewers by the voice that they hear.")
        {
            Labels = ["via"],
            LabelValues = One("ws"),
        };

    /// <summary><c>tandem_viewer_seconds_total</c>.</summary>
    public static MetricDefinition ViewerSeconds { get; } =
        new("tandem_viewer_seconds_total", MetricKind.Counter, MetricScope.Voice, "s", "Time that viewers heard a voice, added up.")
        {
            Labels = ["via"],
            LabelValues = One("ws"),
        };

    /// <summary>All of them, in the order of docs/metrics.md.</summary>
    public static ImmutableArray<MetricDefinition> All { get; } =
    [
        SegmentProcessing, SegmentFailures, Segments, SegmentsInFlight, SegmentQueueDepth, PublishLateness, DubOnsetLag, Dubs,
        FallbackSeconds, SourceAge, Epochs, SyncOffset, WorkerRestarts, RecordFailures, EngineCircuitOpen, ScratchBytes, WebSocketMessage, WebSocketDelivery,
        WebSocketDisconnects, WebSocketSkips, Viewers, ViewerSeconds, HealthChecks, AccessRefusals,
        AdmissionRefusals, Feedback, CpuRatio,
        MemoryRatio, ScratchFree, BuildInfo,
        SegmentQueueBound, DubbedSeconds, Reference, HealthFailures, HttpSentBytes, Cost, MonthlyBudget,
    ];

    /// <summary>The metric of this name; null where there is none.</summary>
    public static MetricDefinition? Find(string name) => ByName.Value.GetValueOrDefault(name);

    // What SourceHttp and HttpFaults say.
    private static string[] FetchReasons =>
    [
        "forbidden", "not_found", "rate_limited", "server_error", "http_status", "refused_address", "no_such_host", "connection_refused", "unreachable",
        "tls", "timeout", "stalled", "truncated", "empty", "too_large", "too_many_redirects", "bad_redirect", "bad_range", "bad_encoding", "bad_response",
        "internal",
    ];

    // What of other playlists than the heard one is not carried; their keys fail as the heard one's do.
    private static string[] CarryReasons =>
        ["bad_decryption", "bad_key", "sample_aes", "drm", "not_media", "encrypted", "crashed", "unavailable", "late", "memory"];

    private static string[] EngineReasons => ["timeout", "crashed", "bad_answer", "overflow", "empty", "circuit_open"];

    /// <summary>An enum's members as labels have them: <c>OnTime</c> is <c>on_time</c>.</summary>
    private static string[] Words<T>()
        where T : struct, Enum =>
        [.. Enum.GetNames<T>().Select(JsonNamingPolicy.SnakeCaseLower.ConvertName)];

    private static ImmutableArray<ImmutableArray<string>> One(params ReadOnlySpan<string> values)
    {
        var sets = ImmutableArray.CreateBuilder<ImmutableArray<string>>();
        foreach (var value in values)
            sets.Add([value]);
        sets.Add([Other]);
        return sets.ToImmutable();
    }

    private static ImmutableArray<ImmutableArray<string>> Two(params (string First, string[] Seconds)[] values) =>
    [
        .. values.SelectMany(value => value.Seconds.Append(Other).Select(second => ImmutableArray.Create(value.First, second))),
        [Other, Other],
    ];
}
