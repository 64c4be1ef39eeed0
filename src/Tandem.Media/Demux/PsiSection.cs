using System.Buffers.Binary;

namespace Tandem.Media.Demux;

/// <summary>Puts the sections of one PID together from its packets (ISO/IEC 13818-1, 2.4.4).</summary>
internal sealed class PsiSection
{
    private readonly byte[] _bytes = new byte[1024 + 3];
    private int _count;
    private bool _begun;

    /// <summary>
    /// Adds a packet's payload. Returns a whole section without its CRC when this packet completes one whose CRC holds; empty
    /// otherwise. Of several sections in one packet the first counts.
    /// </summary>
    public ReadOnlySpan<byte> Add(ReadOnlySpan<byte> payload, bool begins)
    {
        if (begins)
        {
            if (payload.IsEmpty || payload.Length < 1 + payload[0])
                return [];
            payload = payload[(1 + payload[0])..];
            _count = 0;
            _begun = true;
        }

        if (!_begun)
            return [];
        var take = Math.Min(payload.Length, _bytes.Length - _count);
        payload[..take].CopyTo(_bytes.AsSpan(_count));
        _count += take;
        if (_count < 3)
            return [];
        var length = 3 + (((_bytes[1] & 0x0F) << 8) | _bytes[2]);
        if (length > _bytes.Length)
            _begun = false;
        if (!_begun || _count < length)
            return [];
        _begun = false;
        var section = _bytes.AsSpan(0, length);
        return length >= 12 && Crc(section[..^4]) == BinaryPrimitives.ReadUInt32BigEndian(section[^4..]) ? section[..^4] : [];
    }

    // ISO/IEC 13818-1, annex A.
    internal static uint Crc(ReadOnlySpan<byte> bytes)
    {
        var crc = 0xFFFFFFFFu;
        foreach (var value in bytes)
        {
            crc ^= (uint)value << 24;
            for (var bit = 0; bit < 8; bit++)
                crc = (crc & 0x80000000) != 0 ? (crc << 1) ^ 0x04C11DB7 : crc << 1;
        }

        return crc;
    }
}
