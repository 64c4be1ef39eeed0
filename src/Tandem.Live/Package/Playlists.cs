using System.Collections.Immutable;
using System.Text;
using Tandem.Live.Ingest;
using Tandem.Live.Timeline;

namespace Tandem.Live.Package;

/// <summary>Makes all media playlists of a channel from the table and the source's playlists; nothing in them is edited text.</summary>
public static class Playlists
{
    /// <summary>The playlist of a rendition that Tandem makes.</summary>
    /// <param name="rows">The window.</param>
    /// <param name="targetDuration">Of the channel, s.</param>
    /// <param name="segment">The rendition's segment of a row.</param>
    /// <param name="depth">How many folders below the channel's address the playlist is.</param>
    /// <param name="ended">Whether nothing will follow.</param>
    public static PublishedResource OfRendition(
        IReadOnlyList<SegmentRow> rows, int targetDuration, Func<SegmentRow, RenditionSegment> segment, int depth, bool ended)
    {
        var up = string.Concat(Enumerable.Repeat("../", depth));
        var segments = ImmutableArray.CreateBuilder<PublishedSegment>(rows.Count);
        foreach (var row in rows)
        {
            var made = segment(row);
            segments.Add(new PublishedSegment(Relative(up, made.Path), row.Duration, row.Date)
            {
                Discontinuity = row.Discontinuity,
                Gap = made.Gap,
                Map = made.Init is { } init ? new MediaMap(Relative(up, init), null) : null,
            });
        }

        return Resource(new PublishedPlaylist
        {
            TargetDuration = targetDuration,
            MediaSequence = rows[0].Number,
            DiscontinuitySequence = DiscontinuitySequence(rows[0].Epoch, rows[0].Discontinuity),
            Segments = segments.DrainToImmutable(),
            IndependentSegments = true,
            EndList = ended,
        });
    }

    /// <summary>One of the source's playlists, held back; null while none of its segments is published.</summary>
    /// <param name="mirror">The playlist.</param>
    /// <param name="from">Beginning of the window.</param>
    /// <param name="targetDuration">Of the channel, s.</param>
    /// <param name="ended">Whether nothing will follow.</param>
    public static PublishedResource? OfMirror(DelayedPlaylist mirror, ChannelTime from, int targetDuration, bool ended)
    {
        // What was carried by an instance before this one has no address any more, and what has left the list does not come back.
        var published = mirror.Segments.Where(segment => segment.Number is not null)
            .SkipWhile(segment => segment is { Epoch.Carried: true, Own: null } || segment.Number < mirror.FirstListed).ToArray();
        var window = published[WindowStart(published, from, targetDuration)..];
        if (window.Length == 0 || mirror.Playlist is null)
            return null;
        mirror.FirstListed = window[0].Number!.Value;
        return Resource(new PublishedPlaylist
        {
            TargetDuration = targetDuration,
            MediaSequence = window[0].Number!.Value,
            DiscontinuitySequence = DiscontinuitySequence(window[0].Epoch!, window[0].Discontinuity),
            Segments = [.. window.Select(OfSegment)],
            IndependentSegments = mirror.Playlist.IndependentSegments,
            IFramesOnly = mirror.Playlist.IFramesOnly,
            Start = mirror.Playlist.Start,
            DateRanges = [.. mirror.DateRanges.Between(window[0].Date, window[^1].Date + window[^1].Source.Duration, mirror.Playlist.DateRanges)],
            EndList = ended,
        });
    }

    private static PublishedSegment OfSegment(DelayedSegment segment)
    {
        var source = PublishedSegment.Of(segment.Source, segment.Number!.Value, segment.Date, segment.Discontinuity);
        if (segment.Own is not { } own)
            return source;

        // Served as it is, whole and decrypted. The playlist stands one folder below the channel's address.
        return source with
        {
            Address = Relative("../", own.Path),
            Range = null,
            Keys = [],
            Map = own.Init is { } init ? new MediaMap(Relative("../", init), null) : null,
            Gap = own.Gap,
            OtherTags = [.. source.OtherTags.Where(tag => !tag.StartsWith("#EXT-X-BITRATE", StringComparison.Ordinal))],
        };
    }

    /// <summary>
    /// Where the window begins, but never so late that less than three target durations are left (RFC 8216, section 6.2.2): one of the
    /// source's playlists that is polled later than the heard one, as after an outage, lacks the newest segments for a while.
    /// </summary>
    private static int WindowStart(DelayedSegment[] published, ChannelTime from, int targetDuration)
    {
        var start = published.Length;
        var length = TimeSpan.Zero;
        while (start > 0 && (length < TimeSpan.FromSeconds(3 * targetDuration) || IsWithin(published[start - 1], from)))
            length += published[--start].Source.Duration;
        return start;
    }

    private static bool IsWithin(DelayedSegment segment, ChannelTime from) => segment.Position + SoundLength.Of(segment.Source.Duration / 2) > from;

    // The tag of the first segment leaves the playlist together with it; until then it counts itself.
    private static long DiscontinuitySequence(Epoch epoch, bool tagged) => epoch.DiscontinuitySequence - (tagged ? 1 : 0);

    private static Uri Relative(string up, string path) => new(up + path, UriKind.Relative);

    private static PublishedResource Resource(PublishedPlaylist playlist) =>
        new(MediaPlaylistWriter.ContentType, Encoding.UTF8.GetBytes(MediaPlaylistWriter.Write(playlist)), ResourceLife.Playlist);
}
