using Tandem.Workbench.Bench;
using Xunit;

namespace Tandem.MediaTests.Bench;

public sealed class SpreadTests
{
    [Fact]
    public void Says_the_middle_the_quarters_and_the_ends()
    {
        Assert.Equal(new Spread(3, 2, 4, 1, 5), Spread.Of([5, 1, 4, 2, 3]));
        Assert.Equal(new Spread(1.5, 1.25, 1.75, 1, 2), Spread.Of([2, 1]));
        Assert.Equal(new Spread(7, 7, 7, 7, 7), Spread.Of([7]));
    }

    [Fact]
    public void A_quantile_lies_between_the_nearest_two()
    {
        Assert.Equal(95, Spread.Quantile([.. Enumerable.Range(0, 101).Select(value => (double)value)], 0.95), 6);
        Assert.Equal(9.5, Spread.Quantile([0, 10], 0.95), 6);
    }
}
