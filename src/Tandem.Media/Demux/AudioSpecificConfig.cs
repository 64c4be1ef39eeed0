namespace Tandem.Media.Demux;

/// <summary>What Tandem needs from an AudioSpecificConfig (ISO/IEC 14496-3, 1.6.2.1).</summary>
/// <param name="ObjectType">Audio object type as written first: 2 LC, 5 SBR, 29 PS, 42 USAC.</param>
/// <param name="CoreRate">Rate of the core coder, Hz.</param>
/// <param name="Channels">Channels of the core; 0 where a program config element says it.</param>
/// <param name="FrameSamples">Samples in a frame of the core: 1,024 or 960.</param>
/// <param name="Bits">Length, in bits.</param>
internal readonly record struct AudioSpecificConfig(int ObjectType, int CoreRate, int Channels, int FrameSamples, int Bits)
{
    private const int Sbr = 5;
    private const int ParametricStereo = 29;
    private static readonly int[] Rates = [96_000, 88_200, 64_000, 48_000, 44_100, 32_000, 24_000, 22_050, 16_000, 12_000, 11_025, 8_000, 7_350];
    private static readonly int[] ChannelCounts = [0, 1, 2, 3, 4, 5, 6, 8];

    /// <summary>The rate of a sampling frequency index; 0 for those that are reserved.</summary>
    public static int Rate(int index) => index < Rates.Length ? Rates[index] : 0;

    /// <summary>Channels of a channel configuration; 0 for those that are reserved or told elsewhere.</summary>
    public static int ChannelCount(int configuration) => configuration switch
    {
        < 8 => ChannelCounts[configuration],
        11 => 7,
        12 or 14 => 8,
        _ => 0,
    };

    /// <summary>Reads one; null where it is cut short or reserved.</summary>
    public static AudioSpecificConfig? Read(ReadOnlySpan<byte> bytes)
    {
        var bits = new BitReader(bytes);
        return Read(ref bits);
    }

    /// <summary>Reads one from where <paramref name="bits"/> stands, and its GASpecificConfig; null where it is cut short or reserved.</summary>
    public static AudioSpecificConfig? Read(ref BitReader bits)
    {
        var begin = bits.Position;
        var type = ReadType(ref bits);
        var rate = ReadRate(ref bits);
        var channels = (int)bits.Read(4);
        var core = type;
        if (type is Sbr or ParametricStereo)
        {
            ReadRate(ref bits);
            core = ReadType(ref bits);
        }

        var shortFrames = false;
        if (core is 1 or 2 or 3 or 4 or 6 or 7 or 17 or 19 or 20 or 21 or 22 or 23)
        {
            shortFrames = bits.Flag();
            if (bits.Flag())
                bits.Read(14);
            bits.Flag();
        }

        if (bits.Overrun || rate is < 1_000 or > 192_000)
            return null;
        return new AudioSpecificConfig(type, rate, ChannelCount(channels), shortFrames ? 960 : 1024, bits.Position - begin);
    }

    /// <summary>Writes the two bytes that describe what an ADTS header says.</summary>
    public static byte[] Write(int objectType, int rateIndex, int channelConfiguration) =>
        [(byte)((objectType << 3) | (rateIndex >> 1)), (byte)((rateIndex << 7) | (channelConfiguration << 3))];

    private static int ReadType(ref BitReader bits)
    {
        var type = (int)bits.Read(5);
        return type == 31 ? 32 + (int)bits.Read(6) : type;
    }

    private static int ReadRate(ref BitReader bits)
    {
        var index = (int)bits.Read(4);
        return index == 15 ? (int)bits.Read(24) : Rate(index);
    }
}
