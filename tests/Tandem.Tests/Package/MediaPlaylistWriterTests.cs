using System.Collections.Immutable;
using Tandem.Live.Ingest;
using Tandem.Live.Package;
using Xunit;

namespace Tandem.Tests.Package;

public sealed class MediaPlaylistWriterTests
{
    private static readonly DateTimeOffset Date = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);

    [Fact]
    public void A_voice_playlist_reads_as_the_rules_say()
    {
        var text = MediaPlaylistWriter.Write(new PublishedPlaylist
        {
            TargetDuration = 2,
            MediaSequence = 17,
            DiscontinuitySequence = 3,
            IndependentSegments = true,
            Segments =
            [
                new(new Uri("es/g1/17.aac", UriKind.Relative), TimeSpan.FromSeconds(2), Date),
                new(new Uri("es/g2/18.aac", UriKind.Relative), TimeSpan.FromTicks(20_053_333), Date.AddSeconds(2)) { Discontinuity = true },
            ],
        });

        Assert.Equal(
            """
            #EXTM3U
            #EXT-X-VERSION:3
            #EXT-X-TARGETDURATION:2
            #EXT-X-MEDIA-SEQUENCE:17
            #EXT-X-DISCONTINUITY-SEQUENCE:3
            #EXT-X-INDEPENDENT-SEGMENTS
            #EXT-X-PROGRAM-DATE-TIME:2026-03-01T12:00:00.000Z
            #EXTINF:2.000000,
            es/g1/17.aac
            #EXT-X-DISCONTINUITY
            #EXT-X-PROGRAM-DATE-TIME:2026-03-01T12:00:02.000Z
            #EXTINF:2.005333,
            es/g2/18.aac

            """,
            text);
    }

    [Fact]
    public void Keys_and_maps_are_repeated_only_when_they_change_and_maps_after_a_discontinuity()
    {
        var key = Key("k1");
        var map = new MediaMap(new Uri("https://cdn.test/init.mp4"), null) { Keys = [key] };
        var text = Write(
            Segment(1) with { Keys = [key], Map = map },
            Segment(2) with { Keys = [key], Map = map },
            Segment(3) with { Keys = [key], Map = map, Discontinuity = true },
            Segment(4) with { Map = map with { Keys = [] } },
            Segment(5));

        Assert.Equal(
            ["KEY:k1", "MAP", "seg1", "seg2", "DISCONTINUITY", "MAP", "seg3", "KEY:NONE", "seg4", "seg5"],
            Skeleton(text));
    }

    [Fact]
    public void A_clear_init_segment_of_encrypted_segments_is_stated_before_their_key()
    {
        var map = new MediaMap(new Uri("https://cdn.test/init.mp4"), null);
        var text = Write(
            Segment(1) with { Keys = [Key("k1")], Map = map },
            Segment(2) with { Keys = [Key("k1")], Map = map, Discontinuity = true });

        Assert.Equal(["MAP", "KEY:k1", "seg1", "DISCONTINUITY", "KEY:NONE", "MAP", "KEY:k1", "seg2"], Skeleton(text));
    }

    [Fact]
    public void A_key_of_another_format_ends_when_it_is_not_wanted_any_more()
    {
        var other = Key("drm", ("KEYFORMAT", "com.example.drm"));
        Assert.Equal(
            ["KEY:k1", "KEY:drm", "seg1", "KEY:NONE", "KEY:k1", "seg2"],
            Skeleton(Write(Segment(1) with { Keys = [Key("k1"), other] }, Segment(2) with { Keys = [Key("k1")] })));
    }

    [Fact]
    public void A_renumbered_segment_says_the_iv_that_its_number_was()
    {
        var source = new MediaSegment(
            258, 0, new Uri("https://cdn.test/a.ts?token=A%2fb~c"), TimeSpan.FromSeconds(2), "", null, null, [Key("k1")], null, false, false, []);
        var text = Write(PublishedSegment.Of(source, 1258, Date, discontinuity: false));

        Assert.Contains("IV=0x00000000000000000000000000000102", text, StringComparison.Ordinal);
        Assert.Contains("\nhttps://cdn.test/a.ts?token=A%2fb~c\n", text, StringComparison.Ordinal);
        Assert.DoesNotContain("IV=", Write(PublishedSegment.Of(source, 258, Date, discontinuity: false)), StringComparison.Ordinal);
    }

    [Fact]
    public void Gap_and_byte_range_travel_and_raise_the_version()
    {
        var text = Write(Segment(1) with { Gap = true, Range = new ByteRange(100, 5000) });
        Assert.Contains("#EXT-X-VERSION:8\n", text, StringComparison.Ordinal);
        Assert.Contains("#EXT-X-GAP\n", text, StringComparison.Ordinal);
        Assert.Contains("#EXT-X-BYTERANGE:100@5000\n", text, StringComparison.Ordinal);
        Assert.Contains("#EXT-X-VERSION:4\n", Write(Segment(1) with { Range = new ByteRange(100, 5000) }), StringComparison.Ordinal);
        Assert.Contains("#EXT-X-VERSION:6\n", Write(Segment(1) with { Map = new MediaMap(new Uri("https://a.test/i"), null) }), StringComparison.Ordinal);
    }

    [Fact]
    public void A_source_cannot_write_lines_of_its_own()
    {
        var text = Write(Segment(1) with
        {
            Title = "news\n#EXT-X-ENDLIST",
            Address = new Uri("https://cdn.test/a b\n#EXT-X-ENDLIST"),
            OtherTags =
            [
                "#EXT-X-DATERANGE:ID=\"ad\",START-DATE=\"2026-03-01T12:00:00Z\"", "#EXT-X-PART:URI=\"p\",DURATION=1", "#EXT-X-ENDLIST",
                "https://evil.test/x.ts", "#EXT-X-CUE-OUT:30\n#EXT-X-ENDLIST",
            ],
        });

        Assert.DoesNotContain("\n#EXT-X-ENDLIST", text, StringComparison.Ordinal);
        Assert.DoesNotContain("#EXT-X-PART", text, StringComparison.Ordinal);
        Assert.DoesNotContain("evil", text, StringComparison.Ordinal);
        Assert.Contains("#EXT-X-DATERANGE:ID=\"ad\"", text, StringComparison.Ordinal);
    }

    [Fact]
    public void A_date_keeps_the_offset_that_the_source_wrote() => Assert.Contains(
        "#EXT-X-PROGRAM-DATE-TIME:2026-03-01T14:00:00.124+02:00\n",
        Write(Segment(1) with { Date = new DateTimeOffset(2026, 3, 1, 14, 0, 0, TimeSpan.FromHours(2)).AddTicks(1_236_000) }),
        StringComparison.Ordinal);

    private static string Write(params ImmutableArray<PublishedSegment> segments) => MediaPlaylistWriter.Write(
        new PublishedPlaylist { TargetDuration = 2, MediaSequence = 1, DiscontinuitySequence = 0, Segments = segments });

    private static PublishedSegment Segment(int number) =>
        new(new Uri($"https://cdn.test/seg{number}"), TimeSpan.FromSeconds(2), Date.AddSeconds(2 * number));

    private static MediaKey Key(string name, params (string Name, string Value)[] others)
    {
        var attributes = AttributeList.Empty.With("METHOD", "AES-128", quoted: false).With("URI", name, quoted: true);
        foreach (var (other, value) in others)
            attributes = attributes.With(other, value, quoted: true);
        return new MediaKey("AES-128", new Uri($"https://keys.test/{name}"), null, attributes);
    }

    /// <summary>The playlist's order in short words.</summary>
    private static string[] Skeleton(string text) => [.. text.Split('\n').Select(line => line switch
    {
        "#EXT-X-KEY:METHOD=NONE" => "KEY:NONE",
        _ when line.StartsWith("#EXT-X-KEY", StringComparison.Ordinal) => "KEY:" + line.Split("keys.test/")[1].Split('"')[0],
        _ when line.StartsWith("#EXT-X-MAP", StringComparison.Ordinal) => "MAP",
        "#EXT-X-DISCONTINUITY" => "DISCONTINUITY",
        _ when line.StartsWith("https", StringComparison.Ordinal) => line.Split('/')[^1],
        _ => "",
    }).Where(word => word.Length > 0)];
}
