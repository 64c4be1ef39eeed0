using System.Collections.Immutable;
using System.Globalization;

namespace Tandem.Live.Ingest;

/// <summary>A playlist that can be heard; one of the first two is set.</summary>
/// <param name="Variant">A variant with sound in it.</param>
/// <param name="Rendition">An audio rendition with an address of its own.</param>
/// <param name="Language">How its language fits the source language that the channel names.</param>
/// <param name="Quality">Of its format.</param>
public sealed record HeardChoice(Variant? Variant, Rendition? Rendition, LanguageMatch Language, SoundQuality Quality);

/// <summary>
/// Chooses what is heard: the best stereo sound in the source language at the lowest total bit rate. What is heard becomes every
/// voice's bed and fallback, so the smallest is not taken for its own sake.
/// </summary>
/// <remarks>
/// In this order: language as wanted, then not told, then another; programme before audio description; formats that can be decoded
/// before others; a rendition before a variant with sound in it, whose picture would be downloaded for nothing; DEFAULT, then
/// AUTOSELECT; stereo, or channels not told, before surround before mono; AAC-LC before HE-AAC before starved bit rates; of renditions, whose
/// own bit rates no playlist tells, that of the group which the largest variants use; of variants the smallest; the source's order.
/// </remarks>
public static class HeardSelection
{
    // 64 kbit/s is where AAC-LC stereo begins to suffer. An audio-only variant at 96 kbit/s with its container has that; a variant with
    // picture below 300 kbit/s in all seldom gives its sound as much.
    private const long StarvedSound = 96_000;
    private const long StarvedVariant = 300_000;

    /// <summary>Everything that could be heard, best first; empty where the source has no sound.</summary>
    public static ImmutableArray<HeardChoice> Rank(MasterPlaylist master, string language)
    {
        var candidates = Renditions(master, language).Concat(Variants(master, language));
        return
        [
            .. candidates
                .OrderBy(candidate => candidate.Choice.Language)
                .ThenBy(candidate => candidate.Described)
                .ThenBy(candidate => candidate.Choice.Quality == SoundQuality.Foreign)
                .ThenBy(candidate => candidate.Choice.Rendition is null)
                .ThenBy(candidate => candidate.Preference)
                .ThenBy(candidate => candidate.Channels)
                .ThenBy(candidate => candidate.Choice.Quality)
                .ThenBy(candidate => candidate.Bits)
                .Select(candidate => candidate.Choice),
        ];
    }

    private static IEnumerable<Candidate> Renditions(MasterPlaylist master, string language)
    {
        foreach (var rendition in master.Renditions)
        {
            if (rendition.Address is null || rendition.Attributes["TYPE"] != "AUDIO")
                continue;
            var users = master.Variants.Where(variant => variant.Attributes["AUDIO"] == rendition.Attributes["GROUP-ID"]).ToList();
            if (users.Count == 0)
                continue;
            var quality = users.Min(variant => SoundCodecs.Best(variant.Attributes["CODECS"]) ?? SoundQuality.Full);
            var choice = new HeardChoice(null, rendition, SourceLanguage.Match(language, rendition.Attributes["LANGUAGE"]), quality);
            yield return new Candidate(choice, rendition.Attributes, -users.Max(Bandwidth));
        }
    }

    private static IEnumerable<Candidate> Variants(MasterPlaylist master, string language)
    {
        foreach (var variant in master.Variants)
        {
            if (SoundCodecs.Best(variant.Attributes["CODECS"]) is not { } quality)
                continue;
            var group = variant.Attributes["AUDIO"] is { } name
                ? master.Renditions.Where(item => item.Attributes["TYPE"] == "AUDIO" && item.Attributes["GROUP-ID"] == name).ToList()
                : [];
            // A group that has addresses for all its renditions leaves no sound in the variant that counts on being there.
            var within = group.Find(rendition => rendition.Address is null);
            if (group.Count > 0 && within is null)
                continue;
            var bits = Bandwidth(variant);
            if (quality < SoundQuality.Starved && bits < (SoundCodecs.IsSoundOnly(variant.Attributes["CODECS"]) ? StarvedSound : StarvedVariant))
                quality = SoundQuality.Starved;
            var choice = new HeardChoice(variant, null, SourceLanguage.Match(language, within?.Attributes["LANGUAGE"]), quality);
            yield return new Candidate(choice, within?.Attributes ?? AttributeList.Empty, bits);
        }
    }

    private static long Bandwidth(Variant variant) =>
        long.TryParse(variant.Attributes["BANDWIDTH"], NumberStyles.None, CultureInfo.InvariantCulture, out var bits) ? bits : long.MaxValue;

    private sealed record Candidate(HeardChoice Choice, AttributeList Attributes, long Bits)
    {
        public bool Described =>
            Attributes["CHARACTERISTICS"]?.Contains("public.accessibility.describes-video", StringComparison.OrdinalIgnoreCase) ?? false;

        public int Preference => Attributes["DEFAULT"] == "YES" ? 0 : Attributes["AUTOSELECT"] == "YES" ? 1 : 2;

        public int Channels => Attributes["CHANNELS"]?.Split('/')[0].Trim() switch
        {
            null or "" or "2" => 0,
            "1" => 2,
            _ => 1,
        };
    }
}
