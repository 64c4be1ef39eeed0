using System.Collections.Frozen;
using Tandem.Live.Dubbing;

namespace Tandem.Live.Ingest;

/// <summary>How well a language that a source names fits the one that is looked for; better ones are smaller.</summary>
public enum LanguageMatch
{
    /// <summary>The same language, and the same region where both name one.</summary>
    Same,

    /// <summary>The same language of another region.</summary>
    Related,

    /// <summary>The source does not say.</summary>
    Unknown,

    /// <summary>Another language.</summary>
    Other,
}

/// <summary>Compares languages as playlists write them: RFC 5646, and in older sources the bibliographic codes of ISO 639-2.</summary>
public static class SourceLanguage
{
    private static readonly FrozenDictionary<string, string> s_bibliographic = (
        "alb sq,arm hy,baq eu,bur my,chi zh,cze cs,dut nl,fre fr,geo ka,ger de,gre el,ice is,mac mk,mao mi,may ms,per fa,rum ro,slo sk,wel cy," +
        "iw he,in id")
        .Split(',').Select(pair => pair.Split(' ')).ToFrozenDictionary(pair => pair[0], pair => pair[1], StringComparer.Ordinal);

    /// <summary>How well <paramref name="written"/> fits <paramref name="wanted"/>.</summary>
    /// <param name="wanted">BCP 47 tag.</param>
    /// <param name="written">What the playlist says; null or <c>und</c> where it does not.</param>
    public static LanguageMatch Match(string wanted, string? written)
    {
        if (Parse(written) is not { } have || have.Language is "und" or "mul" or "mis" or "zxx" or "qaa")
            return LanguageMatch.Unknown;
        if (Parse(wanted) is not { } want || want.Language != have.Language)
            return LanguageMatch.Other;
        return want.Region.Length == 0 || have.Region.Length == 0 || want.Region == have.Region ? LanguageMatch.Same : LanguageMatch.Related;
    }

    private static LanguageTag? Parse(string? text)
    {
        var tag = LanguageTag.Parse((text ?? string.Empty).Trim().Replace('_', '-'));
        return tag is not null && s_bibliographic.TryGetValue(tag.Language, out var known) ? tag with { Language = known } : tag;
    }
}
