using Tandem.Live.Timeline;

namespace Tandem.Live.Dubbing;

/// <summary>What bounds the placing of dubs.</summary>
public sealed record PlacementOptions
{
    /// <summary>A dub that could only start later than this after its utterance is dropped; 0 to 60 s.</summary>
    public SoundLength MaxOnsetLag { get; init; } = SoundLength.OfSeconds(10);

    /// <summary>How many times faster than spoken a dub may be played; 1 to 1.25.</summary>
    public double MaxSpeedUp { get; init; } = 1.25;

    /// <summary>The original stays low between two stretches that are closer than this.</summary>
    public SoundLength Bridge { get; init; } = SoundLength.OfSeconds(1);

    /// <summary>How long the original takes to sink; the room that a dub needs after what is mixed already.</summary>
    public SoundLength Attack { get; init; } = SoundLength.OfSeconds(0.05);

    /// <summary>A growing dub without new sound for this long after an under-run is given up.</summary>
    public SoundLength MaxStall { get; init; } = SoundLength.OfSeconds(2);

    /// <summary>A growing dub that under-ran goes on when it has this much sound again, so that it does not stutter.</summary>
    public SoundLength ResumeWith { get; init; } = SoundLength.OfSeconds(0.25);

    /// <summary>
    /// Every sample of a dub belongs at its own place, counted from its utterance's start (<c>echo</c>): what comes too late for its
    /// place is left out instead of moved.
    /// </summary>
    public bool InPlace { get; init; }

    /// <summary>As a channel and its engine want it.</summary>
    public static PlacementOptions Of(ChannelOptions channel, EngineTraits traits) => new()
    {
        MaxOnsetLag = SoundLength.Of(channel.MaxOnsetLag),
        InPlace = traits is { Aligned: true, Streaming: true, OriginalMuted: true },
    };
}
