using System.Globalization;

namespace Tandem.Operations.Load;

/// <summary>What all playlists have in common (RFC 8216, section 4).</summary>
internal static class HlsText
{
    /// <summary>The lines that count; null where it is no playlist.</summary>
    public static IReadOnlyList<string>? Lines(string text)
    {
        var lines = text.Split('\n').Select(line => line.Trim()).Where(line => line.Length > 0).ToList();
        return lines is ["#EXTM3U", ..] ? lines : null;
    }

    /// <summary>The value of a tag; null where a line is not that tag.</summary>
    public static string? Value(string line, string tag) =>
        line.StartsWith('#') && line.AsSpan(1).StartsWith(tag, StringComparison.Ordinal) && line.Length > tag.Length + 1
            && line[tag.Length + 1] == ':'
            ? line[(tag.Length + 2)..] : null;

    /// <summary>An attribute list: <c>A=1,B="x,y"</c>.</summary>
    public static IReadOnlyDictionary<string, string> Attributes(string list)
    {
        var found = new Dictionary<string, string>(StringComparer.Ordinal);
        for (var at = 0; at < list.Length;)
        {
            var equals = list.IndexOf('=', at);
            if (equals < 0)
                break;
            var name = list[at..equals].Trim();
            int end;
            if (equals + 1 < list.Length && list[equals + 1] == '"')
            {
                var close = list.IndexOf('"', equals + 2);
                close = close < 0 ? list.Length : close;
                found[name] = list[(equals + 2)..close];
                end = list.IndexOf(',', close);
            }
            else
            {
                end = list.IndexOf(',', equals);
                found[name] = list[(equals + 1)..(end < 0 ? list.Length : end)].Trim();
            }

            at = end < 0 ? list.Length : end + 1;
        }

        return found;
    }

    /// <summary>A whole number that is not negative; null for anything else.</summary>
    public static long? Whole(string? text) => long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
        ? number : null;

    /// <summary>Seconds; null for anything else.</summary>
    public static double? Seconds(string? text) =>
        double.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number) && number < 1e6 ? number : null;

    /// <summary>A byte range <c>LENGTH[@OFFSET]</c>; the offset goes on after the one before where it is not given.</summary>
    public static (long Offset, long Length)? Range(string text, long next)
    {
        var parts = text.Split('@');
        return Whole(parts[0]) is { } length ? (parts.Length > 1 ? Whole(parts[1]) ?? next : next, length) : null;
    }
}
