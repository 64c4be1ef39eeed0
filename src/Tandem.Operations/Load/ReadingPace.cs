namespace Tandem.Operations.Load;

/// <summary>How fast a viewer reads.</summary>
/// <param name="BytesPerSecond">Null for as fast as it can, 0 for not at all.</param>
internal readonly record struct ReadingPace(double? BytesPerSecond)
{
    /// <summary>A slow viewer reads so often.</summary>
    public static TimeSpan Pause { get; } = TimeSpan.FromMilliseconds(250);

    /// <summary>Whether it reads nothing.</summary>
    public bool IsFrozen => BytesPerSecond is 0;

    /// <summary>What is read at once; null for all that is there.</summary>
    public int? AtOnce => BytesPerSecond is { } rate ? Math.Max(1, (int)(rate * Pause.TotalSeconds)) : null;

    /// <summary>What the system may hold for a slow viewer, so that its slowness is felt; null for its own choice.</summary>
    public int? ReceiveBuffer => BytesPerSecond is null ? null : 32 << 10;
}
