using System.Buffers.Binary;

namespace Tandem.Media.Chunks;

/// <summary>Takes a byte stream of NAL units apart (ITU-T H.264, annex B; the same in H.265).</summary>
internal static class AnnexB
{
    // A picture in more units than this is made to cost time.
    private const int MostUnits = 4096;

    /// <summary>The units of one picture, without start codes and padding.</summary>
    public static List<Range> Units(ReadOnlySpan<byte> bytes)
    {
        var units = new List<Range>();
        var at = Start(bytes, 0);
        while (at < bytes.Length && units.Count < MostUnits)
        {
            var begin = at + 3;
            var next = Start(bytes, begin);
            var end = next;
            while (end > begin && bytes[end - 1] == 0)
                end--;
            if (end > begin)
                units.Add(begin..end);
            at = next;
        }

        return units;
    }

    /// <summary>Writes a unit behind its length of four bytes; returns how many bytes that took.</summary>
    public static int Write(Span<byte> to, ReadOnlySpan<byte> unit)
    {
        BinaryPrimitives.WriteInt32BigEndian(to, unit.Length);
        unit.CopyTo(to[4..]);
        return 4 + unit.Length;
    }

    /// <summary>A unit without the bytes that keep start codes from appearing in it (7.4.1), as far as <paramref name="most"/> bytes.</summary>
    public static byte[] Bare(ReadOnlySpan<byte> unit, int most)
    {
        var bare = new byte[Math.Min(unit.Length, most)];
        var count = 0;
        var zeros = 0;
        foreach (var value in unit)
        {
            if (count == bare.Length)
                break;
            if (zeros >= 2 && value == 3)
            {
                zeros = 0;
                continue;
            }

            zeros = value == 0 ? zeros + 1 : 0;
            bare[count++] = value;
        }

        return bare[..count];
    }

    private static int Start(ReadOnlySpan<byte> bytes, int from)
    {
        var found = from < bytes.Length ? bytes[from..].IndexOf("\0\0\u0001"u8) : -1;
        return found < 0 ? bytes.Length : from + found;
    }
}
