using Tandem.Operations.Load;
using Xunit;

namespace Tandem.Tests.Load;

/// <summary>The simulated player on times that the test makes up, µs.</summary>
public sealed class PlaybackBufferTests
{
    private const long Second = 1_000_000;
    private const long Half = Second / 2;

    [Fact]
    public void It_begins_when_enough_of_both_tracks_is_there()
    {
        var player = new PlaybackBuffer(2, Second);
        player.Add(0, 100 * Second, 2 * Second, false, 0);
        player.Add(1, 100 * Second, Half, false, 0);
        Assert.Equal(PlaybackPhase.Waiting, player.Phase);
        player.Add(1, (100 * Second) + Half, Half, false, 3 * Second);
        Assert.Equal((PlaybackPhase.Playing, 3 * Second), (player.Phase, player.BeganAt));
        Assert.Equal(100 * Second, player.SourcePosition);
    }

    [Fact]
    public void It_begins_where_the_later_track_begins()
    {
        var player = new PlaybackBuffer(2, Second);
        player.Add(0, 100 * Second, 4 * Second, false, 0);
        player.Add(1, 101 * Second, 3 * Second, false, 0);
        Assert.Equal(101 * Second, player.SourcePosition);
    }

    [Fact]
    public void It_stalls_when_one_track_runs_dry_and_goes_on_when_enough_is_there()
    {
        var player = new PlaybackBuffer(2, Second);
        player.Add(0, 0, 10 * Second, false, 0);
        player.Add(1, 0, 2 * Second, false, 0);
        player.Advance(3 * Second);
        Assert.Equal((PlaybackPhase.Stalled, 2 * Second), (player.Phase, player.SourcePosition));
        player.Add(1, 2 * Second, Half, false, 4 * Second);
        Assert.Equal(PlaybackPhase.Stalled, player.Phase);
        player.Add(1, (2 * Second) + Half, Half, false, 5 * Second);
        Assert.Equal((PlaybackPhase.Playing, 1, 3 * Second), (player.Phase, player.Stalls, player.StallTime));
        player.Advance((5 * Second) + Half);
        Assert.Equal((2 * Second) + Half, player.SourcePosition);
    }

    [Fact]
    public void A_stop_that_nobody_sees_is_no_stall()
    {
        var player = new PlaybackBuffer(1, Half);
        player.Add(0, 0, Second, false, 0);
        player.Add(0, Second, Second, false, Second + 90_000);
        player.Advance(2 * Second);
        Assert.Equal((0, 0L), (player.Stalls, player.StallTime));
        Assert.Equal((2 * Second) - 90_000, player.SourcePosition);
    }

    [Fact]
    public void A_stall_that_lasts_to_the_end_counts()
    {
        var player = new PlaybackBuffer(1, Half);
        player.Add(0, 0, Second, false, 0);
        player.Finish(5 * Second);
        Assert.Equal((1, 4 * Second), (player.Stalls, player.StallTime));
    }

    [Fact]
    public void What_never_came_is_jumped_over()
    {
        var player = new PlaybackBuffer(1, Half);
        player.Add(0, 0, Second, false, 0);
        player.Add(0, 3 * Second, 2 * Second, false, Half);
        player.Advance(2 * Second);
        Assert.Equal((PlaybackPhase.Playing, 4 * Second, 2 * Second, 0),
            (player.Phase, player.SourcePosition, player.JumpedTime, player.Stalls));
    }

    [Fact]
    public void A_discontinuity_plays_on_and_source_time_jumps()
    {
        var player = new PlaybackBuffer(1, Half);
        player.Add(0, 0, Second, false, 0);
        player.Add(0, 1000 * Second, 2 * Second, true, Half);
        player.Advance(2 * Second);
        Assert.Equal((PlaybackPhase.Playing, 1001 * Second, 0, 0L),
            (player.Phase, player.SourcePosition, player.Stalls, player.JumpedTime));
    }
}
