using System.Threading.Channels;

namespace Tandem.Live.Dubbing;

/// <summary>The bounded way from an engine to its channel: who does not listen loses the oldest, and that is counted.</summary>
internal sealed class EngineEvents
{
    // At most a few events an utterance and one a stretch of sound: some minutes' worth.
    private const int Capacity = 4096;

    private readonly Channel<EngineEvent> _channel;
    private long _dropped;

    public EngineEvents() => _channel = Channel.CreateBounded<EngineEvent>(
        new BoundedChannelOptions(Capacity) { FullMode = BoundedChannelFullMode.DropOldest, SingleReader = true },
        _ => Interlocked.Increment(ref _dropped));

    /// <summary>For the channel to read.</summary>
    public ChannelReader<EngineEvent> Reader => _channel.Reader;

    /// <summary>Events that nobody read in time.</summary>
    public long Dropped => Interlocked.Read(ref _dropped);

    /// <summary>Adds one; does nothing after <see cref="Complete"/>.</summary>
    public void Publish(EngineEvent happened) => _channel.Writer.TryWrite(happened);

    /// <summary>Says that there will be no more.</summary>
    public void Complete() => _channel.Writer.TryComplete();
}
