using System.Collections.Immutable;
using System.Text;
using System.Text.RegularExpressions;

namespace Tandem.Server.Access;

/// <summary>
/// How one viewer sees a master playlist: with a ticket in its addresses, and without the voices that are not open. Pure.
/// </summary>
/// <param name="ticket">With its mark; null for none.</param>
/// <param name="languages">The voices that are open beside the original; null for all.</param>
/// <param name="targets">The channel's voices.</param>
internal sealed partial class MasterView(string? ticket, ImmutableArray<string>? languages, ImmutableArray<string> targets)
{
    /// <summary>The playlist's text.</summary>
    /// <param name="render">Renders it for an address.</param>
    /// <param name="address">Where the viewer reached the channel, such as <c>https://host/live/news/</c>.</param>
    public string Render(Func<Uri, string> render, Uri address)
    {
        var start = ticket is null ? address : new Uri(address, ticket + "/");
        var text = render(start);
        return languages is { } open ? Filter(text, start.AbsoluteUri, open) : text;
    }

    private string Filter(string text, string start, ImmutableArray<string> open)
    {
        var lines = text.Split('\n').ToList();
        bool Goes(string line) => IsMedia(line) && IsClosed(Value(line, "URI"), start, open);
        var closed = lines.FindAll(Goes);
        lines.RemoveAll(Goes);
        foreach (var line in closed)
            GiveDefault(line, lines);
        var groups = lines.Where(IsMedia).Select(GroupOf).ToHashSet();

        var result = new StringBuilder(text.Length);
        foreach (var line in lines)
            result.Append(OfVariant(line, start, open, groups)).Append('\n');
        result.Length--;
        return result.ToString();
    }

    private static bool IsMedia(string line) => line.StartsWith("#EXT-X-MEDIA:", StringComparison.Ordinal);

    /// <summary>Hands a closed voice's DEFAULT to the first one of its group that is left.</summary>
    private static void GiveDefault(string closed, List<string> kept)
    {
        if (Value(closed, "DEFAULT") != "YES")
            return;
        var next = kept.FindIndex(line => IsMedia(line) && GroupOf(line) == GroupOf(closed));
        if (next >= 0)
            kept[next] = With(With(kept[next], "DEFAULT", "YES"), "AUTOSELECT", "YES");
    }

    private static string With(string line, string name, string value)
    {
        var old = Value(line, name);
        return old is null
            ? $"{line},{name}={value}"
            : line.Replace($",{name}={old}", $",{name}={value}", StringComparison.Ordinal)
                .Replace($":{name}={old}", $":{name}={value}", StringComparison.Ordinal);
    }

    private static (string? Type, string? Group) GroupOf(string line) => (Value(line, "TYPE"), Value(line, "GROUP-ID"));

    private static string? Value(string line, string name)
    {
        foreach (Match match in Attribute().Matches(line))
        {
            if (match.Groups["name"].Value == name)
                return match.Groups["value"].Value.Trim('"');
        }

        return null;
    }

    private bool IsClosed(string? address, string start, ImmutableArray<string> open) =>
        address?.StartsWith(start, StringComparison.Ordinal) == true
        && LiveAccess.LanguageOf(Uri.UnescapeDataString(address[start.Length..]), targets) is { } language
        && !open.Contains(language, StringComparer.OrdinalIgnoreCase);

    /// <summary>A variant without captions that are gone; one that is a closed voice alone becomes the original.</summary>
    private string OfVariant(string line, string start, ImmutableArray<string> open, HashSet<(string?, string?)> groups)
    {
        if (line.StartsWith("#EXT-X-STREAM-INF:", StringComparison.Ordinal)
            && Value(line, "SUBTITLES") is { } captions
            && !groups.Contains(("SUBTITLES", captions)))
        {
            var gone = $"SUBTITLES=\"{captions}\"";
            return line.Replace("," + gone, "", StringComparison.Ordinal).Replace(gone + ",", "", StringComparison.Ordinal);
        }

        return IsClosed(line, start, open) ? $"{start}{ViewerGate.Original}/index.m3u8" : line;
    }

    [GeneratedRegex("(?<=[:,])(?<name>[A-Z0-9-]+)=(?<value>\"[^\"]*\"|[^\",]*)", RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant, 1000)]
    private static partial Regex Attribute();
}
