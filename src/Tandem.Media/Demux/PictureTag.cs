using System.Globalization;
using System.Text;

namespace Tandem.Media.Demux;

/// <summary>Names of pictures' codecs for <c>CODECS</c> (RFC 6381 and what registered its own form).</summary>
internal static class PictureTag
{
    /// <summary>Length of HEVC's profile, tier and level, bytes.</summary>
    public const int HevcProfileLength = 12;

    /// <summary>H.264 (RFC 6381, 3.3): profile, constraints and level.</summary>
    /// <param name="entry">Sample entry, such as <c>avc1</c>.</param>
    /// <param name="profile">The three bytes.</param>
    public static string H264(string entry, ReadOnlySpan<byte> profile) =>
        string.Create(CultureInfo.InvariantCulture, $"{entry}.{profile[0]:X2}{profile[1]:X2}{profile[2]:X2}");

    /// <summary>HEVC (ISO/IEC 14496-15, annex E.3).</summary>
    /// <param name="entry">Sample entry, such as <c>hvc1</c>.</param>
    /// <param name="profile">General profile, tier and level as profile_tier_level and hvcC have them: 12 bytes.</param>
    public static string Hevc(string entry, ReadOnlySpan<byte> profile)
    {
        var space = profile[0] >> 6;
        var tier = (profile[0] & 0x20) != 0 ? 'H' : 'L';
        uint compatible = 0;
        for (var i = 0; i < 32; i++)
            compatible |= (uint)((profile[1 + (i >> 3)] >> (7 - (i & 7))) & 1) << i;
        var text = new StringBuilder(entry).Append('.');
        if (space > 0)
            text.Append((char)('A' + space - 1));
        text.Append(CultureInfo.InvariantCulture, $"{profile[0] & 31}.{compatible:X}.{tier}{profile[11]}");
        var constraints = profile[5..11].TrimEnd((byte)0);
        foreach (var value in constraints)
            text.Append(CultureInfo.InvariantCulture, $".{value:X}");
        return text.ToString();
    }

    /// <summary>AV1 (AV1 Codec ISO Media File Format Binding, 5); null where <c>av1C</c> is too short.</summary>
    /// <param name="configuration">Body of <c>av1C</c>.</param>
    /// <param name="colour">Primaries, transfer, matrix and range of <c>colr</c>; null where it has none.</param>
    public static string? Av1(ReadOnlySpan<byte> configuration, PictureColour? colour)
    {
        if (configuration.Length < 4)
            return null;
        var profile = configuration[1] >> 5;
        var flags = configuration[2];
        var tier = (flags & 0x80) != 0 ? 'H' : 'M';
        var depth = (flags & 0x40) == 0 ? 8 : profile == 2 && (flags & 0x20) != 0 ? 12 : 10;
        var name = string.Create(CultureInfo.InvariantCulture, $"av01.{profile}.{configuration[1] & 31:D2}{tier}.{depth:D2}");

        // monochrome, subsampling x and y, chroma sample position; all or none of what follows is written.
        var chroma = ((flags >> 3) & 1, (flags >> 2) & 1, flags & 3);
        var monochrome = (flags >> 4) & 1;
        var told = colour ?? PictureColour.Usual;
        return chroma is (1, 1, _) && monochrome == 0 && told.IsUsual
            ? name
            : name + string.Create(
                CultureInfo.InvariantCulture,
                $".{monochrome}.{chroma.Item1}{chroma.Item2}{chroma.Item3}.{told.Primaries:D2}.{told.Transfer:D2}.{told.Matrix:D2}.{told.FullRange}");
    }

    /// <summary>VP9 (VP Codec ISO Media File Format Binding, codecs parameter string); null where <c>vpcC</c> is too short.</summary>
    /// <param name="configuration"><c>vpcC</c> behind version and flags.</param>
    public static string? Vp9(ReadOnlySpan<byte> configuration)
    {
        if (configuration.Length < 6)
            return null;
        var depth = configuration[2] >> 4;
        var chroma = (configuration[2] >> 1) & 7;
        var colour = new PictureColour(configuration[3], configuration[4], configuration[5], configuration[2] & 1);
        var name = string.Create(CultureInfo.InvariantCulture, $"vp09.{configuration[0]:D2}.{configuration[1]:D2}.{depth:D2}");
        return chroma <= 1 && colour.IsUsual
            ? name
            : name + string.Create(
                CultureInfo.InvariantCulture,
                $".{chroma:D2}.{colour.Primaries:D2}.{colour.Transfer:D2}.{colour.Matrix:D2}.{colour.FullRange:D2}");
    }

    /// <summary>
    /// Finds the sequence parameter set at the front of a picture in Annex B form and names the codec by it; null where there is none.
    /// </summary>
    /// <param name="codec">FFmpeg's name of the codec.</param>
    /// <param name="bytes">The picture's first bytes.</param>
    public static string? FromParameterSet(string codec, ReadOnlySpan<byte> bytes)
    {
        for (var at = bytes.IndexOf("\0\0\u0001"u8); at >= 0;)
        {
            var unit = bytes[(at + 3)..];
            if (codec == "h264" && unit.Length >= 4 && (unit[0] & 0x1F) == 7)
                return H264("avc1", unit[1..4]);
            if (codec == "hevc" && unit.Length > 0 && ((unit[0] >> 1) & 0x3F) == 33 && HevcProfile(unit) is { } profile)
                return Hevc("hvc1", profile);
            var next = unit.IndexOf("\0\0\u0001"u8);
            at = next < 0 ? -1 : at + 3 + next;
        }

        return null;
    }

    // ITU-T H.265, 7.3.2.2: two bytes of header, one of ids, then profile_tier_level; 7.4.2: without the bytes that prevent emulation.
    private static byte[]? HevcProfile(ReadOnlySpan<byte> unit)
    {
        const int Before = 3;
        var bare = new byte[Before + HevcProfileLength];
        var count = 0;
        var zeros = 0;
        foreach (var value in unit)
        {
            if (zeros >= 2 && value == 3)
            {
                zeros = 0;
                continue;
            }

            zeros = value == 0 ? zeros + 1 : 0;
            bare[count++] = value;
            if (count == bare.Length)
                return bare[Before..];
        }

        return null;
    }
}

/// <summary>Colour as ISO/IEC 23001-8 numbers it.</summary>
internal readonly record struct PictureColour(int Primaries, int Transfer, int Matrix, int FullRange)
{
    /// <summary>BT.709, which is meant where nothing is said.</summary>
    public static PictureColour Usual => new(1, 1, 1, 0);

    /// <summary>Whether it need not be said: BT.709, or unspecified (2), in the limited range.</summary>
    public bool IsUsual => Primaries is 1 or 2 && Transfer is 1 or 2 && Matrix is 1 or 2 && FullRange == 0;
}
