namespace Tandem.Media.Demux;

/// <summary>Frame headers of MPEG audio (ISO/IEC 11172-3, 2.4.2.3; 13818-3; and the customary MPEG 2.5).</summary>
internal static class MpegAudioHeader
{
    // Kilobits a second, by table and index 1 to 14.
    private static readonly int[][] BitRates =
    [
        [32, 64, 96, 128, 160, 192, 224, 256, 288, 320, 352, 384, 416, 448],
        [32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384],
        [32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320],
        [32, 48, 56, 64, 80, 96, 112, 128, 144, 160, 176, 192, 224, 256],
        [8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160],
    ];

    private static readonly int[] Rates = [44_100, 48_000, 32_000];

    /// <summary>Reads a header. Free format is not supported.</summary>
    public static HeaderMatch Read(ReadOnlySpan<byte> bytes, out FrameHeader header)
    {
        header = default;
        if ((bytes.Length > 0 && bytes[0] != 0xFF) || (bytes.Length > 1 && (bytes[1] & 0xE0) != 0xE0))
            return HeaderMatch.No;
        if (bytes.Length < 4)
            return HeaderMatch.Short;
        var version = (bytes[1] >> 3) & 3;
        var layer = 4 - ((bytes[1] >> 1) & 3);
        var bitRateIndex = bytes[2] >> 4;
        var rateIndex = (bytes[2] >> 2) & 3;
        if (version == 1 || layer == 4 || bitRateIndex is 0 or 15 || rateIndex == 3)
            return HeaderMatch.No;

        var first = version == 3;
        var padding = (bytes[2] >> 1) & 1;
        var table = (first, layer) switch
        {
            (true, _) => layer - 1,
            (false, 1) => 3,
            _ => 4,
        };
        var bitRate = BitRates[table][bitRateIndex - 1] * 1000;
        var rate = Rates[rateIndex] >> (version == 3 ? 0 : version == 2 ? 1 : 2);
        var samples = layer switch
        {
            1 => 384,
            2 => 1152,
            _ => first ? 1152 : 576,
        };
        var length = layer == 1 ? ((12 * bitRate / rate) + padding) * 4 : (samples / 8 * bitRate / rate) + padding;
        var channels = bytes[3] >> 6 == 3 ? 1 : 2;
        var codec = layer switch
        {
            1 => "mp1",
            2 => "mp2",
            _ => "mp3",
        };
        header = new FrameHeader(codec, length, 0, samples, rate, channels, ((bytes[1] & 0xFE) << 8) | (bytes[2] & 0x0C), 0);
        return HeaderMatch.Yes;
    }
}
