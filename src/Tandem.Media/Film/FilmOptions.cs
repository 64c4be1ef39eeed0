namespace Tandem.Media.Film;

/// <summary>How a film's child is started.</summary>
public sealed record FilmOptions
{
    /// <summary>Program and arguments of the child; null for this program's own <c>film</c> command.</summary>
    public IReadOnlyList<string>? Command { get; init; }

    /// <summary>
    /// What the child may take of memory for data, bytes. The index of an MP4 is written last and held until then: 64 bytes a packet, 22 MB
    /// for a voice of two hours. Default 1.5 GiB.
    /// </summary>
    public long MemoryLimit { get; init; } = 1536L << 20;

    /// <summary>How long the child may say nothing while it is waited for, before it is killed. Default 60 s.</summary>
    public TimeSpan Patience { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>Whether it is confined beyond resource limits. Default true.</summary>
    public bool Confined { get; init; } = true;
}
