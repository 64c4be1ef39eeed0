using Tandem.Live.Ingest;
using Xunit;

namespace Tandem.Tests.Ingest;

/// <summary>Playlists from text, as tests write them.</summary>
internal static class Playlist
{
    public static readonly Uri Address = new("https://live.example/ch/index.m3u8");

    public static MediaPlaylist Media(string text, Uri? address = null) =>
        Assert.IsType<PlaylistOutcome.Media>(PlaylistParser.Parse(text, address ?? Address)).Playlist;

    public static MasterPlaylist Master(string text, Uri? address = null) =>
        Assert.IsType<PlaylistOutcome.Master>(PlaylistParser.Parse(text, address ?? Address)).Playlist;

    public static PlaylistOutcome.Rejected Rejected(string text, Uri? address = null) =>
        Assert.IsType<PlaylistOutcome.Rejected>(PlaylistParser.Parse(text, address ?? Address));

    /// <summary>A live window of segments of <paramref name="duration"/> seconds.</summary>
    public static MediaPlaylist Window(long first, int count, string path = "s", double duration = 2, bool ended = false, DateTimeOffset? date = null) =>
        Media(WindowText(first, count, path, duration, ended, date: date));

    public static string WindowText(
        long first, int count, string path = "s", double duration = 2, bool ended = false, string query = "", DateTimeOffset? date = null)
    {
        var lines = new List<string>
        {
            "#EXTM3U",
            "#EXT-X-VERSION:3",
            FormattableString.Invariant($"#EXT-X-TARGETDURATION:{Math.Ceiling(duration)}"),
            $"#EXT-X-MEDIA-SEQUENCE:{first}",
        };
        if (date is { } from)
            lines.Add($"#EXT-X-PROGRAM-DATE-TIME:{from:O}");
        for (var number = first; number < first + count; number++)
        {
            lines.Add(FormattableString.Invariant($"#EXTINF:{duration:F3},"));
            lines.Add($"{path}{number}.ts{query}");
        }

        if (ended)
            lines.Add("#EXT-X-ENDLIST");
        return string.Join('\n', lines) + "\n";
    }
}
