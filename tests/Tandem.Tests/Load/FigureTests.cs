using Tandem.Operations.Load;
using Xunit;

namespace Tandem.Tests.Load;

/// <summary>What is counted, and what is made of it.</summary>
public sealed class FigureTests
{
    [Fact]
    public void Quantiles_are_true_to_1_6_percent()
    {
        var histogram = new Histogram();
        for (var value = 1; value <= 100_000; value++)
            histogram.Add(value * 37);
        foreach (var share in new[] { 0.001, 0.5, 0.95, 0.99, 1 })
            Assert.InRange(histogram.Quantile(share)!.Value, share * 3.7, share * 3.7 * 1.016);
        Assert.Equal(3.7, histogram.Greatest);
    }

    [Fact]
    public void What_never_came_is_later_than_anything()
    {
        var histogram = new Histogram();
        histogram.Add(1000, 94);
        histogram.AddInfinite(6);
        Assert.Equal(0.001, histogram.Quantile(0.94));
        Assert.Equal(double.PositiveInfinity, histogram.Quantile(0.95));
        Assert.Equal(double.PositiveInfinity, histogram.Greatest);
        Assert.Null(new Histogram().Quantile(0.5));
    }

    [Fact]
    public void Extremes_do_not_break_it()
    {
        var histogram = new Histogram();
        histogram.Add(-5);
        histogram.Add(long.MaxValue);
        Assert.Equal(0, histogram.Quantile(0.5));
        Assert.True(histogram.Quantile(1) > 86_400 * 50);
    }

    [Theory]
    [InlineData("delivery.p95>500ms", 0.6, true)]
    [InlineData("delivery.p95>500ms", 0.5, false)]
    [InlineData("delivery.p95 >= 500ms", 0.5, true)]
    [InlineData("joined<100", 99.0, true)]
    [InlineData("undelivered.share>1%", 0.011, true)]
    [InlineData("ws.delivery.max>2s", double.PositiveInfinity, true)]
    [InlineData("reconnect.p95>5s", null, true)]
    [InlineData("reconnect.p95<5s", null, true)]
    [InlineData("bytes<=10MB", 1e7, true)]
    public void A_threshold_is_broken_by_what_it_says(string text, double? value, bool broken)
    {
        var (threshold, problem) = Threshold.Parse(text);
        Assert.Null(problem);
        Assert.Equal(broken, threshold!.IsBroken(value));
    }

    [Theory]
    [InlineData("delivery.p95", "is no condition")]
    [InlineData("latency>5s", "there is no figure \"latency\"; there are join.p50")]
    [InlineData("delivery.p95>500", "\"500\" is no limit for delivery.p95; write it like 500ms or 2s")]
    [InlineData("faults>0s", "write it like 0")]
    public void A_wrong_threshold_is_told(string text, string part) =>
        Assert.Contains(part, Threshold.Parse(text).Problem, StringComparison.Ordinal);

    [Fact]
    public void Whoever_has_other_bytes_than_most_is_told()
    {
        var table = new ContentTable<int>(100);
        Assert.False(table.Differs(1, 7));
        Assert.False(table.Differs(1, 7));
        Assert.True(table.Differs(1, 8));
        Assert.False(table.Differs(1, 7));
        Assert.False(table.Differs(2, 8));
        Assert.True(table.Differs(2, 7));
        Assert.False(table.Differs(3, 1));
    }

    [Fact]
    public void A_table_of_content_forgets_what_is_old()
    {
        var table = new ContentTable<int>(3);
        for (var name = 0; name < 4; name++)
            Assert.False(table.Differs(name, 1));
        Assert.False(table.Differs(0, 2));
        Assert.True(table.Differs(3, 2));
    }

    [Theory]
    [InlineData(60, 60, 0, 0)]
    [InlineData(60, 58, 0, 0)]
    [InlineData(60, 50, 0, 20)]
    [InlineData(60, 50, 18, 2)]
    public void The_sources_clock_tells_what_is_missing(int span, int came, int lost, int missing)
    {
        var owed = new OwedMedia(500_000);
        for (var half = 0; half < came * 2; half++)
            owed.Came(500_000);
        owed.Lost(lost);
        Assert.Equal(missing, owed.Missing(span * 1_000_000L, missing == 2 ? 0 : 2_000_000));
    }

    [Fact]
    public void The_clock_is_that_of_the_fastest_message()
    {
        var offset = new ClockOffset();
        Assert.Null(offset.Microseconds);
        offset.Heard(1_000_000, 1_000_080_500);
        offset.Heard(2_000_000, 2_000_030_500);
        offset.Heard(3_000_000, 3_000_300_500);
        offset.Pinged(20_000);
        offset.Pinged(60_000);
        Assert.Equal(20_000, offset.Microseconds);
    }
}
