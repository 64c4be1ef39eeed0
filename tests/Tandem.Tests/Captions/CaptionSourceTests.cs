using Tandem.Live.Captions;
using Tandem.Live.Ingest;
using Tandem.Tests.Ingest;
using Xunit;

namespace Tandem.Tests.Captions;

/// <summary>Where the captions of a source are read.</summary>
public sealed class CaptionSourceTests
{
    private const string Muxed = """
        #EXT-X-STREAM-INF:BANDWIDTH=3000000,CODECS="avc1.64001f,mp4a.40.2"
        high.m3u8
        #EXT-X-STREAM-INF:BANDWIDTH=800000,CODECS="avc1.64001f,mp4a.40.2"
        low.m3u8
        """;

    private const string Apart = """
        #EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="a",NAME="English",LANGUAGE="en",URI="en.m3u8"
        #EXT-X-STREAM-INF:BANDWIDTH=3000000,CODECS="avc1.64001f,mp4a.40.2",AUDIO="a"
        high.m3u8
        #EXT-X-STREAM-INF:BANDWIDTH=500000,CODECS="avc1.64001f,mp4a.40.2",AUDIO="a"
        low.m3u8
        #EXT-X-STREAM-INF:BANDWIDTH=64000,CODECS="mp4a.40.2",AUDIO="a"
        sound.m3u8
        """;

    [Fact]
    public void A_rendition_in_the_language_is_read_and_no_forced_one() => Assert.Equal("s/s/English", Read($"""
        #EXT-X-MEDIA:TYPE=SUBTITLES,GROUP-ID="s",NAME="Forced",LANGUAGE="en",FORCED=YES,DEFAULT=YES,URI="forced.m3u8"
        #EXT-X-MEDIA:TYPE=SUBTITLES,GROUP-ID="s",NAME="Français",LANGUAGE="fr",DEFAULT=YES,URI="fr.m3u8"
        #EXT-X-MEDIA:TYPE=SUBTITLES,GROUP-ID="s",NAME="Described",LANGUAGE="eng",CHARACTERISTICS="public.accessibility.describes-music-and-sound",URI="sdh.m3u8"
        #EXT-X-MEDIA:TYPE=SUBTITLES,GROUP-ID="s",NAME="English",LANGUAGE="en-GB",FORCED="NO",URI="en.m3u8"
        {Muxed}
        """).Playlist);

    [Fact]
    public void An_associated_language_is_the_last_choice()
    {
        const string Bokmal = """
            #EXT-X-MEDIA:TYPE=SUBTITLES,GROUP-ID="s",NAME="Bokmål",LANGUAGE="nb",ASSOC-LANGUAGE="no",URI="nb.m3u8"
            """;
        Assert.Equal("s/s/Bokmål", Read($"{Bokmal}\n{Muxed}", "no").Playlist);
        Assert.Equal("s/s/Norsk", Read($"""
            {Bokmal}
            #EXT-X-MEDIA:TYPE=SUBTITLES,GROUP-ID="s",NAME="Norsk",LANGUAGE="no",URI="no.m3u8"
            {Muxed}
            """, "no").Playlist);
    }

    [Theory]
    [InlineData("en", 3)]
    [InlineData("es", 1)]
    public void Declared_closed_captions_are_read_in_the_language(string language, int channel)
    {
        var (playlist, read) = Read($"""
            #EXT-X-MEDIA:TYPE=CLOSED-CAPTIONS,GROUP-ID="c",NAME="Español",LANGUAGE="es",INSTREAM-ID="CC1"
            #EXT-X-MEDIA:TYPE=CLOSED-CAPTIONS,GROUP-ID="c",NAME="English",LANGUAGE="en",INSTREAM-ID="CC3"
            {Muxed}
            """, language);
        Assert.Equal(channel, read);
        Assert.Equal("v1", playlist);
    }

    [Fact]
    public void Without_any_word_of_captions_CC1_is_tried_in_what_is_heard() => Assert.Equal(("v1", 1), Read(Muxed));

    [Fact]
    public void Where_the_sound_is_apart_the_smallest_picture_is_read() => Assert.Equal(("v1", 1), Read(Apart));

    [Fact]
    public void A_media_playlist_alone_is_read_itself()
    {
        var catalog = SourceCatalog.Of(Playlist.Address);
        var (source, _) = CaptionSource.Of(new SourceEvent.MasterFound(catalog.Master, catalog.Playlists, catalog.Heard), "en");
        Assert.Equal(("single", 1), (source!.Playlist.Id.Name, source.Channel));
    }

    [Theory]
    [InlineData("""
        #EXT-X-MEDIA:TYPE=CLOSED-CAPTIONS,GROUP-ID="c",NAME="Français",LANGUAGE="fr",INSTREAM-ID="CC1"
        #EXT-X-STREAM-INF:BANDWIDTH=3000000,CODECS="avc1.64001f,mp4a.40.2",CLOSED-CAPTIONS="c"
        high.m3u8
        """, "captions in fr, not in en")]
    [InlineData("""
        #EXT-X-STREAM-INF:BANDWIDTH=3000000,CODECS="avc1.64001f,mp4a.40.2",CLOSED-CAPTIONS=NONE
        high.m3u8
        """, "CLOSED-CAPTIONS=NONE")]
    [InlineData("""
        #EXT-X-STREAM-INF:BANDWIDTH=64000,CODECS="mp4a.40.2"
        sound.m3u8
        """, "no picture")]
    public void Where_there_can_be_none_the_reason_is_one_line_with_the_remedy(string master, string reason)
    {
        var (source, problem) = Choose(master, "en");
        Assert.Null(source);
        Assert.Contains(reason, problem, StringComparison.Ordinal);
        Assert.Contains("choose another recogniser", problem, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', problem!);
    }

    private static (string Playlist, int? Channel) Read(string master, string language = "en")
    {
        var (source, problem) = Choose(master, language);
        Assert.Null(problem);
        return (source!.Playlist.Id.Name, source.Channel);
    }

    private static (CaptionSource? Source, string? Problem) Choose(string master, string language)
    {
        var (catalog, fault) = SourceCatalog.Of(Playlist.Master("#EXTM3U\n" + master + "\n"), language, 100);
        Assert.Null(fault);
        return CaptionSource.Of(new SourceEvent.MasterFound(catalog!.Master, catalog.Playlists, catalog.Heard), language);
    }
}
