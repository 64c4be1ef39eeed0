using System.Collections.Immutable;

namespace Tandem.Server.Demo;

/// <summary>
/// What the loop needs to know and change in MPEG-TS (ISO/IEC 13818-1): continuity counters, PCR, PTS and DTS. It reads only what
/// ffmpeg has just written for the demo, never what a source sent.
/// </summary>
internal static class TransportStream
{
    private const int PacketSize = 188;
    private const long TimeRange = 1L << 33;

    /// <summary>Packets with payload by PID, modulo 16.</summary>
    public static ImmutableDictionary<int, int> CountPackets(IEnumerable<byte[]> pieces)
    {
        var counts = new Dictionary<int, int>();
        foreach (var piece in pieces)
        {
            for (var at = 0; at + PacketSize <= piece.Length; at += PacketSize)
            {
                var packet = piece.AsSpan(at, PacketSize);
                if (HasPayload(packet))
                {
                    counts[Pid(packet)] = (counts.GetValueOrDefault(Pid(packet)) + 1) % 16;
                }
            }
        }

        return counts.ToImmutableDictionary();
    }

    /// <summary>Moves a piece from the loop's first round to a later one, in place.</summary>
    /// <param name="piece">Whole packets.</param>
    /// <param name="rounds">How many rounds later.</param>
    /// <param name="loopTicks">Length of a round, 90 kHz ticks.</param>
    /// <param name="packetsByPid">Packets with payload in a round, modulo 16.</param>
    public static void Shift(Span<byte> piece, long rounds, long loopTicks, ImmutableDictionary<int, int> packetsByPid)
    {
        // Both factors are taken modulo the range first: rounds since 1970 times ticks is far from overflow, but stays exact this way.
        var ticks = (long)((Int128)rounds * loopTicks % TimeRange);
        for (; piece.Length >= PacketSize; piece = piece[PacketSize..])
        {
            var packet = piece[..PacketSize];
            if (packet[0] != 0x47)
            {
                return;
            }

            var counter = (packet[3] & 0x0F) + rounds % 16 * packetsByPid.GetValueOrDefault(Pid(packet));
            packet[3] = (byte)((packet[3] & 0xF0) | (int)(counter % 16));
            var payload = 4;
            if ((packet[3] & 0x20) != 0)
            {
                if (packet[4] >= 7 && (packet[5] & 0x10) != 0)
                {
                    ShiftPcr(packet.Slice(6, 6), ticks);
                }

                payload += 1 + packet[4];
            }

            var startsUnit = (packet[1] & 0x40) != 0;
            if (startsUnit && HasPayload(packet) && payload + 19 <= PacketSize)
            {
                ShiftPes(packet[payload..], ticks);
            }
        }
    }

    private static int Pid(ReadOnlySpan<byte> packet) => (packet[1] & 0x1F) << 8 | packet[2];

    private static bool HasPayload(ReadOnlySpan<byte> packet) => (packet[3] & 0x10) != 0;

    private static void ShiftPcr(Span<byte> pcr, long ticks)
    {
        var time = (long)pcr[0] << 25 | (long)pcr[1] << 17 | (long)pcr[2] << 9 | (long)pcr[3] << 1 | (long)pcr[4] >> 7;
        time = (time + ticks) % TimeRange;
        pcr[0] = (byte)(time >> 25);
        pcr[1] = (byte)(time >> 17);
        pcr[2] = (byte)(time >> 9);
        pcr[3] = (byte)(time >> 1);
        pcr[4] = (byte)((pcr[4] & 0x7F) | (int)(time & 1) << 7);
    }

    private static void ShiftPes(Span<byte> pes, long ticks)
    {
        // Sound (0xC0–0xDF) and picture (0xE0–0xEF) carry the optional header with times.
        var isTimed = pes is [0, 0, 1, >= 0xC0 and <= 0xEF, ..];
        if (!isTimed || (pes[7] & 0x80) == 0)
        {
            return;
        }

        ShiftTimestamp(pes.Slice(9, 5), ticks);
        if ((pes[7] & 0x40) != 0)
        {
            ShiftTimestamp(pes.Slice(14, 5), ticks);
        }
    }

    private static void ShiftTimestamp(Span<byte> field, long ticks)
    {
        var time = (long)(field[0] >> 1 & 7) << 30 | (long)field[1] << 22 | (long)(field[2] >> 1) << 15 | (long)field[3] << 7 | (long)field[4] >> 1;
        time = (time + ticks) % TimeRange;
        field[0] = (byte)((field[0] & 0xF0) | (int)(time >> 30) << 1 | 1);
        field[1] = (byte)(time >> 22);
        field[2] = (byte)((time >> 15 & 0x7F) << 1 | 1);
        field[3] = (byte)(time >> 7);
        field[4] = (byte)((time & 0x7F) << 1 | 1);
    }
}
