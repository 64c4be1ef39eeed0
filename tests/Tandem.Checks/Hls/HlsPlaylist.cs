namespace Tandem.Checks.Hls;

/// <summary>One tag with its value.</summary>
/// <param name="Name">Without the number sign.</param>
/// <param name="Value">After the colon; empty where there is none.</param>
public sealed record HlsTag(string Name, string Value);

/// <summary>A tag with attributes, and the URI that belongs to it.</summary>
/// <param name="Attributes">Values without quotation marks.</param>
/// <param name="Uri">As written; null where there is none.</param>
public sealed record HlsEntry(IReadOnlyDictionary<string, string> Attributes, string? Uri)
{
    /// <summary>An attribute, or null.</summary>
    public string? this[string name] => Attributes.GetValueOrDefault(name);
}

/// <summary>A segment as a player would understand it.</summary>
public sealed record HlsSegment
{
    /// <summary>Media sequence number.</summary>
    public required long Number { get; init; }

    /// <summary>Discontinuity sequence number: the playlist's, plus the tags up to here.</summary>
    public required long Discontinuity { get; init; }

    /// <summary>EXT-X-DISCONTINUITY stands before it.</summary>
    public required bool Breaks { get; init; }

    /// <summary>Absolute.</summary>
    public required Uri Address { get; init; }

    /// <summary>EXTINF's number as written.</summary>
    public required string DurationText { get; init; }

    /// <summary>EXTINF, s.</summary>
    public required double Duration { get; init; }

    /// <summary>EXT-X-PROGRAM-DATE-TIME of this very segment.</summary>
    public required DateTimeOffset? WrittenDate { get; init; }

    /// <summary>The date, counted on from the last written one of the same discontinuity.</summary>
    public required DateTimeOffset? Date { get; init; }

    /// <summary>EXT-X-BYTERANGE as written; null without.</summary>
    public required string? Range { get; init; }

    /// <summary>Absolute address and range of the init segment; null without.</summary>
    public required string? Map { get; init; }

    /// <summary>EXT-X-MAP stands before this very segment.</summary>
    public required bool MapWritten { get; init; }

    /// <summary>EXT-X-GAP.</summary>
    public required bool Gap { get; init; }

    /// <summary>Date of its end.</summary>
    public DateTimeOffset? End => Date?.AddSeconds(Duration);
}

/// <summary>A playlist, read by the checker's own reader.</summary>
public sealed class HlsPlaylist
{
    /// <summary>Where it was found.</summary>
    public required Uri Address { get; init; }

    /// <summary>What is wrong with its text.</summary>
    public List<string> Faults { get; } = [];

    /// <summary>All tags, in order.</summary>
    public List<HlsTag> Tags { get; } = [];

    /// <summary>True where variants are listed.</summary>
    public bool IsMaster => Variants.Count > 0;

    /// <summary>EXT-X-STREAM-INF.</summary>
    public List<HlsEntry> Variants { get; } = [];

    /// <summary>EXT-X-MEDIA.</summary>
    public List<HlsEntry> Renditions { get; } = [];

    /// <summary>EXT-X-I-FRAME-STREAM-INF.</summary>
    public List<HlsEntry> IFrames { get; } = [];

    /// <summary>EXT-X-VERSION.</summary>
    public int Version { get; set; } = 1;

    /// <summary>EXT-X-TARGETDURATION; null where missing.</summary>
    public int? TargetDuration { get; set; }

    /// <summary>EXT-X-MEDIA-SEQUENCE.</summary>
    public long Sequence { get; set; }

    /// <summary>EXT-X-DISCONTINUITY-SEQUENCE.</summary>
    public long DiscontinuitySequence { get; set; }

    /// <summary>EXT-X-ENDLIST.</summary>
    public bool Ended { get; set; }

    /// <summary>In order.</summary>
    public List<HlsSegment> Segments { get; } = [];

    /// <summary>Whether a tag occurs.</summary>
    public bool Has(string tag) => Tags.Exists(other => other.Name == tag);
}
