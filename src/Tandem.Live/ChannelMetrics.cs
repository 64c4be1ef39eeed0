using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Diagnostics.Metrics;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Tandem.Live.Package;

namespace Tandem.Live;

/// <summary>A channel whose series exist from the start.</summary>
/// <param name="Id">Label <c>channel</c>.</param>
/// <param name="Languages">Values of label <c>lang</c>.</param>
public sealed record MeteredChannel(string Id, ImmutableArray<string> Languages);

/// <summary>The meter <c>Tandem</c> of one process: the instruments of <see cref="MetricCatalogue"/>, and the channels they are for.</summary>
public sealed class TandemMeter : IDisposable
{
    /// <summary>Name of the meter.</summary>
    public const string Name = "Tandem";

    private readonly Lock _lock = new();
    private ImmutableList<MeteredChannel> _channels = [];
    private readonly Dictionary<string, Instrument> _instruments = new(StringComparer.Ordinal);
    private Action<MeteredChannel>? _announced;
    private int _stuckInRow;
    private int _unreadyInRow;
    private Action<string>? _forgotten;

    /// <summary>Makes the meter and all instruments but the observable ones, which belong to who observes.</summary>
    public TandemMeter()
    {
        Meter = new Meter(new MeterOptions(Name) { Scope = this });
        SegmentProcessing = Histogram(MetricCatalogue.SegmentProcessing);
        SegmentFailures = Counter(MetricCatalogue.SegmentFailures);
        Segments = Counter(MetricCatalogue.Segments);
        SegmentsInFlight = Gauge(MetricCatalogue.SegmentsInFlight);
        SegmentQueueDepth = Gauge(MetricCatalogue.SegmentQueueDepth);
        PublishLateness = Histogram(MetricCatalogue.PublishLateness);
        DubOnsetLag = Histogram(MetricCatalogue.DubOnsetLag);
        Dubs = Counter(MetricCatalogue.Dubs);
        FallbackSeconds = Seconds(MetricCatalogue.FallbackSeconds);
        SourceAge = Gauge(MetricCatalogue.SourceAge);
        SegmentQueueBound = Gauge(MetricCatalogue.SegmentQueueBound);
        DubbedSeconds = Seconds(MetricCatalogue.DubbedSeconds);
        Reference = Gauge(MetricCatalogue.Reference);
        HealthFailures = Gauge(MetricCatalogue.HealthFailures);
        HttpSentBytes = Counter(MetricCatalogue.HttpSentBytes);
        Epochs = Counter(MetricCatalogue.Epochs);
        SyncOffset = Histogram(MetricCatalogue.SyncOffset);
        WorkerRestarts = Counter(MetricCatalogue.WorkerRestarts);
        RecordFailures = Counter(MetricCatalogue.RecordFailures);
        EngineCircuitOpen = Gauge(MetricCatalogue.EngineCircuitOpen);
        ScratchBytes = Gauge(MetricCatalogue.ScratchBytes);
        HealthChecks = Counter(MetricCatalogue.HealthChecks);
        WebSocketMessage = Histogram(MetricCatalogue.WebSocketMessage);
        WebSocketDelivery = Histogram(MetricCatalogue.WebSocketDelivery);
        WebSocketDisconnects = Counter(MetricCatalogue.WebSocketDisconnects);
        WebSocketSkips = Counter(MetricCatalogue.WebSocketSkips);
        Viewers = Meter.CreateUpDownCounter<long>(MetricCatalogue.Viewers.Name, "1", MetricCatalogue.Viewers.Help);
        ViewerSeconds = Seconds(MetricCatalogue.ViewerSeconds);
        AccessRefusals = Counter(MetricCatalogue.AccessRefusals);
        AdmissionRefusals = Counter(MetricCatalogue.AdmissionRefusals);
        Feedback = Counter(MetricCatalogue.Feedback);
    }

    /// <summary>The meter itself; a listener recognises it by reference.</summary>
    public Meter Meter { get; }

    internal Histogram<double> SegmentProcessing { get; }

    internal Counter<long> SegmentFailures { get; }

    internal Counter<long> Segments { get; }

    internal Gauge<double> SegmentsInFlight { get; }

    internal Gauge<double> SegmentQueueDepth { get; }

    internal Histogram<double> PublishLateness { get; }

    internal Histogram<double> DubOnsetLag { get; }

    internal Counter<long> Dubs { get; }

    internal Counter<double> FallbackSeconds { get; }

    internal Gauge<double> SourceAge { get; }

    internal Gauge<double> SegmentQueueBound { get; }

    internal Counter<double> DubbedSeconds { get; }

    internal Gauge<double> Reference { get; }

    internal Counter<long> Epochs { get; }

    internal Histogram<double> SyncOffset { get; }

    internal Counter<long> WorkerRestarts { get; }

    internal Counter<long> RecordFailures { get; }

    internal Gauge<double> EngineCircuitOpen { get; }

    internal Gauge<double> ScratchBytes { get; }

    private Gauge<double> HealthFailures { get; }

    private Counter<long> HttpSentBytes { get; }

    internal Histogram<double> WebSocketMessage { get; }

    internal Histogram<double> WebSocketDelivery { get; }

    internal Counter<long> WebSocketDisconnects { get; }

    internal Counter<long> WebSocketSkips { get; }

    internal UpDownCounter<long> Viewers { get; }

    internal Counter<double> ViewerSeconds { get; }

    private Counter<long> HealthChecks { get; }

    private Counter<long> AccessRefusals { get; }

    private Counter<long> AdmissionRefusals { get; }

    private Counter<long> Feedback { get; }

    /// <summary>The counter of this name; null where there is none, or it belongs to who observes.</summary>
    public Instrument? Find(string counter) => _instruments.GetValueOrDefault(counter);

    /// <summary>Makes the series of a channel exist, at zero.</summary>
    public void Announce(MeteredChannel channel)
    {
        lock (_lock)
        {
            _channels = _channels.Add(channel);
            _announced?.Invoke(channel);
        }
    }

    /// <summary>Hands every channel to <paramref name="announced"/>: those that were announced, and each one that will be.</summary>
    public void Follow(Action<MeteredChannel> announced)
    {
        lock (_lock)
        {
            _channels.ForEach(announced);
            _announced += announced;
        }
    }

    /// <summary>A channel is gone for good: so are its series.</summary>
    public void Forget(string channel)
    {
        lock (_lock)
        {
            _channels = _channels.RemoveAll(known => known.Id == channel);
            _forgotten?.Invoke(channel);
        }
    }

    /// <summary>Tells <paramref name="forgotten"/> of every channel that will be gone.</summary>
    public void FollowGone(Action<string> forgotten)
    {
        lock (_lock)
            _forgotten += forgotten;
    }

    /// <summary>Counts a request that was refused, by the word for why.</summary>
    public void AccessRefused(string reason) => AccessRefusals.Add(1, new KeyValuePair<string, object?>("reason", reason));

    /// <summary>Counts a channel or viewer that there was no room for, by the word for what was full.</summary>
    public void AdmissionRefused(string reason) => AdmissionRefusals.Add(1, new KeyValuePair<string, object?>("reason", reason));

    /// <summary>Counts what a viewer said: <c>latency</c>, <c>quality</c> or <c>score</c>.</summary>
    public void FeedbackGiven(string kind) => Feedback.Add(1, new KeyValuePair<string, object?>("kind", kind));

    /// <summary>Counts an answer to a health check: <c>live</c>, <c>stuck</c>, <c>ready</c>, <c>degraded</c> or <c>unready</c>.</summary>
    public void HealthChecked(string result)
    {
        HealthChecks.Add(1, new KeyValuePair<string, object?>("result", result));
        lock (_lock)
        {
            // Liveness and readiness are asked for in turn: an answer of one says nothing about the other.
            if (result is "live" or "stuck")
                _stuckInRow = result == "stuck" ? _stuckInRow + 1 : 0;
            else
                _unreadyInRow = result == "unready" ? _unreadyInRow + 1 : 0;
            HealthFailures.Record(Math.Max(_stuckInRow, _unreadyInRow));
        }
    }

    /// <summary>Counts the bytes of an answer's body.</summary>
    public void HttpSent(long bytes) => HttpSentBytes.Add(bytes);

    /// <inheritdoc/>
    public void Dispose() => Meter.Dispose();

    private Counter<long> Counter(MetricDefinition metric) => Kept(Meter.CreateCounter<long>(metric.Name, metric.Unit, metric.Help));

    private Counter<double> Seconds(MetricDefinition metric) => Kept(Meter.CreateCounter<double>(metric.Name, metric.Unit, metric.Help));

    private T Kept<T>(T counter)
        where T : Instrument
    {
        _instruments[counter.Name] = counter;
        return counter;
    }

    private Gauge<double> Gauge(MetricDefinition metric) => Meter.CreateGauge<double>(metric.Name, metric.Unit, metric.Help);

    private Histogram<double> Histogram(MetricDefinition metric) =>
        Meter.CreateHistogram(
            metric.Name,
            metric.Unit,
            metric.Help,
            tags: null,
            advice: new InstrumentAdvice<double> { HistogramBucketBoundaries = metric.Edges });
}

/// <summary>
/// What one channel measures. Safe on any thread. Words for stages, reasons, queues and outcomes are those of
/// <see cref="MetricCatalogue"/>; others are counted as <c>other</c>.
/// </summary>
public sealed partial class ChannelMetrics
{
    private readonly TandemMeter _meter;
    private readonly ILogger _log;
    private readonly KeyValuePair<string, object?> _channel;
    private readonly ConcurrentDictionary<string, long> _failures = new(StringComparer.Ordinal);
    private long _published;
    private long _late;

    /// <summary>Announces the channel, so that all its series exist at zero.</summary>
    /// <param name="meter">The process's meter.</param>
    /// <param name="channel">The channel's id.</param>
    /// <param name="languages">Its target languages.</param>
    /// <param name="log">Told at level Debug what histograms only count: each segment's times and failures one by one.</param>
    public ChannelMetrics(TandemMeter meter, string channel, IEnumerable<string> languages, ILogger? log = null)
    {
        _meter = meter;
        _log = log ?? NullLogger.Instance;
        Channel = channel;
        _channel = new("channel", channel);
        meter.Announce(new MeteredChannel(channel, [.. languages]));
    }

    /// <summary>The channel's id.</summary>
    public string Channel { get; }

    /// <summary>A stage is done with one segment; waiting is not counted.</summary>
    /// <param name="stage"><c>fetch</c>, <c>decode</c>, <c>mix</c>, <c>encode</c>, <c>package</c>, or <c>total</c> for all of them.</param>
    /// <param name="time">How long it worked.</param>
    /// <param name="segment">The source's number of the segment; only the log tells it.</param>
    public void SegmentProcessed(string stage, TimeSpan time, long? segment = null)
    {
        LogProcessed(_log, segment, stage, time.TotalSeconds);
        _meter.SegmentProcessing.Record(time.TotalSeconds, _channel, Tag("stage", stage));
    }

    /// <summary>
    /// A stage failed: on a segment, on a playlist, on an utterance; or a segment was not published when due (stage <c>publish</c>, reason
    /// <c>late</c>). <paramref name="segment"/> is the source's number of it, where there is one; only the log tells it.
    /// </summary>
    public void SegmentFailed(string stage, string reason, long? segment = null)
    {
        LogFailed(_log, segment, stage, reason);
        _failures.AddOrUpdate(stage, 1, (_, count) => count + 1);
        if (stage == "publish" && reason == "late")
            Interlocked.Increment(ref _late);
        _meter.SegmentFailures.Add(1, _channel, Tag("stage", stage), Tag("reason", reason));
    }

    /// <summary>What <see cref="SegmentFailed"/> was told so far, by stage.</summary>
    public ImmutableSortedDictionary<string, long> FailuresByStage => _failures.ToImmutableSortedDictionary(StringComparer.Ordinal);

    /// <summary>Segments that were not published when due.</summary>
    public long Late => Interlocked.Read(ref _late);

    /// <summary>Segments of the heard playlist that were published.</summary>
    public long Published => Interlocked.Read(ref _published);

    /// <summary>A segment of the heard playlist was published; only the log tells which.</summary>
    public void SegmentPublished(long? segment = null)
    {
        LogPublished(_log, segment);
        Interlocked.Increment(ref _published);
        _meter.Segments.Add(1, _channel);
    }

    /// <summary>Segments that are being fetched or were, and are not published yet, now.</summary>
    public void InFlight(int segments) => _meter.SegmentsInFlight.Record(segments, _channel);

    /// <summary>How much waits in a queue now.</summary>
    /// <param name="queue"><c>source</c>, <c>decode</c>, <c>carry</c>, <c>engine</c> or <c>publish</c>.</param>
    /// <param name="depth">Entries.</param>
    public void QueueDepth(string queue, int depth) => _meter.SegmentQueueDepth.Record(depth, _channel, Tag("queue", queue));

    /// <summary>A segment could be fetched this long after it was due; early counts as zero.</summary>
    public void PublishLateness(TimeSpan late) => _meter.PublishLateness.Record(Math.Max(0, late.TotalSeconds), _channel);

    /// <summary>A dub was placed this long after the start of its utterance.</summary>
    public void OnsetLag(string language, TimeSpan lag) => _meter.DubOnsetLag.Record(Math.Max(0, lag.TotalSeconds), _channel, Tag("lang", language));

    /// <summary>Something became of a dub.</summary>
    public void DubCounted(string language, string outcome) => _meter.Dubs.Add(1, _channel, Tag("lang", language), Tag("outcome", outcome));

    /// <summary>Speech was published in the original for want of a dub.</summary>
    public void Fallback(string language, TimeSpan time) => _meter.FallbackSeconds.Add(Math.Max(0, time.TotalSeconds), _channel, Tag("lang", language));

    /// <summary>The original was lowered for dubs.</summary>
    public void Dubbed(string language, TimeSpan time) => _meter.DubbedSeconds.Add(Math.Max(0, time.TotalSeconds), _channel, Tag("lang", language));

    /// <summary>How many places a queue has; 0 where it has no bound of its own.</summary>
    public void QueueBound(string queue, int places) => _meter.SegmentQueueBound.Record(places, _channel, Tag("queue", queue));

    /// <summary>What is known of the source's own segments.</summary>
    public void Reference(ReferenceState state)
    {
        foreach (var known in Enum.GetValues<ReferenceState>())
            _meter.Reference.Record(known == state ? 1 : 0, _channel, Tag("state", known.ToString().ToLowerInvariant()));
    }

    /// <summary>Time since the source last showed a new segment.</summary>
    public void SourceAge(TimeSpan age) => _meter.SourceAge.Record(age.TotalSeconds, _channel);

    /// <summary>An epoch began.</summary>
    /// <param name="reason">A member of <see cref="Timeline.EpochReason"/> in lower case.</param>
    public void EpochBegan(string reason) => _meter.Epochs.Add(1, _channel, Tag("reason", reason));

    /// <summary>A self-check found a voice's sound this far from its picture's time; the sign does not matter.</summary>
    public void SyncOffset(string language, TimeSpan offset) => _meter.SyncOffset.Record(Math.Abs(offset.TotalSeconds), _channel, Tag("lang", language));

    /// <summary>The media worker had to be started again.</summary>
    public void WorkerRestarted() => _meter.WorkerRestarts.Add(1, _channel);

    /// <summary>What a restart needs could not be written.</summary>
    public void RecordFailed(string reason) => _meter.RecordFailures.Add(1, _channel, Tag("reason", reason));

    /// <summary>Whether the engine is out of use.</summary>
    public void EngineCircuit(bool open) => _meter.EngineCircuitOpen.Record(open ? 1 : 0, _channel);

    /// <summary>Bytes in temporary files now.</summary>
    public void ScratchBytes(long bytes) => _meter.ScratchBytes.Record(bytes, _channel);

    private static KeyValuePair<string, object?> Tag(string name, string value) => new(name, value);

    [LoggerMessage(Level = LogLevel.Debug, Message = "segment {Segment}: {Stage} took {Seconds} s")]
    private static partial void LogProcessed(ILogger log, long? segment, string stage, double seconds);

    [LoggerMessage(Level = LogLevel.Debug, Message = "segment {Segment}: {Stage} failed: {Reason}")]
    private static partial void LogFailed(ILogger log, long? segment, string stage, string reason);

    [LoggerMessage(Level = LogLevel.Debug, Message = "segment {Segment}: published")]
    private static partial void LogPublished(ILogger log, long? segment);
}
