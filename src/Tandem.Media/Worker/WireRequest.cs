using System.Buffers.Binary;
using System.Text;

namespace Tandem.Media.Worker;

/// <summary>Requests on the wire.</summary>
internal static class WireRequest
{
    private const int LongestLanguage = 100;

    /// <summary>What a message takes beyond the segment and its init segment, at most.</summary>
    public const int Overhead = 256 + WireRemux.LargestMemory;

    /// <summary>Everything of a message but the segment's bytes, which follow it.</summary>
    public static byte[] Head(int id, DecodeRequest request)
    {
        var language = Encoding.UTF8.GetBytes(request.Language);
        if (language.Length > LongestLanguage)
            language = [];
        var wire = new WireWriter();
        wire.Begin(MessageKind.Decode);
        wire.I32(id);
        wire.U8(request.Continues ? 1 : 0);
        wire.Bytes(language);
        wire.Bytes(request.Init.Span);
        var head = wire.End().ToArray();
        BinaryPrimitives.WriteInt32LittleEndian(head, head.Length - WireWriter.HeaderLength + request.Data.Length);
        return head;
    }

    /// <summary>Reads a message's body.</summary>
    public static DecodeRequest Read(byte[] body)
    {
        var wire = new WireReader(body);
        wire.I32();
        var continues = wire.U8() != 0;
        var language = Encoding.UTF8.GetString(wire.Bytes(LongestLanguage));
        var init = wire.Bounded(0, body.Length);
        var at = body.Length - wire.Left;
        if (init > wire.Left)
            throw new WireException("init segment cut short");
        return new DecodeRequest(body.AsMemory(at + init), body.AsMemory(at, init), language, continues);
    }
}
