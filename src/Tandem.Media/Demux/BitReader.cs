namespace Tandem.Media.Demux;

/// <summary>Reads bits, most significant first. Past the end it reads zeros and says so.</summary>
internal ref struct BitReader(ReadOnlySpan<byte> bytes)
{
    private readonly ReadOnlySpan<byte> _bytes = bytes;

    /// <summary>Bits read so far.</summary>
    public int Position { get; private set; }

    /// <summary>Whether more was read than there is.</summary>
    public readonly bool Overrun => Position > _bytes.Length * 8;

    /// <summary>Bits that are left.</summary>
    public readonly int Left => (_bytes.Length * 8) - Position;

    /// <summary>Reads up to 32 bits.</summary>
    public uint Read(int count)
    {
        uint value = 0;
        for (var i = 0; i < count; i++, Position++)
        {
            var at = Position >> 3;
            var bit = at < _bytes.Length ? (_bytes[at] >> (7 - (Position & 7))) & 1 : 0;
            value = (value << 1) | (uint)bit;
        }

        return value;
    }

    /// <summary>Reads one bit.</summary>
    public bool Flag() => Read(1) != 0;
}
