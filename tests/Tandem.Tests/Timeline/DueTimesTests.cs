using Tandem.Live.Timeline;
using Xunit;

namespace Tandem.Tests.Timeline;

/// <summary>Segments are due evenly, though polls see them unevenly.</summary>
public sealed class DueTimesTests
{
    private static readonly DateTimeOffset _start = new(2026, 11, 25, 12, 0, 0, TimeSpan.Zero);
    private static readonly TimeSpan _duration = TimeSpan.FromSeconds(2);

    /// <summary>Polls a little further apart than segments: each sees its segment later, until one sees two at once.</summary>
    [Theory]
    [InlineData(0.005)]
    [InlineData(0.03)]
    [InlineData(0.08)]
    public void A_viewer_with_a_second_in_hand_does_not_run_dry_once_the_latest_was_seen(double drift)
    {
        var times = new DueTimes();
        var behind = Enumerable.Range(0, 3000).Select(number =>
        {
            var published = _start + (number * _duration);
            return times.Next(published + TimeSpan.FromSeconds(number * drift % _duration.TotalSeconds), _duration) - published;
        }).ToList();

        var settled = behind.Skip((int)(_duration.TotalSeconds / drift) + 1).ToList();
        Assert.True(settled.Max() - settled.Min() < TimeSpan.FromSeconds(0.5), $"{settled.Min()} to {settled.Max()}");
        Assert.All(behind, lag => Assert.True(lag <= _duration, $"{lag}"));
    }

    [Fact]
    public void Even_segments_are_due_as_they_appear()
    {
        var times = new DueTimes();
        foreach (var number in Enumerable.Range(0, 100))
            Assert.Equal(_start + (number * _duration), times.Next(_start + (number * _duration), _duration));
    }

    [Fact]
    public void Nothing_is_due_before_it_appeared_and_nothing_long_after()
    {
        var times = new DueTimes();
        times.Next(_start, _duration);

        // The source stood still for ten seconds, and then shows all that it has at once.
        var late = _start + TimeSpan.FromSeconds(12);
        Assert.Equal(late, times.Next(late, _duration));
        foreach (var number in Enumerable.Range(1, 5))
            Assert.InRange(times.Next(late, _duration), late + (0.99 * _duration), late + _duration);
    }

    /// <summary>A source that says that its segments are an hour long is not waited for.</summary>
    [Fact]
    public void A_length_that_cannot_be_holds_nothing_back()
    {
        var times = new DueTimes();
        foreach (var number in Enumerable.Range(0, 100))
        {
            var appeared = _start + (number * _duration);
            Assert.InRange(times.Next(appeared, TimeSpan.FromHours(1)), appeared, appeared + TimeSpan.FromSeconds(20));
        }
    }

    [Fact]
    public void What_was_late_once_is_forgotten_in_time()
    {
        var times = new DueTimes();
        var lag = Enumerable.Range(0, 3000).Select(number =>
        {
            var published = _start + (number * _duration);
            return times.Next(published + TimeSpan.FromSeconds(number == 10 ? 1 : 0), _duration) - published;
        }).ToList();
        Assert.Equal(TimeSpan.FromSeconds(1), lag[10]);
        Assert.InRange(lag[100], TimeSpan.FromSeconds(0.85), TimeSpan.FromSeconds(0.95));
        Assert.Equal(TimeSpan.Zero, lag[^1]);
    }
}
