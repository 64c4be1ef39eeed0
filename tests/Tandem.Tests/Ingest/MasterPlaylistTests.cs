using Tandem.Live.Ingest;
using Xunit;

namespace Tandem.Tests.Ingest;

public sealed class MasterPlaylistTests
{
    [Fact]
    public void ReadsAMasterPlaylist()
    {
        var master = Playlist.Master("""
            #EXTM3U
            #EXT-X-VERSION:7
            #EXT-X-INDEPENDENT-SEGMENTS
            #EXT-X-START:TIME-OFFSET=-10
            #EXT-X-CONTENT-STEERING:SERVER-URI="/steering?video=00012",PATHWAY-ID="CDN-A"
            #EXT-X-SESSION-DATA:DATA-ID="com.example.title",LANGUAGE="en",VALUE="One, two"
            #EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="aud",NAME="English, stereo",LANGUAGE="en",DEFAULT=YES,AUTOSELECT=YES,CHANNELS="2",URI="a/en.m3u8"
            #EXT-X-MEDIA:TYPE=CLOSED-CAPTIONS,GROUP-ID="cc",NAME="CC1",INSTREAM-ID="CC1"
            #EXT-X-STREAM-INF:AVERAGE-BANDWIDTH=2168183,BANDWIDTH=2177116,CODECS="avc1.640020,mp4a.40.2",RESOLUTION=960x540,FRAME-RATE=60.000,CLOSED-CAPTIONS="cc",AUDIO="aud"
            v5/prog_index.m3u8
            #EXT-X-STREAM-INF:BANDWIDTH=800000
            https://other.example/low.m3u8?sig=a,b
            #EXT-X-I-FRAME-STREAM-INF:BANDWIDTH=187492,CODECS="avc1.64002a",URI="v7/iframe_index.m3u8"
            """);

        Assert.True(master.IndependentSegments);
        Assert.Equal("-10", master.Start!["TIME-OFFSET"]);
        Assert.Equal(["https://live.example/ch/v5/prog_index.m3u8", "https://other.example/low.m3u8?sig=a,b"], master.Variants.Select(variant => variant.Address.AbsoluteUri));
        Assert.Equal("avc1.640020,mp4a.40.2", master.Variants[0].Attributes["CODECS"]);
        Assert.Equal("English, stereo", master.Renditions[0].Attributes["NAME"]);
        Assert.Equal("https://live.example/ch/a/en.m3u8", master.Renditions[0].Address!.AbsoluteUri);
        Assert.Null(master.Renditions[1].Address);
        Assert.Equal("https://live.example/ch/v7/iframe_index.m3u8", master.IFrameVariants[0].Address.AbsoluteUri);
        Assert.Equal(["""#EXT-X-SESSION-DATA:DATA-ID="com.example.title",LANGUAGE="en",VALUE="One, two" """.Trim()], master.OtherTags);
    }

    [Fact]
    public void AttributesKeepOrderQuotesAndSpaces()
    {
        var master = Playlist.Master("#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1 , X-COM=0xAB,NAME=\"a,b=c\" ,FORCED=\"NO\",,X\nv.m3u8\n");
        Assert.Equal(
            [
                new PlaylistAttribute("BANDWIDTH", "1", Quoted: false),
                new PlaylistAttribute("X-COM", "0xAB", Quoted: false),
                new PlaylistAttribute("NAME", "a,b=c", Quoted: true),
                new PlaylistAttribute("FORCED", "NO", Quoted: true),
            ],
            master.Variants[0].Attributes.Items);
    }

    [Fact]
    public void VariablesAreReplacedEverywhereAndHandedOn()
    {
        var master = Playlist.Master(
            """
            #EXTM3U
            #EXT-X-DEFINE:NAME="host",VALUE="https://cdn.example"
            #EXT-X-DEFINE:NAME="base",VALUE="{$host}/live"
            #EXT-X-DEFINE:QUERYPARAM="token"
            #EXT-X-SESSION-DATA:DATA-ID="d",VALUE="{$base}"
            #EXT-X-SESSION-DATA:DATA-ID="e",VALUE="{$nobody}"
            #EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="a",NAME="n",URI="{$base}/a.m3u8?t={$token}"
            #EXT-X-STREAM-INF:BANDWIDTH=1,AUDIO="a",X-A="{ $base } {$} {$ x}"
            {$base}/v.m3u8?t={$token}
            """,
            new Uri("https://live.example/m.m3u8?a=1&token=p%2Fq"));
        Assert.Equal("https://cdn.example/live/v.m3u8?t=p/q", master.Variants[0].Address.AbsoluteUri);
        Assert.Equal("https://cdn.example/live/a.m3u8?t=p/q", master.Renditions[0].Address!.AbsoluteUri);
        Assert.Equal("{ $base } {$} {$ x}", master.Variants[0].Attributes["X-A"]);
        Assert.Equal(["""#EXT-X-SESSION-DATA:DATA-ID="d",VALUE="https://cdn.example/live" """.Trim()], master.OtherTags);

        var text = "#EXTM3U\n#EXT-X-DEFINE:IMPORT=\"base\"\n#EXTINF:2,\n{$base}/1.ts\n";
        var media = Assert.IsType<PlaylistOutcome.Media>(PlaylistParser.Parse(text, Playlist.Address, master.Variables)).Playlist;
        Assert.Equal("https://cdn.example/live/1.ts", media.Segments[0].Address.AbsoluteUri);
        Assert.Equal(2, Playlist.Rejected(text).Line);
    }

    [Theory]
    [InlineData("#EXT-X-DEFINE:QUERYPARAM=\"other\"", 2)]
    [InlineData("#EXT-X-DEFINE:VALUE=\"other\"", 2)]
    [InlineData("#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID=\"a\",NAME=\"{$x}\"", 2)]
    [InlineData("#EXT-X-MEDIA:TYPE=AUDIO,NAME=\"n\"", 2)]
    [InlineData("#EXT-X-I-FRAME-STREAM-INF:BANDWIDTH=1", 2)]
    [InlineData("stray.m3u8", 2)]
    [InlineData("#EXT-X-STREAM-INF:BANDWIDTH=1\ndata:text/plain,x", 3)]
    public void WhatWouldLeadAstrayIsRejectedWithItsLine(string lines, int line)
    {
        var rejected = Playlist.Rejected("#EXTM3U\n" + lines + "\n#EXT-X-STREAM-INF:BANDWIDTH=1\nv.m3u8\n");
        Assert.Equal(("bad_playlist", line), (rejected.Reason, rejected.Line));
    }

    [Theory]
    [InlineData("", "empty")]
    [InlineData("  \n \n", "empty")]
    [InlineData("<!DOCTYPE html><html><body>Sign in</body></html>", "HTML")]
    [InlineData("\n <html lang=en>", "HTML")]
    [InlineData("<?xml version='1.0'?><MPD xmlns='urn:mpeg:dash:schema:mpd:2011'>", "DASH")]
    [InlineData("<?xml version='1.0'?><Error><Code>AccessDenied</Code></Error>", "XML")]
    [InlineData("{\"error\":\"offline\"}", "JSON")]
    [InlineData("G@\u0000\u0010", "binary")]
    [InlineData("\0\0\0\u0018ftypmp42", "binary")]
    [InlineData("hello", "#EXTM3U")]
    [InlineData("#EXTM3U8\n#EXTINF:2,\na.ts", "#EXTM3U")]
    [InlineData("#EXTM3U", "without variants")]
    [InlineData("#EXTM3U\n#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID=\"a\",NAME=\"n\"", "without variants")]
    public void WhatIsNoPlaylistIsNamed(string text, string says)
    {
        var rejected = Playlist.Rejected(text);
        Assert.Equal("not_a_playlist", rejected.Reason);
        Assert.Contains(says, rejected.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public void FaultsShowNoSecrets()
    {
        var fault = Playlist.Rejected("<html>").AsFault(new Uri("https://me:pass@live.example:8443/a/b.m3u8?token=secret#x"));
        Assert.StartsWith("https://live.example:8443/a/b.m3u8", fault.Detail, StringComparison.Ordinal);
        Assert.DoesNotContain("pass", fault.Detail, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", fault.Detail, StringComparison.Ordinal);
    }
}
