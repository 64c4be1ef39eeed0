using System.Globalization;
using Tandem.Live.Ingest;

namespace Tandem.Live.Captions;

/// <summary>Where a source's captions in its own language are read.</summary>
/// <param name="Playlist">Whose segments hold them.</param>
/// <param name="Channel">1 to 4 for CC1 to CC4 in the picture; null for WebVTT.</param>
/// <param name="IsDeclared">Whether the master playlist says that they are there.</param>
public sealed record CaptionSource(SourcePlaylist Playlist, int? Channel, bool IsDeclared)
{
    /// <summary>For people.</summary>
    public string Shown => Channel is { } channel
        ? string.Create(CultureInfo.InvariantCulture, $"CEA-608 (CC{channel}) in the picture of {Playlist.Id}")
        : $"the WebVTT rendition {Playlist.Id}";

    /// <summary>
    /// Chooses: a WebVTT rendition in the language, else closed captions that are declared for it, else CC1 where nothing is declared. Null
    /// with the reason and the remedy, one line, where there can be none.
    /// </summary>
    /// <remarks>
    /// Of renditions those of the same region come first, then those without sound descriptions, then DEFAULT and AUTOSELECT; forced ones
    /// hold only what is not spoken in the language. ASSOC-LANGUAGE is another language that the text is used with, and the last choice.
    /// Captions in pictures are read of what is heard where that has a picture, else of the smallest variant.
    /// </remarks>
    /// <param name="source">The source's playlists.</param>
    /// <param name="language">BCP 47 tag of the source language.</param>
    public static (CaptionSource? Source, string? Problem) Of(SourceEvent.MasterFound source, string language)
    {
        if (Rendition(source, language) is { } rendition)
            return (new CaptionSource(rendition, null, IsDeclared: true), null);
        var (channel, isDeclared, problem) = Declared(source.Master, language);
        if (problem is not null)
            return (null, problem);
        return Picture(source) is { } picture
            ? (new CaptionSource(picture, channel, isDeclared), null)
            : (null, $"the source has no WebVTT rendition in {language}, and no picture that could carry CEA-608; choose another recogniser");
    }

    private static SourcePlaylist? Rendition(SourceEvent.MasterFound source, string language) => source.Playlists
        .Where(playlist => playlist.Id.Kind == PlaylistKind.Subtitles && playlist.Rendition!.Attributes["FORCED"] != "YES")
        .Select(playlist => (Playlist: playlist, playlist.Rendition!.Attributes, Match: Match(playlist.Rendition!.Attributes, language)))
        .Where(entry => entry.Match is not null)
        .OrderBy(entry => entry.Match)
        .ThenBy(entry => entry.Attributes["CHARACTERISTICS"]?.Contains("describes-music-and-sound", StringComparison.OrdinalIgnoreCase) == true)
        .ThenBy(entry => entry.Attributes["DEFAULT"] == "YES" ? 0 : entry.Attributes["AUTOSELECT"] == "YES" ? 1 : 2)
        .Select(entry => entry.Playlist)
        .FirstOrDefault();

    private static int? Match(AttributeList attributes, string language)
    {
        var own = SourceLanguage.Match(language, attributes["LANGUAGE"]);
        if (own is LanguageMatch.Same or LanguageMatch.Related)
            return (int)own;
        return attributes["ASSOC-LANGUAGE"] is { } associated && SourceLanguage.Match(language, associated) == LanguageMatch.Same ? 9 : null;
    }

    private static (int Channel, bool IsDeclared, string? Problem) Declared(MasterPlaylist master, string language)
    {
        var declared = master.Renditions
            .Where(rendition => rendition.Attributes["TYPE"] == "CLOSED-CAPTIONS")
            .Select(rendition => (Channel: Number(rendition.Attributes["INSTREAM-ID"]), Language: rendition.Attributes["LANGUAGE"]))
            .Where(entry => entry.Channel is not null)
            .Select(entry => (Channel: entry.Channel!.Value, Match: SourceLanguage.Match(language, entry.Language), entry.Language))
            .OrderBy(entry => entry.Match).ThenBy(entry => entry.Channel).ToList();
        if (declared.Count > 0)
        {
            return declared[0].Match != LanguageMatch.Other
                ? (declared[0].Channel, true, null)
                : (0, true, $"the source has captions in {Languages()}, not in {language}; set the channel's from, or choose another recogniser");
        }

        return master.Variants.Length > 0 && master.Variants.All(variant => variant.Attributes["CLOSED-CAPTIONS"] == "NONE")
            ? (0, false, $"the source has no WebVTT rendition in {language}, and its variants say CLOSED-CAPTIONS=NONE; choose another recogniser")
            : (1, false, null);

        string Languages() => string.Join(", ", declared.Select(entry => entry.Language).Distinct());
    }

    // The first services of CEA-708 repeat CC1 and CC3 wherever both are sent.
    private static int? Number(string? name) => name switch
    {
        "CC1" or "SERVICE1" => 1,
        "CC2" => 2,
        "CC3" or "SERVICE2" => 3,
        "CC4" => 4,
        _ => null,
    };

    private static SourcePlaylist? Picture(SourceEvent.MasterFound source)
    {
        var pictures = source.Playlists
            .Where(playlist => playlist.Id.Kind == PlaylistKind.Single
                || (playlist.Variant is { } variant && !SoundCodecs.IsSoundOnly(variant.Attributes["CODECS"])))
            .ToList();
        return pictures.Find(playlist => playlist.Id == source.Heard)
            ?? pictures.OrderBy(playlist => Bandwidth(playlist.Variant!)).FirstOrDefault();
    }

    private static long Bandwidth(Variant variant) =>
        long.TryParse(variant.Attributes["BANDWIDTH"], NumberStyles.None, CultureInfo.InvariantCulture, out var bits) ? bits : long.MaxValue;
}
