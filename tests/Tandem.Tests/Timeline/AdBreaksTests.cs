using Tandem.Live.Ingest;
using Tandem.Live.Timeline;
using Tandem.Tests.Ingest;
using Xunit;

namespace Tandem.Tests.Timeline;

public sealed class AdBreaksTests
{
    [Theory]
    [InlineData("#EXT-X-CUE-OUT:4")]
    [InlineData("#EXT-X-CUE-OUT:DURATION=4.004")]
    [InlineData("#EXT-X-CUE-OUT:DURATION=\"4\",CAID=\"0x1\"")]
    public void A_break_of_known_length_ends_by_itself(string cue) =>
        Assert.Equal("-++--", Breaks($"{Segment(0)}{cue}\n{Segment(1)}{Segment(2)}{Segment(3)}{Segment(4)}"));

    [Fact]
    public void A_break_without_length_ends_at_its_cue() =>
        Assert.Equal("-++-", Breaks($"{Segment(0)}#EXT-X-CUE-OUT\n{Segment(1)}{Segment(2)}#EXT-X-CUE-IN\n{Segment(3)}"));

    [Fact]
    public void A_cue_ends_a_break_before_its_length_is_over() =>
        Assert.Equal("+-", Breaks($"#EXT-X-CUE-OUT:30\n{Segment(0)}#EXT-X-CUE-IN\n{Segment(1)}"));

    [Theory]
    [InlineData("#EXT-X-CUE-OUT-CONT:2/6")]
    [InlineData("#EXT-X-CUE-OUT-CONT:ElapsedTime=2,Duration=6,SCTE35=abc")]
    public void A_break_that_goes_on_lasts_for_what_is_left_of_it(string cue) =>
        Assert.Equal("++-", Breaks($"{cue}\n{Segment(0)}{Segment(1)}{Segment(2)}"));

    [Fact]
    public void A_break_that_outlasts_its_length_goes_on_while_the_source_says_so() =>
        Assert.Equal("++-", Breaks($"#EXT-X-CUE-OUT:2\n{Segment(0)}#EXT-X-CUE-OUT-CONT:4/2\n{Segment(1)}{Segment(2)}"));

    [Fact]
    public void A_break_whose_first_segment_has_left_the_playlist_goes_on()
    {
        var breaks = new AdBreaks();
        Assert.Equal("+", Breaks(breaks, $"#EXT-X-CUE-OUT:6\n{Segment(0)}"));
        Assert.Equal("+", Breaks(breaks, Segment(1)));
        Assert.Equal("+", Breaks(breaks, Segment(2)));
        Assert.Equal("-", Breaks(breaks, Segment(3)));
    }

    [Fact]
    public void A_break_whose_end_is_never_told_does_not_last_for_ever()
    {
        var breaks = new AdBreaks();
        Breaks(breaks, $"#EXT-X-CUE-OUT\n{Segment(0)}");
        var more = string.Concat(Enumerable.Range(0, 400).Select(index => Breaks(breaks, Segment(index % 30))));
        Assert.Equal('+', more[200]);
        Assert.Equal('-', more[^1]);
    }

    [Fact]
    public void A_date_range_with_a_splice_out_is_a_break()
    {
        const string Out = "#EXT-X-DATERANGE:ID=\"ad\",START-DATE=\"2026-01-01T00:00:02Z\",PLANNED-DURATION=4,SCTE35-OUT=0xFC\n";
        Assert.Equal("-++-", Breaks($"{Out}{Segment(0)}{Segment(1)}{Segment(2)}{Segment(3)}"));
        const string In = "#EXT-X-DATERANGE:ID=\"ad\",START-DATE=\"2026-01-01T00:00:02Z\",DURATION=2,SCTE35-IN=0xFC\n";
        Assert.Equal("-+--", Breaks($"{Out}{In}{Segment(0)}{Segment(1)}{Segment(2)}{Segment(3)}"));
        Assert.Equal("----", Breaks($"{Out.Replace("SCTE35-OUT", "X-COM", StringComparison.Ordinal)}{Segment(0)}{Segment(1)}{Segment(2)}{Segment(3)}"));
    }

    [Theory]
    [InlineData("#EXT-X-CUE-OUT:-1")]
    [InlineData("#EXT-X-CUE-OUT:NaN")]
    [InlineData("#EXT-X-CUE-OUT:1e400")]
    [InlineData("#EXT-X-CUE-OUT:99999999999999999999")]
    [InlineData("#EXT-X-CUE-OUT-CONT:a/b")]
    public void Lengths_that_are_none_are_passed_over(string cue) =>
        Assert.Equal("+-", Breaks($"{cue}\n{Segment(0)}#EXT-X-CUE-IN\n{Segment(1)}"));

    private static string Segment(int index) =>
        $"#EXT-X-PROGRAM-DATE-TIME:2026-01-01T00:00:{index * 2:00}Z\n#EXTINF:2,\n{index}.ts\n";

    private static string Breaks(string body) => Breaks(new AdBreaks(), body);

    private static string Breaks(AdBreaks breaks, string body)
    {
        var playlist = Playlist.Media($"#EXTM3U\n#EXT-X-TARGETDURATION:2\n{body}");
        breaks.See(playlist.DateRanges);
        return string.Concat(playlist.Segments.Select(segment => breaks.Contains(segment) ? '+' : '-'));
    }
}
