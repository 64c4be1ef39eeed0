using Tandem.Live.Package;
using Xunit;

namespace Tandem.Tests.Package;

public sealed class RenditionRateTests
{
    private readonly RenditionRate _rate = new();

    [Fact]
    public void Peak_and_average_are_those_of_what_was_published()
    {
        Add(250_000, 2);
        Add(500_000, 2);
        Assert.Equal((2_000_000, 1_500_000), (_rate.Peak, _rate.Average));
    }

    [Fact]
    public void What_a_splice_cut_short_counts_with_what_follows()
    {
        // The last segment before a splice has a second of bytes and claims 0.21 s.
        Add(250_000, 2);
        Add(125_000, 0.21);
        Add(250_000, 2);
        Assert.InRange(_rate.Peak, 1_000_000, 1_400_000);
    }

    [Fact]
    public void A_peak_is_forgotten_after_ten_minutes()
    {
        Add(2_500_000, 2);
        for (var minute = 0; minute < 4; minute++)
            AddMinute();
        Assert.Equal(10_000_000, _rate.Peak);
        for (var minute = 0; minute < 7; minute++)
            AddMinute();
        Assert.Equal((1_000_000, 1_000_000), (_rate.Peak, _rate.Average));

        void AddMinute()
        {
            for (var segment = 0; segment < 30; segment++)
                Add(250_000, 2);
        }
    }

    [Fact]
    public void Nothing_is_nothing()
    {
        Assert.Equal((0, 0), (_rate.Peak, _rate.Average));
        Add(1000, 0);
        Assert.Equal((0, 0), (_rate.Peak, _rate.Average));
    }

    private void Add(int bytes, double seconds) => _rate.Add(bytes, TimeSpan.FromSeconds(seconds));
}
