using Tandem.Live.Timeline;

namespace Tandem.Live.Dubbing;

/// <summary>Where an utterance stands in one language.</summary>
internal enum UtterancePhase
{
    /// <summary>Speech began; it may yet turn out to hold no words.</summary>
    Started,

    /// <summary>Understood; its dub may still come.</summary>
    Heard,

    /// <summary>Its dub waits for its place.</summary>
    Ready,

    /// <summary>Its dub has its place.</summary>
    Placed,

    /// <summary>It will have no dub.</summary>
    Settled,
}

/// <summary>One utterance in one language, as far as it is known.</summary>
internal sealed class DubTrackUtterance(long id, ChannelTime start)
{
    public long Id { get; } = id;

    public ChannelTime Start { get; set; } = start;

    /// <summary>Null until it is understood.</summary>
    public ChannelTime? End { get; set; }

    public UtterancePhase Phase { get; set; }

    /// <summary>Only while it waits for its place.</summary>
    public Dub? Dub { get; set; }

    /// <summary>Whether its dub may still come.</summary>
    public bool IsExpected => Phase is UtterancePhase.Started or UtterancePhase.Heard;

    /// <summary>As placement sees it; its dub must be there.</summary>
    public PlacementCandidate Candidate()
    {
        // Completeness first: once complete, the length does not change between the two.
        var sound = Dub!.Sound;
        var complete = sound.IsComplete;
        return new PlacementCandidate(Id, Start, End!.Value, complete ? sound.Length : null);
    }
}
