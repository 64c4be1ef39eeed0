using Tandem.Media.Worker;

namespace Tandem.Media.Remux;

/// <summary>What the child made of one segment to be remuxed.</summary>
/// <param name="Container">The container.</param>
/// <param name="Init">The new init segment; null where the request's own serves.</param>
/// <param name="Pieces">The new segment, piece after piece; null where the request's own serves.</param>
/// <param name="Tracks">What is left.</param>
/// <param name="PictureStart">Smallest presentation time of a picture, 90 kHz.</param>
/// <param name="PictureEnd">Largest presentation time plus one picture's duration.</param>
/// <param name="Memory">What the next segment of the same stream needs to know.</param>
internal sealed record Remuxed(
    Container Container,
    ReadOnlyMemory<byte>? Init,
    IReadOnlyList<ReadOnlyMemory<byte>>? Pieces,
    IReadOnlyList<TrackInfo> Tracks,
    long? PictureStart,
    long? PictureEnd,
    ReadOnlyMemory<byte> Memory);

/// <summary>A remuxed segment in the child, or the reason why there is none.</summary>
internal readonly record struct RemuxResult(Remuxed? Segment, DecodeFault? Fault, string? Detail)
{
    /// <summary>Wraps a success.</summary>
    public static RemuxResult Of(Remuxed segment) => new(segment, null, null);

    /// <summary>Wraps an expected failure.</summary>
    public static RemuxResult Failed(DecodeFault fault, string detail) => new(null, fault, detail);
}
