using System.Text;
using Tandem.Live.Package;
using Tandem.Live.Timeline;
using Xunit;

namespace Tandem.Tests.Package;

public sealed class WebVttTests
{
    private static readonly MediaTime Origin = At(0);

    [Fact]
    public void A_cue_across_a_cut_stands_in_both_segments_the_same()
    {
        CaptionCue[] cues = [new(At(1.5), At(2.75), "Hola"), new(At(3), At(3.5), "mundo")];
        var first = Segment(0, 2, cues);
        var second = Segment(2, 4, cues);

        Assert.Contains("00:00:01.500 --> 00:00:02.750\nHola\n", first, StringComparison.Ordinal);
        Assert.DoesNotContain("mundo", first, StringComparison.Ordinal);
        Assert.Contains("00:00:01.500 --> 00:00:02.750\nHola\n\n00:00:03.000 --> 00:00:03.500\nmundo\n", second, StringComparison.Ordinal);
    }

    [Fact]
    public void A_cue_that_ends_at_the_cut_does_not_stand_after_it() =>
        Assert.DoesNotContain("Hola", Segment(2, 4, [new(At(1), At(2), "Hola"), new(At(4), At(5), "Hola")]), StringComparison.Ordinal);

    [Fact]
    public void An_empty_segment_has_its_map() =>
        Assert.Equal("WEBVTT\nX-TIMESTAMP-MAP=MPEGTS:900000,LOCAL:00:00:00.000\n", Segment(2, 4, []));

    [Theory]
    [InlineData("a < b & c > d", "a &lt; b &amp; c &gt; d")]
    [InlineData("one\r\n\r\n\r\ntwo", "one\ntwo")]
    [InlineData("x --> y", "x --&gt; y")]
    [InlineData("nul\0 and \u0007bell", "nul and bell")]
    [InlineData("\u200fשלום\u200f", "\u200fשלום\u200f")]
    public void Text_cannot_leave_its_cue(string text, string expected)
    {
        var segment = Segment(0, 2, [new(At(0), At(1), text)]);
        Assert.EndsWith($"00:00:00.000 --> 00:00:01.000\n{expected}\n", segment, StringComparison.Ordinal);
    }

    [Fact]
    public void A_cue_without_words_is_left_out() => Assert.DoesNotContain("-->", Segment(0, 2, [new(At(0), At(1), " \n \t")]), StringComparison.Ordinal);

    [Fact]
    public void After_a_day_the_map_has_moved_on_and_cue_times_have_not()
    {
        var start = At(30 * 3600);
        var cue = new CaptionCue(start, new MediaTime(0, start.Ticks + 90_000), "late");
        var text = Encoding.UTF8.GetString(WebVtt.Segment(Origin, start, new MediaTime(0, start.Ticks + 180_000), [cue]));

        Assert.Contains($"MPEGTS:{At(24 * 3600).Wrapped},LOCAL:24:00:00.000", text, StringComparison.Ordinal);
        Assert.Contains("30:00:00.000 --> 30:00:01.000", text, StringComparison.Ordinal);
    }

    [Fact]
    public void Cues_of_another_epoch_are_left_out() =>
        Assert.DoesNotContain("old", Segment(0, 2, [new(At(0) with { Epoch = 1 }, At(1) with { Epoch = 1 }, "old")]), StringComparison.Ordinal);

    private static MediaTime At(double seconds) => new(0, 900_000 + (long)Math.Round(seconds * 90_000));

    private static string Segment(double from, double to, CaptionCue[] cues) => Encoding.UTF8.GetString(WebVtt.Segment(Origin, At(from), At(to), cues));
}
