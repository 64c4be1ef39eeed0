using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Tandem.Live;
using Tandem.Live.Dubbing;
using Tandem.Live.Package;
using Tandem.Server;
using Tandem.Server.Configuration;
using Tandem.Server.WebSockets;
using Xunit;

namespace Tandem.Tests.WebSockets;

/// <summary>What the hub keeps of channels that come and go over the API.</summary>
public sealed class ViewerHubTests
{
    [Fact]
    public async Task A_channel_that_was_stopped_is_let_go()
    {
        var time = new FakeTimeProvider();
        var state = ChannelState.Live;
        var channel = Started(new FakeChunks("es"), () => Snapshot(state), time);
        using var meter = new TandemMeter();
        await using var hub = new ViewerHub(meter, time, NullLogger.Instance);
        var viewers = hub.Of(channel);
        await PassAsync();
        Assert.Same(viewers, hub.Of(channel));

        state = ChannelState.Stopped;
        for (var turn = 0; turn < 100 && ReferenceEquals(viewers, hub.Of(channel)); turn++)
            await PassAsync();
        Assert.NotSame(viewers, hub.Of(channel));

        async Task PassAsync()
        {
            time.Advance(TimeSpan.FromSeconds(1));
            await Task.Delay(10);
        }
    }

    [Fact]
    public async Task Who_does_not_read_while_a_channel_is_changed_is_cut_off_all_the_same()
    {
        var time = new FakeTimeProvider(FakeChunks.Begin);
        var before = ChannelState.Live;
        var chunks = new FakeChunks("es") { Size = 40_000 };
        chunks.Add(0, 12);
        using var meter = new TandemMeter();
        await using var hub = new ViewerHub(meter, time, NullLogger.Instance);
        var viewers = hub.Of(Started(chunks, () => Snapshot(before), time))!;
        var pair = new StreamPair();
        var wish = new ViewerWish(1, Video: false, Full: true, (null, null), _ => true, Expires: null);
        var serving = viewers.ServeAsync(new ViewerSocket(viewers, wish, pair.Server, null, pair.Abort, time), video: false);
        for (var sequence = 13; sequence < 500 && !pair.IsStuck; sequence++)
        {
            time.Advance(FakeChunks.At(sequence + 1) - time.GetUtcNow());
            chunks.Add(sequence, sequence);
            await Task.Delay(10);
        }

        Assert.True(pair.IsStuck);

        before = ChannelState.Stopped;
        Assert.NotSame(viewers, hub.Of(Started(new FakeChunks("es"), () => Snapshot(ChannelState.Live), time)));
        Assert.Equal(1, hub.Count);
        for (var turn = 0; turn < 200 && !serving.IsCompleted; turn++)
        {
            time.Advance(TimeSpan.FromSeconds(1));
            await Task.Delay(10);
        }

        Assert.True(pair.Aborted);
        await serving;
        Assert.Equal(0, hub.Count);
    }

    private static HostedChannel Started(FakeChunks chunks, Func<ChannelSnapshot> snapshot, FakeTimeProvider time)
    {
        var channel = new HostedChannel(
            new ConfiguredChannel(
                new ChannelOptions { Id = "news", Input = new Uri("https://a.example/m.m3u8"), From = "en", To = ["es"] }, EngineChoice.Refused("none")),
            _ => new RunningChannel(new Publication(), snapshot, () => ValueTask.CompletedTask) { Chunks = chunks.Stream },
            time,
            NullLogger.Instance);
        channel.Start();
        return channel;
    }

    private static ChannelSnapshot Snapshot(ChannelState state) => new()
    {
        Id = "news",
        State = state,
        Input = "https://a.example",
        From = "en",
        DelaySeconds = 8,
        Video = "auto",
        Engine = new EngineSnapshot("tone", Healthy: true),
        Languages = [],
    };
}
