using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Tandem.Media.Chunks;

namespace Tandem.Media.Worker;

/// <summary>Requests for chunks, and their outcomes, on the wire. The parent believes nothing of what it reads.</summary>
internal static class WireChunks
{
    private const int LargestInit = 256 * 1024;
    private const uint FastestTimescale = 100_000_000;
    private const int LargestSide = 16_384;

    // Boxes of a chunk: some hundred bytes, and 16 a picture.
    private const int MostAdded = 1024 * 1024;

    /// <summary>Everything of a request but the segment's bytes, which follow it.</summary>
    public static byte[] Head(int id, ChunkRequest request)
    {
        var wire = new WireWriter();
        wire.Begin(MessageKind.Chunk);
        wire.I32(id);
        wire.I32(request.Count);
        wire.Bytes(request.Init.Span);
        return Before(wire, request.Data.Length);
    }

    /// <summary>Reads a request's body.</summary>
    public static ChunkRequest ReadRequest(byte[] body)
    {
        var wire = new WireReader(body);
        wire.I32();
        var count = wire.Bounded(1, ChunkRequest.MostChunks);
        var init = wire.Bounded(0, body.Length);
        var at = body.Length - wire.Left;
        if (init > wire.Left)
            throw new WireException("init segment cut short");
        return new ChunkRequest(body.AsMemory(at + init), body.AsMemory(at, init), count);
    }

    /// <summary>Everything of an outcome's message but the chunks' pieces, which follow it.</summary>
    public static (byte[] Head, List<ReadOnlyMemory<byte>> Pieces) Outcome(int id, in ChunkResult result)
    {
        var wire = new WireWriter();
        wire.Begin(MessageKind.Chunked);
        wire.I32(id);
        wire.U8(result.Segment is null ? 0 : 1);
        var all = new List<ReadOnlyMemory<byte>>();
        if (result.Segment is not { } segment)
        {
            wire.U8((int)result.Fault!);
            wire.Text(result.Detail);
            return (Before(wire, 0), all);
        }

        var pictures = segment.Pictures;
        wire.U8((int)segment.Container);
        wire.Bytes(pictures.Init.Span);
        wire.Text(pictures.CodecsTag);
        wire.I32(pictures.Width);
        wire.I32(pictures.Height);
        wire.I32((int)pictures.Timescale);
        wire.I32(segment.Starts.Length);
        var samples = CollectionsMarshal.AsSpan(pictures.Samples);
        for (var chunk = 0; chunk < segment.Starts.Length; chunk++)
        {
            var from = segment.Starts[chunk];
            var to = chunk + 1 < segment.Starts.Length ? segment.Starts[chunk + 1] : samples.Length;
            List<ReadOnlyMemory<byte>> pieces = from < to ? ChunkWriter.Write(pictures.Track, samples[from..to]) : [];
            var duration = 0L;
            foreach (var sample in samples[from..to])
                duration += sample.Duration;
            wire.I64(from < samples.Length ? samples[from].Decode : samples[^1].Decode + samples[^1].Duration);
            wire.I64(duration);
            wire.I64(from < samples.Length ? samples[from].Offset : 0);
            wire.U8(from < to && samples[from].IsSync ? 1 : 0);
            wire.I32(pieces.Sum(piece => piece.Length));
            all.AddRange(pieces);
        }

        return (Before(wire, all.Sum(piece => piece.Length)), all);
    }

    /// <summary>Reads an outcome's body.</summary>
    /// <exception cref="WireException">It is not one.</exception>
    public static (int Request, ChunkOutcome Outcome) ReadOutcome(ReadOnlySpan<byte> body)
    {
        var wire = new WireReader(body);
        var request = wire.I32();
        if (wire.U8() == 0)
        {
            var fault = WireOutcome.ReadFault(ref wire);
            return (request, ChunkOutcome.Failed(fault, wire.Text(WireOutcome.MostText) ?? ""));
        }

        var container = WireOutcome.ReadContainer(ref wire);
        var init = wire.Bytes(LargestInit).ToArray();
        var tag = wire.Text(64) ?? "";
        if (tag.Any(letter => !char.IsAsciiLetterOrDigit(letter) && letter != '.'))
            throw new WireException("a codec's name with other signs");
        var (width, height) = (wire.Bounded(0, LargestSide), wire.Bounded(0, LargestSide));
        var timescale = (uint)wire.Bounded(1, (int)FastestTimescale);
        var chunks = new (long Decode, long Duration, long Offset, bool IsCut, int Size)[wire.Bounded(1, ChunkRequest.MostChunks)];
        for (var index = 0; index < chunks.Length; index++)
            chunks[index] = (wire.I64(), wire.I64(), wire.I64(), wire.U8() != 0, wire.Bounded(0, int.MaxValue));
        if (chunks.Sum(chunk => (long)chunk.Size) != wire.Left)
            throw new WireException("sizes that are not those of the chunks");
        var read = new List<PictureChunk>(chunks.Length);
        var rest = wire.Rest();
        foreach (var (decode, duration, offset, isCut, size) in chunks)
        {
            // Half an hour at most; offsets of a minute.
            if (duration < 0 || duration > 1800L * timescale || Math.Abs(offset) > 60L * timescale || Math.Abs(decode) > long.MaxValue / 8
                || size is > 0 and < PictureChunk.TimeAt + 8)
                throw new WireException("a chunk's times");
            read.Add(new PictureChunk(decode, duration, offset, isCut, rest[..size].ToArray()));
            rest = rest[size..];
        }

        return (request, ChunkOutcome.Of(new ChunkedSegment(container, init, tag, width, height, timescale, read)));
    }

    /// <summary>The outcome where its sizes can be right; null otherwise.</summary>
    public static ChunkOutcome? Resolve(ChunkOutcome outcome, ChunkRequest request) =>
        outcome.Segment is not { } segment
            || (segment.Chunks.Count == request.Count && segment.Chunks.Sum(chunk => (long)chunk.Data.Length) <= (request.Data.Length * 2L) + MostAdded)
            ? outcome
            : null;

    private static byte[] Before(WireWriter wire, int following)
    {
        var head = wire.End().ToArray();
        BinaryPrimitives.WriteInt32LittleEndian(head, head.Length - WireWriter.HeaderLength + following);
        return head;
    }
}
