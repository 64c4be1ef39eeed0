namespace Tandem.Media.Chunks;

/// <summary>One coded picture.</summary>
/// <param name="Decode">Decoding time, after the edit list.</param>
/// <param name="Offset">Presentation time minus decoding time.</param>
/// <param name="Duration">Until the next is decoded.</param>
/// <param name="IsSync">Whether decoding can begin here.</param>
/// <param name="Data">As MP4 has it: each unit behind its length.</param>
internal readonly record struct PictureSample(long Decode, int Offset, uint Duration, bool IsSync, ReadOnlyMemory<byte> Data);

/// <summary>The pictures of one segment, and what a decoder needs to know beforehand.</summary>
/// <param name="Track">Track id in <paramref name="Init"/>.</param>
/// <param name="Init">Init segment.</param>
/// <param name="CodecsTag">RFC 6381 name.</param>
/// <param name="Width">Pixels.</param>
/// <param name="Height">Pixels.</param>
/// <param name="Timescale">Units a second.</param>
/// <param name="Samples">In decoding order; at least one.</param>
internal sealed record Pictures(int Track, ReadOnlyMemory<byte> Init, string CodecsTag, int Width, int Height, uint Timescale, List<PictureSample> Samples);
