namespace Tandem.Media.Captions;

/// <summary>
/// Finds caption bytes in the supplemental enhancement information of pictures: user data registered by ITU-T T.35 (H.264 and H.265,
/// annex D), as ATSC A/53 part 4, 6.2.3, has it. Of CEA-708's packets only the bytes of CEA-608 are taken.
/// </summary>
internal static class CaptionSei
{
    /// <summary>The largest SEI unit that is looked at, bytes; captions take about 100.</summary>
    public const int Largest = 16 << 10;

    private const int UserDataRegistered = 4;

    /// <summary>Whether a NAL unit may hold captions.</summary>
    /// <param name="header">Its first byte.</param>
    /// <param name="hevc">H.265; otherwise H.264.</param>
    public static bool IsSei(byte header, bool hevc) => hevc ? ((header >> 1) & 63) is 39 or 40 : (header & 31) == 6;

    /// <summary>Whether a NAL unit holds a part of the coded picture; what belongs to the picture stands before the first.</summary>
    /// <param name="header">Its first byte.</param>
    /// <param name="hevc">H.265; otherwise H.264.</param>
    public static bool IsSlice(byte header, bool hevc) => hevc ? ((header >> 1) & 63) < 32 : (header & 31) is >= 1 and <= 5;

    /// <summary>Adds the pairs of an SEI unit.</summary>
    /// <param name="unit">The NAL unit with its header, without start code.</param>
    /// <param name="hevc">H.265; otherwise H.264.</param>
    /// <param name="ticks">The picture's time.</param>
    /// <param name="into">Gets them.</param>
    public static void Read(ReadOnlySpan<byte> unit, bool hevc, long ticks, List<CaptionPair> into)
    {
        var header = hevc ? 2 : 1;
        if (unit.Length <= header || unit.Length > Largest)
            return;
        var bare = new byte[unit.Length];
        var rest = bare.AsSpan(0, Unescape(unit[header..], bare));

        // The last byte is the stop bit and what aligns it.
        while (rest.Length > 2)
        {
            if (!Number(ref rest, out var type) || !Number(ref rest, out var size) || size > rest.Length)
                return;
            if (type == UserDataRegistered)
                ReadUserData(rest[..size], ticks, into);
            rest = rest[size..];
        }
    }

    /// <summary>Adds the pairs of triplets as A/53's <c>cc_data</c> and FFmpeg's packets of <c>eia_608</c> have them.</summary>
    public static void ReadTriplets(ReadOnlySpan<byte> triplets, long ticks, List<CaptionPair> into)
    {
        for (; triplets.Length >= 3; triplets = triplets[3..])
        {
            var type = triplets[0] & 3;
            if ((triplets[0] & 4) != 0 && type < 2)
                into.Add(new CaptionPair(ticks, (byte)(type + 1), triplets[1], triplets[2]));
        }
    }

    private static void ReadUserData(ReadOnlySpan<byte> data, long ticks, List<CaptionPair> into)
    {
        // itu_t_t35_country_code, itu_t_t35_provider_code, user_identifier, user_data_type_code.
        ReadOnlySpan<byte> start = [0xB5, 0x00, 0x31, (byte)'G', (byte)'A', (byte)'9', (byte)'4', 0x03];
        if (data.Length < start.Length + 2 || !data.StartsWith(start))
            return;
        var flags = data[start.Length];
        var triplets = data[(start.Length + 2)..];
        if ((flags & 0x40) != 0)
            ReadTriplets(triplets[..Math.Min(triplets.Length, (flags & 31) * 3)], ticks, into);
    }

    /// <summary>A number written as bytes of 255 and a last one (H.264, 7.3.2.3.1).</summary>
    private static bool Number(ref Span<byte> rest, out int number)
    {
        number = 0;
        while (!rest.IsEmpty)
        {
            var next = rest[0];
            rest = rest[1..];
            number += next;
            if (next != 255)
                return true;
        }

        return false;
    }

    /// <summary>Takes out emulation prevention (H.264, 7.4.1) and returns what is left.</summary>
    private static int Unescape(ReadOnlySpan<byte> escaped, Span<byte> bare)
    {
        var (count, zeros) = (0, 0);
        foreach (var next in escaped)
        {
            if (zeros >= 2 && next == 3)
            {
                zeros = 0;
                continue;
            }

            zeros = next == 0 ? zeros + 1 : 0;
            bare[count++] = next;
        }

        return count;
    }
}
