using System.Globalization;
using Tandem.Media.Demux;
using Tandem.Media.Native;

namespace Tandem.Media.Segmenting;

/// <summary>RFC 6381 names, from what a container says of a stream. Pure.</summary>
internal static class CodecNames
{
    private const int SequenceParameters = 7;
    private const int HevcSequenceParameters = 33;

    /// <summary>The name; null where it cannot be told.</summary>
    /// <param name="codec">FFmpeg's number.</param>
    /// <param name="header">The codec's own header, as MP4 has it or with start codes.</param>
    /// <param name="profile">FFmpeg's number of the profile.</param>
    /// <param name="level">FFmpeg's number of the level.</param>
    public static string? Of(int codec, ReadOnlySpan<byte> header, int profile, int level) => codec switch
    {
        LibAvCodec.IdH264 => H264(header),
        LibAvCodec.IdHevc => Hevc(header),
        LibAvCodec.IdAv1 => Av1(header, profile, level),
        LibAvCodec.IdVp9 => string.Create(
            CultureInfo.InvariantCulture, $"vp09.{Math.Max(profile, 0):00}.{(level is > 0 and < 100 ? level : 10):00}.{(profile >= 2 ? 10 : 8):00}"),
        LibAvCodec.IdAac or LibAvCodec.IdAacLatm => Aac(header, profile),
        LibAvCodec.IdMp2 => "mp4a.40.33",
        LibAvCodec.IdMp3 => "mp4a.40.34",
        LibAvCodec.IdAc3 => "ac-3",
        LibAvCodec.IdEac3 => "ec-3",
        LibAvCodec.IdOpus => "opus",
        LibAvCodec.IdFlac => "fLaC",
        _ => null,
    };

    // ISO/IEC 14496-15, 5.3.3.1 and its annex E; profile, constraints and level follow one another in both forms.
    private static string? H264(ReadOnlySpan<byte> header)
    {
        var from = header is [1, ..] ? header[1..] : Unit(header, unit => (unit & 31) == SequenceParameters, 1);
        return from.Length < 3 ? null : string.Create(CultureInfo.InvariantCulture, $"avc1.{from[0]:X2}{from[1]:X2}{from[2]:X2}");
    }

    // ISO/IEC 14496-15, annex E.3: the twelve bytes of general_profile_… to general_level_idc.
    private static string? Hevc(ReadOnlySpan<byte> header)
    {
        var from = header is [1, ..] ? header[1..] : Unit(header, unit => ((unit >> 1) & 63) == HevcSequenceParameters, 3);
        if (from.Length < 12)
            return null;
        var reversed = 0u;
        for (var bit = 0; bit < 32; bit++)
            reversed |= (uint)((from[1 + (bit / 8)] >> (7 - (bit % 8))) & 1) << bit;
        var last = 10;
        while (last >= 5 && from[last] == 0)
            last--;
        var space = (from[0] >> 6) switch
        {
            1 => "A",
            2 => "B",
            3 => "C",
            _ => "",
        };
        var name = string.Create(
            CultureInfo.InvariantCulture, $"hvc1.{space}{from[0] & 31}.{reversed:X}.{((from[0] & 0x20) != 0 ? 'H' : 'L')}{from[11]}");
        for (var at = 5; at <= last; at++)
            name += string.Create(CultureInfo.InvariantCulture, $".{from[at]:X}");
        return name;
    }

    // AV1 Codec ISO Media File Format Binding, 5.
    private static string Av1(ReadOnlySpan<byte> header, int profile, int level)
    {
        var (tier, depth) = ('M', 8);
        if (header.Length >= 4 && header[0] == 0x81)
        {
            profile = header[1] >> 5;
            level = header[1] & 31;
            tier = (header[2] & 0x80) != 0 ? 'H' : 'M';
            depth = (header[2] & 0x40) == 0 ? 8 : (header[2] & 0x20) != 0 ? 12 : 10;
        }

        return string.Create(CultureInfo.InvariantCulture, $"av01.{Math.Clamp(profile, 0, 2)}.{(level is >= 0 and < 32 ? level : 8):00}{tier}.{depth:00}");
    }

    private static string Aac(ReadOnlySpan<byte> header, int profile)
    {
        var type = AudioSpecificConfig.Read(header)?.ObjectType ?? (profile is >= 0 and < 60 ? profile + 1 : 2);
        return string.Create(CultureInfo.InvariantCulture, $"mp4a.40.{type}");
    }

    /// <summary>The first unit that fits, without its header and without emulation prevention; empty where there is none.</summary>
    private static ReadOnlySpan<byte> Unit(ReadOnlySpan<byte> bytes, Func<byte, bool> fits, int headerLength)
    {
        for (var at = 0; at + 4 < bytes.Length; at++)
        {
            if (bytes[at] != 0 || bytes[at + 1] != 0 || bytes[at + 2] != 1 || !fits(bytes[at + 3]))
                continue;
            var plain = new List<byte>();
            var zeros = 0;
            foreach (var value in bytes[(at + 3)..Math.Min(bytes.Length, at + 64)])
            {
                if (zeros >= 2 && value == 3)
                {
                    zeros = 0;
                    continue;
                }

                zeros = value == 0 ? zeros + 1 : 0;
                plain.Add(value);
            }

            return plain.Count > headerLength ? plain.ToArray().AsSpan(headerLength) : [];
        }

        return [];
    }
}
