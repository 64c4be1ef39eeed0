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
    public void All_are_told_in_three_quarters_of_the_time(int viewers)
    {
        var plan = DrainPlan.Of(viewers, TimeSpan.FromSeconds(8));
        var batches = (viewers + plan.Batch - 1) / plan.Batch;
        Assert.True(batches * plan.Pause <= TimeSpan.FromSeconds(6.1), $"{batches} batches of {plan.Batch}, each {plan.Pause}");
    }

    [Fact]
    public void A_crowd_is_spread_and_few_are_not_kept_waiting()
    {
        Assert.True(DrainPlan.Of(1000, TimeSpan.FromSeconds(8)).Batch <= 10);
        Assert.Equal(10, DrainPlan.Of(10, TimeSpan.FromSeconds(8)).Batch);
        Assert.True(DrainPlan.Of(1000, TimeSpan.Zero).Batch >= 1000);
    }
}
