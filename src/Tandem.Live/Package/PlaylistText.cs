using System.Collections.Frozen;
using System.Globalization;
using System.Text;
using Tandem.Live.Ingest;

namespace Tandem.Live.Package;

/// <summary>How values are written in playlists. Whatever a source put into an address or attribute, it cannot begin a new line here.</summary>
public static class PlaylistText
{
    /// <summary>Tags that a writer states itself, and tags that promise what Tandem's playlists do not keep (section 3a, rule 5).</summary>
    private static readonly FrozenSet<string> NotKept = FrozenSet.Create(
        "EXTM3U", "EXTINF", "EXT-X-VERSION", "EXT-X-TARGETDURATION", "EXT-X-MEDIA-SEQUENCE", "EXT-X-DISCONTINUITY-SEQUENCE",
        "EXT-X-ENDLIST", "EXT-X-PLAYLIST-TYPE", "EXT-X-I-FRAMES-ONLY", "EXT-X-INDEPENDENT-SEGMENTS", "EXT-X-START", "EXT-X-BYTERANGE",
        "EXT-X-DISCONTINUITY", "EXT-X-KEY", "EXT-X-MAP", "EXT-X-PROGRAM-DATE-TIME", "EXT-X-GAP", "EXT-X-MEDIA", "EXT-X-STREAM-INF",
        "EXT-X-I-FRAME-STREAM-INF", "EXT-X-DEFINE", "EXT-X-SERVER-CONTROL", "EXT-X-PART", "EXT-X-PART-INF", "EXT-X-PRELOAD-HINT",
        "EXT-X-SKIP", "EXT-X-RENDITION-REPORT", "EXT-X-CONTENT-STEERING", "EXT-X-ALLOW-CACHE");

    /// <summary>Whether a source's line may be passed on: a tag, one line, and none of those that Tandem states or drops itself.</summary>
    public static bool IsKept(string line)
    {
        if (!line.StartsWith("#EXT", StringComparison.Ordinal) || line.Any(char.IsControl))
            return false;
        var end = line.IndexOf(':', StringComparison.Ordinal);
        return !NotKept.Contains(end < 0 ? line[1..].TrimEnd() : line[1..end]);
    }

    /// <summary>
    /// An address as the source wrote it, since signatures may cover its very letters; escaped where it would not survive in a playlist.
    /// </summary>
    public static string Address(Uri address)
    {
        var text = address.OriginalString;
        if (text.All(letter => letter is > ' ' and < (char)127 and not '"'))
            return text;
        return address.IsAbsoluteUri
            ? address.AbsoluteUri.Replace("\"", "%22", StringComparison.Ordinal)
            : string.Concat(text.Select(letter => letter is > ' ' and < (char)127 and not '"'
                ? letter.ToString() : Uri.EscapeDataString(letter.ToString())));
    }

    /// <summary>Seconds with up to six decimals; the same time always gives the same text.</summary>
    public static string Seconds(TimeSpan time)
    {
        var microseconds = (Math.Max(0, time.Ticks) + 5) / 10;
        return string.Create(CultureInfo.InvariantCulture, $"{microseconds / 1_000_000}.{microseconds % 1_000_000:D6}");
    }

    /// <summary>ISO 8601 with milliseconds, in the offset that it has.</summary>
    public static string Date(DateTimeOffset date)
    {
        var rounded = new DateTimeOffset((date.Ticks + 5_000) / 10_000 * 10_000, date.Offset);
        return rounded.ToString(date.Offset == TimeSpan.Zero ? "yyyy-MM-dd'T'HH:mm:ss.fff'Z'" : "yyyy-MM-dd'T'HH:mm:ss.fffzzz", CultureInfo.InvariantCulture);
    }

    /// <summary>An attribute list (RFC 8216, section 4.2), in order.</summary>
    public static string Attributes(AttributeList attributes)
    {
        var text = new StringBuilder();
        foreach (var item in attributes.Items)
        {
            if (text.Length > 0)
                text.Append(',');
            text.Append(item.Name).Append('=');
            if (item.Quoted)
                text.Append('"').Append(Clean(item.Value).Replace("\"", "'", StringComparison.Ordinal)).Append('"');
            else
                text.Append(Clean(item.Value).Replace(",", "", StringComparison.Ordinal));
        }

        return text.ToString();
    }

    /// <summary>Without control characters.</summary>
    public static string Clean(string text) => text.Any(char.IsControl) ? string.Concat(text.Where(letter => !char.IsControl(letter))) : text;

    /// <summary>EXT-X-BYTERANGE's value.</summary>
    public static string Range(ByteRange range) => string.Create(CultureInfo.InvariantCulture, $"{range.Length}@{range.Offset}");
}
