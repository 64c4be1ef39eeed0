namespace Tandem.Media.Worker;

/// <summary>Settings of one media worker. The defaults are what a channel runs with.</summary>
public sealed record MediaWorkerOptions
{
    /// <summary>Name in logs, such as the channel's id.</summary>
    public string Name { get; init; } = "media";

    /// <summary>Program and arguments of the child; null for this program's own <c>worker</c> command.</summary>
    public IReadOnlyList<string>? Command { get; init; }

    /// <summary>How long one request may take before the child is killed, plus <see cref="TimeoutPerMebibyte"/>. Default 5 s.</summary>
    public TimeSpan RequestTimeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>What a request may take longer for each MiB of segment. Default 0.25 s.</summary>
    public TimeSpan TimeoutPerMebibyte { get; init; } = TimeSpan.FromSeconds(0.25);

    /// <summary>How long a child may take to start. Default 20 s: many start at once when a server does.</summary>
    public TimeSpan StartTimeout { get; init; } = TimeSpan.FromSeconds(20);

    /// <summary>How long a child may be silent, at work or not; it says each second that it lives. Default 10 s.</summary>
    public TimeSpan SilenceTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Pause before the first restart; it doubles with each that follows. Default 0.1 s.</summary>
    public TimeSpan FirstPause { get; init; } = TimeSpan.FromSeconds(0.1);

    /// <summary>Longest pause before a restart. Default 10 s.</summary>
    public TimeSpan LongestPause { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How long a child must have lived for the pauses to begin anew. Default 1 min.</summary>
    public TimeSpan HealthyAfter { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>Largest segment with its init segment, in bytes. Default 64 MiB.</summary>
    public int LargestSegment { get; init; } = 64 << 20;

    /// <summary>Requests that may wait for their turn; one more is refused. Default 64: those of a channel that carries its playlists.</summary>
    public int MostWaiting { get; init; } = 64;

    /// <summary>What the child may take of memory for data, in bytes: its heap, libav*'s, and the segment at hand. Default 384 MiB.</summary>
    public long MemoryLimit { get; init; } = 384L << 20;

    /// <summary>Whether the child is confined beyond resource limits. Default true; false only helps to find out what a confinement breaks.</summary>
    public bool Confined { get; init; } = true;

    /// <summary>
    /// Called after a child died, before the pause that follows, with how it ended; from any thread. It must not block or throw.
    /// </summary>
    public Action<string>? Died { get; init; }

    /// <summary>Whether the child obeys probes that try to break out. For tests.</summary>
    internal bool AllowProbes { get; init; }
}
