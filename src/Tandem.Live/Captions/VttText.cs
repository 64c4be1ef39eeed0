using System.Globalization;
using System.Text;

namespace Tandem.Live.Captions;

/// <summary>Takes the markup out of a WebVTT cue's text (section 6.4): tags go, entities become characters, annotations are left out.</summary>
internal static class VttText
{
    private const int LongestEntity = 10;

    /// <summary>The text without markup; never longer.</summary>
    public static string Plain(string text)
    {
        var plain = new StringBuilder(text.Length);
        var annotated = false;
        for (var at = 0; at < text.Length;)
        {
            if (text[at] == '<')
            {
                var end = text.IndexOf('>', at);
                var tag = text.AsSpan(at + 1, (end < 0 ? text.Length : end) - at - 1).Trim();

                // How a word is read, beside the word itself.
                if (tag is "rt" || tag.StartsWith("rt.", StringComparison.Ordinal))
                    annotated = true;
                else if (tag is "/rt" or "/ruby")
                    annotated = false;
                at = end < 0 ? text.Length : end + 1;
                continue;
            }

            var (character, length) = text[at] == '&' ? Entity(text.AsSpan(at)) : (text.AsSpan(at, 1).ToString(), 1);
            if (!annotated)
                plain.Append(character);
            at += length;
        }

        return plain.ToString();
    }

    private static (string Character, int Length) Entity(ReadOnlySpan<char> text)
    {
        var end = text[..Math.Min(text.Length, LongestEntity)].IndexOf(';');
        if (end < 2)
            return ("&", 1);
        var name = text[1..end];
        var character = name switch
        {
            "amp" => "&",
            "lt" => "<",
            "gt" => ">",
            "quot" => "\"",
            "apos" => "'",
            "nbsp" => " ",
            "lrm" or "rlm" => "",
            _ => name[0] == '#' ? Numbered(name[1..]) : null,
        };
        return character is null ? ("&", 1) : (character, end + 1);
    }

    private static string? Numbered(ReadOnlySpan<char> digits)
    {
        var isHex = digits.StartsWith("x", StringComparison.OrdinalIgnoreCase);
        var style = isHex ? NumberStyles.AllowHexSpecifier : NumberStyles.None;
        return int.TryParse(isHex ? digits[1..] : digits, style, CultureInfo.InvariantCulture, out var code)
            && Rune.IsValid(code) && code >= ' ' ? new Rune(code).ToString() : null;
    }
}
