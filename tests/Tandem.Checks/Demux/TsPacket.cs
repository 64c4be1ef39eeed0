namespace Tandem.Checks.Demux;

/// <summary>Fields of one transport packet (ISO/IEC 13818-1, 2.4.3), for reading and for rewriting in place.</summary>
public static class TsPacket
{
    /// <summary>Bytes a packet.</summary>
    public const int Size = 188;

    /// <summary>Whether these bytes begin with transport packets.</summary>
    public static bool LooksLikeTs(ReadOnlySpan<byte> data) =>
        data.Length >= Size && data[0] == 0x47 && (data.Length == Size || data[Size] == 0x47);

    /// <summary>The packet's PID.</summary>
    public static int Pid(ReadOnlySpan<byte> packet) => ((packet[1] & 0x1F) << 8) | packet[2];

    /// <summary>Whether a PES packet or section begins here.</summary>
    public static bool Starts(ReadOnlySpan<byte> packet) => (packet[1] & 0x40) != 0;

    /// <summary>Whether it carries payload, and so counts in its continuity counter.</summary>
    public static bool HasPayload(ReadOnlySpan<byte> packet) => (packet[3] & 0x10) != 0;

    /// <summary>Where the payload begins; 188 where there is none.</summary>
    public static int PayloadOffset(ReadOnlySpan<byte> packet)
    {
        if (!HasPayload(packet))
            return Size;
        return (packet[3] & 0x20) == 0 ? 4 : Math.Min(Size, 5 + packet[4]);
    }

    /// <summary>Where the six bytes of a PCR stand; −1 where there is none.</summary>
    public static int PcrOffset(ReadOnlySpan<byte> packet) =>
        (packet[3] & 0x20) != 0 && packet[4] >= 7 && (packet[5] & 0x10) != 0 ? 6 : -1;

    /// <summary>The 33 bits of a PTS or DTS (2.4.3.7).</summary>
    public static long ReadStamp(ReadOnlySpan<byte> stamp) =>
        ((long)(stamp[0] & 0x0E) << 29) | ((long)stamp[1] << 22) | ((long)(stamp[2] & 0xFE) << 14) | ((long)stamp[3] << 7)
        | ((long)stamp[4] >> 1);

    /// <summary>Writes 33 bits into a PTS or DTS, its marker bits kept.</summary>
    public static void WriteStamp(Span<byte> stamp, long ticks)
    {
        stamp[0] = (byte)((stamp[0] & 0xF1) | (int)((ticks >> 29) & 0x0E));
        stamp[1] = (byte)(ticks >> 22);
        stamp[2] = (byte)((stamp[2] & 0x01) | (int)((ticks >> 14) & 0xFE));
        stamp[3] = (byte)(ticks >> 7);
        stamp[4] = (byte)((stamp[4] & 0x01) | (int)((ticks << 1) & 0xFE));
    }

    /// <summary>Where PTS and DTS stand in a PES header; −1 for one that is not there.</summary>
    public static (int Pts, int Dts) StampOffsets(ReadOnlySpan<byte> pes)
    {
        if (pes.Length < 14 || pes[0] != 0 || pes[1] != 0 || pes[2] != 1 || !HasOptionalHeader(pes[3]))
            return (-1, -1);
        var flags = pes[7] >> 6;
        return ((flags & 2) != 0 ? 9 : -1, flags == 3 && pes.Length >= 19 ? 14 : -1);
    }

    /// <summary>Whether a PES packet of this stream id has flags and stamps: sound, picture and private stream 1.</summary>
    private static bool HasOptionalHeader(byte streamId) => streamId is (>= 0xC0 and <= 0xEF) or 0xBD or 0xFD;
}
