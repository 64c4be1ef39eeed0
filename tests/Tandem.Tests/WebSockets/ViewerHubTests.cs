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
        var chunks = new FakeChunks("es");
        var channel = new HostedChannel(
            new ConfiguredChannel(
                new ChannelOptions { Id = "news", Input = new Uri("https://a.example/m.m3u8"), From = "en", To = ["es"] }, EngineChoice.Refused("none")),
            _ => new RunningChannel(new Publication(), Snapshot, () => ValueTask.CompletedTask) { Chunks = chunks.Stream },
            time,
            NullLogger.Instance);
        channel.Start();
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

        ChannelSnapshot Snapshot() => new()
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
}
