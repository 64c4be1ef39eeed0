namespace Tandem.Live.Package;

/// <summary>Reads bits, most significant first; past the end it reads zeros and says so.</summary>
internal ref struct BitReader(ReadOnlySpan<byte> bytes)
{
    private readonly ReadOnlySpan<byte> _bytes = bytes;
    private int _position;

    /// <summary>Whether more was read than there was.</summary>
    public readonly bool Overrun => _position > _bytes.Length * 8;

    /// <summary>Bits that are left; negative after an overrun.</summary>
    public readonly int Left => (_bytes.Length * 8) - _position;

    /// <summary>Reads up to 31 bits.</summary>
    public int Read(int count)
    {
        var value = 0;
        for (; count > 0; count--, _position++)
        {
            var index = _position >> 3;
            var bit = index < _bytes.Length ? (_bytes[index] >> (7 - (_position & 7))) & 1 : 0;
            value = (value << 1) | bit;
        }

        return value;
    }
}

/// <summary>Writes bits, most significant first; the last byte is filled with zeros.</summary>
internal sealed class BitWriter
{
    private readonly List<byte> _bytes = [];
    private int _free;

    /// <summary>Appends the low <paramref name="count"/> bits.</summary>
    public void Write(int value, int count)
    {
        for (var bit = count - 1; bit >= 0; bit--)
        {
            if (_free == 0)
            {
                _bytes.Add(0);
                _free = 8;
            }

            _free--;
            _bytes[^1] |= (byte)(((value >> bit) & 1) << _free);
        }
    }

    /// <summary>What was written.</summary>
    public byte[] ToArray() => [.. _bytes];
}
