using System.Collections.Immutable;

namespace Tandem.Live.Ingest;

/// <summary>
/// Reads HLS playlists (RFC 8216 and the tags of its successor draft). Never throws for what a text holds: what cannot be trusted is
/// rejected with its line. Forgiving where players are (CRLF, BOM, blank lines, missing EXT-X-TARGETDURATION), strict where a guess
/// would fetch or publish the wrong thing.
/// </summary>
public static class PlaylistParser
{
    /// <summary>Longest text read, in characters.</summary>
    public const int MaxText = 16 * 1024 * 1024;

    /// <summary>Most segments of a media playlist: two days of an event in segments of 2 s.</summary>
    public const int MaxSegments = 86_400;

    /// <summary>How many of them are kept, the newest.</summary>
    public const int KeptSegments = 2_000;

    /// <summary>Most variants, renditions and I-frame playlists of a master playlist together.</summary>
    public const int MaxEntries = 2_000;

    /// <summary>Reads a playlist.</summary>
    /// <param name="text">The whole text.</param>
    /// <param name="address">Where it was found, after redirects; relative addresses start there.</param>
    /// <param name="imports">The master playlist's variables, for EXT-X-DEFINE:IMPORT; null for none.</param>
    /// <param name="kept">How many segments of a media playlist are kept, the newest.</param>
    public static PlaylistOutcome Parse(
        string text, Uri address, ImmutableDictionary<string, string>? imports = null, int kept = KeptSegments)
    {
        if (text.Length > MaxText)
            return new PlaylistOutcome.Rejected("too_large", 0, $"the playlist is longer than {MaxText / 1024 / 1024} MiB");
        var lines = PlaylistLines.Split(text);
        if (lines.Count == 0 || !IsHeader(lines[0].Text))
            return new PlaylistOutcome.Rejected("not_a_playlist", lines.Count == 0 ? 0 : lines[0].Number, WhatItIs(text));

        var (masterLine, mediaLine) = Kinds(lines);
        var context = new PlaylistContext(address, imports ?? ImmutableDictionary<string, string>.Empty);
        return (masterLine, mediaLine) switch
        {
            (0, 0) => new PlaylistOutcome.Rejected("not_a_playlist", 0, "a playlist without variants and without segments"),
            ( > 0, > 0) => new PlaylistOutcome.Rejected(
                "bad_playlist", Math.Max(masterLine, mediaLine), "tags of a master playlist and of a media playlist in one"),
            ( > 0, _) => new MasterPlaylistReader(context).Read(lines),
            _ => new MediaPlaylistReader(context, kept).Read(lines),
        };
    }

    private static bool IsHeader(string line) =>
        line.StartsWith("#EXTM3U", StringComparison.Ordinal) && (line.Length == 7 || char.IsWhiteSpace(line[7]));

    private static (int Master, int Media) Kinds(List<PlaylistLine> lines)
    {
        var master = 0;
        var media = 0;
        foreach (var line in lines)
        {
            switch (line.Tag)
            {
                case "EXT-X-STREAM-INF" or "EXT-X-MEDIA" or "EXT-X-I-FRAME-STREAM-INF" when master == 0:
                    master = line.Number;
                    break;
                case "EXTINF" or "EXT-X-TARGETDURATION" or "EXT-X-MEDIA-SEQUENCE" or "EXT-X-ENDLIST" when media == 0:
                    media = line.Number;
                    break;
            }
        }

        return (master, media);
    }

    private static string WhatItIs(string text)
    {
        var start = text.AsSpan(0, Math.Min(text.Length, 512)).TrimStart("\uFEFF \t\r\n");
        if (start.IsEmpty)
            return "the answer is empty; expected an HLS playlist";
        if (start.Contains("<MPD", StringComparison.Ordinal))
            return "a DASH manifest came instead of an HLS playlist; give the channel's HLS address";
        if (start.StartsWith("<!doctype html", StringComparison.OrdinalIgnoreCase) || start.Contains("<html", StringComparison.OrdinalIgnoreCase))
            return "an HTML page came instead of a playlist; the address may need a sign-in, or is that of a web page";
        if (start[0] == '<')
            return "XML came instead of an HLS playlist";
        if (start[0] is '{' or '[')
            return "JSON came instead of an HLS playlist";
        if (start[0] == 'G' || start.Contains("ftyp", StringComparison.Ordinal) || start.Contains('\0'))
            return "media or other binary data came instead of an HLS playlist";
        return "the text does not begin with #EXTM3U";
    }
}
