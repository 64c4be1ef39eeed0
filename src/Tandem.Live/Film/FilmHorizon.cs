using Tandem.Live.Dubbing;
using Tandem.Live.Timeline;

namespace Tandem.Live.Film;

/// <summary>
/// How far a film's voice may be mixed. With a file nothing is late: a voice waits for each dub, however long the engine takes, and knows
/// the utterances that follow before it gives a dub its place. Pure.
/// </summary>
public static class FilmHorizon
{
    /// <summary>
    /// What an engine must have heard beyond what is mixed: the next utterance bounds how long a dub may be, and the longest dubs last about
    /// this long.
    /// </summary>
    public static readonly SoundLength Ahead = SoundLength.OfSeconds(15);

    // What a commit fixes beyond its horizon: where the mixer looks ahead, and the ramp before a dub.
    private static readonly SoundLength Fixed = DubTrack.LookAhead + new PlacementOptions().Attack + SoundLength.OfSeconds(0.01);

    /// <summary>What is certain while the sound goes on.</summary>
    /// <param name="heardUpTo">No utterance begins before this that was not reported.</param>
    public static ChannelTime Certain(ChannelTime heardUpTo) => heardUpTo - Ahead;

    /// <summary>Where mixing may go to.</summary>
    /// <param name="certain">No utterance begins before this that was not reported.</param>
    /// <param name="pending">Start of the first utterance whose dub may still come; null for none.</param>
    public static ChannelTime Of(ChannelTime certain, ChannelTime? pending) =>
        (pending is { } open ? ChannelTime.Min(certain, open) : certain) - Fixed;
}
