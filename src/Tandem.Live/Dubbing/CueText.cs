using System.Text;
using System.Text.RegularExpressions;

namespace Tandem.Live.Dubbing;

/// <summary>What of a caption's text is speech: speaker dashes and names, descriptions of sounds, and lyrics are not. Pure.</summary>
internal static partial class CueText
{
    private static readonly string[] s_abbreviations = ["Mr.", "Mrs.", "Ms.", "Dr.", "Prof.", "St.", "Sr.", "Jr."];

    /// <summary>The lines that hold something, without space around them.</summary>
    public static string[] Lines(string text) =>
        text.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);

    /// <summary>
    /// What of <paramref name="lines"/> the caption before did not show: lines that have scrolled up are left out, of one that has grown the
    /// beginning.
    /// </summary>
    /// <returns>The new lines, and whether they go on within a word.</returns>
    public static (string[] Lines, bool IsWithin) Fresh(string[] before, string[] lines)
    {
        for (var count = Math.Min(before.Length, lines.Length); count > 0; count--)
        {
            var kept = before.AsSpan(before.Length - count);
            var grown = lines[count - 1];
            if (!kept[..^1].SequenceEqual(lines.AsSpan(0, count - 1)) || !grown.StartsWith(kept[^1], StringComparison.Ordinal))
                continue;
            var rest = grown[kept[^1].Length..];

            // "I" and then "In" is no line that grows, unless its words are new.
            if (rest.Length > 0 && char.IsLetterOrDigit(rest[0]) && kept[^1].Length < 3)
                continue;
            string[] fresh = rest.Trim().Length > 0 ? [rest.Trim(), .. lines[count..]] : lines[count..];
            return (fresh, rest.Length > 0 && !char.IsWhiteSpace(rest[0]));
        }

        return (lines, false);
    }

    /// <summary>Whether somebody else begins to speak: a dash, or CEA-608's angle brackets.</summary>
    public static bool IsAnotherSpeaker(string[] lines) => lines.Length > 0 && Speaker().IsMatch(lines[0]);

    /// <summary>What is spoken, as one line; empty where nothing is.</summary>
    public static string Spoken(string[] lines)
    {
        // Descriptions may go over several lines.
        var bare = Sounds().Replace(string.Join('\n', lines), " ");
        var text = new StringBuilder();
        foreach (var line in bare.Split('\n'))
        {
            var spoken = Speaker().Replace(line, "").Replace('’', '\'').Replace('\u00A0', ' ');
            foreach (var word in spoken.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries))
                text.Append(text.Length > 0 ? " " : "").Append(word);
        }

        var whole = text.ToString();
        return whole.Any(char.IsLetterOrDigit) ? whole : "";
    }

    /// <summary>Whether a sentence ends with this text. An ellipsis says that it goes on.</summary>
    public static bool EndsSentence(string text)
    {
        var bare = text.TrimEnd('"', '\'', '”', '»', '«', '“', ')', ' ');
        return bare.Length > 0 && bare[^1] is '.' or '!' or '?' or '。' or '！' or '？' or '؟' or '।'
            && !bare.EndsWith("..", StringComparison.Ordinal)
            && !s_abbreviations.Contains(bare[(bare.LastIndexOf(' ') + 1)..]);
    }

    // [music], (applause), ♪ lyrics ♪. Bounded, so that a bracket that is never closed costs one look ahead.
    [GeneratedRegex(@"\[[^\]]{0,200}\]|\([^)]{0,200}\)|（[^）]{0,200}）|[♪♫][^♪♫]{0,300}(?:[♪♫]|$)")]
    private static partial Regex Sounds();

    // "- Hello", "– Hello", ">> ANNA: Hello".
    [GeneratedRegex(@"^\s*(?:>{2,3}\s*(?:[\p{Lu}][\p{Lu}\p{Nd} .'-]{0,30}:)?|[-–—‐]\s*(?=[^\s\d-]))\s*")]
    private static partial Regex Speaker();
}
