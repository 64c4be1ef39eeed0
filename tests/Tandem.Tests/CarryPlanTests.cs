using Tandem.Live;
using Tandem.Live.Ingest;
using Tandem.Tests.Ingest;
using Xunit;

namespace Tandem.Tests;

/// <summary>Which playlists are carried within the memory that there is.</summary>
public sealed class CarryPlanTests
{
    private const string Renditions = """
        #EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="a",NAME="English",LANGUAGE="en",URI="en.m3u8"
        #EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="a",NAME="Français",LANGUAGE="fr",URI="fr.m3u8"
        #EXT-X-MEDIA:TYPE=SUBTITLES,GROUP-ID="s",NAME="English",LANGUAGE="en",URI="subs.m3u8"
        """;

    [Fact]
    public void Everything_that_viewers_need_is_carried_where_there_is_room()
    {
        var plan = Plan($"""
            #EXTM3U
            {Renditions}
            #EXT-X-STREAM-INF:BANDWIDTH=3000000,CODECS="avc1.64001f,mp4a.40.2",AUDIO="a",SUBTITLES="s"
            high.m3u8
            #EXT-X-STREAM-INF:BANDWIDTH=800000,CODECS="avc1.64001f,mp4a.40.2",AUDIO="a",SUBTITLES="s"
            low.m3u8
            #EXT-X-STREAM-INF:BANDWIDTH=64000,CODECS="mp4a.40.2",AUDIO="a"
            sound.m3u8
            #EXT-X-I-FRAME-STREAM-INF:BANDWIDTH=100000,URI="i.m3u8"
            """, megabytes: 256);
        Assert.Equal(["a/a/English", "a/a/Français", "s/s/English", "v0", "v1"], Names(plan));
        Assert.Empty(plan.LeftOut);
    }

    [Fact]
    public void The_largest_variants_are_left_out_first_and_named()
    {
        // 40 s of 0.8 and 3 Mbit/s are 19 MB; 8 Mbit/s would be 40 MB more.
        var plan = Plan("""
            #EXTM3U
            #EXT-X-STREAM-INF:BANDWIDTH=8000000,CODECS="avc1.64001f,mp4a.40.2"
            huge.m3u8
            #EXT-X-STREAM-INF:BANDWIDTH=800000,CODECS="avc1.64001f,mp4a.40.2"
            low.m3u8
            #EXT-X-STREAM-INF:BANDWIDTH=3000000,CODECS="avc1.64001f,mp4a.40.2"
            high.m3u8
            """, megabytes: 30);
        Assert.Equal(["v1", "v2"], Names(plan));
        Assert.Equal(["v0 (8.0 Mbit/s)"], plan.LeftOut);
    }

    [Fact]
    public void What_is_heard_is_carried_in_any_case()
    {
        var plan = Plan("""
            #EXTM3U
            #EXT-X-STREAM-INF:BANDWIDTH=20000000,CODECS="avc1.64001f,mp4a.40.2"
            only.m3u8
            #EXT-X-STREAM-INF:BANDWIDTH=25000000,CODECS="avc1.64001f,mp4a.40.2"
            more.m3u8
            """, megabytes: 16);
        Assert.Equal(["v0"], Names(plan));
        Assert.Equal(["v1 (25.0 Mbit/s)"], plan.LeftOut);
    }

    private static IEnumerable<string> Names(CarryPlan plan) => plan.Carried.Select(id => id.Name).Order(StringComparer.Ordinal);

    private static CarryPlan Plan(string text, int megabytes)
    {
        var catalog = SourceCatalog.Of(Playlist.Master(text), "en", 100).Catalog!;
        return CarryPlan.Of(new SourceEvent.MasterFound(catalog.Master, catalog.Playlists, catalog.Heard), TimeSpan.FromSeconds(40), megabytes * 1_000_000L);
    }
}
