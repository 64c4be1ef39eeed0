namespace Tandem.Media.Worker;

/// <summary>A segment whose picture is to be cut into CMAF chunks.</summary>
/// <param name="Data">The whole segment, already decrypted.</param>
/// <param name="Init">Its init segment, already decrypted; empty where it has none.</param>
/// <param name="Count">How many chunks, 1 to <see cref="MostChunks"/>.</param>
public sealed record ChunkRequest(ReadOnlyMemory<byte> Data, ReadOnlyMemory<byte> Init, int Count)
{
    /// <summary>Chunks of one segment at most.</summary>
    public const int MostChunks = 1024;
}

/// <summary>A segment's picture as chunks (ISO/IEC 23000-19, 7.3.2.3): <c>moof</c> and <c>mdat</c> each.</summary>
/// <param name="Container">What the segment was.</param>
/// <param name="Init">The init segment, equal where the picture's parameters are; without an edit list.</param>
/// <param name="CodecsTag">RFC 6381 name.</param>
/// <param name="Width">Pixels.</param>
/// <param name="Height">Pixels.</param>
/// <param name="Timescale">Units a second of all times here.</param>
/// <param name="Chunks">In order; some may be empty, together they are the segment.</param>
public sealed record ChunkedSegment(
    Container Container, ReadOnlyMemory<byte> Init, string CodecsTag, int Width, int Height, uint Timescale, IReadOnlyList<PictureChunk> Chunks);

/// <summary>Some pictures, in decoding order.</summary>
/// <param name="DecodeTime">Decoding time of the first, after the edit list; of a transport stream 33 bits, not wrapped within the segment.</param>
/// <param name="Duration">Of all of them, by decoding times.</param>
/// <param name="Offset">Presentation time of the first, minus its decoding time.</param>
/// <param name="IsCut">Whether decoding can begin here.</param>
/// <param name="Data">The chunk; empty where no picture lies in its time.</param>
public sealed record PictureChunk(long DecodeTime, long Duration, long Offset, bool IsCut, ReadOnlyMemory<byte> Data)
{
    /// <summary>Where in <see cref="Data"/> the number of <c>mfhd</c> lies.</summary>
    public const int SequenceAt = 20;

    /// <summary>Where in <see cref="Data"/> the 64 bits of <c>tfdt</c> lie.</summary>
    public const int TimeAt = 60;
}

/// <summary>Chunks, or the reason why there are none.</summary>
public readonly record struct ChunkOutcome(ChunkedSegment? Segment, DecodeFault? Fault, string? Detail)
{
    /// <summary>Wraps a success.</summary>
    public static ChunkOutcome Of(ChunkedSegment segment) => new(segment, null, null);

    /// <summary>Wraps an expected failure; <paramref name="detail"/> is one line for people.</summary>
    public static ChunkOutcome Failed(DecodeFault fault, string detail) => new(null, fault, detail);
}
