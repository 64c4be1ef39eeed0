namespace Tandem.Operations.Load;

/// <summary>
/// Where the server's clock stands against this one, from the times that the server writes into its messages: the message that was fastest
/// on its way decides, less half of the shortest round trip. One for all viewers of a run.
/// </summary>
internal sealed class ClockOffset
{
    /// <summary>The server writes whole milliseconds.</summary>
    private const long HalfMillisecond = 500;

    private readonly Lock _lock = new();
    private long? _least;
    private long _roundTrip = long.MaxValue;

    /// <summary>This clock minus the server's, µs; null before a message was seen.</summary>
    public long? Microseconds
    {
        get
        {
            lock (_lock)
                return _least - (_roundTrip == long.MaxValue ? 0 : Math.Min(_roundTrip / 2, 250_000));
        }
    }

    /// <summary>The shortest round trip, µs; null before one was seen.</summary>
    public long? RoundTrip
    {
        get
        {
            lock (_lock)
                return _roundTrip == long.MaxValue ? null : _roundTrip;
        }
    }

    /// <summary>A message says what the server's clock showed, in ms, and arrived now (µs).</summary>
    public void Heard(long serverMilliseconds, long now)
    {
        var difference = now - (serverMilliseconds * 1000) - HalfMillisecond;
        lock (_lock)
            _least = Math.Min(_least ?? long.MaxValue, difference);
    }

    /// <summary>A ping came back after so long (µs).</summary>
    public void Pinged(long roundTrip)
    {
        lock (_lock)
            _roundTrip = Math.Min(_roundTrip, Math.Max(0, roundTrip));
    }
}
