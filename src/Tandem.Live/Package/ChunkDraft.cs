using System.Buffers.Binary;

namespace Tandem.Live.Package;

/// <summary>A chunk that is made and waits for its time.</summary>
/// <param name="Track">Its track.</param>
/// <param name="Rendition">Index of the voice; 0 for the picture.</param>
/// <param name="Sequence">Its place in the track.</param>
/// <param name="Flags">What it is.</param>
/// <param name="SourceTime">Source time of its beginning.</param>
/// <param name="Duration">How much of source time it covers.</param>
/// <param name="Generation">Its init segment.</param>
/// <param name="Payload">The chunk.</param>
public sealed record ChunkDraft(
    MediaTrack Track,
    int Rendition,
    long Sequence,
    ChunkFlags Flags,
    DateTimeOffset SourceTime,
    TimeSpan Duration,
    ChunkGeneration Generation,
    ChunkPayload Payload);

/// <summary>The bytes of a chunk: <c>moof</c> and <c>mdat</c>, with what is written into them when their place is known.</summary>
/// <param name="Data">The bytes; empty where there is no media.</param>
/// <param name="SequenceAt">Where <c>mfhd</c> has its number; negative where it stays.</param>
/// <param name="TimeAt">Where <c>tfdt</c> has its 64 bits; negative where they stay.</param>
/// <param name="DecodeTime">What goes there.</param>
public readonly record struct ChunkPayload(ReadOnlyMemory<byte> Data, int SequenceAt = -1, int TimeAt = -1, long DecodeTime = 0)
{
    /// <summary>The bytes as they are.</summary>
    public ReadOnlySpan<byte> Span => Data.Span;

    /// <summary>Writes number and time into a copy of the bytes.</summary>
    /// <param name="copy">The copy.</param>
    /// <param name="sequence">Of the chunk.</param>
    public void Stamp(Span<byte> copy, long sequence)
    {
        if (copy.IsEmpty)
            return;
        if (SequenceAt >= 0)
            BinaryPrimitives.WriteUInt32BigEndian(copy[SequenceAt..], (uint)sequence);
        if (TimeAt >= 0)
            BinaryPrimitives.WriteInt64BigEndian(copy[TimeAt..], DecodeTime);
    }
}

/// <summary>One init segment and the chunks that it holds for.</summary>
/// <param name="Number">Differs from that of every other generation of its track and rendition, also of instances before this one.</param>
/// <param name="Init">The init segment.</param>
/// <param name="Mime">Media type with codecs, as MediaSource wants it.</param>
/// <param name="Width">Of the picture, pixels; 0 for sound.</param>
/// <param name="Height">Of the picture, pixels; 0 for sound.</param>
public sealed record ChunkGeneration(uint Number, ReadOnlyMemory<byte> Init, string Mime, int Width = 0, int Height = 0);
