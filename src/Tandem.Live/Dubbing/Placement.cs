using System.Collections.Immutable;
using Tandem.Live.Timeline;

namespace Tandem.Live.Dubbing;

/// <summary>A dub that waits for its place.</summary>
/// <param name="UtteranceId">Whose.</param>
/// <param name="Start">Its utterance's start.</param>
/// <param name="End">Its utterance's end.</param>
/// <param name="Length">Its own length; null while it grows.</param>
public readonly record struct PlacementCandidate(long UtteranceId, ChannelTime Start, ChannelTime End, SoundLength? Length);

/// <summary>What is settled already.</summary>
/// <param name="Earliest">No dub may start before: what lies before is mixed, or could not be lowered in time any more.</param>
/// <param name="PreviousEnd">End of the last dub that has its place; while it grows, the end of what there is of it.</param>
/// <param name="PreviousUtterance">Start of the utterance of the last dub that has its place.</param>
/// <param name="PreviousGrows">The last dub's end is not known yet: nothing can be placed after it.</param>
public readonly record struct PlacementState(
    ChannelTime Earliest, ChannelTime PreviousEnd, ChannelTime PreviousUtterance, bool PreviousGrows)
{
    /// <summary>Nothing is settled.</summary>
    public static PlacementState Initial { get; } = new(Placement.Never, Placement.Never, Placement.Never, false);

    /// <summary>The same with one more dub settled.</summary>
    public PlacementState After(PlacementCandidate dub, DubPlace place) => this with
    {
        PreviousEnd = place.Start + (place.Length ?? SoundLength.Zero),
        PreviousUtterance = dub.Start,
        PreviousGrows = place.Length is null,
    };
}

/// <summary>What a dub that was too long needed, each step when those before did not suffice (design.md, section 3).</summary>
[Flags]
public enum OverrunSteps
{
    /// <summary>It fitted its utterance.</summary>
    None = 0,

    /// <summary>It speaks on into the pause after its utterance.</summary>
    PauseUsed = 1,

    /// <summary>It is played faster than spoken.</summary>
    SpedUp = 2,

    /// <summary>Even so it ends after the next utterance's start.</summary>
    DelayedNext = 4,

    /// <summary>It was dropped because it could only have started too late.</summary>
    Dropped = 8,
}

/// <summary>The place of one dub, or that it has none.</summary>
/// <param name="UtteranceId">Whose.</param>
/// <param name="Start">Where it starts; for a dropped one, where it could have started at the earliest.</param>
/// <param name="Speed">1 to <see cref="PlacementOptions.MaxSpeedUp"/>.</param>
/// <param name="Length">Length as played; null while it grows.</param>
/// <param name="Offset">How much of its beginning is left out; not 0 only with <see cref="PlacementOptions.InPlace"/>.</param>
/// <param name="Outcome">How it fared.</param>
/// <param name="Steps">What it needed.</param>
public readonly record struct DubPlace(
    long UtteranceId, ChannelTime Start, double Speed, SoundLength? Length, SoundLength Offset, DubOutcome Outcome, OverrunSteps Steps)
{
    /// <summary>Whether it is not spoken at all.</summary>
    public bool IsDropped => Outcome is DubOutcome.DroppedTooLate or DubOutcome.DroppedOutOfOrder;
}

/// <summary>
/// Decides where dubs go, and nothing else: values in, values out. The plan is made for all dubs that wait; the caller fixes its
/// beginning and asks again when more is known. A prefix once fixed and put into the state leaves the rest of the plan as it was.
/// </summary>
public static class Placement
{
    /// <summary>A time before all others, with room to count from.</summary>
    internal static ChannelTime Never { get; } = new(long.MinValue / 4);

    /// <summary>Plans the dubs that are ready, in the order of their utterances; those behind one that grows are left out.</summary>
    /// <param name="options">The bounds.</param>
    /// <param name="state">What is settled.</param>
    /// <param name="ready">Dubs that wait, each once, in any order.</param>
    /// <param name="expected">Starts of known utterances whose dubs may still come, in any order.</param>
    public static ImmutableArray<DubPlace> Plan(
        PlacementOptions options, PlacementState state, IReadOnlyList<PlacementCandidate> ready, IReadOnlyList<ChannelTime> expected)
    {
        if (ready.Count == 0)
            return [];
        var ordered = ready.OrderBy(dub => dub.Start).ThenBy(dub => dub.UtteranceId).ToArray();
        var places = ImmutableArray.CreateBuilder<DubPlace>(ordered.Length);
        for (var i = 0; i < ordered.Length; i++)
        {
            var dub = ordered[i];
            var start = ChannelTime.Max(dub.Start, ChannelTime.Max(state.Earliest, state.PreviousEnd));
            if (dub.Start < state.PreviousUtterance)
            {
                places.Add(Drop(dub, start, DubOutcome.DroppedOutOfOrder, OverrunSteps.None));
                continue;
            }

            if (!options.InPlace && start - dub.Start > options.MaxOnsetLag)
            {
                places.Add(Drop(dub, start, DubOutcome.DroppedTooLate, OverrunSteps.Dropped));
                continue;
            }

            if (state.PreviousGrows)
                break;
            var place = options.InPlace
                ? InPlace(dub, start)
                : Place(options, state, dub, start, Next(dub, i + 1 < ordered.Length ? ordered[i + 1].Start : null, expected));
            places.Add(place);
            if (!place.IsDropped)
                state = state.After(dub, place);
        }

        return places.DrainToImmutable();
    }

    private static DubPlace Drop(PlacementCandidate dub, ChannelTime start, DubOutcome outcome, OverrunSteps steps) =>
        new(dub.UtteranceId, start, 1, SoundLength.Zero, SoundLength.Zero, outcome, steps);

    private static DubPlace InPlace(PlacementCandidate dub, ChannelTime start)
    {
        var offset = start - dub.Start;
        if (dub.Length is { } length && length <= offset)
            return Drop(dub, start, DubOutcome.DroppedTooLate, OverrunSteps.Dropped);
        var outcome = offset == SoundLength.Zero ? DubOutcome.OnTime : DubOutcome.Late;
        return new DubPlace(dub.UtteranceId, start, 1, dub.Length - offset, offset, outcome, OverrunSteps.None);
    }

    private static DubPlace Place(
        PlacementOptions options, PlacementState state, PlacementCandidate dub, ChannelTime start, ChannelTime? next)
    {
        var speed = 1.0;
        var played = dub.Length;
        var steps = OverrunSteps.None;
        if (dub.Length is { } length)
        {
            if (start + length > dub.End && (next is null || next > dub.End))
                steps |= OverrunSteps.PauseUsed;
            if (next is { } limit && start + length > limit)
            {
                var slot = limit - start;
                var fastest = new SoundLength((long)Math.Ceiling(length.Samples / options.MaxSpeedUp));
                played = slot > fastest ? slot : fastest;
                speed = Math.Clamp(length.Samples / (double)played.Value.Samples, 1, options.MaxSpeedUp);
                steps |= speed > 1 ? OverrunSteps.SpedUp : OverrunSteps.None;
                steps |= start + played.Value > limit ? OverrunSteps.DelayedNext : OverrunSteps.None;
            }
        }

        return new DubPlace(dub.UtteranceId, start, speed, played, SoundLength.Zero, Outcome(state, dub, start, speed), steps);
    }

    private static DubOutcome Outcome(PlacementState state, PlacementCandidate dub, ChannelTime start, double speed) =>
        start == dub.Start ? speed > 1 ? DubOutcome.SpedUp : DubOutcome.OnTime
        : state.PreviousEnd >= state.Earliest ? DubOutcome.DelayedByPrevious
        : DubOutcome.Late;

    /// <summary>Start of the first utterance after this one whose dub has been or may be made.</summary>
    private static ChannelTime? Next(PlacementCandidate dub, ChannelTime? nextReady, IReadOnlyList<ChannelTime> expected)
    {
        var next = nextReady;
        foreach (var start in expected)
        {
            if (start > dub.Start && (next is null || start < next))
                next = start;
        }

        return next;
    }
}
