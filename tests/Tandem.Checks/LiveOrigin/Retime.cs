using System.Buffers.Binary;
using Tandem.Checks.Demux;
using Tandem.Checks.Signals;

namespace Tandem.Checks.LiveOrigin;

/// <summary>Rewrites the timestamps inside segments, so that one cut programme serves a channel of any length.</summary>
public static class Retime
{
    private const long StampMask = (1L << 33) - 1;

    /// <summary>
    /// A transport stream segment with PTS, DTS and PCR moved by <paramref name="ticks"/> modulo 2³³, and continuity counters that go on
    /// from <paramref name="counters"/> (by PID; updated).
    /// </summary>
    public static byte[] Ts(byte[] segment, long ticks, Dictionary<int, int> counters)
    {
        var moved = (byte[])segment.Clone();
        for (var offset = 0; offset + TsPacket.Size <= moved.Length; offset += TsPacket.Size)
        {
            var packet = moved.AsSpan(offset, TsPacket.Size);
            Count(packet, counters);
            if (TsPacket.PcrOffset(packet) is var pcr and >= 0)
                MovePcr(packet[pcr..], ticks);
            if (!TsPacket.Starts(packet))
                continue;
            var pes = packet[TsPacket.PayloadOffset(packet)..];
            var (pts, dts) = TsPacket.StampOffsets(pes);
            if (pts >= 0)
                TsPacket.WriteStamp(pes[pts..], (TsPacket.ReadStamp(pes[pts..]) + ticks) & StampMask);
            if (dts >= 0)
                TsPacket.WriteStamp(pes[dts..], (TsPacket.ReadStamp(pes[dts..]) + ticks) & StampMask);
        }

        return moved;
    }

    /// <summary>A fragmented MP4 segment whose decode times are moved by <paramref name="ticks"/> of 90 kHz.</summary>
    /// <exception cref="ArgumentException">A time would fall below zero.</exception>
    public static byte[] Mp4(byte[] init, byte[] segment, long ticks)
    {
        var moved = (byte[])segment.Clone();
        var scales = Mp4Track.ReadAll(init).ToDictionary(track => track.Id, track => track.Timescale);
        foreach (var box in Mp4Box.In(moved))
        {
            if (box.Type == "moof")
            {
                foreach (var traf in box.Children(moved).Where(child => child.Type == "traf"))
                    MoveFragment(moved, traf, scales, ticks);
            }
            else if (box.Type == "sidx" && moved[box.Content] == 1)
            {
                Move(moved, box.Content + 12, ticks, (int)BinaryPrimitives.ReadUInt32BigEndian(moved.AsSpan(box.Content + 8)));
            }
        }

        return moved;
    }

    private static void MoveFragment(byte[] data, Mp4Box traf, Dictionary<uint, int> scales, long ticks)
    {
        var head = traf.Child(data, "tfhd") ?? throw new DemuxException("A traf without tfhd");
        var time = traf.Child(data, "tfdt") ?? throw new DemuxException("A traf without tfdt");
        if (data[time.Content] != 1)
            throw new DemuxException("Only 64-bit decode times can be moved");
        Move(data, time.Content + 4, ticks, scales[BinaryPrimitives.ReadUInt32BigEndian(data.AsSpan(head.Content + 4))]);
    }

    private static void Move(byte[] data, int at, long ticks, int scale)
    {
        var time = BinaryPrimitives.ReadInt64BigEndian(data.AsSpan(at))
            + (long)Math.Round(ticks * (decimal)scale / Programme.TickRate);
        if (time < 0)
            throw new ArgumentException($"The decode time {time} is below zero", nameof(ticks));
        BinaryPrimitives.WriteInt64BigEndian(data.AsSpan(at), time);
    }

    private static void Count(Span<byte> packet, Dictionary<int, int> counters)
    {
        if (!TsPacket.HasPayload(packet))
            return;
        var pid = TsPacket.Pid(packet);
        var counter = counters.GetValueOrDefault(pid);
        packet[3] = (byte)((packet[3] & 0xF0) | (counter & 0x0F));
        counters[pid] = counter + 1;
    }

    private static void MovePcr(Span<byte> pcr, long ticks)
    {
        var clock = ((long)BinaryPrimitives.ReadUInt32BigEndian(pcr) << 1) | (long)(pcr[4] >> 7);
        clock = (clock + ticks) & StampMask;
        BinaryPrimitives.WriteUInt32BigEndian(pcr, (uint)(clock >> 1));
        pcr[4] = (byte)((pcr[4] & 0x7F) | (int)((clock & 1) << 7));
    }
}
