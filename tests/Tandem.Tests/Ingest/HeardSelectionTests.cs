using Tandem.Live.Ingest;
using Xunit;

namespace Tandem.Tests.Ingest;

public sealed class HeardSelectionTests
{
    [Fact]
    public void ARenditionInTheSourceLanguageIsHeard() => Assert.Equal("en.m3u8", Heard("""
        #EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="a",NAME="Deutsch",LANGUAGE="de",DEFAULT=YES,URI="de.m3u8"
        #EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="a",NAME="English",LANGUAGE="en",URI="en.m3u8"
        #EXT-X-STREAM-INF:BANDWIDTH=2000000,CODECS="avc1.64001f,mp4a.40.2",AUDIO="a"
        v.m3u8
        """));

    [Theory]
    [InlineData("en", "eng", "a")]
    [InlineData("de", "ger", "a")]
    [InlineData("en-GB", "en", "a")]
    [InlineData("en-GB", "en-US", "a")]
    [InlineData("en", "en_GB", "a")]
    [InlineData("pt", "PT-br", "a")]
    [InlineData("en", "und", "a")]
    [InlineData("en", "fr", "b")]
    public void LanguagesAreComparedAsPeopleMeanThem(string wanted, string written, string heard) => Assert.Equal(heard + ".m3u8", Heard(
        $"""
        #EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="a",NAME="A",LANGUAGE="{written}",URI="a.m3u8"
        #EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="a",NAME="B",LANGUAGE="xx",DEFAULT=YES,URI="b.m3u8"
        #EXT-X-STREAM-INF:BANDWIDTH=2000000,AUDIO="a"
        v.m3u8
        """,
        wanted));

    [Fact]
    public void TheRegionThatFitsIsPreferred() => Assert.Equal("gb.m3u8", Heard(
        """
        #EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="a",NAME="US",LANGUAGE="en-US",DEFAULT=YES,URI="us.m3u8"
        #EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="a",NAME="GB",LANGUAGE="en-GB",URI="gb.m3u8"
        #EXT-X-STREAM-INF:BANDWIDTH=2000000,AUDIO="a"
        v.m3u8
        """,
        "en-GB"));

    [Fact]
    public void AudioDescriptionIsNotTheProgramme() => Assert.Equal("main.m3u8", Heard("""
        #EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="a",NAME="AD",LANGUAGE="en",AUTOSELECT=YES,CHARACTERISTICS="public.accessibility.describes-video",URI="ad.m3u8"
        #EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="a",NAME="English",LANGUAGE="en",URI="main.m3u8"
        #EXT-X-STREAM-INF:BANDWIDTH=2000000,AUDIO="a"
        v.m3u8
        """));

    [Fact]
    public void StereoIsPreferredToSurroundAndFullSoundToReduced() => Assert.Equal("hi.m3u8", Heard("""
        #EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="low",NAME="English",LANGUAGE="en",DEFAULT=YES,CHANNELS="2",URI="low.m3u8"
        #EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="mid",NAME="English",LANGUAGE="en",DEFAULT=YES,CHANNELS="2",URI="mid.m3u8"
        #EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="hi",NAME="English",LANGUAGE="en",DEFAULT=YES,CHANNELS="2",URI="hi.m3u8"
        #EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="six",NAME="English",LANGUAGE="en",DEFAULT=YES,CHANNELS="6",URI="six.m3u8"
        #EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="ac3",NAME="English",LANGUAGE="en",DEFAULT=YES,CHANNELS="2",URI="ac3.m3u8"
        #EXT-X-STREAM-INF:BANDWIDTH=500000,CODECS="avc1.64001f,mp4a.40.5",AUDIO="low"
        1.m3u8
        #EXT-X-STREAM-INF:BANDWIDTH=1000000,CODECS="avc1.64001f,mp4a.40.2",AUDIO="mid"
        2.m3u8
        #EXT-X-STREAM-INF:BANDWIDTH=3000000,CODECS="avc1.64001f,mp4a.40.2",AUDIO="hi"
        3.m3u8
        #EXT-X-STREAM-INF:BANDWIDTH=9000000,CODECS="avc1.64001f,mp4a.40.2",AUDIO="six"
        4.m3u8
        #EXT-X-STREAM-INF:BANDWIDTH=9900000,CODECS="avc1.64001f,ac-3",AUDIO="ac3"
        5.m3u8
        """));

    [Fact]
    public void OfVariantsWithSoundTheSmallestWithFullSoundIsHeard() => Assert.Equal("mid.m3u8", Heard("""
        #EXT-X-STREAM-INF:BANDWIDTH=4000000,CODECS="avc1.64001f,mp4a.40.2"
        hi.m3u8
        #EXT-X-STREAM-INF:BANDWIDTH=200000,CODECS="avc1.64001f,mp4a.40.2"
        starved.m3u8
        #EXT-X-STREAM-INF:BANDWIDTH=600000,CODECS="avc1.64001f,mp4a.40.5"
        reduced.m3u8
        #EXT-X-STREAM-INF:BANDWIDTH=1000000,CODECS="avc1.64001f,mp4a.40.2"
        mid.m3u8
        """));

    [Theory]
    [InlineData(128_000, "sound.m3u8")]
    [InlineData(48_000, "picture.m3u8")]
    public void AnAudioOnlyVariantIsHeardUnlessItIsStarved(int bandwidth, string heard) => Assert.Equal(heard, Heard($"""
        #EXT-X-STREAM-INF:BANDWIDTH=1000000,CODECS="avc1.64001f,mp4a.40.2"
        picture.m3u8
        #EXT-X-STREAM-INF:BANDWIDTH={bandwidth},CODECS="mp4a.40.2"
        sound.m3u8
        """));

    [Fact]
    public void SoundWithinTheVariantIsKnownByItsRenditionWithoutAddress() => Assert.Equal("v.m3u8", Heard("""
        #EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="a",NAME="English",LANGUAGE="en",DEFAULT=YES
        #EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="a",NAME="Deutsch",LANGUAGE="de",URI="de.m3u8"
        #EXT-X-STREAM-INF:BANDWIDTH=2000000,CODECS="avc1.64001f,mp4a.40.2",AUDIO="a"
        v.m3u8
        """));

    [Fact]
    public void AnotherLanguageIsBetterThanNoneAndSaysSo()
    {
        var choice = HeardSelection.Rank(
            Playlist.Master("#EXTM3U\n#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID=\"a\",NAME=\"F\",LANGUAGE=\"fr\",URI=\"fr.m3u8\"\n#EXT-X-STREAM-INF:BANDWIDTH=1,AUDIO=\"a\"\nv\n"), "en")[0];
        Assert.Equal(LanguageMatch.Other, choice.Language);
    }

    [Fact]
    public void ASourceWithoutSoundIsAFault()
    {
        var master = Playlist.Master("#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=2000000,CODECS=\"avc1.64001f\"\nv.m3u8\n");
        Assert.Empty(HeardSelection.Rank(master, "en"));
        Assert.Equal("no_sound", SourceCatalog.Of(master, "en", 100).Fault!.Reason);
    }

    private static string Heard(string lines, string language = "en")
    {
        var choice = HeardSelection.Rank(Playlist.Master("#EXTM3U\n" + lines), language)[0];
        return (choice.Rendition?.Address ?? choice.Variant!.Address).Segments[^1];
    }
}
