using Tandem.Media.Segmenting;
using Xunit;

namespace Tandem.MediaTests.Segmenting;

public class InputClockTests
{
    private const long Second = 90_000;
    private const long Wrap = 1L << 33;
    private readonly InputClock _clock = new(0);

    [Fact]
    public void One_constant_is_added_to_all_streams()
    {
        var first = Place(0, 500 * Second);
        Assert.True(first.Jumped);
        var sound = Place(1, (500 * Second) - 1920);
        Assert.Equal((true, false, first.Pts - 1920), (sound.Kept, sound.Jumped, sound.Pts));
        Assert.Equal(first.Pts + Second, Place(0, 501 * Second).Pts);
        Assert.True(sound.Pts > 0);
    }

    [Fact]
    public void Times_that_wrap_go_on()
    {
        var first = Place(0, Wrap - Second, Wrap);
        Assert.Equal(first.Pts + Second, Place(0, 0, Wrap).Pts);
        var late = Place(1, Wrap - 100, Wrap);
        Assert.Equal((first.Pts + Second - 100, false), (late.Pts, late.Jumped));

        // Not only once.
        var last = first.Pts + Second;
        for (var at = Second; at < 3 * Wrap; at += 5 * Second)
        {
            var next = Place(0, at % Wrap, Wrap);
            Assert.Equal((last + (at == Second ? Second : 5 * Second), false), (next.Pts, next.Jumped));
            last = next.Pts;
        }
    }

    [Theory]
    [InlineData(-400)]
    [InlineData(-3)]
    [InlineData(+11)]
    [InlineData(+5000)]
    public void A_jump_is_told_once_and_leftovers_are_dropped(int seconds)
    {
        Place(0, 500 * Second);
        var before = Place(1, 500 * Second);
        var jumped = Place(0, (500 + seconds) * Second);
        Assert.True(jumped.Jumped);
        Assert.True(jumped.Pts > before.Pts);
        Assert.False(Place(1, (500 * Second) + 1920).Kept);
        var joined = Place(1, ((500 + seconds) * Second) + 1920);
        Assert.Equal((true, false, jumped.Pts + 1920), (joined.Kept, joined.Jumped, joined.Pts));
        Assert.False(Place(0, ((500 + seconds) * Second) + 3600).Jumped);
    }

    [Fact]
    public void One_wild_time_does_not_silence_the_other_streams()
    {
        Place(0, 100 * Second);
        Place(1, 100 * Second);
        Assert.True(Place(0, 99_999 * Second).Jumped);
        Assert.True(Place(0, (100 * Second) + 3600).Jumped);
        Assert.True(Place(1, (100 * Second) + 1920).Kept);
    }

    [Fact]
    public void A_stream_that_pauses_while_another_goes_on_has_not_jumped()
    {
        Place(0, 0);
        Place(1, 0);
        for (var at = 1; at <= 30; at++)
            Assert.False(Place(0, at * Second).Jumped);
        Assert.Equal((true, false), (Place(1, 30 * Second).Kept, Place(1, 31 * Second).Jumped));
    }

    [Fact]
    public void Decoding_times_grow_and_repeats_are_dropped()
    {
        var first = _clock.Place(0, 9000, 0, 3600, 0);
        var second = _clock.Place(0, 3600, null, 3600, 0);
        Assert.True(second.Dts > first.Dts && second.Dts <= second.Pts);
        Place(1, 1920);
        Assert.False(Place(1, 1920).Kept);
        Assert.False(Place(1, 0).Kept);
        Assert.True(Place(1, 3840).Kept);
        Assert.False(_clock.Place(2, null, null, 0, 0).Kept);
    }

    [Fact]
    public void Another_source_begins_after_the_one_before()
    {
        Place(0, 100 * Second);
        var end = _clock.End;
        _clock.Restart();
        var next = Place(0, 0);
        Assert.True(next.Jumped);
        Assert.True(next.Pts >= end);
    }

    private InputTime Place(int stream, long time, long wrap = 0) => _clock.Place(stream, time, time, 0, wrap);
}
