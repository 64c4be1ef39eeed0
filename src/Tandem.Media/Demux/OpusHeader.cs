using System.Buffers.Binary;

namespace Tandem.Media.Demux;

/// <summary>Opus in transport streams (ETSI TS 103 491 and its forerunner): access units behind control headers.</summary>
internal static class OpusHeader
{
    private const byte ExtensionDescriptor = 0x7F;
    private const byte OpusExtension = 0x80;
    private const int Rate = 48_000;

    // By channel count: streams, coupled streams, and the order of Vorbis (RFC 7845, 5.1.1.2).
    private static readonly (int Streams, int Coupled, byte[] Order)[] Layouts =
    [
        (1, 0, [0]), (1, 1, [0, 1]), (2, 1, [0, 2, 1]), (2, 2, [0, 1, 2, 3]), (3, 2, [0, 4, 1, 2, 3]), (4, 2, [0, 4, 1, 2, 3, 5]),
        (4, 3, [0, 4, 1, 2, 3, 5, 6]), (5, 3, [0, 6, 1, 2, 3, 4, 5, 7]),
    ];

    /// <summary>Reads a control header and the first bytes of the packet behind it.</summary>
    public static HeaderMatch Read(ReadOnlySpan<byte> bytes, out FrameHeader header)
    {
        header = default;
        if ((bytes.Length > 0 && bytes[0] != 0x7F) || (bytes.Length > 1 && (bytes[1] & 0xE0) != 0xE0))
            return HeaderMatch.No;
        var reader = new ByteReader(bytes);
        var flags = reader.U16();
        var size = 0;
        byte part;
        do
        {
            part = reader.U8();
            size += part;
        }
        while (part == 255);
        if ((flags & 0x10) != 0)
            reader.Skip(2);
        if ((flags & 0x08) != 0)
            reader.Skip(2);
        if ((flags & 0x04) != 0)
            reader.Skip(reader.U8());
        if (reader.Overrun || reader.Rest.Length < 2)
            return HeaderMatch.Short;
        var before = bytes.Length - reader.Rest.Length;
        var samples = Samples(reader.Rest);
        if (size == 0 || samples is 0 or > 5760)
            return HeaderMatch.No;
        header = new FrameHeader("opus", before + size, before, samples, Rate, 0, 1, 0);
        return HeaderMatch.Yes;
    }

    /// <summary>
    /// Channels and OpusHead (RFC 7845, 5.1) of a stream with these descriptors; null where they name a layout that is not Vorbis's.
    /// </summary>
    public static (int Channels, byte[] Head)? Configuration(ReadOnlySpan<byte> descriptors)
    {
        while (descriptors.Length >= 2 && descriptors.Length >= 2 + descriptors[1])
        {
            var body = descriptors.Slice(2, descriptors[1]);
            if (descriptors[0] == ExtensionDescriptor && body.Length >= 2 && body[0] == OpusExtension)
                return body[1] is >= 1 and <= 8 ? (body[1], Head(body[1])) : null;
            descriptors = descriptors[(2 + descriptors[1])..];
        }

        return null;
    }

    private static byte[] Head(int channels)
    {
        var (streams, coupled, order) = Layouts[channels - 1];
        var plain = channels <= 2;
        var head = new byte[19 + (plain ? 0 : 2 + channels)];
        "OpusHead"u8.CopyTo(head);
        head[8] = 1;
        head[9] = (byte)channels;
        BinaryPrimitives.WriteInt32LittleEndian(head.AsSpan(12), Rate);
        if (plain)
            return head;
        head[18] = 1;
        head[19] = (byte)streams;
        head[20] = (byte)coupled;
        order.CopyTo(head, 21);
        return head;
    }

    // RFC 6716, 3.1 and 3.2.5.
    private static int Samples(ReadOnlySpan<byte> packet)
    {
        var configuration = packet[0] >> 3;
        var one = configuration switch
        {
            < 12 => (configuration & 3) == 3 ? 2880 : 480 << (configuration & 3),
            < 16 => 480 << (configuration & 1),
            _ => 120 << (configuration & 3),
        };
        return one * ((packet[0] & 3) switch
        {
            0 => 1,
            3 => packet[1] & 63,
            _ => 2,
        });
    }
}
