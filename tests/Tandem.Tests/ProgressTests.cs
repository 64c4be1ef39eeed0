using Tandem.Live;
using Xunit;

namespace Tandem.Tests;

public sealed class ProgressTests
{
    private static readonly DateTimeOffset Start = new(2026, 11, 25, 12, 0, 0, TimeSpan.Zero);
    private readonly Progress _progress = new(Start);

    [Fact]
    public void A_channel_that_publishes_when_due_moves()
    {
        for (var segment = 0; segment < 100; segment++)
            Assert.Equal(0, Look(segment * 6, published: segment, due: (segment * 6) + 1));
    }

    /// <summary>However long a source is gone, and however long the delay is then, nothing is due.</summary>
    [Fact]
    public void A_source_that_was_gone_and_comes_back_is_not_stuck()
    {
        Assert.Equal(0, Look(10, published: 1));
        Assert.Equal(0, Look(5000, published: 1));
        Assert.Equal(0, Look(5001, published: 1, due: 5300));
        Assert.Equal(0, Look(5300, published: 1, due: 5300));
        Assert.Equal(0, Look(5301, published: 2));
    }

    [Fact]
    public void A_segment_that_is_due_and_does_not_go_out_is_stuck_until_one_does()
    {
        Look(10, published: 3, due: 12);
        Assert.Equal(70, Look(82, published: 3, due: 12));
        Assert.Equal(0, Look(83, published: 4, due: 18));

        // It is late, but they go out.
        Assert.Equal(2, Look(85, published: 4, due: 18));
    }

    [Fact]
    public void What_the_source_tells_and_nobody_takes_in_is_stuck()
    {
        Look(0, published: 0);
        Assert.Equal(0, Look(5, published: 0, waiting: 0));
        Assert.Equal(65, Look(70, published: 0, waiting: 3));
        _progress.Accepted(Start.AddSeconds(71));
        Assert.Equal(1, Look(72, published: 0, waiting: 2));
    }

    private double Look(double at, long published, double? due = null, int waiting = 0) =>
        _progress.Look(Start.AddSeconds(at), published, due is { } time ? Start.AddSeconds(time) : null, waiting).TotalSeconds;
}
