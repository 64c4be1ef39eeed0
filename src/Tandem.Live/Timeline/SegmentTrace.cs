using System.Diagnostics;

namespace Tandem.Live.Timeline;

/// <summary>One segment's way, for those that are sampled. Handed on with the segment: one stage at a time has it.</summary>
public sealed class SegmentTrace
{
    private readonly Activity _whole;

    private SegmentTrace(Activity whole) => _whole = whole;

    /// <summary>Begins one; null where nobody listens or this segment is not sampled.</summary>
    /// <param name="channel">The channel's id.</param>
    /// <param name="number">The source's number of the segment.</param>
    /// <param name="appeared">When it appeared in the source's playlist.</param>
    public static SegmentTrace? Begin(string channel, long number, DateTimeOffset appeared)
    {
        if (Tracing.Begin("segment", appeared) is not { } whole)
            return null;
        whole.SetTag("tandem.channel", channel);
        whole.SetTag("tandem.source_segment", number);
        return new SegmentTrace(whole);
    }

    /// <summary>A stage is done with it.</summary>
    /// <param name="stage">As in <c>tandem_segment_processing_seconds</c>.</param>
    /// <param name="from">When it began.</param>
    /// <param name="to">When it ended.</param>
    /// <param name="worked">How long it worked in between, where that is less.</param>
    public void Stage(string stage, DateTimeOffset from, DateTimeOffset to, TimeSpan? worked = null)
    {
        if (worked is { } time)
            Tracing.Stage(_whole, stage, from, to, new KeyValuePair<string, object?>("tandem.worked_seconds", time.TotalSeconds));
        else
            Tracing.Stage(_whole, stage, from, to);
    }

    /// <summary>A stage failed on it; it goes on, as a gap or as silence.</summary>
    /// <param name="stage">As in <c>tandem_segment_failures_total</c>.</param>
    /// <param name="reason">A word of the same metric.</param>
    public void Failed(string stage, string reason)
    {
        _whole.SetStatus(ActivityStatusCode.Error, $"{stage}: {reason}");
        _whole.SetTag("tandem.failed_stage", stage);
        _whole.SetTag("error.type", reason);
    }

    /// <summary>It was published.</summary>
    /// <param name="number">The number that it has for viewers.</param>
    /// <param name="due">When it was to be.</param>
    /// <param name="from">When publishing began.</param>
    /// <param name="fetchable">When it could be had.</param>
    public void Published(long number, DateTimeOffset due, DateTimeOffset from, DateTimeOffset fetchable)
    {
        Stage("publish", from, fetchable);
        _whole.SetTag("tandem.segment", number);
        _whole.SetTag("tandem.late_seconds", Math.Max(0, (fetchable - due).TotalSeconds));
        End("published", fetchable);
    }

    /// <summary>It was not published here.</summary>
    /// <param name="outcome"><c>dropped</c>, or <c>repeated</c> where viewers have it from the instance before.</param>
    /// <param name="at">When that was known.</param>
    public void End(string outcome, DateTimeOffset at)
    {
        _whole.SetTag("tandem.outcome", outcome);
        Tracing.End(_whole, at);
    }
}
