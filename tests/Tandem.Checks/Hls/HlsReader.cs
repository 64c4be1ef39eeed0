using System.Globalization;

namespace Tandem.Checks.Hls;

/// <summary>Reads playlists strictly, as RFC 8216 has them. Shares nothing with the reader that is checked.</summary>
public static class HlsReader
{
    /// <summary>Reads what it can; everything wrong is in <see cref="HlsPlaylist.Faults"/>.</summary>
    public static HlsPlaylist Read(Uri address, string text)
    {
        var playlist = new HlsPlaylist { Address = address };
        var lines = text.Split('\n').Select(line => line.TrimEnd('\r')).ToList();
        if (lines[0] != "#EXTM3U")
            playlist.Faults.Add("does not begin with #EXTM3U");
        if (text.Length > 0 && text[^1] != '\n')
            playlist.Faults.Add("the last line has no end");

        HlsEntry? variant = null;
        var next = new NextSegment();
        foreach (var line in lines.Skip(1).Where(line => line.Length > 0))
        {
            if (line[0] != '#')
            {
                if (variant is not null)
                    playlist.Variants.Add(variant with { Uri = line });
                else
                    next.Finish(playlist, line);
                variant = null;
                continue;
            }

            if (!line.StartsWith("#EXT", StringComparison.Ordinal))
                continue;
            var colon = line.IndexOf(':', StringComparison.Ordinal);
            var tag = colon < 0 ? new HlsTag(line[1..], "") : new HlsTag(line[1..colon], line[(colon + 1)..]);
            playlist.Tags.Add(tag);
            if (!ReadHeader(playlist, tag, ref variant))
                next.Read(playlist, tag);
        }

        if (variant is not null)
            playlist.Faults.Add("EXT-X-STREAM-INF without an address");
        if (!playlist.IsMaster && playlist.TargetDuration is null)
            playlist.Faults.Add("neither variants nor EXT-X-TARGETDURATION");
        if (playlist.IsMaster && (playlist.Segments.Count > 0 || playlist.TargetDuration is not null))
            playlist.Faults.Add("both variants and segments");
        return playlist;
    }

    /// <summary>An attribute list; faults go to <paramref name="playlist"/>.</summary>
    public static Dictionary<string, string> Attributes(HlsPlaylist playlist, HlsTag tag)
    {
        var attributes = new Dictionary<string, string>(StringComparer.Ordinal);
        var rest = tag.Value.AsSpan();
        while (rest.Length > 0)
        {
            var equals = rest.IndexOf('=');
            if (equals <= 0)
            {
                playlist.Faults.Add($"{tag.Name}: no attribute at \"{rest}\"");
                break;
            }

            var name = rest[..equals].ToString();
            if (name.Any(letter => letter is not ((>= 'A' and <= 'Z') or (>= '0' and <= '9') or '-')))
                playlist.Faults.Add($"{tag.Name}: \"{name}\" is no attribute name");
            rest = rest[(equals + 1)..];
            var quoted = rest.Length > 0 && rest[0] == '"';
            var end = quoted ? rest[1..].IndexOf('"') + 2 : rest.IndexOf(',');
            if (quoted && end == 1)
            {
                playlist.Faults.Add($"{tag.Name}: {name} is not closed");
                break;
            }

            var value = end < 0 ? rest : rest[..end];
            if (!attributes.TryAdd(name, (quoted ? value[1..^1] : value).ToString()))
                playlist.Faults.Add($"{tag.Name}: {name} twice");
            rest = rest[value.Length..];
            if (rest.Length > 0 && rest[0] != ',')
            {
                playlist.Faults.Add($"{tag.Name}: something after {name}");
                break;
            }

            rest = rest.Length > 0 ? rest[1..] : rest;
        }

        return attributes;
    }

    /// <summary>A whole number of 64 bits, or a fault.</summary>
    public static long Number(HlsPlaylist playlist, HlsTag tag)
    {
        if (!long.TryParse(tag.Value, NumberStyles.None, CultureInfo.InvariantCulture, out var number))
            playlist.Faults.Add($"{tag.Name}: \"{tag.Value}\" is no number");
        return number;
    }

    private static bool ReadHeader(HlsPlaylist playlist, HlsTag tag, ref HlsEntry? variant)
    {
        switch (tag.Name)
        {
            case "EXT-X-VERSION":
                playlist.Version = (int)Number(playlist, tag);
                return true;
            case "EXT-X-TARGETDURATION":
                playlist.TargetDuration = (int)Number(playlist, tag);
                return true;
            case "EXT-X-MEDIA-SEQUENCE":
                playlist.Sequence = BeforeSegments(playlist, tag);
                return true;
            case "EXT-X-DISCONTINUITY-SEQUENCE":
                playlist.DiscontinuitySequence = BeforeSegments(playlist, tag);
                return true;
            case "EXT-X-ENDLIST":
                playlist.Ended = true;
                return true;
            case "EXT-X-STREAM-INF":
                variant = new HlsEntry(Attributes(playlist, tag), null);
                return true;
            case "EXT-X-MEDIA":
                var media = Attributes(playlist, tag);
                playlist.Renditions.Add(new HlsEntry(media, media.GetValueOrDefault("URI")));
                return true;
            case "EXT-X-I-FRAME-STREAM-INF":
                var frames = Attributes(playlist, tag);
                playlist.IFrames.Add(new HlsEntry(frames, frames.GetValueOrDefault("URI")));
                return true;
            default:
                return false;
        }
    }

    private static long BeforeSegments(HlsPlaylist playlist, HlsTag tag)
    {
        if (playlist.Segments.Count > 0)
            playlist.Faults.Add($"{tag.Name} after a segment");
        return Number(playlist, tag);
    }
}
