using Tandem.Live.Timeline;

namespace Tandem.Live.Dubbing;

/// <summary>
/// A dub, or an unbroken part of one, with the place it was given; never changed once the sound before its end has been mixed. A dub
/// whose sound streams in may have several parts: the first, and one after each under-run.
/// </summary>
/// <param name="Dub">What is spoken.</param>
/// <param name="Start">Time of its first sample.</param>
/// <param name="Speed">1 to 1.25; pitch is kept.</param>
/// <param name="Length">Length as played, after speeding up; null while the sound still grows.</param>
/// <param name="Outcome">How it fared.</param>
/// <param name="OnsetLag">Start of the dub minus start of its utterance; 0 in the parts after an under-run.</param>
public sealed record PlacedDub(Dub Dub, ChannelTime Start, double Speed, SoundLength? Length, DubOutcome Outcome, SoundLength OnsetLag)
{
    /// <summary>The sound as played: the dub's own, or the sped-up copy.</summary>
    public DubSound Sound { get; init; } = Dub.Sound;

    /// <summary>Where in <see cref="Sound"/> this part begins; 0 but after an under-run.</summary>
    public SoundLength Offset { get; init; }

    /// <summary>Whether the first 3 ms are faded in, so that no cut is heard.</summary>
    public bool FadesIn { get; init; } = true;

    /// <summary>Whether the last 3 ms are faded out, so that no cut is heard.</summary>
    public bool FadesOut { get; init; } = true;

    /// <summary>Time just after its last sample; null while the sound still grows.</summary>
    public ChannelTime? End => Length is { } length ? Start + length : null;
}

/// <summary>How an utterance's dub fared in one language: exactly one an utterance, the first that applies of those that drop it.</summary>
public enum DubOutcome
{
    /// <summary>Starts with its utterance, at its own speed.</summary>
    OnTime,

    /// <summary>Starts with its utterance, sped up to fit.</summary>
    SpedUp,

    /// <summary>Starts after its utterance because it was not ready in time.</summary>
    Late,

    /// <summary>Was ready in time, but starts after its utterance because the dub before it was still speaking.</summary>
    DelayedByPrevious,

    /// <summary>Could only have started more than <see cref="PlacementOptions.MaxOnsetLag"/> late, or did not come before that.</summary>
    DroppedTooLate,

    /// <summary>Came after the dub of a later utterance had been given its place; the order of speech is kept.</summary>
    DroppedOutOfOrder,

    /// <summary>The engine reported that there will be none.</summary>
    Failed,

    /// <summary>No words in the utterance, or no sound in the dub.</summary>
    Empty,
}

/// <summary>Text timed to the dub that speaks it.</summary>
/// <param name="Start">When it appears.</param>
/// <param name="End">When it goes.</param>
/// <param name="Text">One or two lines, separated by <c>\n</c>; plain text, nothing escaped.</param>
public sealed record Caption(ChannelTime Start, ChannelTime End, string Text);
