using Tandem.Live.Ingest;

namespace Tandem.Live.Captions;

/// <summary>What a segment of the source said in captions.</summary>
/// <param name="Source">Where it was read.</param>
/// <param name="Segment">Its entry in the playlist.</param>
/// <param name="AppearedAt">As in <see cref="SeenSegment"/>.</param>
/// <param name="IsHeard">Whether it is a segment of what is heard: its row is that of its number.</param>
/// <param name="Texts">Captions that are complete, with media times of 33 bits or more.</param>
/// <param name="Fault">Why it could not be read.</param>
public sealed record CaptionSegment(
    CaptionSource Source, MediaSegment Segment, DateTimeOffset AppearedAt, bool IsHeard, IReadOnlyList<TimedText> Texts, SourceFault? Fault)
{
    /// <summary>Media time since which a caption shows that is not complete yet; null where none does.</summary>
    public long? Open { get; init; }

    /// <summary>Whether its captions' channel has ever said anything; true for WebVTT.</summary>
    public bool HasSpoken { get; init; } = true;
}
