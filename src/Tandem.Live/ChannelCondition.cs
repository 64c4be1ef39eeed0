using System.Collections.Immutable;
using Microsoft.Extensions.Logging;
using Tandem.Live.Dubbing;
using Tandem.Live.Ingest;
using Tandem.Live.Package;

namespace Tandem.Live;

/// <summary>What can be said about a channel: its state, the reason, its counts. Changed in one place, shown in snapshots.</summary>
public sealed class ChannelCondition(ChannelOptions options, ChannelMetrics metrics, TimeProvider time, ILogger log)
{
    // What the engine could not do is an utterance without dub, and no failed segment (design.md, section 3, "Failure").
    private static readonly string[] EngineStages = ["recognise", "translate", "speak"];

    // A source that polls on time shows something new every target duration; two more are for jitter and slow encoders.
    private const double LostAfterTargets = 3;

    private readonly DateTimeOffset _started = time.GetUtcNow();
    private readonly SortedDictionary<string, string> _outOfUse = new(StringComparer.Ordinal);
    private PlaylistId? _heard;
    private DateTimeOffset? _appeared;
    private SourceFault? _sourceFault;
    private SourceFault? _segmentFault;
    private int _failedInRow;
    private long _epochs;
    private long _lost;
    private ChannelState _state = ChannelState.Starting;

    /// <summary>The engine.</summary>
    public EngineSnapshot Engine { get; private set; } = new(options.Engine, true);

    /// <summary>Why nothing comes from an input that is not fetched, or what is wrong with it; null where nothing is, or that is not known.</summary>
    public Func<InputTrouble?> InputTrouble { get; init; } = () => null;

    /// <summary>Whether the source has ever shown a segment.</summary>
    public bool HasAppeared => _appeared is not null;

    /// <summary>Whether the source said that it ends.</summary>
    public bool HasEnded { get; private set; }

    /// <summary>One line for people; null while there is nothing to say.</summary>
    public string? Reason { get; private set; }

    /// <summary>The counts.</summary>
    public ChannelCounters Counters
    {
        get
        {
            var failures = metrics.FailuresByStage;
            return new()
            {
                Segments = metrics.Published,
                Epochs = _epochs,
                Lost = _lost,
                Late = metrics.Late,
                Failures = failures.Where(stage => !EngineStages.Contains(stage.Key)).Sum(stage => stage.Value),
                FailuresByStage = failures,
            };
        }
    }

    /// <summary>Time since the source last showed a new segment, or since the start.</summary>
    public TimeSpan SourceAge(DateTimeOffset now) => now > (_appeared ?? _started) ? now - (_appeared ?? _started) : TimeSpan.Zero;

    /// <summary>Counts an epoch.</summary>
    public void CountEpoch() => _epochs++;

    /// <summary>Takes what the source sent.</summary>
    public void Accept(SourceMessage message)
    {
        switch (message.Source)
        {
            case SourceEvent.MasterFound found:
                _heard = found.Heard;
                break;
            case SourceEvent.PlaylistSeen { Appeared.Length: > 0 } seen when seen.Id == _heard:
                _appeared = seen.At;
                HasEnded = false;
                break;
            case SourceEvent.SourceFaulted faulted:
                // Faults of segments are counted one by one, below.
                if (faulted.Fault is { Stage: "playlist", Reason: not SourceFault.Awaited })
                    metrics.SegmentFailed(faulted.Fault.Stage, faulted.Fault.Reason);
                if (faulted.Playlist is null || faulted.Playlist == _heard)
                    _sourceFault = faulted.Fault;
                break;
            case SourceEvent.SourceRecovered recovered when recovered.Playlist is null || recovered.Playlist == _heard:
                _sourceFault = null;
                break;
            case SourceEvent.SourceEnded:
                HasEnded = true;
                break;
        }

        // A gap is what the source says there is; nobody failed.
        if (message.Heard is null or { Segment.Gap: true })
            return;
        if (message.Fault is { } fault)
        {
            metrics.SegmentFailed(fault.Stage, fault.Reason, message.Heard.Segment.Sequence);
            _lost += message.Source is SourceEvent.SegmentLost ? 1 : 0;
            _segmentFault = fault;
            _failedInRow++;
            log.LogWarning("Segment {Segment}: {Detail}", message.Heard.Segment.Sequence, fault.Detail);
        }
        else
        {
            _failedInRow = 0;
            _segmentFault = null;
        }
    }

    /// <summary>Takes what the engine says of itself and of utterances that it could not dub.</summary>
    public void Accept(EngineEvent report)
    {
        switch (report)
        {
            // What was not recognised fails for every language at once; it is one utterance.
            case DubFailed failed when failed.Stage != "recognise" || failed.Language == options.To[0]:
                metrics.SegmentFailed(failed.Stage, failed.Reason);
                log.LogWarning("Utterance {Utterance} has no dub in {Language}: {Stage} failed ({Reason})", failed.UtteranceId, failed.Language, failed.Stage, failed.Reason);
                break;
            case EngineHealth health:
                if (health.Healthy)
                    _outOfUse.Remove(health.Part);
                else
                    _outOfUse[health.Part] = health.Reason;
                var works = _outOfUse.Count == 0;
                log.LogWarning("The engine {Engine} {State}. {Reason}", options.Engine, health.Healthy ? "works again" : "is out of use", health.Reason);
                Engine = new EngineSnapshot(options.Engine, works, works ? null : string.Join("; ", _outOfUse.Values));
                metrics.EngineCircuit(!works);
                break;
        }
    }

    /// <summary>The state now.</summary>
    public ChannelState State(Publisher publisher)
    {
        var (state, reason) = Judge(publisher, time.GetUtcNow());
        if (state != _state)
            log.LogInformation("The channel is {State}{Reason}", state, reason is null ? "" : ": " + reason);
        _state = state;
        Reason = reason;
        return state;
    }

    private (ChannelState State, string? Reason) Judge(Publisher publisher, DateTimeOffset now)
    {
        if (publisher.Ended)
            return (ChannelState.Ended, "the source has ended (EXT-X-ENDLIST)");
        if (_failedInRow >= 2 && _segmentFault is { } segment)
            return (ChannelState.Faulted, segment.Detail);
        var trouble = InputTrouble();
        if (trouble is { Plays: false } && (trouble.Final || publisher.Table.Newest is null || IsStale(publisher, now)))
            return (trouble.Final ? ChannelState.Faulted : HasAppeared ? ChannelState.SourceLost : ChannelState.Starting, trouble.Detail);
        if (_sourceFault is { Reason: SourceFault.Awaited } awaited && !HasAppeared)
            return (ChannelState.Starting, awaited.Detail);
        if (SourceAddress.KindOf(options.Input) is not (InputKind.Web or InputKind.Push) && IsStale(publisher, now))
            return (ChannelState.SourceLost, $"{SourceAddress.Shown(options.Input)}: nothing has come for {SourceAge(now).TotalSeconds:F0} s");
        if (_sourceFault is { } fault && (publisher.Table.Newest is null || IsStale(publisher, now)))
            return (fault.Retry && fault.Reason != "not_a_playlist" ? ChannelState.SourceLost : ChannelState.Faulted, fault.Detail);
        if (IsStale(publisher, now))
            return (ChannelState.SourceLost, $"no new segment for {SourceAge(now).TotalSeconds:F0} s");
        return publisher.Table.Newest is null ? (ChannelState.Starting, null) : (ChannelState.Live, trouble is { Plays: true } ? trouble.Detail : null);
    }

    private bool IsStale(Publisher publisher, DateTimeOffset now) =>
        !HasEnded && SourceAge(now) > TimeSpan.FromSeconds(2 + (LostAfterTargets * Math.Max(2, publisher.Table.TargetDuration)));
}
