using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Tandem.Live;
using Tandem.Live.Dubbing;
using Tandem.Live.Package;
using Tandem.Server;
using Tandem.Server.Configuration;
using Xunit;

namespace Tandem.Tests.Server;

public sealed class ChannelHostTests
{
    private readonly FakeTimeProvider _time = new();

    [Fact]
    public async Task One_channel_that_fails_in_every_way_leaves_the_others_alone()
    {
        var stopped = new TaskCompletionSource();
        var host = Host(
            ("throws", () => throw new InvalidOperationException("no luck")),
            ("mute", () => new RunningChannel(new Publication(), () => throw new InvalidOperationException("secret"), () => throw new InvalidOperationException())),
            ("good", () => new RunningChannel(new Publication(), () => Snapshot("good"), () =>
            {
                stopped.SetResult();
                return ValueTask.CompletedTask;
            })));
        host.Start();
        await Until(() => host.Find("good")!.Snapshot().State == ChannelState.Live && host.Find("throws")!.Snapshot().State == ChannelState.Faulted && host.Find("mute")!.Publication is not null);

        Assert.Equal("could not be started: no luck", host.Find("throws")!.Snapshot().Reason);
        Assert.Equal(ChannelState.Faulted, host.Find("mute")!.Snapshot().State);
        Assert.DoesNotContain("secret", host.Find("mute")!.Snapshot().Reason, StringComparison.Ordinal);
        await host.StopAsync().WaitAsync(TimeSpan.FromSeconds(10));
        Assert.True(stopped.Task.IsCompleted);
    }

    [Fact]
    public async Task A_channel_that_hangs_does_not_hold_the_end_up()
    {
        var host = Host(("stuck", () => new RunningChannel(new Publication(), () => Snapshot("stuck"), () => new ValueTask(new TaskCompletionSource().Task))));
        host.Start();
        await Until(() => host.Find("stuck")!.Publication is not null);
        var stop = host.StopAsync();
        for (var step = 0; !stop.IsCompleted && step < 1000; step++)
        {
            _time.Advance(TimeSpan.FromSeconds(5));
            await Task.Delay(5);
        }

        Assert.True(stop.IsCompletedSuccessfully);
        Assert.True(host.Stopping);
    }

    private static async Task Until(Func<bool> condition)
    {
        for (var step = 0; step < 2000 && !condition(); step++)
            await Task.Delay(5);
        Assert.True(condition());
    }

    private static ChannelSnapshot Snapshot(string id) => new()
    {
        Id = id,
        State = ChannelState.Live,
        Input = "https://source.example/",
        From = "en",
        DelaySeconds = 8,
        Video = "reference",
        Engine = new EngineSnapshot("tone", true),
    };

    private ChannelHost Host(params (string Id, Func<RunningChannel> Start)[] channels) => new(
        channels.Select(channel => new ConfiguredChannel(
            new ChannelOptions { Id = channel.Id, Input = new Uri("https://source.example/"), From = "en", To = ["es"] },
            EngineChoice.Refused("none"))),
        configured => channels.Single(channel => channel.Id == configured.Options.Id).Start(),
        _time,
        NullLogger<ChannelHost>.Instance);
}
