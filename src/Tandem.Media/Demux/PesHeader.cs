namespace Tandem.Media.Demux;

/// <summary>The header of a PES packet (ISO/IEC 13818-1, 2.4.3.6).</summary>
/// <param name="Length">Bytes from the start code to the payload.</param>
/// <param name="Payload">Bytes of payload; null where the packet lasts until the next begins.</param>
/// <param name="Ticks">Presentation time, 33 bits; null where the packet has none.</param>
/// <param name="Encrypted">Whether the payload is scrambled.</param>
internal readonly record struct PesHeader(int Length, int? Payload, long? Ticks, bool Encrypted)
{
    /// <summary>The longest header there can be.</summary>
    public const int Longest = 9 + 255;

    /// <summary>The 33 bits of a time stamp.</summary>
    public const long TicksMask = (1L << 33) - 1;

    /// <summary>Reads a header.</summary>
    public static HeaderMatch Read(ReadOnlySpan<byte> bytes, out PesHeader header)
    {
        header = default;
        if (bytes.Length < 9)
            return HeaderMatch.Short;
        if (bytes[0] != 0 || bytes[1] != 0 || bytes[2] != 1 || (bytes[6] & 0xC0) != 0x80)
            return HeaderMatch.No;
        var length = 9 + bytes[8];
        if (bytes.Length < length)
            return HeaderMatch.Short;
        long? ticks = (bytes[7] & 0x80) != 0 && length >= 14
            ? ((long)(bytes[9] & 0x0E) << 29) | ((long)bytes[10] << 22) | ((long)(bytes[11] & 0xFE) << 14) | ((long)bytes[12] << 7) | ((long)bytes[13] >> 1)
            : null;
        var packet = (bytes[4] << 8) | bytes[5];
        header = new PesHeader(length, packet == 0 ? null : Math.Max(0, packet + 6 - length), ticks, (bytes[6] & 0x30) != 0);
        return HeaderMatch.Yes;
    }
}
