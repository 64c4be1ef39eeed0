using System.Globalization;
using Tandem.Checks.Signals;
using static System.FormattableString;

namespace Tandem.Checks.LiveOrigin;

/// <summary>Writes an origin's playlists.</summary>
internal static class PlaylistWriter
{
    /// <summary>The master: every variant with every audio group, and the renditions.</summary>
    /// <param name="options">What is on the air.</param>
    /// <param name="address">The address of a track's playlist.</param>
    public static string Master(OriginOptions options, Func<Track, string> address)
    {
        var programme = options.Programme;
        List<string> lines = ["#EXTM3U", Version(options), "#EXT-X-INDEPENDENT-SEGMENTS"];
        if (options.Variables)
            lines.AddRange(["#EXT-X-DEFINE:NAME=\"where\",VALUE=\"..\"", "#EXT-X-DEFINE:NAME=\"list\",VALUE=\"index.m3u8\""]);
        var groups = programme.AudioRenditions.GroupBy(track => track.Sound!.Group).ToList();
        foreach (var group in groups)
            lines.AddRange(group.Select((track, index) => Rendition(track, isDefault: index == 0, address)));
        foreach (var variant in programme.Variants)
        {
            foreach (var group in groups.DefaultIfEmpty())
                lines.AddRange([Variant(variant, group), address(variant)]);
        }

        return Text(lines);
    }

    /// <summary>A media playlist of <paramref name="entries"/>.</summary>
    public static string Media(OriginOptions options, Track track, IReadOnlyList<OriginEntry> entries, OriginAddresses addresses)
    {
        var target = (int)Math.Ceiling(track.Pieces.Max(piece => piece.Seconds));
        List<string> lines = ["#EXTM3U", Version(options), Invariant($"#EXT-X-TARGETDURATION:{target}"), "#EXT-X-INDEPENDENT-SEGMENTS"];
        if (options.Variables)
            lines.Add("#EXT-X-DEFINE:IMPORT=\"where\"");
        if (options.Parts > 0)
        {
            var part = target / (double)options.Parts;
            lines.Add(Invariant($"#EXT-X-SERVER-CONTROL:CAN-BLOCK-RELOAD=YES,CAN-SKIP-UNTIL={target * 6},PART-HOLD-BACK={3 * part}"));
            lines.Add(Invariant($"#EXT-X-PART-INF:PART-TARGET={part}"));
        }

        var first = entries.Count > 0 ? entries[0] : null;
        lines.Add(Invariant($"#EXT-X-MEDIA-SEQUENCE:{first?.Sequence ?? options.FirstSequence}"));
        // A discontinuity before the first segment listed counts as removed with what was before it.
        lines.Add(Invariant($"#EXT-X-DISCONTINUITY-SEQUENCE:{first?.DiscontinuitySequence ?? 0}"));
        if (track.Init is not null)
            lines.Add($"#EXT-X-MAP:URI=\"{addresses.Init(track)}\"");

        string? key = null;
        foreach (var entry in entries)
        {
            if (entry.Discontinuity && entry != first)
                lines.Add("#EXT-X-DISCONTINUITY");
            if (addresses.Key(entry) is { } line && line != key)
                lines.Add(key = line);
            lines.AddRange(Segment(options, track, entry, entries[^1].Ordinal - entry.Ordinal < 2, addresses));
        }

        if (options.Parts > 0 && entries.Count > 0)
            lines.Add($"#EXT-X-PRELOAD-HINT:TYPE=PART,URI=\"{addresses.Part(track, entries[^1] with { Sequence = entries[^1].Sequence + 1 }, 0)}\"");
        return Text(lines);
    }

    private static IEnumerable<string> Segment(OriginOptions options, Track track, OriginEntry entry, bool withParts, OriginAddresses addresses)
    {
        if (options.ProgramDates)
            yield return $"#EXT-X-PROGRAM-DATE-TIME:{entry.Date.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture)}";
        foreach (var tag in options.Tags(entry))
            yield return tag;
        if (entry.Gap)
            yield return "#EXT-X-GAP";
        var seconds = track.Pieces[entry.Piece].Seconds;
        for (var part = 0; withParts && part < options.Parts; part++)
        {
            var independent = part == 0 ? ",INDEPENDENT=YES" : "";
            yield return Invariant($"#EXT-X-PART:DURATION={seconds / options.Parts},URI=\"{addresses.Part(track, entry, part)}\"{independent}");
        }

        yield return Invariant($"#EXTINF:{seconds:F6},");
        if (addresses.Range(track, entry) is { } range)
            yield return $"#EXT-X-BYTERANGE:{range}";
        yield return addresses.Segment(track, entry);
    }

    private static string Rendition(Track track, bool isDefault, Func<Track, string> address)
    {
        var sound = track.Sound!;
        return Invariant($"#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID=\"{sound.Group}\",NAME=\"{sound.Language}\",LANGUAGE=\"{sound.Language}\",")
            + Invariant($"DEFAULT={(isDefault ? "YES" : "NO")},AUTOSELECT=YES,CHANNELS=\"{sound.Channels}\",URI=\"{address(track)}\"");
    }

    private static string Variant(Track variant, IGrouping<string, Track>? group)
    {
        var sound = group?.MaxBy(track => track.PeakBitRate);
        var codecs = sound is null || variant.Sound is not null ? variant.Codecs : $"{variant.Codecs},{sound.Sound!.CodecsTag}";
        var picture = variant.Picture!;
        return Invariant($"#EXT-X-STREAM-INF:BANDWIDTH={variant.PeakBitRate + (sound?.PeakBitRate ?? 0)},")
            + Invariant($"AVERAGE-BANDWIDTH={variant.AverageBitRate + (sound?.AverageBitRate ?? 0)},CODECS=\"{codecs}\",")
            + Invariant($"RESOLUTION={picture.Width}x{picture.Height},FRAME-RATE={picture.Rate.Frames / (double)picture.Rate.Seconds:F3}")
            + (group is null ? "" : $",AUDIO=\"{group.Key}\"");
    }

    private static string Version(OriginOptions options) => Invariant($"#EXT-X-VERSION:{(options.Variables ? 8 : 6)}");

    private static string Text(List<string> lines) => string.Join('\n', lines) + "\n";
}
