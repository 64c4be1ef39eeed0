using System.Collections.Immutable;

namespace Tandem.Live.Ingest;

/// <summary>One attribute of a playlist tag (RFC 8216, section 4.2), in the order of the source.</summary>
/// <param name="Name">As written, such as <c>BANDWIDTH</c>.</param>
/// <param name="Value">Without quotation marks; variables already replaced.</param>
/// <param name="Quoted">Whether the source wrote it as a quoted string.</param>
public sealed record PlaylistAttribute(string Name, string Value, bool Quoted);

/// <summary>An attribute list; keeps order and what Tandem does not know.</summary>
public sealed record AttributeList(ImmutableArray<PlaylistAttribute> Items)
{
    /// <summary>No attributes.</summary>
    public static AttributeList Empty { get; } = new([]);

    /// <summary>The value of <paramref name="name"/>, or null.</summary>
    public string? this[string name] => Items.FirstOrDefault(item => item.Name == name)?.Value;

    /// <summary>With <paramref name="name"/> set, at its old place or at the end.</summary>
    public AttributeList With(string name, string value, bool quoted)
    {
        var item = new PlaylistAttribute(name, value, quoted);
        for (var index = 0; index < Items.Length; index++)
        {
            if (Items[index].Name == name)
                return new AttributeList(Items.SetItem(index, item));
        }

        return new AttributeList(Items.Add(item));
    }

    /// <summary>Without <paramref name="name"/>.</summary>
    public AttributeList Without(string name) => new(Items.RemoveAll(item => item.Name == name));
}

/// <summary>EXT-X-STREAM-INF with its URI (RFC 8216, section 4.3.4.2).</summary>
/// <param name="Attributes">All attributes of the tag.</param>
/// <param name="Address">Absolute.</param>
public sealed record Variant(AttributeList Attributes, Uri Address);

/// <summary>EXT-X-MEDIA (section 4.3.4.1).</summary>
/// <param name="Attributes">All attributes of the tag, URI among them as written.</param>
/// <param name="Address">Absolute; null where the rendition is in the variants themselves.</param>
public sealed record Rendition(AttributeList Attributes, Uri? Address);

/// <summary>EXT-X-I-FRAME-STREAM-INF (section 4.3.4.3).</summary>
public sealed record IFrameVariant(AttributeList Attributes, Uri Address);

/// <summary>A master playlist (section 4.3.4).</summary>
/// <param name="Address">Where it was found, after redirects.</param>
/// <param name="Variants">In the source's order.</param>
/// <param name="Renditions">In the source's order.</param>
/// <param name="IFrameVariants">In the source's order.</param>
/// <param name="IndependentSegments">EXT-X-INDEPENDENT-SEGMENTS.</param>
/// <param name="Start">EXT-X-START's attributes.</param>
/// <param name="OtherTags">EXT-X-SESSION-DATA and EXT-X-SESSION-KEY and other tags worth keeping, whole lines, in order.</param>
public sealed record MasterPlaylist(
    Uri Address,
    ImmutableArray<Variant> Variants,
    ImmutableArray<Rendition> Renditions,
    ImmutableArray<IFrameVariant> IFrameVariants,
    bool IndependentSegments,
    AttributeList? Start,
    ImmutableArray<string> OtherTags)
{
    /// <summary>EXT-X-DEFINE's variables, which media playlists import by name; already replaced everywhere in this record.</summary>
    public ImmutableDictionary<string, string> Variables { get; init; } = ImmutableDictionary<string, string>.Empty;
}

/// <summary>EXT-X-BYTERANGE, resolved: the offset is always known.</summary>
public sealed record ByteRange(long Length, long Offset);

/// <summary>EXT-X-MAP.</summary>
public sealed record MediaMap(Uri Address, ByteRange? Range)
{
    /// <summary>Keys in force where EXT-X-MAP stands; they encrypt the init segment (section 4.3.2.5). Empty where it is clear.</summary>
    public ImmutableArray<MediaKey> Keys { get; init; } = [];
}

/// <summary>EXT-X-KEY (section 4.3.2.4).</summary>
/// <param name="Method"><c>AES-128</c>, <c>SAMPLE-AES</c>, …; never <c>NONE</c>.</param>
/// <param name="Address">Absolute; null only for malformed keys.</param>
/// <param name="Iv">16 bytes; null where it is the media sequence number.</param>
/// <param name="Attributes">All attributes as written.</param>
public sealed record MediaKey(string Method, Uri? Address, ImmutableArray<byte>? Iv, AttributeList Attributes);

/// <summary>One media segment of a playlist, with every tag that applies to it.</summary>
/// <param name="Sequence">Media sequence number in the source.</param>
/// <param name="DiscontinuitySequence">Of this segment: the playlist's plus the tags before it.</param>
/// <param name="Address">Absolute.</param>
/// <param name="Duration">EXTINF.</param>
/// <param name="Title">EXTINF's title; usually empty.</param>
/// <param name="Range">Null for the whole resource.</param>
/// <param name="Map">Init segment that applies.</param>
/// <param name="Keys">Keys that apply; empty where the segment is clear.</param>
/// <param name="ProgramDate">Only where the source wrote the tag at this segment, or it follows from the one before in the same playlist.</param>
/// <param name="Gap">EXT-X-GAP.</param>
/// <param name="Discontinuity">EXT-X-DISCONTINUITY stands before it.</param>
/// <param name="OtherTags">EXT-X-DATERANGE, EXT-X-CUE-*, EXT-X-BITRATE and unknown tags that stand before it, whole lines.</param>
public sealed record MediaSegment(
    long Sequence,
    long DiscontinuitySequence,
    Uri Address,
    TimeSpan Duration,
    string Title,
    ByteRange? Range,
    MediaMap? Map,
    ImmutableArray<MediaKey> Keys,
    DateTimeOffset? ProgramDate,
    bool Gap,
    bool Discontinuity,
    ImmutableArray<string> OtherTags);

/// <summary>A media playlist (section 4.3.3). LL-HLS parts are not in it; only whole segments are.</summary>
/// <param name="Address">Where it was found, after redirects.</param>
/// <param name="Version">EXT-X-VERSION, 1 where absent.</param>
/// <param name="TargetDuration">EXT-X-TARGETDURATION.</param>
/// <param name="EndList">EXT-X-ENDLIST.</param>
/// <param name="Type"><c>EVENT</c>, <c>VOD</c> or null.</param>
/// <param name="IFramesOnly">EXT-X-I-FRAMES-ONLY.</param>
/// <param name="IndependentSegments">EXT-X-INDEPENDENT-SEGMENTS.</param>
/// <param name="MediaSequence">EXT-X-MEDIA-SEQUENCE, 0 where absent.</param>
/// <param name="DiscontinuitySequence">EXT-X-DISCONTINUITY-SEQUENCE, 0 where absent.</param>
/// <param name="Start">EXT-X-START's attributes.</param>
/// <param name="Segments">In order.</param>
public sealed record MediaPlaylist(
    Uri Address,
    int Version,
    TimeSpan TargetDuration,
    bool EndList,
    string? Type,
    bool IFramesOnly,
    bool IndependentSegments,
    long MediaSequence,
    long DiscontinuitySequence,
    AttributeList? Start,
    ImmutableArray<MediaSegment> Segments)
{
    /// <summary>
    /// Every EXT-X-DATERANGE line of the playlist, wherever it stands: some packagers write all of them at the top or at the end, where
    /// they belong to no segment of their own.
    /// </summary>
    public ImmutableArray<DateRange> DateRanges { get; init; } = [];
}

/// <summary>Why something of the source could not be had or understood; a state of the channel, counted and tried again.</summary>
/// <param name="Stage"><c>playlist</c>, <c>segment</c>, <c>key</c>, <c>init</c>.</param>
/// <param name="Reason">A bounded word for metrics, such as <c>not_found</c>, <c>timeout</c>, <c>not_a_playlist</c>, <c>refused_address</c>, <c>too_large</c>, <c>sample_aes</c>.</param>
/// <param name="Detail">One line for people: what, where, and what to do. Query strings are left out of addresses.</param>
/// <param name="Retry">Whether trying again can help.</param>
public sealed record SourceFault(string Stage, string Reason, string Detail, bool Retry)
{
    /// <summary>The reason while a source that comes by itself has not come yet: nothing is wrong, and nobody failed.</summary>
    public const string Awaited = "awaited";

    /// <summary>How long the server asks not to be asked again (Retry-After; RFC 9110, section 10.2.3), bounded; null where it does not say.</summary>
    public TimeSpan? RetryAfter { get; init; }
}
