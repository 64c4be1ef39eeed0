using System.Buffers.Binary;
using Tandem.Media.Captions;

namespace Tandem.Media.Worker;

/// <summary>Requests for caption bytes, and their outcomes, on the wire. The parent believes nothing of what it reads.</summary>
internal static class WireCaptions
{
    /// <summary>Everything of a request but the segment's bytes, which follow it.</summary>
    public static byte[] Head(int id, CaptionRequest request)
    {
        var wire = new WireWriter();
        wire.Begin(MessageKind.Captions);
        wire.I32(id);
        wire.U8(request.Continues ? 1 : 0);
        wire.Bytes(request.Init.Span);
        var head = wire.End().ToArray();
        BinaryPrimitives.WriteInt32LittleEndian(head, head.Length - WireWriter.HeaderLength + request.Data.Length);
        return head;
    }

    /// <summary>Reads a request's body.</summary>
    public static CaptionRequest ReadRequest(byte[] body)
    {
        var wire = new WireReader(body);
        wire.I32();
        var continues = wire.U8() != 0;
        var init = wire.Bounded(0, body.Length);
        var at = body.Length - wire.Left;
        if (init > wire.Left)
            throw new WireException("init segment cut short");
        return new CaptionRequest(body.AsMemory(at + init), body.AsMemory(at, init), continues);
    }

    /// <summary>Writes an outcome.</summary>
    public static void Write(WireWriter wire, int id, in CaptionOutcome outcome)
    {
        wire.Begin(MessageKind.CaptionsRead);
        wire.I32(id);
        wire.U8(outcome.Pairs is null ? 0 : 1);
        if (outcome.Pairs is not { } pairs)
        {
            wire.U8((int)outcome.Fault!);
            wire.Text(outcome.Detail);
            return;
        }

        WritePairs(wire, pairs);
    }

    /// <summary>Reads an outcome's body.</summary>
    /// <exception cref="WireException">It is not one.</exception>
    public static (int Request, CaptionOutcome Outcome) Read(ReadOnlySpan<byte> body)
    {
        var wire = new WireReader(body);
        var request = wire.I32();
        if (wire.U8() == 0)
            return (request, CaptionOutcome.Failed(WireOutcome.ReadFault(ref wire), wire.Text(WireOutcome.MostText) ?? ""));
        var pairs = ReadPairs(ref wire);
        if (!wire.AtEnd)
            throw new WireException("more than an outcome");
        return (request, CaptionOutcome.Of(pairs));
    }

    /// <summary>Writes pairs.</summary>
    public static void WritePairs(WireWriter wire, IReadOnlyList<CaptionPair> pairs)
    {
        wire.I32(pairs.Count);
        foreach (var pair in pairs)
        {
            wire.I64(pair.Ticks);
            wire.U8(pair.Field);
            wire.U8(pair.First);
            wire.U8(pair.Second);
        }
    }

    /// <summary>Reads pairs; their times may be any.</summary>
    public static List<CaptionPair> ReadPairs(ref WireReader wire)
    {
        var count = wire.Bounded(0, PictureCaptions.MostPairs);
        var pairs = new List<CaptionPair>(count);
        for (; count > 0; count--)
        {
            var ticks = wire.I64();
            var field = wire.U8();
            if (field is not (1 or 2))
                throw new WireException($"field {field}");
            pairs.Add(new CaptionPair(ticks, (byte)field, (byte)wire.U8(), (byte)wire.U8()));
        }

        return pairs;
    }
}
