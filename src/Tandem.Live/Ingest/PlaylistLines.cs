namespace Tandem.Live.Ingest;

/// <summary>One line that says something.</summary>
/// <param name="Number">Counted from 1.</param>
/// <param name="Text">Trimmed, without control characters.</param>
internal readonly record struct PlaylistLine(int Number, string Text)
{
    /// <summary>The tag's name without <c>#</c>, empty for an address.</summary>
    public string Tag
    {
        get
        {
            if (Text[0] != '#')
                return string.Empty;
            var colon = Text.IndexOf(':', StringComparison.Ordinal);
            return colon < 0 ? Text[1..] : Text[1..colon];
        }
    }

    /// <summary>What follows the tag's colon, trimmed.</summary>
    public string Value
    {
        get
        {
            var colon = Text.IndexOf(':', StringComparison.Ordinal);
            return colon < 0 ? string.Empty : Text[(colon + 1)..].Trim();
        }
    }
}

/// <summary>Splits a playlist into lines; blank lines and comments are left out.</summary>
internal static class PlaylistLines
{
    /// <summary>Lines end with LF or CRLF only (RFC 8216, section 4.1): Unicode's other line ends are text.</summary>
    public static List<PlaylistLine> Split(string text)
    {
        var lines = new List<PlaylistLine>();
        var number = 0;
        var rest = text.AsSpan();
        if (!rest.IsEmpty && rest[0] == '\uFEFF')
            rest = rest[1..];
        while (!rest.IsEmpty)
        {
            number++;
            var end = rest.IndexOf('\n');
            var line = (end < 0 ? rest : rest[..end]).Trim();
            rest = end < 0 ? default : rest[(end + 1)..];
            if (line.IsEmpty || IsComment(line))
                continue;
            var clean = WithoutControls(line);
            if (clean.Length > 0)
                lines.Add(new PlaylistLine(number, clean));
        }

        return lines;
    }

    private static bool IsComment(ReadOnlySpan<char> line) => line[0] == '#' && !line.StartsWith("#EXT", StringComparison.Ordinal);

    // Lines are published again, as parts of Tandem's playlists: a control character in them could end a line for a lenient reader.
    private static string WithoutControls(ReadOnlySpan<char> line)
    {
        var found = false;
        foreach (var character in line)
            found |= IsControl(character);
        if (!found)
            return line.ToString();
        var kept = new char[line.Length];
        var length = 0;
        foreach (var character in line)
        {
            if (!IsControl(character))
                kept[length++] = character;
        }

        return new string(kept, 0, length).Trim();
    }

    private static bool IsControl(char character) => char.IsControl(character) || character is '\u2028' or '\u2029';
}
