namespace Tandem.Media.Demux;

/// <summary>Sync frames of AC-3 and E-AC-3 (ETSI TS 102 366, 4.3 and E.1.2).</summary>
internal static class Ac3Header
{
    private static readonly int[] Rates = [48_000, 44_100, 32_000];
    private static readonly int[] Channels = [2, 1, 2, 3, 3, 4, 4, 5];
    private static readonly int[] Blocks = [1, 2, 3, 6];

    // Kilobits a second, by frame size code / 2.
    private static readonly int[] BitRates = [32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384, 448, 512, 576, 640];

    /// <summary>Reads a header.</summary>
    public static HeaderMatch Read(ReadOnlySpan<byte> bytes, out FrameHeader header)
    {
        header = default;
        if ((bytes.Length > 0 && bytes[0] != 0x0B) || (bytes.Length > 1 && bytes[1] != 0x77))
            return HeaderMatch.No;
        if (bytes.Length < 8)
            return HeaderMatch.Short;
        return bytes[5] >> 3 <= 10 ? ReadAc3(bytes, out header) : ReadEac3(bytes, out header);
    }

    private static HeaderMatch ReadAc3(ReadOnlySpan<byte> bytes, out FrameHeader header)
    {
        header = default;
        var rateCode = bytes[4] >> 6;
        var sizeCode = bytes[4] & 63;
        if (rateCode == 3 || sizeCode >= BitRates.Length * 2)
            return HeaderMatch.No;
        var rate = Rates[rateCode];
        var bitRate = BitRates[sizeCode / 2];

        // 1,536 samples; at 44.1 kHz the odd codes are one word longer.
        var words = rateCode == 1 ? (bitRate * 96_000 / 44_100) + (sizeCode & 1) : bitRate * 96_000 / rate;
        var mode = bytes[6] >> 5;
        var bits = new BitReader(bytes[6..]);
        bits.Read(3);
        if (mode == 2)
            bits.Read(2);
        if ((mode & 1) != 0 && mode != 1)
            bits.Read(2);
        if ((mode & 4) != 0)
            bits.Read(2);
        var channels = Channels[mode] + (bits.Flag() ? 1 : 0);
        header = new FrameHeader("ac3", words * 2, 0, 1536, rate, channels, (rateCode << 8) | (bytes[5] >> 3), 0);
        return HeaderMatch.Yes;
    }

    private static HeaderMatch ReadEac3(ReadOnlySpan<byte> bytes, out FrameHeader header)
    {
        header = default;
        var type = bytes[2] >> 6;
        var length = ((((bytes[2] & 7) << 8) | bytes[3]) + 1) * 2;
        var rateCode = bytes[4] >> 6;
        var blockCode = (bytes[4] >> 4) & 3;
        if (type == 3 || bytes[5] >> 3 is < 11 or > 16 || length < 8 || (rateCode == 3 && blockCode == 3))
            return HeaderMatch.No;
        var rate = rateCode == 3 ? Rates[blockCode] / 2 : Rates[rateCode];
        var blocks = rateCode == 3 ? 6 : Blocks[blockCode];
        var channels = Channels[(bytes[4] >> 1) & 7] + (bytes[4] & 1);

        // A dependent substream, and further programmes, sound together with the frame before them.
        var adds = type == 1 || ((bytes[2] >> 3) & 7) != 0;
        header = new FrameHeader("eac3", length, 0, adds ? 0 : blocks * 256, rate, channels, (rate << 8) | 0x80, 0);
        return HeaderMatch.Yes;
    }
}
