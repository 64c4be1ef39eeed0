namespace Tandem.Live.Mix;

/// <summary>How a voice is mixed over the original (design.md, section 3, Mix).</summary>
public sealed record VoiceMixerOptions
{
    /// <summary>Level of the original under a dub; −60 to 0 dB.</summary>
    public double BackgroundLevel { get; init; } = -18;

    /// <summary>How long the original takes to sink; it is down when the interval begins.</summary>
    public TimeSpan Attack { get; init; } = TimeSpan.FromMilliseconds(50);

    /// <summary>How long the original takes to come back after the interval.</summary>
    public TimeSpan Release { get; init; } = TimeSpan.FromMilliseconds(200);

    /// <summary>Highest true peak while a dub speaks, dBTP; the encoder's own overshoot comes on top.</summary>
    public double Ceiling { get; init; } = -2;

    /// <summary>A dub is raised or lowered by no more than this, dB.</summary>
    public double MaxGain { get; init; } = 12;

    /// <summary>From dub to dub the gain changes by no more than this, dB.</summary>
    public double MaxGainStep { get; init; } = 3;

    /// <summary>
    /// Loudness of a dub before any original speech was measured, LUFS: the programme loudness of EBU R 128.
    /// </summary>
    public double DefaultLoudness { get; init; } = -23;

    /// <summary>As a channel wants it.</summary>
    public static VoiceMixerOptions Of(ChannelOptions channel) => new() { BackgroundLevel = channel.BackgroundLevel };
}
