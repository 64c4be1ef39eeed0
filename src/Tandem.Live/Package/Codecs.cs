using System.Collections.Immutable;
using Tandem.Live.Ingest;

namespace Tandem.Live.Package;

/// <summary>CODECS lists (RFC 6381).</summary>
internal static class Codecs
{
    private static readonly string[] SoundPrefixes =
        ["mp4a", "ac-3", "ec-3", "ac-4", "opus", "flac", "alac", "vorbis", "mp3", "dts", "mha", "mhm", "iamf", "samr", "sawb"];

    /// <summary>The names of a list, without blanks.</summary>
    public static string[] Split(string? list) =>
        list?.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries) ?? [];

    /// <summary>Whether a name is that of a sound codec.</summary>
    public static bool IsSound(string name) => SoundPrefixes.Any(prefix => name.StartsWith(prefix, StringComparison.OrdinalIgnoreCase));

    /// <summary>Whether a name is that of one of the AAC profiles, which one decoder plays.</summary>
    public static bool IsAac(string name) => name is "mp4a.40.2" or "mp4a.40.5" or "mp4a.40.29";

    /// <summary>
    /// What a variant needs with the voices added: its picture's codecs, the voices', and its own sound's where that can still be played.
    /// </summary>
    /// <param name="source">CODECS of the source.</param>
    /// <param name="voices">Codecs of the voices.</param>
    /// <param name="ownSoundStays">Whether the source's own renditions are listed beside the voices.</param>
    /// <param name="within">Whether there may be sound in the variant itself.</param>
    public static string With(string source, ImmutableArray<string> voices, bool ownSoundStays, bool within = true)
    {
        var names = Split(source);
        var sound = names.Where(name => IsSound(name) && (ownSoundStays || (within && IsAac(name) && voices.Any(IsAac))));
        return string.Join(',', names.Where(name => !IsSound(name)).Concat(sound).Concat(voices).Distinct(StringComparer.Ordinal));
    }
}

/// <summary>Variants without a picture.</summary>
internal static class AudioOnly
{
    /// <summary>True where it is known: from the segments, or because CODECS names nothing but sound.</summary>
    public static bool Is(Variant variant, ImmutableDictionary<Uri, PlaylistFacts>? facts)
    {
        if (facts?.GetValueOrDefault(variant.Address)?.HasPicture is { } picture)
            return !picture;
        var codecs = Codecs.Split(variant.Attributes["CODECS"]);
        return codecs.Length > 0 && codecs.All(Codecs.IsSound) && variant.Attributes["RESOLUTION"] is null && variant.Attributes["VIDEO"] is null;
    }
}
