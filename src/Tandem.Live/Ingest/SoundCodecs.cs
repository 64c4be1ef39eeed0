namespace Tandem.Live.Ingest;

/// <summary>How good a sound's format is for hearing; better ones are smaller.</summary>
public enum SoundQuality
{
    /// <summary>AAC-LC or MPEG layer II or III at a sensible bit rate, or not named.</summary>
    Full,

    /// <summary>HE-AAC: band replication guesses the upper half of the spectrum.</summary>
    Reduced,

    /// <summary>A bit rate at which speech suffers.</summary>
    Starved,

    /// <summary>A format that is not decoded by now.</summary>
    Foreign,
}

/// <summary>What CODECS (RFC 6381) says about sound.</summary>
internal static class SoundCodecs
{
    private static readonly string[] s_picturesAndText =
    [
        "avc", "hvc", "hev", "dvh", "dva", "dav", "vp0", "vp8", "vp9", "av01", "mp4v", "mp2v", "mjp", "jpe", "wvtt", "stpp", "tx3g", "c608", "c708", "dvb",
    ];

    /// <summary>The best sound that a CODECS value names; null where it names none; full where there is no CODECS to ask.</summary>
    public static SoundQuality? Best(string? codecs)
    {
        if (string.IsNullOrWhiteSpace(codecs))
            return SoundQuality.Full;
        SoundQuality? best = null;
        foreach (var codec in codecs.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            if (Of(codec.ToLowerInvariant()) is { } quality && (best is null || quality < best))
                best = quality;
        }

        return best;
    }

    /// <summary>Whether the value names sound and nothing else.</summary>
    public static bool IsSoundOnly(string? codecs) =>
        !string.IsNullOrWhiteSpace(codecs)
        && codecs.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)
            .All(codec => Of(codec.ToLowerInvariant()) is not null);

    private static SoundQuality? Of(string codec)
    {
        if (Array.Exists(s_picturesAndText, prefix => codec.StartsWith(prefix, StringComparison.Ordinal)))
            return null;
        return codec switch
        {
            "mp4a.40.2" or "mp4a.67" or "mp4a.66" or "mp4a.68" => SoundQuality.Full,
            "mp4a.40.34" or "mp4a.40.33" or "mp4a.40.32" or "mp4a.6b" or "mp4a.69" or "mp3" or "mp2" => SoundQuality.Full,
            "mp4a.40.5" or "mp4a.40.29" or "mp4a" or "mp4a.40" => SoundQuality.Reduced,
            _ => SoundQuality.Foreign,
        };
    }
}
