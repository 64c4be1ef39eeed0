using Tandem.Live;
using Tandem.Server.Api;
using Xunit;

namespace Tandem.Tests.Server;

public sealed class LivenessTests
{
    private static readonly DateTimeOffset Now = new(2026, 11, 25, 12, 0, 0, TimeSpan.Zero);

    [Theory]
    [InlineData(ChannelState.Live)]
    [InlineData(ChannelState.SourceLost)]
    [InlineData(ChannelState.Faulted)]
    [InlineData(ChannelState.Ended)]
    public void What_a_restart_would_not_mend_is_alive(ChannelState state) =>
        Assert.Empty(Liveness.Stuck(
            [Snapshot(state) with { Engine = new EngineSnapshot("offline", false, "dead"), SourceAgeSeconds = 9999, Stuck = TimeSpan.FromSeconds(59) }], Now));

    [Fact]
    public void A_loop_that_does_not_come_round_is_stuck_but_for_one_that_was_stopped()
    {
        var hung = Snapshot(ChannelState.Live) with { TakenAt = Now.AddSeconds(-75) };
        Assert.Equal("channel news: its loop has not come round for 75 s", Assert.Single(Liveness.Stuck([Snapshot(ChannelState.Live), hung], Now)));
        Assert.Empty(Liveness.Stuck([hung with { State = ChannelState.Stopped }, hung with { TakenAt = null }], Now));
    }

    private static ChannelSnapshot Snapshot(ChannelState state) => new()
    {
        Id = "news",
        State = state,
        Input = "https://source.example/",
        From = "en",
        DelaySeconds = 8,
        Video = "reference",
        Engine = new EngineSnapshot("tone", true),
        TakenAt = Now,
    };
}
