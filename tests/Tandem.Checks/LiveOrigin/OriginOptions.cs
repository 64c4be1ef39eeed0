using Tandem.Checks.Signals;

namespace Tandem.Checks.LiveOrigin;

/// <summary>What a live channel does when its programme has been played.</summary>
public enum AtEnd
{
    /// <summary>Pieces [LoopFrom, LoopTo) repeat with timestamps that go on: nobody can tell.</summary>
    LoopSeamlessly,

    /// <summary>All pieces repeat after EXT-X-DISCONTINUITY, with the timestamps they had at first.</summary>
    LoopWithDiscontinuity,

    /// <summary>No segment is added any more.</summary>
    Stop,
}

/// <summary>How segments are encrypted.</summary>
public enum Encryption
{
    /// <summary>Not at all.</summary>
    None,

    /// <summary>AES-128; the IV is the media sequence number (RFC 8216, section 5.2).</summary>
    Aes128,

    /// <summary>AES-128 with the IV in the playlist.</summary>
    Aes128ExplicitIv,
}

/// <summary>How a programme is put on the air.</summary>
public sealed record OriginOptions
{
    /// <summary>What is played.</summary>
    public required Programme Programme { get; init; }

    /// <summary>Segments a playlist.</summary>
    public int Window { get; init; } = 8;

    /// <summary>Segments that are there when the channel begins; null for a whole window.</summary>
    public int? Ahead { get; init; }

    /// <summary>Source seconds a wall second. Segments appear at this pace; their durations stay as they are.</summary>
    public double Speed { get; init; } = 1;

    /// <summary>What comes after the last piece.</summary>
    public AtEnd AtEnd { get; init; } = AtEnd.LoopWithDiscontinuity;

    /// <summary>Timestamp of the first picture, 90 kHz; null for the programme's own. Near 2³³ (TS only) the counter wraps.</summary>
    public long? FirstTicks { get; init; }

    /// <summary>The first EXT-X-MEDIA-SEQUENCE.</summary>
    public long FirstSequence { get; init; }

    /// <summary>Whether playlists carry EXT-X-PROGRAM-DATE-TIME.</summary>
    public bool ProgramDates { get; init; } = true;

    /// <summary>Whether playlists answer with gzip to those who ask for it.</summary>
    public bool Gzip { get; init; }

    /// <summary>Whether the master and every segment are found through a redirect.</summary>
    public bool Redirects { get; init; }

    /// <summary>Every address carries a signature that is refused after this long (counted from a segment's appearance); null for none.</summary>
    public TimeSpan? SignedFor { get; init; }

    /// <summary>How segments are encrypted.</summary>
    public Encryption Encryption { get; init; }

    /// <summary>Segments a file, addressed by EXT-X-BYTERANGE; 0 for a file each.</summary>
    public int SegmentsPerFile { get; init; }

    /// <summary>Whether addresses are written with EXT-X-DEFINE variables.</summary>
    public bool Variables { get; init; }

    /// <summary>Parts a segment (LL-HLS); 0 for none.</summary>
    public int Parts { get; init; }

    /// <summary>Whether browsers of other origins may read.</summary>
    public bool Cors { get; init; } = true;

    /// <summary>How long a segment can be had after it left the window.</summary>
    public TimeSpan Keep { get; init; } = TimeSpan.FromMinutes(3);

    /// <summary>More tags before a segment, such as EXT-X-DATERANGE.</summary>
    public Func<OriginEntry, IEnumerable<string>> Tags { get; init; } = _ => [];
}
