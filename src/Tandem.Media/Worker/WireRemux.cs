using System.Buffers.Binary;
using Tandem.Media.Remux;

namespace Tandem.Media.Worker;

/// <summary>What a child said of a segment to be remuxed; null where the request's own bytes serve.</summary>
internal sealed record RemuxAnswer(RemuxOutcome Outcome, bool OwnInit, bool OwnData, byte[] Memory);

/// <summary>Requests to remux, and their outcomes, on the wire. The parent believes nothing of what it reads.</summary>
internal static class WireRemux
{
    /// <summary>Largest memory of a stream that the parent keeps for the child, bytes.</summary>
    public const int LargestMemory = 3072;

    // A remuxed segment is never longer than the source's but for the tables that are put in front.
    private const int MostAdded = 64 * 1024;

    /// <summary>Everything of a request but the segment's bytes, which follow it.</summary>
    public static byte[] Head(int id, RemuxRequest request, ReadOnlySpan<byte> memory)
    {
        var wire = new WireWriter();
        wire.Begin(MessageKind.Remux);
        wire.I32(id);
        wire.Bytes(memory);
        wire.Bytes(request.Init.Span);
        return Before(wire, request.Data.Length);
    }

    /// <summary>Reads a request's body: the segment, its init segment, and what the parent kept of the stream.</summary>
    public static (Memory<byte> Data, ReadOnlyMemory<byte> Init, byte[] Memory) ReadRequest(byte[] body)
    {
        var wire = new WireReader(body);
        wire.I32();
        var memory = wire.Bytes(LargestMemory).ToArray();
        var init = wire.Bounded(0, body.Length);
        var at = body.Length - wire.Left;
        if (init > wire.Left)
            throw new WireException("init segment cut short");
        return (body.AsMemory(at + init), body.AsMemory(at, init), memory);
    }

    /// <summary>Everything of an outcome's message but the segment's pieces, which follow it.</summary>
    public static byte[] Head(int id, in RemuxResult result)
    {
        var wire = new WireWriter();
        wire.Begin(MessageKind.Remuxed);
        wire.I32(id);
        wire.U8(result.Segment is null ? 0 : 1);
        if (result.Segment is not { } segment)
        {
            wire.U8((int)result.Fault!);
            wire.Text(result.Detail);
            return Before(wire, 0);
        }

        wire.U8((int)segment.Container);
        wire.I32(segment.Tracks.Count);
        foreach (var track in segment.Tracks)
            WireOutcome.WriteTrack(wire, track);
        wire.Optional(segment.PictureStart);
        wire.Optional(segment.PictureEnd);
        wire.Bytes(segment.Memory.Span);
        wire.U8(segment.Init is null ? 0 : 1);
        if (segment.Init is { } init)
            wire.Bytes(init.Span);
        wire.U8(segment.Pieces is null ? 0 : 1);
        return Before(wire, segment.Pieces?.Sum(piece => piece.Length) ?? 0);
    }

    /// <summary>Reads an outcome's body.</summary>
    /// <exception cref="WireException">It is not one.</exception>
    public static (int Request, RemuxAnswer Answer) ReadOutcome(ReadOnlySpan<byte> body)
    {
        var wire = new WireReader(body);
        var request = wire.I32();
        if (wire.U8() == 0)
        {
            var fault = WireOutcome.ReadFault(ref wire);
            return (request, new RemuxAnswer(RemuxOutcome.Failed(fault, wire.Text(WireOutcome.MostText) ?? ""), false, false, []));
        }

        var container = WireOutcome.ReadContainer(ref wire);
        var tracks = WireOutcome.ReadTracks(ref wire);
        var (start, end) = (wire.Optional(), wire.Optional());
        var memory = wire.Bytes(LargestMemory).ToArray();
        var ownInit = wire.U8() == 0;
        byte[] init = ownInit ? [] : wire.Bytes(int.MaxValue).ToArray();
        var ownData = wire.U8() == 0;
        var data = wire.Rest().ToArray();
        if (ownData && data.Length > 0)
            throw new WireException("more than an outcome");
        return (request, new RemuxAnswer(RemuxOutcome.Of(new RemuxedSegment(container, init, data, tracks, start, end)), ownInit, ownData, memory));
    }

    /// <summary>The outcome with the request's own bytes where the child said so; null where its sizes cannot be right.</summary>
    public static RemuxOutcome? Resolve(RemuxAnswer answer, RemuxRequest request)
    {
        if (answer.Outcome.Segment is not { } segment)
            return answer.Outcome;
        if (segment.Data.Length > request.Data.Length + MostAdded || segment.Init.Length > request.Init.Length + request.Data.Length)
            return null;
        return RemuxOutcome.Of(segment with
        {
            Init = answer.OwnInit ? request.Init : segment.Init,
            Data = answer.OwnData ? request.Data : segment.Data,
        });
    }

    private static byte[] Before(WireWriter wire, int following)
    {
        var head = wire.End().ToArray();
        BinaryPrimitives.WriteInt32LittleEndian(head, head.Length - WireWriter.HeaderLength + following);
        return head;
    }
}
