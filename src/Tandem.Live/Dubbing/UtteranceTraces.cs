using System.Diagnostics;

namespace Tandem.Live.Dubbing;

/// <summary>
/// The ways of one channel's utterances from their end to their dubs in all languages, for those that are sampled. Safe on any thread.
/// </summary>
/// <param name="channel">The channel's id.</param>
/// <param name="time">The clock.</param>
public sealed class UtteranceTraces(string channel, TimeProvider time)
{
    // Ten utterances wait for a stage at most, and their dubs for 5 minutes of delay; one in a hundred is sampled.
    private const int Most = 64;

    private readonly Lock _lock = new();
    private readonly Dictionary<long, Trace> _open = [];
    private long _decided;

    /// <summary>How many languages each utterance is dubbed into.</summary>
    public int Languages { get; set; } = 1;

    /// <summary>An utterance has ended. What is decided of it, whether it is sampled, stays: later calls change nothing.</summary>
    public void Begin(long id)
    {
        if (id <= Interlocked.Read(ref _decided))
            return;
        lock (_lock)
        {
            if (id <= _decided)
                return;
            _decided = id;
            var now = time.GetUtcNow();
            if (Tracing.Begin("utterance", now) is not { } whole)
                return;
            whole.SetTag("tandem.channel", channel);
            whole.SetTag("tandem.utterance", id);
            if (_open.Count >= Most)
                Close(_open.MinBy(open => open.Key).Key, now, "unfinished");
            _open[id] = new Trace(whole, now, []);
        }
    }

    /// <summary>A stage of the engine is done with it.</summary>
    /// <param name="id">The utterance.</param>
    /// <param name="stage"><c>recognise</c>, <c>translate</c> or <c>speak</c>.</param>
    /// <param name="language">Target language; null for all.</param>
    /// <param name="from">When it began; null for when the utterance ended.</param>
    /// <param name="reason">Why it failed, a word of <c>tandem_segment_failures_total</c>; null where it did not.</param>
    public void Stage(long id, string stage, string? language, DateTimeOffset? from, string? reason)
    {
        if (Find(id) is not { } trace)
            return;
        var now = time.GetUtcNow();
        Add(trace, stage, language, from ?? trace.Ended, now, reason is null ? [] : [new("error.type", reason)]);
        lock (_lock)
            trace.Reached[language ?? ""] = now;
    }

    /// <summary>When a stage begins; null where nobody wants to know.</summary>
    public DateTimeOffset? Now(long id) => Find(id) is null ? null : time.GetUtcNow();

    /// <summary>What became of its dub in one language; ends the trace where it was the last.</summary>
    public void Settled(long id, string language, DubOutcome outcome)
    {
        if (Find(id) is not { } trace)
            return;
        var now = time.GetUtcNow();
        lock (_lock)
        {
            var from = trace.Reached.GetValueOrDefault(language, trace.Reached.GetValueOrDefault("", trace.Ended));
            Add(trace, "place", language, from, now, [new("tandem.outcome", VoiceSet.Word(outcome))]);
            if (outcome is DubOutcome.Failed or DubOutcome.DroppedTooLate or DubOutcome.DroppedOutOfOrder)
                trace.Whole.SetStatus(ActivityStatusCode.Error, $"{language}: {VoiceSet.Word(outcome)}");
            if (++trace.Settled >= Languages)
                Close(id, now, "settled");
        }
    }

    private static void Add(Trace trace, string stage, string? language, DateTimeOffset from, DateTimeOffset to, List<KeyValuePair<string, object?>> tags)
    {
        if (language is not null)
            tags.Add(new("tandem.lang", language));
        Tracing.Stage(trace.Whole, stage, from, to, [.. tags]);
    }

    private Trace? Find(long id)
    {
        lock (_lock)
            return _open.GetValueOrDefault(id);
    }

    private void Close(long id, DateTimeOffset at, string how)
    {
        if (!_open.Remove(id, out var trace))
            return;
        trace.Whole.SetTag("tandem.end", how);
        Tracing.End(trace.Whole, at);
    }

    /// <summary>One that is under way.</summary>
    private sealed record Trace(Activity Whole, DateTimeOffset Ended, Dictionary<string, DateTimeOffset> Reached)
    {
        public int Settled { get; set; }
    }
}
