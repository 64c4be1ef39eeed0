namespace Tandem.Live.Timeline;

/// <summary>Why an epoch began.</summary>
public enum EpochReason
{
    /// <summary>The channel started.</summary>
    Start,

    /// <summary>The source wrote EXT-X-DISCONTINUITY.</summary>
    Discontinuity,

    /// <summary>Time stamps jumped without a tag.</summary>
    Jump,

    /// <summary>The source's media sequence started anew.</summary>
    Reset,

    /// <summary>Segments were missed for good while the source was away.</summary>
    Outage,

    /// <summary>The sound's codec, rate or channels, or the container, changed.</summary>
    Format,

    /// <summary>This instance took over or restarted: its encoders are new.</summary>
    Takeover,

    /// <summary>The picture is carried from here on, or the source's own again.</summary>
    Video,
}

/// <summary>A stretch of source time without a break, and how its times and numbers map to Tandem's.</summary>
/// <param name="Index">Counts from 0, one more an epoch.</param>
/// <param name="Reason">Why it began.</param>
/// <param name="StartTicks">Media time of its beginning, 90 kHz, unwrapped; the frame grid is anchored here.</param>
/// <param name="Start">Channel time of its beginning.</param>
/// <param name="DiscontinuitySequence">Discontinuity sequence number of its segments as Tandem publishes them.</param>
/// <param name="NumberOffset">Tandem's number minus the source's media sequence number, in the heard playlist.</param>
public sealed record Epoch(
    int Index,
    EpochReason Reason,
    long StartTicks,
    ChannelTime Start,
    long DiscontinuitySequence,
    long NumberOffset)
{
    /// <summary>Whether its pictures are carried; otherwise playlists point at the source's own segments.</summary>
    public bool Carried { get; init; }

    /// <summary>Length of one AAC frame at 48 kHz.</summary>
    public const int FrameSamples = 1024;

    /// <summary>Where <paramref name="ticks"/> lies on channel time, in samples with fraction (8 samples are 15 ticks).</summary>
    public double Place(long ticks) => Start.Samples + ((ticks - StartTicks) * 8 / 15.0);

    /// <summary>Nearest channel time of <paramref name="ticks"/>.</summary>
    public ChannelTime ToChannel(long ticks) => new((long)Math.Round(Place(ticks)));

    /// <summary>Nearest media time of <paramref name="time"/>.</summary>
    public MediaTime ToMedia(ChannelTime time) => new(Index, StartTicks + (long)Math.Round((time - Start).Samples * 15 / 8.0));

    /// <summary>Channel time of the beginning of frame <paramref name="frame"/> of the grid.</summary>
    public ChannelTime FrameStart(long frame) => new(Start.Samples + (frame * FrameSamples));
}
