using Tandem.Server.WebSockets;
using Xunit;

namespace Tandem.Tests.WebSockets;

/// <summary>How viewers are told to go.</summary>
public sealed class DrainPlanTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(50)]
    [InlineData(1000)]
    [InlineData(20_000)]
    public void All_are_told_in_three_quarters_of_the_time_and_in_two_seconds(int viewers)
    {
        Assert.True(Told(TimeSpan.FromSeconds(8)) <= TimeSpan.FromSeconds(2.05));
        Assert.True(Told(TimeSpan.FromSeconds(1)) <= TimeSpan.FromSeconds(0.8));

        TimeSpan Told(TimeSpan within)
        {
            var plan = DrainPlan.Of(viewers, within);
            return (viewers + plan.Batch - 1) / plan.Batch * plan.Pause;
        }
    }

    [Fact]
    public void A_crowd_is_spread_and_few_are_not_kept_waiting()
    {
        Assert.True(DrainPlan.Of(1000, TimeSpan.FromSeconds(8)).Batch <= 25);
        Assert.Equal(10, DrainPlan.Of(10, TimeSpan.FromSeconds(8)).Batch);
        Assert.True(DrainPlan.Of(1000, TimeSpan.Zero).Batch >= 1000);
    }
}
