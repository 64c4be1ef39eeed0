using Microsoft.Extensions.Logging.Abstractions;
using Tandem.Live;
using Tandem.Live.Dubbing;
using Tandem.Media.Worker;
using Tandem.Tests.Ingest;
using Xunit;

namespace Tandem.Tests;

public sealed class LiveChannelTests
{
    [Fact]
    public async Task A_channel_that_cannot_be_started_leaves_nothing_that_polls_its_source()
    {
        var asked = 0;
        await using var origin = await LocalOrigin.StartAsync(context =>
        {
            Interlocked.Increment(ref asked);
            context.Response.StatusCode = 404;
            return Task.CompletedTask;
        });
        using var meter = new TandemMeter();
        var options = new ChannelOptions { Id = "news", Input = origin.At("/live.m3u8"), From = "en", To = ["es"], AllowPrivate = true };
        var engine = EngineChoice.Of(_ => throw new InvalidOperationException("the model is gone"));
        var services = new ChannelServices(TimeProvider.System, NullLoggerFactory.Instance, meter, null, engine, new MediaWorkerOptions());
        Assert.Throws<InvalidOperationException>(() => LiveChannel.Start(options, services));
        await Task.Delay(500);
        Assert.Equal(0, asked);
    }
}
