namespace Tandem.Media.Demux;

/// <summary>One transport packet with a payload (ISO/IEC 13818-1, 2.4.3.2).</summary>
internal readonly ref struct TsPacket
{
    /// <summary>Bytes of a packet.</summary>
    public const int Size = 188;

    /// <summary>The first byte of a packet.</summary>
    public const byte Sync = 0x47;

    private TsPacket(ReadOnlySpan<byte> bytes, ReadOnlySpan<byte> payload, bool discontinuity)
    {
        Damaged = (bytes[1] & 0x80) != 0;
        Begins = (bytes[1] & 0x40) != 0;
        Pid = ((bytes[1] & 0x1F) << 8) | bytes[2];
        Scrambled = (bytes[3] & 0xC0) != 0;
        Counter = bytes[3] & 15;
        Discontinuity = discontinuity;
        Payload = payload;
    }

    /// <summary>transport_error_indicator.</summary>
    public bool Damaged { get; }

    /// <summary>payload_unit_start_indicator.</summary>
    public bool Begins { get; }

    public int Pid { get; }

    public bool Scrambled { get; }

    /// <summary>continuity_counter.</summary>
    public int Counter { get; }

    /// <summary>discontinuity_indicator: the counter may jump here.</summary>
    public bool Discontinuity { get; }

    public ReadOnlySpan<byte> Payload { get; }

    /// <summary>Reads a packet; false where it has no payload.</summary>
    /// <param name="bytes">188 bytes, the first being <see cref="Sync"/>.</param>
    /// <param name="packet">The packet.</param>
    public static bool TryRead(ReadOnlySpan<byte> bytes, out TsPacket packet)
    {
        packet = default;
        var begin = 4;
        var discontinuity = false;
        if ((bytes[3] & 0x20) != 0)
        {
            var length = bytes[4];
            discontinuity = length > 0 && (bytes[5] & 0x80) != 0;
            begin += 1 + length;
        }

        if ((bytes[3] & 0x10) == 0 || begin >= Size)
            return false;
        packet = new TsPacket(bytes, bytes[begin..Size], discontinuity);
        return true;
    }
}
