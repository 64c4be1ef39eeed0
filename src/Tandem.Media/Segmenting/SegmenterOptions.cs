namespace Tandem.Media.Segmenting;

/// <summary>Settings of one segmenter. The defaults are what a channel runs with.</summary>
public sealed record SegmenterOptions
{
    /// <summary>What to read.</summary>
    public required SegmenterInput Input { get; init; }

    /// <summary>Name in logs, such as the channel's id.</summary>
    public string Name { get; init; } = "segmenter";

    /// <summary>How long segments shall be; each ends at the first key frame that comes about then. 0.5 to 10 s. Default 2 s.</summary>
    public TimeSpan Target { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>
    /// Whether a file is handed out at the pace of its own time, as a live source appears; false for as fast as it is read. Listeners
    /// have their sender's pace. Default false.
    /// </summary>
    public bool Paced { get; init; }

    /// <summary>Longest segment; without a key frame until then the cut is made all the same. Default 12 s.</summary>
    public TimeSpan Longest { get; init; } = TimeSpan.FromSeconds(12);

    /// <summary>Largest segment, bytes; one that reaches half of it is cut without waiting for a key frame. Default 48 MiB.</summary>
    public int LargestSegment { get; init; } = 48 << 20;

    /// <summary>Segments that wait for the reader; the child waits with the next. Default 3.</summary>
    public int MostQueued { get; init; } = 3;

    /// <summary>How long a sender may be silent before it counts as gone. Default 10 s.</summary>
    public TimeSpan SenderTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How long the child may take to start. Default 20 s: many start at once when a server does.</summary>
    public TimeSpan StartTimeout { get; init; } = TimeSpan.FromSeconds(20);

    /// <summary>How long the child may make no headway, when it waits for nobody, before it is killed. Default 15 s.</summary>
    public TimeSpan StallTimeout { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>Pause before a listener starts again after its child died; it doubles with each that follows. Default 0.1 s.</summary>
    public TimeSpan FirstPause { get; init; } = TimeSpan.FromSeconds(0.1);

    /// <summary>Longest pause before a restart. Default 10 s.</summary>
    public TimeSpan LongestPause { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>What the child may take of memory for data, bytes. Default 384 MiB.</summary>
    public long MemoryLimit { get; init; } = 384L << 20;

    /// <summary>Program and arguments of the child; null for this program's own <c>segment</c> command.</summary>
    public IReadOnlyList<string>? Command { get; init; }

    /// <summary>Whether the child is confined beyond resource limits. Default true; false only helps to find out what a confinement breaks.</summary>
    public bool Confined { get; init; } = true;

    /// <summary>Whether the child obeys probes that try to break out. For tests.</summary>
    internal bool AllowProbes { get; init; }
}
