using System.Collections.Frozen;

namespace Tandem.Live.Ingest;

/// <summary>How well a language that a source names fits the one that is looked for; better ones are smaller.</summary>
public enum LanguageMatch
{
    /// <summary>The same language, and the same region where both name one.</summary>
    Same,

    /// <summary>The same language of another region or script.</summary>
    Related,

    /// <summary>The source does not say.</summary>
    Unknown,

    /// <summary>Another language.</summary>
    Other,
}

/// <summary>Compares language tags (RFC 5646) as playlists write them, three-letter codes of ISO 639-2 among them.</summary>
public static class LanguageTag
{
    private static readonly FrozenDictionary<string, string> s_short = (
        "eng en,spa es,fra fr,fre fr,deu de,ger de,ita it,por pt,rus ru,jpn ja,kor ko,zho zh,chi zh,ara ar,heb he,iw he,hin hi,tur tr," +
        "pol pl,nld nl,dut nl,swe sv,nor no,nob nb,nno nn,dan da,fin fi,isl is,ice is,ces cs,cze cs,slk sk,slo sk,slv sl,hrv hr,srp sr," +
        "bos bs,mkd mk,mac mk,bul bg,ron ro,rum ro,hun hu,ell el,gre el,ukr uk,bel be,lit lt,lav lv,est et,kat ka,geo ka,hye hy,arm hy," +
        "fas fa,per fa,urd ur,ben bn,tam ta,tel te,mar mr,guj gu,pan pa,kan kn,mal ml,tha th,vie vi,ind id,msa ms,may ms,fil tl,tgl tl," +
        "cat ca,eus eu,baq eu,glg gl,cym cy,wel cy,gle ga,gla gd,sqi sq,alb sq,aze az,kaz kk,uzb uz,mon mn,swa sw,amh am,afr af,zul zu")
        .Split(',').Select(pair => pair.Split(' ')).ToFrozenDictionary(pair => pair[0], pair => pair[1], StringComparer.Ordinal);

    /// <summary>How well <paramref name="written"/> fits <paramref name="wanted"/>.</summary>
    /// <param name="wanted">BCP 47 tag.</param>
    /// <param name="written">What the playlist says; null or <c>und</c> where it does not.</param>
    public static LanguageMatch Match(string wanted, string? written)
    {
        var have = Split(written ?? string.Empty);
        if (have[0] is "" or "und" or "mul" or "mis" or "zxx" or "qaa")
            return LanguageMatch.Unknown;
        var want = Split(wanted);
        if (want[0] != have[0])
            return LanguageMatch.Other;
        return want.Length == 1 || have.Length == 1 || want.AsSpan().SequenceEqual(have) ? LanguageMatch.Same : LanguageMatch.Related;
    }

    private static string[] Split(string tag)
    {
        var parts = tag.Trim().ToLowerInvariant().Split('-', '_');
        parts[0] = s_short.GetValueOrDefault(parts[0], parts[0]);
        return parts;
    }
}
