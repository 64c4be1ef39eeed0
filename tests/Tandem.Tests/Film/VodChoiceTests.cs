using Tandem.Live.Film;
using Tandem.Live.Ingest;
using Xunit;

namespace Tandem.Tests.Film;

public sealed class VodChoiceTests
{
    private static readonly Uri Base = new("https://a.example/master.m3u8");

    [Fact]
    public void The_largest_picture_is_fetched_and_the_sound_that_goes_with_it()
    {
        var choice = Choose(
            """
            #EXTM3U
            #EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="low",NAME="English",LANGUAGE="en",URI="low-en.m3u8"
            #EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="high",NAME="Deutsch",LANGUAGE="de",DEFAULT=YES,URI="high-de.m3u8"
            #EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="high",NAME="English",LANGUAGE="en",URI="high-en.m3u8"
            #EXT-X-STREAM-INF:BANDWIDTH=500000,CODECS="avc1.4d401f,mp4a.40.2",AUDIO="low"
            small.m3u8
            #EXT-X-STREAM-INF:BANDWIDTH=3000000,CODECS="avc1.4d401f,mp4a.40.2",AUDIO="high"
            large.m3u8
            """);
        Assert.Equal(["large.m3u8", "high-en.m3u8"], choice);
    }

    [Fact]
    public void Where_the_sound_is_in_the_variant_that_is_all()
    {
        var choice = Choose(
            """
            #EXTM3U
            #EXT-X-STREAM-INF:BANDWIDTH=9000000,CODECS="mp4a.40.2"
            sound.m3u8
            #EXT-X-STREAM-INF:BANDWIDTH=500000,CODECS="avc1.4d401f,mp4a.40.2"
            only.m3u8
            """);
        Assert.Equal(["only.m3u8"], choice);
    }

    [Fact]
    public void A_playlist_of_two_hours_is_kept_whole()
    {
        var text = "#EXTM3U\n#EXT-X-TARGETDURATION:2\n" + string.Concat(Enumerable.Range(0, 3_600).Select(index => $"#EXTINF:2,\n{index}.ts\n")) + "#EXT-X-ENDLIST\n";
        var whole = Assert.IsType<PlaylistOutcome.Media>(PlaylistParser.Parse(text, Base, kept: PlaylistParser.MaxSegments));
        Assert.Equal(3_600, whole.Playlist.Segments.Length);
        Assert.Equal(0, whole.Playlist.Segments[0].Sequence);
    }

    private static string[] Choose(string text) =>
        [.. VodFetcher.Choose(Assert.IsType<PlaylistOutcome.Master>(PlaylistParser.Parse(text, Base)).Playlist, "en").Select(address => address.Segments[^1])];
}
