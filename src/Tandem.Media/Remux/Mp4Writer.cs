using System.Buffers.Binary;
using Tandem.Media.Demux;

namespace Tandem.Media.Remux;

/// <summary>Writes boxes of an ISO base media file (ISO/IEC 14496-12, 4.2), nested as they come.</summary>
internal sealed class Mp4Writer
{
    private byte[] _bytes = new byte[1024];

    /// <summary>Bytes written so far.</summary>
    public int Count { get; private set; }

    /// <summary>What was written.</summary>
    public ReadOnlyMemory<byte> Written => _bytes.AsMemory(0, Count);

    /// <summary>Begins a box; returns what <see cref="End"/> wants.</summary>
    public int Begin(uint type)
    {
        var at = Count;
        U32(0);
        U32(type);
        return at;
    }

    /// <summary>Ends the box that began there.</summary>
    public void End(int begin) => Set(begin, Count - begin);

    public void U32(uint value) => BinaryPrimitives.WriteUInt32BigEndian(Take(4), value);

    public void Bytes(ReadOnlySpan<byte> value) => value.CopyTo(Take(value.Length));

    /// <summary>Writes a box as it is.</summary>
    public void Box(Mp4Box box)
    {
        var begin = Begin(box.Type);
        Bytes(box.Body.Span);
        End(begin);
    }

    /// <summary>Writes a number over one that was written.</summary>
    public void Set(int at, int value) => BinaryPrimitives.WriteInt32BigEndian(_bytes.AsSpan(at), value);

    private Span<byte> Take(int count)
    {
        if (Count + count > _bytes.Length)
            Array.Resize(ref _bytes, Math.Max(Count + count, _bytes.Length * 2));
        Count += count;
        return _bytes.AsSpan(Count - count, count);
    }
}
