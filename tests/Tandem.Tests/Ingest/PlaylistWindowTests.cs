using CsCheck;
using Tandem.Live.Ingest;
using Xunit;

namespace Tandem.Tests.Ingest;

public sealed class PlaylistWindowTests
{
    private static readonly DateTimeOffset s_start = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);

    private readonly PlaylistWindow _window = new();

    [Fact]
    public void TheFirstWindowIsBackDatedByItsDurations()
    {
        var change = _window.Advance(Playlist.Window(10, 4), s_start);
        Assert.Equal((PollResult.Grown, false, 0L), (change.Result, change.Reset, change.Missed));
        Assert.Equal([10L, 11, 12, 13], Sequences(change));
        Assert.Equal([-6.0, -4, -2, 0], Times(change));
    }

    [Fact]
    public void WhatIsNewAppearsWhenItIsSeenButNotBeforeThePollThatDidNotShowIt()
    {
        At(0, Playlist.Window(10, 4));
        Assert.Equal(PollResult.Same, At(1, Playlist.Window(10, 4)).Result);
        var change = At(2, Playlist.Window(12, 4));
        Assert.Equal([14L, 15], Sequences(change));
        Assert.Equal([1.0, 2], Times(change));
        Assert.Equal([2.5], Times(At(2.5, Playlist.Window(13, 4))));
    }

    [Fact]
    public void AWindowThatOnlySlidesIsNoGrowth()
    {
        At(0, Playlist.Window(10, 4));
        var change = At(2, Playlist.Window(11, 3));
        Assert.Equal(PollResult.Details, change.Result);
        Assert.Empty(change.Appeared);
    }

    [Fact]
    public void NewSignaturesAreDetailsAndNoNewSegments()
    {
        At(0, Playlist.Media(Playlist.WindowText(10, 4, query: "?sig=1")));
        var change = At(1, Playlist.Media(Playlist.WindowText(10, 4, query: "?sig=2")));
        Assert.Equal((PollResult.Details, 0, false), (change.Result, change.Appeared.Length, change.Reset));
    }

    [Fact]
    public void ALaggingCacheIsIgnored()
    {
        At(0, Playlist.Window(10, 4));
        At(2, Playlist.Window(11, 4));
        Assert.Equal(PollResult.Stale, At(3, Playlist.Window(10, 4)).Result);
        Assert.Equal([15L], Sequences(At(4, Playlist.Window(12, 4))));
        Assert.Equal(PollResult.Stale, At(5, Playlist.Window(9, 4)).Result);
        Assert.Equal([16L], Sequences(At(6, Playlist.Window(13, 4))));
    }

    [Fact]
    public void AStaleAnswerThatNeverMovesIsNeverTakenForARestart()
    {
        At(0, Playlist.Window(10, 4));
        At(2, Playlist.Window(11, 4));
        for (var second = 3; second < 100; second++)
            Assert.Equal(PollResult.Stale, At(second, Playlist.Window(10, 4)).Result);
    }

    [Fact]
    public void SmallerNumbersWithOtherMediaAreAReset()
    {
        At(0, Playlist.Window(1000, 4));
        At(20, Playlist.Window(1010, 4));
        var change = At(22, Playlist.Window(0, 2, "other"));
        Assert.True(change.Reset);
        Assert.Equal([0L, 1], Sequences(change));
        Assert.Equal([20.0, 22], Times(change));
        Assert.Equal([2L], Sequences(At(24, Playlist.Window(0, 3, "other"))));
    }

    [Fact]
    public void ARestartFromZeroWithTheSameNamesIsAResetAfterALongRun()
    {
        for (var poll = 0; poll < 100; poll++)
            At(poll * 2, Playlist.Window(poll, 4));
        var change = At(202, Playlist.Window(0, 1));
        Assert.True(change.Reset);
        Assert.Equal([0L], Sequences(change));
    }

    [Fact]
    public void ARestartWithTheSameNamesIsFoundByItsDates()
    {
        At(0, Playlist.Window(0, 6, date: s_start));
        var change = At(2, Playlist.Window(0, 2, date: s_start.AddMinutes(5)));
        Assert.True(change.Reset);
    }

    [Fact]
    public void ARestartWithTheSameNamesAndNoDatesIsFoundInTime()
    {
        At(0, Playlist.Window(0, 30));
        var found = false;
        for (var count = 1; count < 20 && !found; count++)
            found = At(count * 2, Playlist.Window(0, count)).Reset;
        Assert.True(found);
    }

    [Fact]
    public void TheSameNumbersWithOtherMediaAreAReset()
    {
        At(0, Playlist.Window(0, 6));
        var change = At(2, Playlist.Window(2, 6, "new"));
        Assert.True(change.Reset);
        Assert.Equal([2L, 3, 4, 5, 6, 7], Sequences(change));
    }

    [Fact]
    public void AnOutageSkipsNumbersAndIsNoReset()
    {
        At(0, Playlist.Window(10, 4));
        var change = At(20, Playlist.Window(20, 4));
        Assert.Equal((false, 6L), (change.Reset, change.Missed));
        Assert.Equal([20L, 21, 22, 23], Sequences(change));
        Assert.Equal([14.0, 16, 18, 20], Times(change));
    }

    [Fact]
    public void AJumpThatNoOutageExplainsIsAReset()
    {
        At(0, Playlist.Window(10, 4));
        var change = At(2, Playlist.Window(5000, 4));
        Assert.Equal((true, 0L), (change.Reset, change.Missed));
    }

    [Fact]
    public void TokensInPathsAndSecondHostsAreNoOtherMedia()
    {
        At(0, Playlist.Window(10, 4, "https://a.example/token1/s"));
        var change = At(2, Playlist.Window(11, 4, "https://b.example/token2/s"));
        Assert.Equal((false, 1), (change.Reset, change.Appeared.Length));
    }

    [Fact]
    public void TheEndIsToldOnceAndWhatGoesOnAfterItGoesOn()
    {
        At(0, Playlist.Window(10, 4));
        Assert.Equal(PollResult.Grown, At(2, Playlist.Window(10, 4, ended: true)).Result);
        Assert.True(_window.Ended);
        Assert.Equal(PollResult.Same, At(4, Playlist.Window(10, 4, ended: true)).Result);
        Assert.Equal([14L], Sequences(At(6, Playlist.Window(11, 4))));
        Assert.False(_window.Ended);
    }

    [Fact]
    public void AClockThatIsSetBackHoldsNothingUp()
    {
        At(0, Playlist.Window(10, 4));
        Assert.Equal([-3598.0], Times(At(-3598, Playlist.Window(11, 4))));
        Assert.Equal([-3596.0], Times(At(-3596, Playlist.Window(12, 4))));
    }

    [Fact]
    public void AnEmptyPlaylistChangesNothing()
    {
        var empty = Playlist.Media("#EXTM3U\n#EXT-X-TARGETDURATION:2\n");
        Assert.NotEqual(PollResult.Grown, At(0, empty).Result);
        Assert.Equal([10L], Sequences(At(1, Playlist.Window(10, 1))));
        Assert.NotEqual(PollResult.Grown, At(2, empty).Result);
        Assert.Equal([11L], Sequences(At(3, Playlist.Window(10, 2))));
    }

    /// <summary>Whatever a cache mixes up of one source's past: every segment appears once, in order, at times that never decrease.</summary>
    [Fact]
    public void AnyMixOfFreshAndLaggingAnswersShowsEachSegmentOnce() =>
        Gen.Select(Gen.Int[0, 3], Gen.Int[0, 3]).Array[1, 60].Sample(polls =>
        {
            var window = new PlaylistWindow();
            var seen = new List<(long Sequence, DateTimeOffset At)>();
            var edge = 0;
            for (var index = 0; index < polls.Length; index++)
            {
                var (growth, lag) = polls[index];
                edge += Math.Min(growth, 2);
                // Every third answer is fresh, so that no lag lasts.
                var first = Math.Max(0, edge - (index % 3 == 0 ? 0 : lag));
                var change = window.Advance(Playlist.Window(first, 8), s_start.AddSeconds(2 * index));
                Assert.False(change.Reset);
                Assert.Equal(0, change.Missed);
                seen.AddRange(change.Appeared.Select(item => (item.Segment.Sequence, item.At)));
            }

            Assert.Equal(seen.Select((_, index) => seen[0].Sequence + index), seen.Select(item => item.Sequence));
            Assert.Equal(seen.Select(item => item.At).Order(), seen.Select(item => item.At));
        });

    private WindowChange At(double seconds, MediaPlaylist playlist) => _window.Advance(playlist, s_start.AddSeconds(seconds));

    private static IEnumerable<long> Sequences(WindowChange change) => change.Appeared.Select(item => item.Segment.Sequence);

    private static IEnumerable<double> Times(WindowChange change) => change.Appeared.Select(item => (item.At - s_start).TotalSeconds);
}
