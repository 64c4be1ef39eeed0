using System.Threading.Channels;
using Tandem.Live.Faults;
using Tandem.Live.Ingest;
using Tandem.Live.Timeline;
using Tandem.Media.Worker;

namespace Tandem.Live;

/// <summary>What reaches a channel's loop from its source, in the source's order.</summary>
/// <param name="Source">The follower's event; for a fetched segment the bytes are gone by now.</param>
/// <param name="Heard">The segment, decoded or not, where the event is about one.</param>
/// <param name="Fault">Why its sound is not there.</param>
public sealed record SourceMessage(SourceEvent Source, HeardSegment? Heard, SourceFault? Fault);

/// <summary>
/// The stage from the source to decoded sound: takes the follower's events in order, has the worker decode what was fetched, and passes
/// everything on. A crashed worker gets the segment once more; one that kills it twice is given up.
/// </summary>
/// <param name="follower">Follows the source.</param>
/// <param name="worker">Decodes.</param>
/// <param name="beside">Gets every event before it is decoded; must not wait.</param>
/// <param name="language">BCP 47 tag of the source language.</param>
/// <param name="delay">Of the channel.</param>
/// <param name="metrics">Measures.</param>
/// <param name="time">The clock.</param>
/// <param name="faults">Faults on demand.</param>
public sealed class Hearing(
    SourceFollower follower,
    MediaWorker worker,
    Action<SourceEvent> beside,
    string language,
    TimeSpan delay,
    ChannelMetrics metrics,
    TimeProvider time,
    FaultPlan? faults = null)
{
    /// <summary>Messages that wait for the channel, at most.</summary>
    internal const int MostWaiting = 64;

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);

    // Placement commits a second before a segment is due; what is decoded later than that comes too late.
    private static readonly TimeSpan Reserve = TimeSpan.FromSeconds(1.2);

    private readonly Channel<SourceMessage> _messages = Channel.CreateBounded<SourceMessage>(MostWaiting);
    // What came late all the same, as when a channel starts, is still waited for this long.
    private static readonly TimeSpan LeastPatience = TimeSpan.FromSeconds(2);

    // What had appeared before the channel started is due already; it is tried until then, should the worker die meanwhile.
    private static readonly TimeSpan BackFillPatience = TimeSpan.FromSeconds(15);

    private DateTimeOffset _began;
    private bool _continues;
    private bool _hasHeard;
    private long _next;

    /// <summary>A fault as metrics name it.</summary>
    public static string Word(DecodeFault fault) => fault switch
    {
        DecodeFault.NotMedia => "not_media",
        DecodeFault.NoSound => "no_sound",
        DecodeFault.NoPicture => "no_picture",
        DecodeFault.UnknownCodec => "unknown_codec",
        DecodeFault.Encrypted => "encrypted",
        DecodeFault.TimedOut => "timeout",
        DecodeFault.Crashed => "crashed",
        DecodeFault.TooLarge => "too_large",
        _ => "unavailable",
    };

    /// <summary>What was heard; completed when the follower ends.</summary>
    public ChannelReader<SourceMessage> Messages => _messages.Reader;

    /// <summary>Runs until <paramref name="stop"/>.</summary>
    /// <param name="arrived">Called after each message.</param>
    /// <param name="stop">Ends it.</param>
    public async Task RunAsync(Action arrived, CancellationToken stop)
    {
        _began = time.GetUtcNow();
        await foreach (var happened in follower.ReadAsync(stop))
        {
            await _messages.Writer.WriteAsync(await Hear(happened, stop), stop);
            arrived();
        }
    }

    private async Task<SourceMessage> Hear(SourceEvent happened, CancellationToken stop)
    {
        beside(happened);
        switch (happened)
        {
            case SourceEvent.SegmentFetched fetched:
                metrics.SegmentProcessed("fetch", fetched.FetchTime, fetched.Segment.Sequence);
                var trace = SegmentTrace.Begin(metrics.Channel, fetched.Segment.Sequence, fetched.AppearedAt);
                trace?.Stage("fetch", fetched.FetchedAt - fetched.FetchTime, fetched.FetchedAt);
                var (started, began) = (time.GetTimestamp(), time.GetUtcNow());
                var (decoded, fault) = await Decode(fetched, stop);
                trace?.Stage("decode", began, time.GetUtcNow());
                if (fault is not null)
                    trace?.Failed(fault.Stage, fault.Reason);
                return new SourceMessage(
                    fetched with { Data = default, Init = default }, new HeardSegment(fetched.Segment, fetched.AppearedAt, decoded, fetched.Data.Length)
                    {
                        DecodeTime = time.GetElapsedTime(started),
                        Trace = trace,
                    },
                    fault);
            case SourceEvent.SegmentLost lost:
                _continues = false;
                var gone = SegmentTrace.Begin(metrics.Channel, lost.Segment.Sequence, lost.AppearedAt);
                gone?.Failed(lost.Fault.Stage, lost.Fault.Reason);
                return new SourceMessage(lost, new HeardSegment(lost.Segment, lost.AppearedAt, null, 0) { Trace = gone }, lost.Fault);
            default:
                return new SourceMessage(happened, null, null);
        }
    }

    private async Task<(DecodedSegment? Decoded, SourceFault? Fault)> Decode(SourceEvent.SegmentFetched fetched, CancellationToken stop)
    {
        var started = time.GetTimestamp();
        _continues &= fetched.Segment.Sequence == _next;
        _next = fetched.Segment.Sequence + 1;
        var giveUp = fetched.AppearedAt + delay - Reserve;
        if (fetched.AppearedAt < _began && giveUp < _began + BackFillPatience)
            giveUp = _began + BackFillPatience;
        var crashes = 0;

        // A worker that hangs must not hold up what is due. Before the first segment it may be starting, and nobody waits.
        var patience = giveUp - time.GetUtcNow();
        using var deadline = new CancellationTokenSource(
            !_hasHeard ? Timeout.InfiniteTimeSpan : patience > LeastPatience ? patience : LeastPatience, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(stop, deadline.Token);
        if (faults?.DecodeFails() == true)
        {
            _continues = false;
            return (null, new SourceFault("decode", "crashed", "the decoder failed at this segment: a fault on demand", Retry: true));
        }

        var longer = faults?.DecodeTakesLonger() ?? TimeSpan.Zero;
        if (faults?.Worker() is { } strike)
            worker.Strike(strike);
        while (true)
        {
            var request = new DecodeRequest(fetched.Data, fetched.Init, language, _continues && !fetched.Segment.Discontinuity);
            _continues = false;
            DecodeOutcome outcome;
            try
            {
                if (longer > TimeSpan.Zero)
                    await Task.Delay(longer, time, either.Token);
                longer = TimeSpan.Zero;
                outcome = await worker.DecodeAsync(request, either.Token);
            }
            catch (OperationCanceledException) when (!stop.IsCancellationRequested)
            {
                return (null, new SourceFault("decode", "timeout", "the media worker gave no answer in time", Retry: true));
            }

            _continues = outcome.Fault is null;
            _hasHeard |= _continues;
            if (outcome.Fault is not { } fault)
            {
                metrics.SegmentProcessed("decode", time.GetElapsedTime(started), fetched.Segment.Sequence);
                return (outcome.Segment, null);
            }

            if (fault is DecodeFault.Crashed or DecodeFault.TimedOut)
                crashes++;
            var transient = fault is DecodeFault.Crashed or DecodeFault.TimedOut or DecodeFault.Unavailable;
            if (!transient || crashes > 1 || time.GetUtcNow() >= giveUp)
                return (outcome.Segment, new SourceFault("decode", Word(fault), $"{ShownAddress.Of(fetched.Segment.Address)}: {outcome.Detail ?? fault.ToString()}", transient));
            await Task.Delay(Pause, time, stop);
        }
    }
}
