using System.Buffers.Binary;
using System.Text;

namespace Tandem.Checks.Demux;

/// <summary>A box of an MP4 file (ISO/IEC 14496-12, 4.2): where its content stands in the array that holds it.</summary>
/// <param name="Type">Four characters.</param>
/// <param name="Start">Of the box itself.</param>
/// <param name="Content">Of what follows the header.</param>
/// <param name="End">One past its last byte.</param>
public readonly record struct Mp4Box(string Type, int Start, int Content, int End)
{
    /// <summary>The boxes between two places.</summary>
    public static IEnumerable<Mp4Box> In(byte[] data, int from, int to)
    {
        while (from + 8 <= to)
        {
            long size = BinaryPrimitives.ReadUInt32BigEndian(data.AsSpan(from));
            var header = 8;
            if (size == 1)
            {
                size = BinaryPrimitives.ReadInt64BigEndian(data.AsSpan(from + 8));
                header = 16;
            }

            if (size == 0)
                size = to - from;
            if (size < header || from + size > to)
                throw new DemuxException($"Box at byte {from} has an impossible size of {size}");
            yield return new Mp4Box(Encoding.Latin1.GetString(data, from + 4, 4), from, from + header, (int)(from + size));
            from += (int)size;
        }
    }

    /// <summary>The boxes of a whole file or segment.</summary>
    public static IEnumerable<Mp4Box> In(byte[] data) => In(data, 0, data.Length);

    /// <summary>The boxes inside this one.</summary>
    public IEnumerable<Mp4Box> Children(byte[] data) => In(data, Content, End);

    /// <summary>The first box of a type inside this one; null where there is none.</summary>
    public Mp4Box? Child(byte[] data, string type)
    {
        foreach (var child in Children(data))
        {
            if (child.Type == type)
                return child;
        }

        return null;
    }

    /// <summary>Follows types from box to box.</summary>
    public Mp4Box? Descendant(byte[] data, params ReadOnlySpan<string> types)
    {
        Mp4Box? at = this;
        foreach (var type in types)
            at = at?.Child(data, type);
        return at;
    }
}
