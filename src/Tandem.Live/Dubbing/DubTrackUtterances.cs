using Tandem.Live.Timeline;

namespace Tandem.Live.Dubbing;

/// <summary>The utterances that one language knows, in order of their starts; bounded, and each settled exactly once.</summary>
internal sealed class DubTrackUtterances(DubTrackCounts counts)
{
    /// <summary>Utterances held at once: 5 minutes of delay hold about 100. Beyond it the oldest go.</summary>
    private const int Most = 512;

    /// <summary>Utterances last 10 s at most; no report may stretch one beyond this.</summary>
    public static readonly SoundLength Longest = SoundLength.OfSeconds(30);

    private static readonly SoundLength Usual = SoundLength.OfSeconds(10);

    private readonly List<DubTrackUtterance> _utterances = [];
    private long _forgotten = long.MinValue;

    /// <summary>Those whose dub waits for its place.</summary>
    public List<DubTrackUtterance> Ready => _utterances.FindAll(utterance => utterance.Phase is UtterancePhase.Ready);

    /// <summary>Starts of those whose dub may still come in time.</summary>
    public List<ChannelTime> ExpectedAfter(ChannelTime tooLate) =>
        [.. _utterances.Where(utterance => utterance.IsExpected && utterance.Start >= tooLate).Select(utterance => utterance.Start)];

    /// <summary>Start of the first that has no dub yet and may get one.</summary>
    /// <param name="partsCount">Whether the part of a dub that is there is enough to go on.</param>
    public ChannelTime? FirstPending(bool partsCount)
    {
        // In order of their starts.
        var first = _utterances.Find(utterance => utterance.IsExpected || (!partsCount && utterance.Dub is { Sound.IsComplete: false }));
        return first?.Start;
    }

    /// <summary>Whether speech that began in a stretch, or at most an utterance before it, has not been understood yet.</summary>
    public bool IsAnyUnknown(Stretch stretch) => _utterances.Exists(utterance =>
        utterance.Phase is UtterancePhase.Started && utterance.Start < stretch.End && utterance.Start + Usual >= stretch.Start);

    /// <summary>Speech began.</summary>
    public void Start(long id, ChannelTime start)
    {
        if (Find(id) is null && id > _forgotten)
            Insert(new DubTrackUtterance(id, start));
    }

    /// <summary>An utterance is understood; returns it if that is news.</summary>
    public DubTrackUtterance? Hear(Utterance heard)
    {
        var known = Find(heard.Id);
        if (known is { Phase: not UtterancePhase.Started } || (known is null && heard.Id <= _forgotten))
            return null;
        if (known is not null)
            _utterances.Remove(known);
        known ??= new DubTrackUtterance(heard.Id, heard.Start);
        known.Start = heard.Start;
        known.End = ChannelTime.Max(heard.Start, ChannelTime.Min(heard.End, heard.Start + Longest));
        known.Phase = UtterancePhase.Heard;
        Insert(known);
        return known;
    }

    /// <summary>A dub came; whether it is the first of an utterance that waits for one.</summary>
    public bool Take(Dub dub)
    {
        var known = Find(dub.Utterance.Id);
        counts.Repeated += known?.Phase is UtterancePhase.Ready or UtterancePhase.Placed ? 1 : 0;
        counts.AfterSettled += known is null or { Phase: UtterancePhase.Settled } ? 1 : 0;
        if (known is not { IsExpected: true })
            return false;
        known.Dub = dub;
        known.Phase = UtterancePhase.Ready;
        return true;
    }

    /// <summary>An utterance will have no dub; remembered also if it was unknown, so that a dub that comes all the same is not spoken.</summary>
    public void Settle(long id, DubOutcome outcome, ChannelTime about)
    {
        Start(id, about);
        if (Find(id) is { Phase: not (UtterancePhase.Placed or UtterancePhase.Settled) } known)
            Settle(known, outcome, OverrunSteps.None);
    }

    /// <summary>A known utterance will have no dub.</summary>
    public void Settle(DubTrackUtterance known, DubOutcome outcome, OverrunSteps steps)
    {
        known.Phase = UtterancePhase.Settled;
        known.Dub = null;
        counts.Settle(known.Id, outcome, steps);
    }

    /// <summary>Gives up waiting for the dubs of utterances that were understood and started before a time; true if there were any.</summary>
    public bool GiveUp(ChannelTime startedBefore)
    {
        var late = _utterances.FindAll(utterance => utterance.Phase is UtterancePhase.Heard && utterance.Start < startedBefore);
        late.ForEach(utterance => Settle(utterance, DubOutcome.DroppedTooLate, OverrunSteps.Dropped));
        return late.Count > 0;
    }

    /// <summary>Forgets what ended before.</summary>
    public void Trim(ChannelTime before) => _utterances.FindAll(utterance => (utterance.End ?? utterance.Start) < before).ForEach(Drop);

    private DubTrackUtterance? Find(long id) => _utterances.Find(utterance => utterance.Id == id);

    private void Insert(DubTrackUtterance utterance)
    {
        if (_utterances.Count >= Most)
        {
            counts.Refused++;
            Drop(_utterances[0]);
        }

        var at = _utterances.Count;
        while (at > 0 && _utterances[at - 1].Start > utterance.Start)
            at--;
        _utterances.Insert(at, utterance);
    }

    private void Drop(DubTrackUtterance utterance)
    {
        if (utterance.Phase is UtterancePhase.Heard or UtterancePhase.Ready)
            Settle(utterance, DubOutcome.DroppedTooLate, OverrunSteps.Dropped);
        _forgotten = Math.Max(_forgotten, utterance.Id);
        _utterances.Remove(utterance);
    }
}
