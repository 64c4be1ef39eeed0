using System.Buffers.Binary;

namespace Tandem.Media.Demux;

/// <summary>One box of an ISO base media file (ISO/IEC 14496-12, 4.2).</summary>
/// <param name="Type">The four letters of its type, as a number.</param>
/// <param name="Begin">Where the box begins in what was read.</param>
/// <param name="End">Where the next would begin.</param>
/// <param name="Body">What follows its header.</param>
internal readonly record struct Mp4Box(uint Type, int Begin, int End, ReadOnlyMemory<byte> Body)
{
    // Side by side; bytes that are made of nothing but headers would cost many times their size.
    private const int MostBoxes = 65_536;

    /// <summary>Version of a full box; 0 where there is none.</summary>
    public int Version => Body.Length < 4 ? 0 : Body.Span[0];

    /// <summary>Flags of a full box.</summary>
    public int Flags => Body.Length < 4 ? 0 : (int)(BinaryPrimitives.ReadUInt32BigEndian(Body.Span) & 0xFFFFFF);

    /// <summary>The body behind version and flags; empty where it is too short for them.</summary>
    public ReadOnlyMemory<byte> FullBody => Body.Length < 4 ? default : Body[4..];

    /// <summary>Whether its type has these letters.</summary>
    public bool Is(string letters) => Type == Name(letters);

    /// <summary>The type as a number: <c>Mp4Box.Name("moov")</c>.</summary>
    public static uint Name(string letters) => ((uint)letters[0] << 24) | ((uint)letters[1] << 16) | ((uint)letters[2] << 8) | letters[3];

    /// <summary>The boxes that stand one after another in <paramref name="data"/>; what is cut short at the end is cut off.</summary>
    /// <param name="data">Boxes.</param>
    /// <param name="truncated">Whether the last box says that it is longer than the data.</param>
    public static List<Mp4Box> ReadAll(ReadOnlyMemory<byte> data, out bool truncated)
    {
        var boxes = new List<Mp4Box>();
        truncated = false;
        var at = 0;
        while (at + 8 <= data.Length)
        {
            if (boxes.Count == MostBoxes)
            {
                truncated = true;
                break;
            }

            var span = data.Span[at..];
            ulong size = BinaryPrimitives.ReadUInt32BigEndian(span);
            var header = 8;
            if (size == 1 && span.Length >= 16)
            {
                size = BinaryPrimitives.ReadUInt64BigEndian(span[8..]);
                header = 16;
            }
            else if (size == 0)
            {
                size = (ulong)span.Length;
            }

            if (size < (ulong)header)
            {
                truncated = true;
                break;
            }

            if (size > (ulong)span.Length)
            {
                truncated = true;
                size = (ulong)span.Length;
            }

            boxes.Add(new Mp4Box(BinaryPrimitives.ReadUInt32BigEndian(span[4..]), at, at + (int)size, data.Slice(at + header, (int)size - header)));
            at += (int)size;
        }

        return boxes;
    }

    /// <summary>The boxes inside this one.</summary>
    /// <param name="skip">Bytes of fields before the first.</param>
    public List<Mp4Box> Children(int skip = 0) => skip > Body.Length ? [] : ReadAll(Body[skip..], out _);

    /// <summary>The first box of that type inside this one; null where there is none.</summary>
    public Mp4Box? Child(string letters, int skip = 0)
    {
        var name = Name(letters);
        foreach (var child in Children(skip))
        {
            if (child.Type == name)
                return child;
        }

        return null;
    }
}
