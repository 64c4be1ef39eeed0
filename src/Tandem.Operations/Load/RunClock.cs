namespace Tandem.Operations.Load;

/// <summary>The clock of one run: wall time that goes on evenly, whatever happens to the machine's clock meanwhile.</summary>
internal sealed class RunClock(TimeProvider time)
{
    private readonly long _timestamp = time.GetTimestamp();
    private readonly long _wall = Microseconds(time.GetUtcNow());

    /// <summary>What it is made of; timers use it.</summary>
    public TimeProvider Time => time;

    /// <summary>When the run began, µs since 1970.</summary>
    public long Began => _wall;

    /// <summary>µs since 1970.</summary>
    public long Now => _wall + (time.GetElapsedTime(_timestamp).Ticks / TimeSpan.TicksPerMicrosecond);

    /// <summary>µs since 1970.</summary>
    public static long Microseconds(DateTimeOffset at) => (at.UtcTicks - DateTimeOffset.UnixEpoch.UtcTicks) / TimeSpan.TicksPerMicrosecond;
}
