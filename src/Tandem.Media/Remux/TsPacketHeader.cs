using Tandem.Media.Demux;

namespace Tandem.Media.Remux;

/// <summary>Header and adaptation field of a transport packet (ISO/IEC 13818-1, 2.4.3.2 and 2.4.3.4), to be written again.</summary>
internal readonly ref struct TsPacketHeader(ReadOnlySpan<byte> bytes)
{
    private const int HeaderLength = 4;
    private const int ClockLength = 6;
    private readonly ReadOnlySpan<byte> _bytes = bytes;

    /// <summary>transport_error_indicator.</summary>
    public bool Damaged => (_bytes[1] & 0x80) != 0;

    public int Pid => ((_bytes[1] & 0x1F) << 8) | _bytes[2];

    /// <summary>continuity_counter.</summary>
    public int Counter => _bytes[3] & 15;

    public bool HasPayload => (_bytes[3] & 0x10) != 0;

    /// <summary>discontinuity_indicator.</summary>
    public bool Discontinuity => (Flags & 0x80) != 0;

    /// <summary>Whether it carries a program_clock_reference.</summary>
    public bool HasClock => (Flags & 0x10) != 0 && _bytes[4] >= 1 + ClockLength;

    private int Flags => (_bytes[3] & 0x20) != 0 && _bytes[4] is > 0 and < TsPacket.Size - HeaderLength ? _bytes[5] : 0;

    /// <summary>Leaves nothing of a packet but its clock, on another PID and without a counter.</summary>
    public static void KeepClockOnly(Span<byte> bytes, int pid)
    {
        const int DiscontinuityAndClock = 0x90;
        const int AdaptationOnly = 0x20;
        bytes[1] = (byte)(pid >> 8);
        bytes[2] = (byte)pid;
        bytes[3] = AdaptationOnly;
        bytes[4] = TsPacket.Size - HeaderLength - 1;
        bytes[5] &= DiscontinuityAndClock;
        bytes[(HeaderLength + 2 + ClockLength)..].Fill(0xFF);
    }

    /// <summary>Writes a section, with as many packets as it takes.</summary>
    /// <param name="to">Where the packets go.</param>
    /// <param name="pid">Their PID.</param>
    /// <param name="section">The section with its CRC.</param>
    /// <param name="counter">Gives each packet's counter.</param>
    public static void WriteSection(List<byte> to, int pid, ReadOnlySpan<byte> section, Func<int> counter)
    {
        Span<byte> packet = stackalloc byte[TsPacket.Size];
        for (var begins = true; begins || !section.IsEmpty; begins = false)
        {
            packet.Fill(0xFF);
            packet[0] = TsPacket.Sync;
            packet[1] = (byte)((begins ? 0x40 : 0) | (pid >> 8));
            packet[2] = (byte)pid;
            packet[3] = (byte)(0x10 | counter());
            if (begins)
                packet[HeaderLength] = 0;
            var room = packet[(HeaderLength + (begins ? 1 : 0))..];
            var take = Math.Min(room.Length, section.Length);
            section[..take].CopyTo(room);
            section = section[take..];
            to.AddRange(packet);
        }
    }
}
