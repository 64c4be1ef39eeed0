using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using Tandem.Live.Ingest;

namespace Tandem.Live.Package;

/// <summary>Writes media playlists (RFC 8216, section 4.3.3; RFC 8216bis for GAP). Pure: the same playlist always gives the same text.</summary>
public static class MediaPlaylistWriter
{
    /// <summary>Content-Type of every playlist.</summary>
    public const string ContentType = "application/vnd.apple.mpegurl";

    /// <summary>The playlist's text, lines ended by LF.</summary>
    public static string Write(PublishedPlaylist playlist)
    {
        var text = new StringBuilder("#EXTM3U\n");
        var culture = CultureInfo.InvariantCulture;
        text.Append(culture, $"#EXT-X-VERSION:{VersionOf(playlist)}\n");
        text.Append(culture, $"#EXT-X-TARGETDURATION:{playlist.TargetDuration}\n");
        text.Append(culture, $"#EXT-X-MEDIA-SEQUENCE:{playlist.MediaSequence}\n");
        text.Append(culture, $"#EXT-X-DISCONTINUITY-SEQUENCE:{playlist.DiscontinuitySequence}\n");
        if (playlist.IndependentSegments)
            text.Append("#EXT-X-INDEPENDENT-SEGMENTS\n");
        if (playlist.IFramesOnly)
            text.Append("#EXT-X-I-FRAMES-ONLY\n");
        if (playlist.Start is { } start)
            text.Append("#EXT-X-START:").Append(PlaylistText.Attributes(start)).Append('\n');

        foreach (var line in playlist.DateRanges.Where(PlaylistText.IsKept))
            text.Append(line).Append('\n');

        ImmutableArray<MediaKey> keys = [];
        MediaMap? map = null;
        foreach (var segment in playlist.Segments)
        {
            if (segment.Discontinuity)
                text.Append("#EXT-X-DISCONTINUITY\n");
            WriteKeysAndMap(text, segment, ref keys, ref map);
            WriteSegment(text, segment);
        }

        if (playlist.EndList)
            text.Append("#EXT-X-ENDLIST\n");
        return text.ToString();
    }

    /// <summary>
    /// A key applies to the init segments that are stated after it too, so an init segment that is encrypted otherwise than its segments,
    /// or not at all, is stated under its own keys first.
    /// </summary>
    private static void WriteKeysAndMap(StringBuilder text, PublishedSegment segment, ref ImmutableArray<MediaKey> keys, ref MediaMap? map)
    {
        if (segment.Map is { } wanted && (segment.Discontinuity || !SameMap(map, wanted)))
        {
            WriteKeys(text, wanted.Keys, ref keys);
            text.Append("#EXT-X-MAP:URI=\"").Append(PlaylistText.Address(wanted.Address)).Append('"');
            if (wanted.Range is { } range)
                text.Append(",BYTERANGE=\"").Append(PlaylistText.Range(range)).Append('"');
            text.Append('\n');
            map = wanted;
        }

        WriteKeys(text, segment.Keys, ref keys);
    }

    private static void WriteKeys(StringBuilder text, ImmutableArray<MediaKey> wanted, ref ImmutableArray<MediaKey> keys)
    {
        if (SameKeys(keys, wanted))
            return;
        // A key holds until the next one of its format, or NONE, which ends them all.
        if (keys.Any(key => !wanted.Any(other => Format(other) == Format(key))))
            text.Append("#EXT-X-KEY:METHOD=NONE\n");
        foreach (var key in wanted)
        {
            var attributes = key.Address is { } address ? key.Attributes.With("URI", PlaylistText.Address(address), quoted: true) : key.Attributes;
            text.Append("#EXT-X-KEY:").Append(PlaylistText.Attributes(attributes)).Append('\n');
        }

        keys = wanted;
    }

    private static void WriteSegment(StringBuilder text, PublishedSegment segment)
    {
        foreach (var line in segment.OtherTags)
        {
            if (PlaylistText.IsKept(line))
                text.Append(line).Append('\n');
        }

        text.Append("#EXT-X-PROGRAM-DATE-TIME:").Append(PlaylistText.Date(segment.Date)).Append('\n');
        if (segment.Gap)
            text.Append("#EXT-X-GAP\n");
        text.Append("#EXTINF:").Append(PlaylistText.Seconds(segment.Duration)).Append(',').Append(PlaylistText.Clean(segment.Title)).Append('\n');
        if (segment.Range is { } range)
            text.Append("#EXT-X-BYTERANGE:").Append(PlaylistText.Range(range)).Append('\n');
        text.Append(PlaylistText.Address(segment.Address)).Append('\n');
    }

    /// <summary>The lowest version that allows what is used (RFC 8216, section 7; 8216bis, section 8).</summary>
    private static int VersionOf(PublishedPlaylist playlist)
    {
        var version = 3;
        if (playlist.IFramesOnly)
            version = 4;
        foreach (var segment in playlist.Segments)
        {
            if (segment.Range is not null)
                version = Math.Max(version, 4);
            if (segment.Keys.Any(key => key.Method == "SAMPLE-AES" || key.Attributes["KEYFORMAT"] is not null))
                version = Math.Max(version, 5);
            if (segment.Map is not null)
                version = Math.Max(version, playlist.IFramesOnly ? 5 : 6);
            if (segment.Gap)
                version = Math.Max(version, 8);
        }

        return version;
    }

    private static string Format(MediaKey key) => key.Attributes["KEYFORMAT"] ?? "identity";

    private static bool SameMap(MediaMap? left, MediaMap right) =>
        left is not null && left.Address.OriginalString == right.Address.OriginalString && left.Range == right.Range;

    private static bool SameKeys(ImmutableArray<MediaKey> left, ImmutableArray<MediaKey> right)
    {
        if (left.Length != right.Length)
            return false;
        for (var index = 0; index < left.Length; index++)
        {
            if (left[index].Address?.OriginalString != right[index].Address?.OriginalString
                || !left[index].Attributes.Items.SequenceEqual(right[index].Attributes.Items))
            {
                return false;
            }
        }

        return true;
    }
}
