using System.Globalization;

namespace Tandem.Live.Package;

/// <summary>The part of an AudioSpecificConfig (ISO/IEC 14496-3, 1.6.2.1) that packaging needs.</summary>
/// <param name="ObjectType">Audio object type of the core: 2 is AAC-LC.</param>
/// <param name="SampleRate">Of the core, Hz.</param>
/// <param name="RateIndex">Of the core; 15 where the rate is none of the table.</param>
/// <param name="ChannelConfiguration">0 where the frames say it themselves.</param>
/// <param name="FrameSamples">1,024, or 960 where the short frame is asked for.</param>
/// <param name="ExtensionType">5 with SBR, 29 with parametric stereo, 0 with neither or where only the frames say so.</param>
public sealed record AudioSpecificConfig(
    int ObjectType, int SampleRate, int RateIndex, int ChannelConfiguration, int FrameSamples, int ExtensionType)
{
    private static readonly int[] Rates =
        [96_000, 88_200, 64_000, 48_000, 44_100, 32_000, 24_000, 22_050, 16_000, 12_000, 11_025, 8_000, 7_350];

    /// <summary>RFC 6381 name.</summary>
    public string CodecsTag => string.Create(CultureInfo.InvariantCulture, $"mp4a.40.{(ExtensionType > 0 ? ExtensionType : ObjectType)}");

    /// <summary>Configuration of AAC-LC.</summary>
    /// <param name="sampleRate">One of the table's rates.</param>
    /// <param name="channels">1 to 6, or 8.</param>
    public static byte[] LowComplexity(int sampleRate, int channels)
    {
        var bits = new BitWriter();
        bits.Write(2, 5);
        var index = Array.IndexOf(Rates, sampleRate);
        bits.Write(index < 0 ? 15 : index, 4);
        if (index < 0)
            bits.Write(sampleRate, 24);
        bits.Write(channels == 8 ? 7 : channels, 4);
        bits.Write(0, 3);
        return bits.ToArray();
    }

    /// <summary>Reads a configuration; null where it is too short or names a rate that does not exist.</summary>
    public static AudioSpecificConfig? Parse(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length is < 2 or > 1024)
            return null;
        var bits = new BitReader(bytes);
        var type = ReadObjectType(ref bits);
        var (index, rate) = ReadRate(ref bits);
        var channels = bits.Read(4);
        var extension = 0;
        if (type is 5 or 29)
        {
            extension = type;
            _ = ReadRate(ref bits);
            type = ReadObjectType(ref bits);
        }

        var frame = bits.Read(1) == 1 ? 960 : 1024;
        if (bits.Read(1) == 1)
            _ = bits.Read(14);
        _ = bits.Read(1);
        if (extension == 0 && channels != 0)
            extension = ReadSyncExtension(ref bits);
        return rate <= 0 || bits.Overrun ? null : new AudioSpecificConfig(type, rate, index, channels, frame, extension);
    }

    private static int ReadObjectType(ref BitReader bits)
    {
        var type = bits.Read(5);
        return type == 31 ? 32 + bits.Read(6) : type;
    }

    private static (int Index, int Rate) ReadRate(ref BitReader bits)
    {
        var index = bits.Read(4);
        if (index == 15)
        {
            var rate = bits.Read(24);
            var known = Array.IndexOf(Rates, rate);
            return (known < 0 ? 15 : known, rate);
        }

        return index < Rates.Length ? (index, Rates[index]) : (index, 0);
    }

    /// <summary>Backward compatible signalling of SBR and parametric stereo.</summary>
    private static int ReadSyncExtension(ref BitReader bits)
    {
        if (bits.Left < 16 || bits.Read(11) != 0x2b7 || ReadObjectType(ref bits) != 5 || bits.Read(1) != 1)
            return 0;
        _ = ReadRate(ref bits);
        return bits.Left >= 12 && bits.Read(11) == 0x548 && bits.Read(1) == 1 ? 29 : 5;
    }
}
