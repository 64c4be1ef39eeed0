using System.Collections.Immutable;
using Tandem.Live.Timeline;

namespace Tandem.Live.Dubbing;

/// <summary>What viewers of one language hear.</summary>
public enum VoiceState
{
    /// <summary>Nobody has spoken yet, or nothing that needs a dub: the original as it is.</summary>
    Original,

    /// <summary>Dubs are placed; pauses between them do not change that.</summary>
    Dubbed,

    /// <summary>Somebody speaks, or the engine does not work, and the original stands in for the dub.</summary>
    Fallback,
}

/// <summary>What one call of <see cref="DubTrack.CommitUpTo"/> settled.</summary>
/// <param name="Placed">Dubs that got their place, and parts of growing dubs that go on after an under-run.</param>
/// <param name="Outcomes">Of the utterances that were settled since the last call, one each.</param>
/// <param name="OnsetLags">Of the dubs in <paramref name="Placed"/>.</param>
/// <param name="Fallback">Time in which the original stood in for a dub.</param>
/// <param name="Dubbed">Time in which the original is lowered for a dub.</param>
public sealed record CommitResult(
    ImmutableArray<PlacedDub> Placed,
    ImmutableArray<DubOutcome> Outcomes,
    ImmutableArray<SoundLength> OnsetLags,
    SoundLength Fallback,
    SoundLength Dubbed);

/// <summary>Counts of one language since its channel began.</summary>
public sealed record DubCountsSnapshot
{
    /// <summary>Utterances by how their dub fared; every outcome is there, at zero if it never happened.</summary>
    public required ImmutableDictionary<DubOutcome, long> Outcomes { get; init; }

    /// <summary>Dubs that used the pause after their utterance.</summary>
    public long PauseUsed { get; init; }

    /// <summary>Dubs that were sped up.</summary>
    public long SpedUp { get; init; }

    /// <summary>Dubs that spoke on after the next utterance's start.</summary>
    public long DelayedNext { get; init; }

    /// <summary>Dubs that were dropped because they could only have started too late.</summary>
    public long Dropped { get; init; }

    /// <summary>Times a growing dub had no sound when it was due.</summary>
    public long UnderRuns { get; init; }

    /// <summary>Growing dubs that were given up because no sound came any more.</summary>
    public long Stalled { get; init; }

    /// <summary>Dubs for an utterance that already had one.</summary>
    public long Repeated { get; init; }

    /// <summary>Dubs for an utterance that was already failed, empty, dropped or forgotten.</summary>
    public long AfterSettled { get; init; }

    /// <summary>Dubs whose utterance had not been reported as heard; they are placed all the same.</summary>
    public long Unannounced { get; init; }

    /// <summary>Reports with impossible times, and utterances beyond the bound of what is held.</summary>
    public long Refused { get; init; }

    /// <summary>Time in which the original stood in for a dub.</summary>
    public SoundLength Fallback { get; init; }
}

/// <summary>Counts while they grow.</summary>
internal sealed class DubTrackCounts
{
    private readonly long[] _outcomes = new long[Enum.GetValues<DubOutcome>().Length];
    private readonly List<DubOutcome> _fresh = [];

    // Asked for ten times a second, changed once in some seconds.
    private ImmutableDictionary<DubOutcome, long>? _shown;

    public long PauseUsed { get; private set; }

    public long SpedUp { get; private set; }

    public long DelayedNext { get; private set; }

    public long Dropped { get; private set; }

    public long UnderRuns { get; set; }

    public long Stalled { get; set; }

    public long Repeated { get; set; }

    public long AfterSettled { get; set; }

    public long Unannounced { get; set; }

    public long Refused { get; set; }

    /// <summary>Told what became of each utterance's dub.</summary>
    public Action<long, DubOutcome>? OnSettled { get; set; }

    public void Settle(long utterance, DubOutcome outcome, OverrunSteps steps = OverrunSteps.None)
    {
        OnSettled?.Invoke(utterance, outcome);
        _outcomes[(int)outcome]++;
        _shown = null;
        _fresh.Add(outcome);
        PauseUsed += steps.HasFlag(OverrunSteps.PauseUsed) ? 1 : 0;
        SpedUp += steps.HasFlag(OverrunSteps.SpedUp) ? 1 : 0;
        DelayedNext += steps.HasFlag(OverrunSteps.DelayedNext) ? 1 : 0;
        Dropped += steps.HasFlag(OverrunSteps.Dropped) ? 1 : 0;
    }

    /// <summary>The outcomes since the last call.</summary>
    public ImmutableArray<DubOutcome> TakeFresh()
    {
        ImmutableArray<DubOutcome> fresh = [.. _fresh];
        _fresh.Clear();
        return fresh;
    }

    public DubCountsSnapshot Snapshot(SoundLength fallback) => new()
    {
        Outcomes = _shown ??= Enum.GetValues<DubOutcome>().ToImmutableDictionary(outcome => outcome, outcome => _outcomes[(int)outcome]),
        PauseUsed = PauseUsed,
        SpedUp = SpedUp,
        DelayedNext = DelayedNext,
        Dropped = Dropped,
        UnderRuns = UnderRuns,
        Stalled = Stalled,
        Repeated = Repeated,
        AfterSettled = AfterSettled,
        Unannounced = Unannounced,
        Refused = Refused,
        Fallback = fallback,
    };
}
