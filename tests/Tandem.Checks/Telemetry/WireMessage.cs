using System.Buffers.Binary;
using System.Text;
using Google.Protobuf;

namespace Tandem.Checks.Telemetry;

/// <summary>A protobuf message by its field numbers alone, for messages whose definition is read from its published text.</summary>
public sealed class WireMessage
{
    private readonly List<(int Field, ulong Number, byte[] Bytes)> _fields = [];

    /// <summary>Reads one.</summary>
    /// <exception cref="InvalidProtocolBufferException">It is none.</exception>
    public static WireMessage Parse(byte[] bytes)
    {
        var message = new WireMessage();
        var input = new CodedInputStream(bytes);
        while (input.ReadTag() is var tag && tag != 0)
        {
            var field = WireFormat.GetTagFieldNumber(tag);
            message._fields.Add(WireFormat.GetTagWireType(tag) switch
            {
                WireFormat.WireType.Varint => (field, input.ReadUInt64(), []),
                WireFormat.WireType.Fixed64 => (field, input.ReadFixed64(), []),
                WireFormat.WireType.Fixed32 => (field, input.ReadFixed32(), []),
                WireFormat.WireType.LengthDelimited => (field, 0ul, input.ReadBytes().ToByteArray()),
                var other => throw new InvalidDataException($"wire type {other}"),
            });
        }

        return message;
    }

    /// <summary>The messages in a field.</summary>
    public IEnumerable<WireMessage> All(int field) => Of(field).Select(found => Parse(found.Bytes));

    /// <summary>The message in a field; null where there is none.</summary>
    public WireMessage? One(int field) => All(field).LastOrDefault();

    /// <summary>Whether a field is there.</summary>
    public bool Has(int field) => Of(field).Any();

    /// <summary>A text; empty where there is none.</summary>
    public string Text(int field) => Encoding.UTF8.GetString(Bytes(field));

    /// <summary>Bytes; empty where there are none.</summary>
    public byte[] Bytes(int field) => Of(field).Select(found => found.Bytes).LastOrDefault() ?? [];

    /// <summary>A whole number; 0 where there is none.</summary>
    public ulong Number(int field) => Of(field).Select(found => found.Number).LastOrDefault();

    /// <summary>A double; 0 where there is none.</summary>
    public double Real(int field) => BitConverter.UInt64BitsToDouble(Number(field));

    /// <summary>Numbers of 64 bits, packed or one by one.</summary>
    public IReadOnlyList<ulong> Fixed(int field) =>
    [
        .. Of(field).SelectMany(found => found.Bytes.Length == 0
            ? [found.Number]
            : found.Bytes.Chunk(sizeof(ulong)).Select(bytes => BinaryPrimitives.ReadUInt64LittleEndian(bytes))),
    ];

    private IEnumerable<(int Field, ulong Number, byte[] Bytes)> Of(int field) => _fields.Where(found => found.Field == field);
}
