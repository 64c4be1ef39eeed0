using Tandem.Checks.Demux;

namespace Tandem.EndToEnd.Faults;

/// <summary>Rewrites what a transport stream says its elementary streams are (ISO/IEC 13818-1, 2.4.4.9).</summary>
internal static class StreamType
{
    private const uint Polynomial = 0x04C11DB7;

    /// <summary>The stream with stream type <paramref name="from"/> as <paramref name="to"/> in every PMT; a PMT lies in one packet.</summary>
    public static byte[] Replaced(byte[] stream, byte from, byte to)
    {
        var replaced = (byte[])stream.Clone();
        for (var at = 0; at + TsPacket.Size <= replaced.Length; at += TsPacket.Size)
        {
            var packet = replaced.AsSpan(at, TsPacket.Size);
            var begins = (packet[1] & 0x40) != 0 && (packet[3] & 0x20) == 0;
            if (begins && packet[4] == 0 && packet[5] == 0x02)
                Replace(packet[5..], from, to);
        }

        return replaced;
    }

    private static void Replace(Span<byte> section, byte from, byte to)
    {
        var length = 3 + (((section[1] & 0x0F) << 8) | section[2]);
        var at = 12 + (((section[10] & 0x0F) << 8) | section[11]);
        while (at + 5 <= length - 4)
        {
            if (section[at] == from)
                section[at] = to;
            at += 5 + (((section[at + 3] & 0x0F) << 8) | section[at + 4]);
        }

        System.Buffers.Binary.BinaryPrimitives.WriteUInt32BigEndian(section[(length - 4)..], Check(section[..(length - 4)]));
    }

    private static uint Check(ReadOnlySpan<byte> bytes)
    {
        var check = uint.MaxValue;
        foreach (var one in bytes)
        {
            check ^= (uint)one << 24;
            for (var bit = 0; bit < 8; bit++)
                check = (check & 0x80000000) != 0 ? (check << 1) ^ Polynomial : check << 1;
        }

        return check;
    }
}
