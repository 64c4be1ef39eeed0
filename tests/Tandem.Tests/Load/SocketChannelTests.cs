using Tandem.Operations.Load;
using Xunit;

namespace Tandem.Tests.Load;

/// <summary>What of a channel counts for a viewer who was turned away before.</summary>
public sealed class SocketChannelTests
{
    private readonly SocketChannel _channel = new(
        new LoadServices(
            new LoadOptions { Url = new Uri("http://h/"), AudioOnly = true },
            new LoadTarget(new Uri("http://h/live/a/master.m3u8"), new Uri("http://h/ws/live/a")),
            new RunClock(TimeProvider.System)),
        null);

    private readonly Tally _tally = new("ws");

    [Fact]
    public void What_was_published_between_a_refusal_and_the_join_is_not_late()
    {
        _channel.Connected(At(0));
        _channel.TurnedAway();
        _channel.Connected(At(10));
        Come(9, at: 10);
        Assert.Equal(0, _tally.Report().Delivered);
        Come(10, at: 10);
        Assert.Equal(1, _tally.Report().Delivered);
    }

    [Fact]
    public void What_a_viewer_missed_who_had_watched_before_is_late()
    {
        _channel.Connected(At(0));
        Come(1, at: 1);
        _channel.TurnedAway();
        _channel.Connected(At(10));
        Come(2, at: 10);
        Assert.Equal((2, 8 * MadeMedia.ChunkTime / 1e6), (_tally.Report().Delivered, Math.Round(_tally.Report().Delivery.Max!.Value, 3)));
    }

    private static long At(long sequence) => sequence * MadeMedia.ChunkTime;

    private void Come(long sequence, long at)
    {
        _channel.Begin();
        _channel.Feed(SocketServer.Message(2, 2, sequence, MadeMedia.Fragment(sequence * 6144, 6, (int)sequence)));
        _channel.End(At(at), At(0), _tally, (_, _) => { });
    }
}
