using Tandem.Checks.Demux;

namespace Tandem.Checks.Captions;

/// <summary>Puts caption bytes into the pictures of a transport stream, as encoders for ATSC do (A/53 part 4, 6.2.3), picture by picture.</summary>
public static class CaptionedTs
{
    private const int AccessUnitDelimiter = 6;

    /// <summary>The same stream of H.264 with an SEI unit behind each access unit delimiter.</summary>
    /// <param name="segment">Packets of 188 bytes, a PES packet a picture, without lengths, as ffmpeg writes them.</param>
    /// <param name="pairs">The pairs of field 1 that the picture of a time (90 kHz) carries.</param>
    public static byte[] Insert(ReadOnlySpan<byte> segment, Func<long, IReadOnlyList<LinePair>> pairs)
    {
        var result = new MemoryStream(segment.Length * 2);
        int? counter = null;
        var pid = PicturePid(segment);
        for (var offset = 0; offset + TsPacket.Size <= segment.Length; offset += TsPacket.Size)
        {
            var packet = segment.Slice(offset, TsPacket.Size).ToArray();
            var payload = TsPacket.PayloadOffset(packet);
            var begins = TsPacket.Starts(packet) && payload + 14 < TsPacket.Size
                && packet[payload] == 0 && packet[payload + 1] == 0 && packet[payload + 2] == 1 && (packet[payload + 3] & 0xF0) == 0xE0;
            if (begins)
                counter ??= packet[3] & 0x0F;
            var isPicture = begins || (counter is not null && TsPacket.Pid(packet) == pid);
            if (begins)
            {
                var pes = packet.AsSpan(payload);
                var unit = pes[(9 + pes[8])..];
                var front = packet.Length - unit.Length + AccessUnitDelimiter;
                byte[] whole = [.. packet[payload..front], .. Sei(pairs(TsPacket.ReadStamp(pes[9..]))), .. packet[front..]];
                var room = TsPacket.Size - payload;
                Write(result, [.. packet[..payload], .. whole[..room]], ref counter);
                Write(result, Rest(packet, whole[room..]), ref counter);
            }
            else if (isPicture)
            {
                Write(result, packet, ref counter);
            }
            else
            {
                result.Write(packet);
            }
        }

        return result.ToArray();
    }

    /// <summary>An SEI unit of H.264 in Annex B with these pairs, the DTVCC triplets of an encoder that sends CEA-708 beside them.</summary>
    public static byte[] Sei(IReadOnlyList<LinePair> pairs)
    {
        List<byte> data = [0xB5, 0x00, 0x31, .. "GA94"u8, 0x03, (byte)(0xC0 | (pairs.Count + 1)), 0xFF];
        foreach (var pair in pairs)
            data.AddRange([0xFC, pair.First, pair.Second]);
        data.AddRange([0xFA, 0x00, 0x00, 0xFF]);
        byte[] unit = [0x04, (byte)data.Count, .. data, 0x80];

        // Emulation prevention.
        List<byte> escaped = [0, 0, 0, 1, 0x06];
        var zeros = 0;
        foreach (var next in unit)
        {
            if (zeros == 2 && next <= 3)
            {
                escaped.Add(3);
                zeros = 0;
            }

            escaped.Add(next);
            zeros = next == 0 ? zeros + 1 : 0;
        }

        return [.. escaped];
    }

    private static int PicturePid(ReadOnlySpan<byte> segment)
    {
        for (var offset = 0; offset + TsPacket.Size <= segment.Length; offset += TsPacket.Size)
        {
            var packet = segment.Slice(offset, TsPacket.Size);
            var payload = TsPacket.PayloadOffset(packet);
            if (TsPacket.Starts(packet) && payload + 14 < TsPacket.Size && packet[payload..].StartsWith((ReadOnlySpan<byte>)[0, 0, 1]) && (packet[payload + 3] & 0xF0) == 0xE0)
                return TsPacket.Pid(packet);
        }

        return -1;
    }

    /// <summary>What did not fit, in a packet of its own with stuffing in front.</summary>
    private static byte[] Rest(byte[] like, byte[] payload)
    {
        var stuffing = TsPacket.Size - 4 - payload.Length;
        List<byte> packet = [0x47, (byte)(like[1] & 0x1F), like[2], (byte)(stuffing > 0 ? 0x30 : 0x10)];
        if (stuffing > 0)
            packet.Add((byte)(stuffing - 1));
        if (stuffing > 1)
            packet.Add(0);
        while (packet.Count < TsPacket.Size - payload.Length)
            packet.Add(0xFF);
        return [.. packet, .. payload];
    }

    private static void Write(MemoryStream result, byte[] packet, ref int? counter)
    {
        if (TsPacket.HasPayload(packet))
        {
            packet[3] = (byte)((packet[3] & 0xF0) | (counter!.Value & 0x0F));
            counter++;
        }

        result.Write(packet);
    }
}
