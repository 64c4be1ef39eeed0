using Tandem.Server.Ops;
using Xunit;

namespace Tandem.Tests.Server.Ops;

public sealed class OpsWindowTests
{
    [Fact]
    public void A_counter_grows_by_its_differences_and_begins_anew_where_it_is_smaller()
    {
        Assert.Equal(4, Grown(3, 5, 7));
        Assert.Equal(2 + 1 + 3, Grown(3, 5, 1, 4));
        Assert.Equal(0, Grown(5, 5, 0));
        Assert.Equal(0, Grown(5));
        Assert.Equal(0, new OpsWindow([]).Increase("news", channel => channel.Segments));
    }

    [Fact]
    public void A_channel_that_is_not_there_counts_as_zero()
    {
        // Deleted at 20 s, made again before 30 s.
        var window = new OpsWindow([At(0, 5), At(10, 8), OpsRig.Reading(20), At(30, 2), At(40, 3)]);
        Assert.Equal(3 + 0 + 2 + 1, window.Increase("news", channel => channel.Segments));
        Assert.Equal(0, window.Increase("other", channel => channel.Segments));
        Assert.Equal(40, window.Length.TotalSeconds);
    }

    [Fact]
    public void A_histogram_that_lost_any_bucket_began_anew()
    {
        var window = new OpsWindow([Of(0, 5, 5, 0), Of(10, 6, 5, 1), Of(20, 1, 6, 0), Of(30, 1, 9, 0)]);

        // 1,0,1 and then all of 1,6,0 and then 0,3,0.
        Assert.Equal([2, 9, 1], window.Increase("news", [1, 2], channel => channel.Lateness).Counts);
        Assert.Equal([0, 0, 0], window.Increase("news", [1, 2], channel => channel.Delivery).Counts);
        Assert.Null(window.Increase("news", [1, 2], channel => channel.Delivery).Quantile(0.95));

        static OpsReading Of(double seconds, params long[] counts) =>
            OpsRig.Reading(seconds, ("news", new ChannelReading { Lateness = new Buckets([1, 2], [.. counts]) }));
    }

    private static OpsReading At(double seconds, double segments) => OpsRig.Reading(seconds, ("news", new ChannelReading { Segments = segments }));

    private static double Grown(params double[] values) =>
        new OpsWindow([.. values.Select((value, index) => At(index * 10, value))]).Increase("news", channel => channel.Segments);
}
