using System.Buffers.Binary;
using System.Collections.Immutable;
using Tandem.Live.Ingest;

namespace Tandem.Live.Package;

/// <summary>One media playlist as Tandem publishes it; <see cref="MediaPlaylistWriter"/> turns it into text.</summary>
public sealed record PublishedPlaylist
{
    /// <summary>EXT-X-TARGETDURATION, whole seconds; the same in every playlist of a channel.</summary>
    public required int TargetDuration { get; init; }

    /// <summary>Number of the first segment.</summary>
    public required long MediaSequence { get; init; }

    /// <summary>EXT-X-DISCONTINUITY-SEQUENCE: of the first segment, less the tag that may stand before it.</summary>
    public required long DiscontinuitySequence { get; init; }

    /// <summary>In order, without holes: the n-th has the number <see cref="MediaSequence"/> + n.</summary>
    public required ImmutableArray<PublishedSegment> Segments { get; init; }

    /// <summary>EXT-X-INDEPENDENT-SEGMENTS.</summary>
    public bool IndependentSegments { get; init; }

    /// <summary>EXT-X-I-FRAMES-ONLY.</summary>
    public bool IFramesOnly { get; init; }

    /// <summary>EXT-X-DATERANGE, whole lines.</summary>
    public ImmutableArray<string> DateRanges { get; init; } = [];

    /// <summary>EXT-X-START's attributes.</summary>
    public AttributeList? Start { get; init; }

    /// <summary>EXT-X-ENDLIST.</summary>
    public bool EndList { get; init; }
}

/// <summary>One segment of a published playlist.</summary>
/// <param name="Address">Absolute (the source's), or relative to the playlist (Tandem's).</param>
/// <param name="Duration">EXTINF; must never change once published.</param>
/// <param name="Date">EXT-X-PROGRAM-DATE-TIME; written at every segment.</param>
public sealed record PublishedSegment(Uri Address, TimeSpan Duration, DateTimeOffset Date)
{
    /// <summary>EXTINF's title.</summary>
    public string Title { get; init; } = "";

    /// <summary>EXT-X-DISCONTINUITY stands before it.</summary>
    public bool Discontinuity { get; init; }

    /// <summary>Null for the whole resource.</summary>
    public ByteRange? Range { get; init; }

    /// <summary>Init segment that applies.</summary>
    public MediaMap? Map { get; init; }

    /// <summary>Keys that apply; empty where the segment is clear.</summary>
    public ImmutableArray<MediaKey> Keys { get; init; } = [];

    /// <summary>EXT-X-GAP.</summary>
    public bool Gap { get; init; }

    /// <summary>Whole lines that stand before it, such as EXT-X-CUE-OUT; see <see cref="PlaylistText.IsKept"/> for what is refused.</summary>
    public ImmutableArray<string> OtherTags { get; init; } = [];

    /// <summary>
    /// A segment of the source under the number that Tandem gives it. GAP, KEY, MAP and BYTERANGE travel with it; where the number
    /// differs from the source's, keys whose IV is the number get it in writing (RFC 8216, section 5.2).
    /// </summary>
    /// <param name="source">As the source listed it.</param>
    /// <param name="number">Its published media sequence number.</param>
    /// <param name="date">Its published date, which is the source's own or made up, but consistent in all playlists.</param>
    /// <param name="discontinuity">Whether an epoch or the source's own discontinuity begins here.</param>
    public static PublishedSegment Of(MediaSegment source, long number, DateTimeOffset date, bool discontinuity) =>
        new(source.Address, source.Duration, date)
        {
            Title = source.Title,
            Discontinuity = discontinuity,
            Range = source.Range,
            Map = source.Map,
            Keys = number == source.Sequence ? source.Keys : [.. source.Keys.Select(key => WithExplicitIv(key, source.Sequence))],
            Gap = source.Gap,
            OtherTags = source.OtherTags,
        };

    private static MediaKey WithExplicitIv(MediaKey key, long sourceNumber)
    {
        if (key.Iv is not null || (key.Attributes["KEYFORMAT"] ?? "identity") != "identity")
            return key;
        var iv = new byte[16];
        BinaryPrimitives.WriteInt64BigEndian(iv.AsSpan(8), sourceNumber);
        return key with { Iv = [.. iv], Attributes = key.Attributes.With("IV", "0x" + Convert.ToHexString(iv), quoted: false) };
    }
}
