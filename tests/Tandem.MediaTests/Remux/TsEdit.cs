using System.Buffers.Binary;
using Tandem.Checks.Demux;
using Tandem.Media.Demux;
using Packet = Tandem.Checks.Demux.TsPacket;

namespace Tandem.MediaTests.Remux;

/// <summary>Changes generated transport streams into what other muxers make, and reads what came out.</summary>
internal static class TsEdit
{
    public static IEnumerable<byte[]> Packets(byte[] ts) => ts.Chunk(Packet.Size);

    public static byte[] Join(IEnumerable<byte[]> packets) => [.. packets.SelectMany(packet => packet)];

    /// <summary>Rewrites the one-packet tables with this table_id; the edit gets a section without its CRC and returns another.</summary>
    public static byte[] Tables(byte[] ts, byte table, Func<byte[], byte[]> edit) => Join(Packets(ts).SelectMany(packet =>
        IsTable(packet, table) ? Section(Packet.Pid(packet), Counter(packet), edit(SectionOf(packet))) : [packet]));

    /// <summary>The first section with this table_id, without its CRC.</summary>
    public static byte[] SectionOf(byte[] ts, byte table) => SectionOf(Packets(ts).First(packet => IsTable(packet, table)));

    /// <summary>All sections with this table_id, without CRC, each checked for it.</summary>
    public static List<byte[]> Sections(byte[] ts, byte table) =>
        [.. Packets(ts).Where(packet => IsTable(packet, table)).Select(SectionOf)];

    /// <summary>PIDs and stream types of a PMT.</summary>
    public static List<(int Pid, byte Type)> Streams(byte[] pmt)
    {
        var streams = new List<(int, byte)>();
        for (var at = 12 + (((pmt[10] & 15) << 8) | pmt[11]); at < pmt.Length; at += 5 + (((pmt[at + 3] & 15) << 8) | pmt[at + 4]))
            streams.Add((((pmt[at + 1] & 31) << 8) | pmt[at + 2], pmt[at]));
        return streams;
    }

    /// <summary>Adds a stream to the PMT, and one PES packet of it in front of each picture's.</summary>
    public static byte[] AddStream(byte[] ts, int pid, byte type, byte[] descriptors, byte[] payload)
    {
        var picture = Streams(SectionOf(ts, 2)).First(stream => stream.Type is 0x1B or 0x24).Pid;
        var counter = 0;
        var with = Tables(ts, 2, pmt => [.. pmt, type, (byte)(0xE0 | (pid >> 8)), (byte)pid, 0xF0, (byte)descriptors.Length, .. descriptors]);
        return Join(Packets(with).SelectMany(packet => Packet.Pid(packet) == picture && Packet.Starts(packet)
            ? new[] { Payload(pid, counter++, payload), packet }
            : [packet]));
    }

    /// <summary>Lets the clock ride on another PID: on packets of its own in place of the picture's.</summary>
    public static byte[] MoveClock(byte[] ts, int to)
    {
        var moved = Tables(ts, 2, pmt =>
        {
            BinaryPrimitives.WriteUInt16BigEndian(pmt.AsSpan(8), (ushort)(0xE000 | to));
            return pmt;
        });
        return Join(Packets(moved).SelectMany(packet =>
        {
            if (Packet.PcrOffset(packet) < 0)
                return new[] { packet };
            var clock = (byte[])packet.Clone();
            clock[1] = (byte)(to >> 8);
            clock[2] = (byte)to;
            clock[3] = 0x20;
            clock[4] = 183;
            clock[5] = 0x10;
            clock.AsSpan(12).Fill(0xFF);
            packet[5] &= 0xEF;
            packet.AsSpan(6, 6).Fill(0xFF);
            return [clock, packet];
        }));
    }

    /// <summary>Counters as a packager makes them that muxes each segment by itself.</summary>
    public static byte[] CountFrom(byte[] ts, int first)
    {
        var counters = new Dictionary<int, int>();
        return Join(Packets(ts).Select(packet =>
        {
            var pid = Packet.Pid(packet);
            var counter = counters.TryGetValue(pid, out var last) ? (last + (Packet.HasPayload(packet) ? 1 : 0)) & 15 : first;
            counters[pid] = counter;
            packet[3] = (byte)((packet[3] & 0xF0) | counter);
            return packet;
        }));
    }

    /// <summary>Says where counters of any PID break; empty where none does.</summary>
    public static List<string> Breaks(byte[] ts)
    {
        var last = new Dictionary<int, int>();
        var breaks = new List<string>();
        foreach (var (packet, i) in Packets(ts).Select((packet, i) => (packet, i)))
        {
            var pid = Packet.Pid(packet);
            var counter = Counter(packet);
            if (last.TryGetValue(pid, out var before) && counter != ((before + (Packet.HasPayload(packet) ? 1 : 0)) & 15))
                breaks.Add($"packet {i}, PID {pid}: {counter} after {before}");
            last[pid] = counter;
        }

        return breaks;
    }

    /// <summary>All clock values with the PIDs that carry them.</summary>
    public static List<(int Pid, string Clock)> Clocks(byte[] ts) =>
    [
        .. Packets(ts).Where(packet => Packet.PcrOffset(packet) >= 0)
            .Select(packet => (Packet.Pid(packet), Convert.ToHexString(packet.AsSpan(Packet.PcrOffset(packet), 6)))),
    ];

    /// <summary>One packet with a PES packet of its own.</summary>
    public static byte[] Payload(int pid, int counter, byte[] payload)
    {
        var packet = new byte[Packet.Size];
        packet.AsSpan().Fill(0xFF);
        packet[0] = 0x47;
        packet[1] = (byte)(0x40 | (pid >> 8));
        packet[2] = (byte)pid;
        packet[3] = (byte)(0x30 | (counter & 15));
        packet[4] = (byte)(Packet.Size - 5 - payload.Length);
        packet[5] = 0;
        payload.CopyTo(packet.AsSpan(Packet.Size - payload.Length));
        return packet;
    }

    /// <summary>Packets that hold one section.</summary>
    public static IEnumerable<byte[]> Section(int pid, int counter, byte[] section)
    {
        byte[] whole = [.. section, 0, 0, 0, 0];
        whole[1] = (byte)((whole[1] & 0xF0) | ((whole.Length - 3) >> 8));
        whole[2] = (byte)(whole.Length - 3);
        BinaryPrimitives.WriteUInt32BigEndian(whole.AsSpan(whole.Length - 4), PsiSection.Crc(whole.AsSpan(0, whole.Length - 4)));
        byte[] bytes = [0, .. whole];
        foreach (var (part, i) in bytes.Chunk(Packet.Size - 4).Select((part, i) => (part, i)))
        {
            var packet = new byte[Packet.Size];
            packet.AsSpan().Fill(0xFF);
            packet[0] = 0x47;
            packet[1] = (byte)((i == 0 ? 0x40 : 0) | (pid >> 8));
            packet[2] = (byte)pid;
            packet[3] = (byte)(0x10 | ((counter + i) & 15));
            part.CopyTo(packet.AsSpan(4));
            yield return packet;
        }
    }

    private static int Counter(byte[] packet) => packet[3] & 15;

    private static bool IsTable(byte[] packet, byte table) =>
        Packet.Starts(packet) && Packet.Pid(packet) < 0x1FFF && packet[3] >> 4 == 1 && packet[4] == 0 && packet[5] == table
        && (Packet.Pid(packet) == 0) == (table == 0);

    private static byte[] SectionOf(byte[] packet)
    {
        var length = 3 + (((packet[6] & 15) << 8) | packet[7]);
        var section = packet.AsSpan(5, length);
        if (PsiSection.Crc(section[..^4]) != BinaryPrimitives.ReadUInt32BigEndian(section[^4..]))
            throw new InvalidDataException("wrong CRC");
        return section[..^4].ToArray();
    }
}
