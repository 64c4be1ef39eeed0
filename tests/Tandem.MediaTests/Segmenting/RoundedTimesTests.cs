using Tandem.Media.Segmenting;
using Xunit;

namespace Tandem.MediaTests.Segmenting;

public class RoundedTimesTests
{
    private const long Millisecond = 90;

    [Theory]
    [InlineData(1024, 48_000)]
    [InlineData(1024, 44_100)]
    [InlineData(1152, 44_100)]
    public void Frames_that_a_container_rounds_follow_each_other_again(int samples, int rate)
    {
        var times = new RoundedTimes(Millisecond, samples, rate);
        for (var index = 0; index < 100_000; index++)
        {
            var seconds = 7.0004 + (index * (double)samples / rate);
            var exact = times.Exact((long)Math.Round(seconds * 1000) * Millisecond);
            Assert.True(Math.Abs(exact - (7.000 + (index * (double)samples / rate)) * 90_000) <= 1, $"frame {index} at {exact / 90_000.0} s");
        }
    }

    [Fact]
    public void What_rounding_does_not_explain_counts()
    {
        var times = new RoundedTimes(Millisecond, 1024, 48_000);
        Assert.Equal(9000, times.Exact(9000));
        Assert.Equal(10_920, times.Exact(10_890));
        Assert.Equal(10_920 + 1920 + 200, times.Exact(10_920 + 1920 + 200));
        Assert.Equal(10_920 + 3840 + 200, times.Exact(10_920 + 3840 + 200 - 60));
        Assert.Equal(500, times.Exact(500));
    }

    [Fact]
    public void Without_a_frame_s_length_times_stay_as_they_are()
    {
        var times = new RoundedTimes(Millisecond, 0, 48_000);
        Assert.Equal([90, 2010, 3960], new long[] { 90, 2010, 3960 }.Select(times.Exact));
        Assert.True(RoundedTimes.Rounds(Millisecond) && !RoundedTimes.Rounds(1));
    }
}
