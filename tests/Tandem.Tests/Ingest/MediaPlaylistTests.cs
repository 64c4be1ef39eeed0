using Tandem.Live.Ingest;
using Xunit;

namespace Tandem.Tests.Ingest;

public sealed class MediaPlaylistTests
{
    [Fact]
    public void ReadsALivePlaylist()
    {
        var playlist = Playlist.Media("""
            #EXTM3U
            #EXT-X-VERSION:6
            #EXT-X-TARGETDURATION:6
            #EXT-X-MEDIA-SEQUENCE:2680
            #EXT-X-DISCONTINUITY-SEQUENCE:3
            #EXT-X-INDEPENDENT-SEGMENTS
            #EXT-X-START:TIME-OFFSET=-12.5,PRECISE=YES
            #EXTINF:5.99467,
            a/2680.ts?token=x
            #EXTINF:6,a title, with a comma
            /abs/2681.ts
            #EXT-X-DISCONTINUITY
            #EXTINF:3.003,
            //cdn.example/2682.ts
            #EXTINF:3.003,
            ?n=2683
            """);

        Assert.Equal(6, playlist.Version);
        Assert.Equal(TimeSpan.FromSeconds(6), playlist.TargetDuration);
        Assert.True(playlist.IndependentSegments);
        Assert.False(playlist.EndList);
        Assert.Equal("-12.5", playlist.Start!["TIME-OFFSET"]);
        Assert.Equal([2680L, 2681, 2682, 2683], playlist.Segments.Select(segment => segment.Sequence));
        Assert.Equal([3L, 3, 4, 4], playlist.Segments.Select(segment => segment.DiscontinuitySequence));
        Assert.Equal([false, false, true, false], playlist.Segments.Select(segment => segment.Discontinuity));
        Assert.Equal(
            [
                "https://live.example/ch/a/2680.ts?token=x",
                "https://live.example/abs/2681.ts",
                "https://cdn.example/2682.ts",
                "https://live.example/ch/index.m3u8?n=2683",
            ],
            playlist.Segments.Select(segment => segment.Address.AbsoluteUri));
        Assert.Equal(TimeSpan.FromTicks(59_946_700), playlist.Segments[0].Duration);
        Assert.Equal("a title, with a comma", playlist.Segments[1].Title);
    }

    [Theory]
    [InlineData("\r\n")]
    [InlineData("\n")]
    [InlineData("\r\n\r\n  \r\n")]
    [InlineData("\n# a comment\n")]
    public void LineEndsBlankLinesAndCommentsDoNotMatter(string end)
    {
        var text = string.Join(end, "\uFEFF#EXTM3U", "#EXT-X-TARGETDURATION:2", "#EXTINF:2,", "a.ts  ", "#EXT-X-ENDLIST");
        var playlist = Playlist.Media(text);
        Assert.True(playlist.EndList);
        Assert.Equal("https://live.example/ch/a.ts", Assert.Single(playlist.Segments).Address.AbsoluteUri);
    }

    [Fact]
    public void ByteRangesFollowOnFromTheRangeBefore()
    {
        var playlist = Playlist.Media("""
            #EXTM3U
            #EXT-X-TARGETDURATION:2
            #EXT-X-MAP:URI="all.mp4",BYTERANGE="720"
            #EXTINF:2,
            #EXT-X-BYTERANGE:1000@720
            all.mp4
            #EXTINF:2,
            #EXT-X-BYTERANGE:500
            all.mp4
            #EXT-X-BYTERANGE:70
            #EXTINF:2,
            all.mp4
            """);
        Assert.Equal(
            [new ByteRange(1000, 720), new ByteRange(500, 1720), new ByteRange(70, 2220)],
            playlist.Segments.Select(segment => segment.Range!));
        Assert.Equal(new ByteRange(720, 0), playlist.Segments[0].Map!.Range);
    }

    [Fact]
    public void AByteRangeWithoutOffsetNeedsOneBeforeItInTheSameFile()
    {
        var rejected = Playlist.Rejected("#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXTINF:2,\n#EXT-X-BYTERANGE:10@0\na.ts\n#EXTINF:2,\n#EXT-X-BYTERANGE:10\nb.ts\n");
        Assert.Equal(("bad_playlist", 8), (rejected.Reason, rejected.Line));
    }

    [Fact]
    public void DatesGoOnFromSegmentToSegment()
    {
        var playlist = Playlist.Media("""
            #EXTM3U
            #EXT-X-TARGETDURATION:2
            #EXTINF:2.5,
            a.ts
            #EXT-X-PROGRAM-DATE-TIME:2026-02-19T14:54:23.031+0800
            #EXTINF:2.5,
            b.ts
            #EXTINF:1.25,
            c.ts
            #EXT-X-PROGRAM-DATE-TIME:2026-02-19T07:00:00Z
            #EXTINF:2,
            d.ts
            """);
        var first = new DateTimeOffset(2026, 2, 19, 14, 54, 23, 31, TimeSpan.FromHours(8));
        Assert.Equal(
            [null, first, first.AddSeconds(2.5), new DateTimeOffset(2026, 2, 19, 7, 0, 0, TimeSpan.Zero)],
            playlist.Segments.Select(segment => segment.ProgramDate));
    }

    [Theory]
    [InlineData("2026-02-19T14:54:23Z", 0)]
    [InlineData("2026-02-19T14:54:23.123456789Z", 123.4568)]
    [InlineData("2026-02-19T15:54:23.5+01", 500)]
    [InlineData("2026-02-19T15:54:23.5+01:00", 500)]
    [InlineData("2026-02-19T15:54:23.5+0100", 500)]
    [InlineData("2026-02-19T14:54:23", 0)]
    public void DatesAreReadAsPackagersWriteThem(string text, double milliseconds)
    {
        var expected = new DateTimeOffset(2026, 2, 19, 14, 54, 23, TimeSpan.Zero).AddMilliseconds(milliseconds);
        Assert.InRange((PlaylistValues.Date(text)!.Value - expected).Duration(), TimeSpan.Zero, TimeSpan.FromMilliseconds(0.001));
    }

    [Theory]
    [InlineData("")]
    [InlineData("yesterday")]
    [InlineData("0001-01-01T00:00:00Z")]
    [InlineData("9999-12-31T23:59:59Z")]
    public void ADateThatIsNoneIsPassedOver(string text) => Assert.Null(PlaylistValues.Date(text));

    [Fact]
    public void KeysHoldUntilTheNextOfTheirFormat()
    {
        var playlist = Playlist.Media("""
            #EXTM3U
            #EXT-X-TARGETDURATION:2
            #EXTINF:2,
            clear.ts
            #EXT-X-KEY:METHOD=AES-128,URI="k1",IV=0x9c7db8778570d05c3177c349fd9236aa
            #EXT-X-KEY:METHOD=SAMPLE-AES,URI="skd://k1",KEYFORMAT="com.apple.streamingkeydelivery",KEYFORMATVERSIONS="1"
            #EXTINF:2,
            a.ts
            #EXT-X-KEY:METHOD=AES-128,URI="k2"
            #EXT-X-MAP:URI="init.mp4"
            #EXTINF:2,
            b.ts
            #EXT-X-KEY:METHOD=NONE
            #EXTINF:2,
            c.ts
            """);
        Assert.Empty(playlist.Segments[0].Keys);
        Assert.Equal(["AES-128", "SAMPLE-AES"], playlist.Segments[1].Keys.Select(key => key.Method));
        Assert.Equal(0x9c, playlist.Segments[1].Keys[0].Iv!.Value[0]);
        Assert.Equal(["skd", "https"], playlist.Segments[2].Keys.Select(key => key.Address!.Scheme));
        Assert.Null(playlist.Segments[2].Keys[1].Iv);
        Assert.Equal("https://live.example/ch/k2", playlist.Segments[2].Map!.Keys[1].Address!.AbsoluteUri);
        Assert.Empty(playlist.Segments[3].Keys);
        Assert.NotNull(playlist.Segments[3].Map);
    }

    [Fact]
    public void PartsOfLowLatencyPlaylistsArePassedOver()
    {
        var playlist = Playlist.Media("""
            #EXTM3U
            #EXT-X-TARGETDURATION:4
            #EXT-X-VERSION:9
            #EXT-X-SERVER-CONTROL:CAN-BLOCK-RELOAD=YES,PART-HOLD-BACK=1.0,CAN-SKIP-UNTIL=12.0
            #EXT-X-PART-INF:PART-TARGET=0.33334
            #EXT-X-MEDIA-SEQUENCE:266
            #EXT-X-PART:DURATION=0.33334,URI="f266.0.mp4"
            #EXT-X-PART:DURATION=0.33334,URI="f266.1.mp4"
            #EXTINF:4.00008,
            f266.mp4
            #EXT-X-PART:DURATION=0.33334,URI="f267.0.mp4",INDEPENDENT=YES
            #EXT-X-PRELOAD-HINT:TYPE=PART,URI="f267.1.mp4"
            #EXT-X-RENDITION-REPORT:URI="../1M/waitForMSN.php",LAST-MSN=273,LAST-PART=2
            """);
        Assert.EndsWith("f266.mp4", Assert.Single(playlist.Segments).Address.AbsolutePath, StringComparison.Ordinal);
        Assert.Empty(playlist.Segments[0].OtherTags);
    }

    [Fact]
    public void ADeltaUpdateIsNotTakenForThePlaylist()
    {
        var rejected = Playlist.Rejected("#EXTM3U\n#EXT-X-TARGETDURATION:4\n#EXT-X-SKIP:SKIPPED-SEGMENTS=3\n#EXTINF:4,\na.ts\n");
        Assert.Equal(("bad_playlist", 3), (rejected.Reason, rejected.Line));
    }

    [Fact]
    public void TagsStayWithTheSegmentThatTheyStandBefore()
    {
        var playlist = Playlist.Media("""
            #EXTM3U
            #EXT-X-TARGETDURATION:4
            #EXTINF:4,
            a.ts
            #EXT-X-CUE-OUT:30
            #EXT-X-BITRATE:900
            #EXT-X-GAP
            #EXTINF:4,
            b.ts
            #EXT-X-DATERANGE:ID="late",START-DATE="2026-02-19T07:00:00Z"
            """);
        Assert.Equal(["#EXT-X-CUE-OUT:30", "#EXT-X-BITRATE:900"], playlist.Segments[1].OtherTags);
        Assert.Equal([false, true], playlist.Segments.Select(segment => segment.Gap));
        Assert.Equal(["""#EXT-X-DATERANGE:ID="late",START-DATE="2026-02-19T07:00:00Z" """.Trim()], playlist.DateRanges.Select(range => range.Line));
    }

    [Fact]
    public void DateRangesBelongToThePlaylistAndTheirAddressesAreAbsolute()
    {
        var playlist = Playlist.Media("""
            #EXTM3U
            #EXT-X-TARGETDURATION:4
            #EXT-X-DATERANGE:ID="ad",CLASS="com.apple.hls.interstitial",START-DATE="2026-02-19T07:00:00Z",DURATION=15.0,X-ASSET-URI="ads/1.m3u8"
            #EXT-X-DATERANGE:nonsense"
            #EXT-X-DATERANGE:ID="ad",END-DATE="2026-02-19T07:00:14Z"
            #EXTINF:4,
            a.ts
            """);
        Assert.Empty(playlist.Segments[0].OtherTags);
        Assert.Equal(2, playlist.DateRanges.Length);
        var range = playlist.DateRanges[0];
        Assert.Equal(TimeSpan.FromSeconds(15), range.End - range.Start);
        Assert.Contains($"X-ASSET-URI=\"{new Uri(playlist.Address, "ads/1.m3u8")}\"", range.Line, StringComparison.Ordinal);
        Assert.Contains("DURATION=15.0,", range.Line, StringComparison.Ordinal);
    }

    [Fact]
    public void EventVodAndIFramesAreTold()
    {
        var text = "#EXTM3U\n#EXT-X-TARGETDURATION:4\n#EXT-X-PLAYLIST-TYPE:{0}\n#EXT-X-I-FRAMES-ONLY\n#EXTINF:4,\na.ts\n";
        Assert.Equal("EVENT", Playlist.Media(text.Replace("{0}", "EVENT", StringComparison.Ordinal)).Type);
        Assert.Equal("VOD", Playlist.Media(text.Replace("{0}", "VOD", StringComparison.Ordinal)).Type);
        Assert.True(Playlist.Media(text).IFramesOnly);
        Assert.Null(Playlist.Media(text).Type);
    }

    [Fact]
    public void AMissingTargetDurationIsTheLongestSegments() =>
        Assert.Equal(TimeSpan.FromSeconds(7), Playlist.Media("#EXTM3U\n#EXTINF:6.006,\na.ts\n#EXTINF:2,\nb.ts\n").TargetDuration);

    [Theory]
    [InlineData("#EXTINF:x,\na.ts", 3)]
    [InlineData("#EXTINF:1e9,\na.ts", 3)]
    [InlineData("#EXTINF:NaN,\na.ts", 3)]
    [InlineData("a.ts", 3)]
    [InlineData("#EXTINF:2,\nfile:///etc/passwd", 4)]
    [InlineData("#EXTINF:2,\njavascript:alert(1)", 4)]
    [InlineData("#EXTINF:2,\nhttp://", 4)]
    [InlineData("#EXT-X-MEDIA-SEQUENCE:99999999999999999999", 3)]
    [InlineData("#EXT-X-MEDIA-SEQUENCE:-4", 3)]
    [InlineData("#EXT-X-KEY:METHOD=AES-128,URI=\"k", 3)]
    [InlineData("#EXT-X-KEY:URI=\"k\"", 3)]
    [InlineData("#EXT-X-KEY:METHOD=AES-128,URI=\"k\",IV=0xZZ", 3)]
    [InlineData("#EXT-X-KEY:METHOD=AES-128,URI=\"k\",IV=0x0102030405060708090a0b0c0d0e0f1011", 3)]
    [InlineData("#EXT-X-MAP:BYTERANGE=\"5@0\"", 3)]
    [InlineData("#EXTINF:2,\n#EXT-X-BYTERANGE:0@5\na.ts", 4)]
    [InlineData("#EXTINF:2,\n#EXT-X-BYTERANGE:999999999999999999@999999999999999999\na.ts", 5)]
    [InlineData("#EXT-X-STREAM-INF:BANDWIDTH=1\nv.m3u8", 3)]
    public void WhatWouldLeadAstrayIsRejectedWithItsLine(string lines, int line)
    {
        var rejected = Playlist.Rejected("#EXTM3U\n#EXT-X-TARGETDURATION:2\n" + lines + "\n");
        Assert.Equal(("bad_playlist", line), (rejected.Reason, rejected.Line));
    }

    [Fact]
    public void ShortIvsAreFilledAtTheFront()
    {
        var playlist = Playlist.Media("#EXTM3U\n#EXT-X-KEY:METHOD=AES-128,URI=\"k\",IV=0xABC\n#EXTINF:2,\na.ts\n");
        Assert.Equal([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x0A, 0xBC], playlist.Segments[0].Keys[0].Iv!.Value);
    }

    [Fact]
    public void ControlCharactersDoNotReachWhatIsPublishedAgain()
    {
        var playlist = Playlist.Media("#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXT-X-CUE\u0085#EXT-X-ENDLIST\u2028\0\n#EXTINF:2,\na.ts\n");
        Assert.Equal("#EXT-X-CUE#EXT-X-ENDLIST", Assert.Single(playlist.Segments[0].OtherTags));
        Assert.False(playlist.EndList);
    }

    /// <summary>A packager whose 33 bits wrap writes days, or less than nothing; the channel lives on.</summary>
    [Theory]
    [InlineData("-23334.41", 0.001)]
    [InlineData("95443.7", 4)]
    [InlineData("99999999", 4)]
    [InlineData("0", 0.001)]
    [InlineData("29.9", 29.9)]
    public void ADurationThatCannotBeIsTakenForALikelyOne(string written, double taken)
    {
        var playlist = Playlist.Media($"#EXTM3U\n#EXTINF:{written},\na.ts\n#EXT-X-TARGETDURATION:4\n#EXTINF:4,\nb.ts\n");
        Assert.Equal([taken, 4], playlist.Segments.Select(segment => segment.Duration.TotalSeconds));
    }

    [Fact]
    public void ATargetDurationOfHoursDoesNotHoldTheChannelForHours() =>
        Assert.Equal(60, Playlist.Media("#EXTM3U\n#EXT-X-TARGETDURATION:3600\n#EXTINF:4,\nb.ts\n").TargetDuration.TotalSeconds);
}
