using System.Text.RegularExpressions;
using Tandem.Live.Dubbing;

namespace Tandem.Server.Configuration;

/// <summary>Reads BCP 47 tags (RFC 5646) and writes them the usual way: <c>es</c>, <c>pt-BR</c>, <c>zh-Hant</c>.</summary>
internal static partial class LanguageNames
{
    // ISO 639-1. Three letters are taken by their shape: there are thousands.
    private static readonly HashSet<string> TwoLetters = new(
        ("aa ab ae af ak am an ar as av ay az ba be bg bh bi bm bn bo br bs ca ce ch co cr cs cu cv cy da de dv dz ee el en eo es et eu fa ff fi fj "
        + "fo fr fy ga gd gl gn gu gv ha he hi ho hr ht hu hy hz ia id ie ig ii ik io is it iu ja jv ka kg ki kj kk kl km kn ko kr ks ku kv kw "
        + "ky la lb lg li ln lo lt lu lv mg mh mi mk ml mn mr ms mt my na nb nd ne ng nl nn no nr nv ny oc oj om or os pa pi pl ps pt qu rm rn ro "
        + "ru rw sa sc sd se sg si sk sl sm sn so sq sr ss st su sv sw ta te tg th ti tk tl tn to tr ts tt tw ty ug uk ur uz ve vi vo wa wo xh yi "
        + "yo za zh zu").Split(' '),
        StringComparer.Ordinal);

    public static Parsed<string> Read(string text)
    {
        var parts = text.Split('-');
        if (LanguageTag.Parse(text) is null || !Shape().IsMatch(text))
            return new Wrong($"\"{text}\" is no language tag; write it as BCP 47 has it, such as en, es or pt-BR");
        if (parts[0].Length == 2 && !TwoLetters.Contains(parts[0].ToLowerInvariant()))
            return new Wrong($"\"{text}\" is no language; BCP 47 begins a tag with an ISO 639 code, such as en, es or pt-BR");
        return string.Join('-', parts.Select(Usual));
    }

    /// <summary>RFC 5646, section 2.1.1: regions in upper case, scripts with a capital, all else in lower case.</summary>
    private static string Usual(string part, int index) => (index, part.Length) switch
    {
        ( > 0, 2) => part.ToUpperInvariant(),
        ( > 0, 4) when char.IsAsciiLetter(part[0]) => char.ToUpperInvariant(part[0]) + part[1..].ToLowerInvariant(),
        _ => part.ToLowerInvariant(),
    };

    // Language, extended language, script, region, variants; extensions and private use name nothing that could be spoken.
    [GeneratedRegex("^[a-zA-Z]{2,3}(-[a-zA-Z]{3})?(-[a-zA-Z]{4})?(-([a-zA-Z]{2}|[0-9]{3}))?(-([a-zA-Z0-9]{5,8}|[0-9][a-zA-Z0-9]{3}))*$", RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture)]
    private static partial Regex Shape();
}
