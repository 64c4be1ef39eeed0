using Tandem.Operations.Load;
using Xunit;

namespace Tandem.Tests.Load;

/// <summary>Playlists as a viewer reads them.</summary>
public sealed class HlsReadingTests
{
    private static readonly Uri Address = new("https://host.example/live/news/x.m3u8?t=1");

    [Fact]
    public void A_media_playlist_is_read_with_all_that_holds_for_segments()
    {
        var (media, problem) = HlsMedia.Read("""
            #EXTM3U
            #EXT-X-TARGETDURATION:2
            #EXT-X-MEDIA-SEQUENCE:100
            #EXT-X-DISCONTINUITY-SEQUENCE:7
            #EXT-X-MAP:URI="i.mp4",BYTERANGE="800@0"
            #EXT-X-PROGRAM-DATE-TIME:2026-11-24T12:00:00.500Z
            #EXTINF:2.000,title, with comma
            #EXT-X-BYTERANGE:1000@800
            all.mp4
            #EXTINF:1.5,
            #EXT-X-BYTERANGE:500
            all.mp4
            #EXT-X-DISCONTINUITY
            #EXT-X-KEY:METHOD=AES-128,URI="k"
            #EXT-X-GAP
            #EXTINF:2,
            https://other.example/c.mp4
            #EXT-X-KEY:METHOD=NONE
            #EXTINF:2,
            d.mp4
            #EXT-X-ENDLIST
            """, Address);
        Assert.Null(problem);
        Assert.Equal((2_000_000, true), (media!.Target, media.Ended));
        Assert.Equal([100, 101, 102, 103], media.Segments.Select(segment => segment.Number));
        Assert.Equal([7, 7, 8, 8], media.Segments.Select(segment => segment.Epoch));
        Assert.Equal([false, false, true, false], media.Segments.Select(segment => segment.IsEncrypted));
        Assert.Equal([false, false, true, false], media.Segments.Select(segment => segment.IsGap));
        Assert.Equal(new HlsBytes(new Uri("https://host.example/live/news/all.mp4"), (1800, 500)), media.Segments[1].Bytes);
        Assert.Equal(new HlsBytes(new Uri("https://host.example/live/news/i.mp4"), (0, 800)), media.Segments[1].Map);
        Assert.Equal(2_000_000, media.Segments[1].Date - media.Segments[0].Date);
        Assert.Equal(1_795_521_600_500_000, media.Segments[0].Date);
        Assert.Equal("https://other.example/c.mp4", media.Segments[2].Bytes.Name);
    }

    [Theory]
    [InlineData("<html>")]
    [InlineData("#EXTM3U\n#EXTINF:2,\na.ts")]
    [InlineData("#EXTM3U\n#EXT-X-TARGETDURATION:-3\n")]
    [InlineData("")]
    public void What_is_no_playlist_is_told(string text) => Assert.NotNull(HlsMedia.Read(text, Address).Problem);

    [Theory]
    [InlineData(null, "b.m3u8", "es.m3u8")]
    [InlineData("ES", "b.m3u8", "es.m3u8")]
    [InlineData("original", "b.m3u8", "original/audio.m3u8")]
    [InlineData("en", "b.m3u8", "original/audio.m3u8")]
    public void The_best_picture_and_the_wanted_voice_are_chosen(string? language, string picture, string voice)
    {
        var master = Master();
        Assert.Equal((new Uri(Address, picture), new Uri(Address, voice), null), master.Choose(language, audioOnly: false));
        Assert.Equal((null, new Uri(Address, voice), null), master.Choose(language, audioOnly: true));
    }

    [Fact]
    public void A_voice_that_is_not_there_is_told() =>
        Assert.Equal("there is no voice fr; there are en, es", Master().Choose("fr", false).Problem);

    [Theory]
    [InlineData("http://h:8080/", "news", "http://h:8080/live/news/master.m3u8", "http://h:8080/ws/live/news")]
    [InlineData("https://h/tv/", "news", "https://h/tv/live/news/master.m3u8", "https://h/tv/ws/live/news")]
    [InlineData("https://h/live/news/master.m3u8", null, "https://h/live/news/master.m3u8", "https://h/ws/live/news")]
    [InlineData("wss://h/ws/live/news?token=x", null, "https://h/live/news/master.m3u8?token=x", "https://h/ws/live/news?token=x")]
    [InlineData("https://cdn/a/b.m3u8", null, "https://cdn/a/b.m3u8", null)]
    public void An_address_leads_to_both_ways_to_watch(string url, string? channel, string master, string? socket)
    {
        var target = LoadTarget.Of(new Uri(url), channel)!;
        Assert.Equal((new Uri(master), socket is null ? null : new Uri(socket)), (target.Master, target.Socket));
    }

    [Fact]
    public void A_root_without_a_channel_leads_nowhere() => Assert.Null(LoadTarget.Of(new Uri("http://h/"), null));

    [Fact]
    public void What_changes_in_a_playlist_that_must_not_is_told()
    {
        var faults = new List<FaultKind>();
        var check = new HlsCheck("voice", 50_000);
        void Take(string body) => check.Take(HlsMedia.Read($"#EXTM3U\n#EXT-X-TARGETDURATION:2\n{body}", Address).Media!, (kind, _) =>
            faults.Add(kind));
        Take("#EXT-X-MEDIA-SEQUENCE:5\n#EXTINF:2,\na\n#EXTINF:2,\nb\n");
        Take("#EXT-X-MEDIA-SEQUENCE:6\n#EXTINF:2,\nb\n#EXTINF:2,\nc\n");
        Assert.Empty(faults);
        Take("#EXT-X-MEDIA-SEQUENCE:6\n#EXTINF:2,\nb\n#EXTINF:1.9,\nc\n");
        Assert.Equal([FaultKind.Protocol], faults);
        Take("#EXT-X-MEDIA-SEQUENCE:5\n#EXTINF:2,\na\n#EXTINF:2,\nb\n");
        Assert.Equal([FaultKind.Protocol, FaultKind.Protocol], faults);
        Take("#EXT-X-MEDIA-SEQUENCE:8\n#EXT-X-PROGRAM-DATE-TIME:2026-11-24T12:00:00Z\n#EXTINF:2,\nd\n#EXT-X-PROGRAM-DATE-TIME:2026-11-24T12:00:02.1Z\n#EXTINF:2,\ne\n");
        Assert.Equal(FaultKind.Time, faults[^1]);
    }

    private static HlsMaster Master() => HlsMaster.Read("""
        #EXTM3U
        #EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="a",LANGUAGE="en",NAME="English (original)",URI="original/audio.m3u8"
        #EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="a",LANGUAGE="es",NAME="Español, doblado",DEFAULT=YES,URI="es.m3u8"
        #EXT-X-MEDIA:TYPE=SUBTITLES,GROUP-ID="s",LANGUAGE="es",NAME="Español",URI="s.m3u8"
        #EXT-X-STREAM-INF:BANDWIDTH=1000,AUDIO="a",CODECS="avc1.64001f,mp4a.40.2"
        a.m3u8
        #EXT-X-STREAM-INF:AUDIO="a",BANDWIDTH=2000,RESOLUTION=1x1
        b.m3u8
        #EXT-X-STREAM-INF:BANDWIDTH=9000,CODECS="mp4a.40.2",AUDIO="a"
        es.m3u8
        """, Address).Master!;
}
