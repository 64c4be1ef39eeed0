using System.Buffers.Binary;
using System.Text;

namespace Tandem.Live.Package;

/// <summary>Writes boxes of the ISO base media file format (ISO/IEC 14496-12), big-endian; sizes are filled in when a box ends.</summary>
internal sealed class BoxWriter(int capacity = 1024)
{
    private byte[] _bytes = new byte[capacity];

    /// <summary>Bytes written so far.</summary>
    public int Length { get; private set; }

    /// <summary>
    /// What was written; without a copy where it is just as long as was said at the beginning. Nothing can be written afterwards.
    /// </summary>
    public byte[] ToArray()
    {
        var written = Length == _bytes.Length ? _bytes : _bytes.AsSpan(0, Length).ToArray();
        _bytes = [];
        return written;
    }

    /// <summary>Writes a box around what <paramref name="content"/> writes.</summary>
    public void Box(string type, Action content)
    {
        var start = Length;
        U32(0);
        Text(type);
        content();
        Patch(start, (uint)(Length - start));
    }

    /// <summary>Writes a full box: with version and flags.</summary>
    public void FullBox(string type, int version, int flags, Action content) => Box(type, () =>
    {
        U32(((uint)version << 24) | (uint)flags);
        content();
    });

    /// <summary>Replaces four bytes that were written before.</summary>
    public void Patch(int position, uint value) => BinaryPrimitives.WriteUInt32BigEndian(_bytes.AsSpan(position), value);

    public void U8(int value) => Reserve(1)[0] = (byte)value;

    public void U16(int value) => BinaryPrimitives.WriteUInt16BigEndian(Reserve(2), (ushort)value);

    public void U32(uint value) => BinaryPrimitives.WriteUInt32BigEndian(Reserve(4), value);

    public void U64(ulong value) => BinaryPrimitives.WriteUInt64BigEndian(Reserve(8), value);

    public void Zeros(int count) => Reserve(count).Clear();

    public void Bytes(ReadOnlySpan<byte> bytes) => bytes.CopyTo(Reserve(bytes.Length));

    /// <summary>ASCII without an end mark.</summary>
    public void Text(string text) => Encoding.ASCII.GetBytes(text, Reserve(text.Length));

    private Span<byte> Reserve(int count)
    {
        if (Length + count > _bytes.Length)
            Array.Resize(ref _bytes, Math.Max(Length + count, _bytes.Length * 2));
        Length += count;
        return _bytes.AsSpan(Length - count, count);
    }
}
