namespace Tandem.Checks.Hls;

/// <summary>Counts the frames of packed audio by their own headers.</summary>
internal static class AudioFrames
{
    private static readonly int[] AdtsRates = [96_000, 88_200, 64_000, 48_000, 44_100, 32_000, 24_000, 22_050, 16_000, 12_000, 11_025, 8_000, 7_350];
    private static readonly int[] Mpeg1Layer3 = [0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320];
    private static readonly int[] Mpeg1Layer2 = [0, 32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384];
    private static readonly int[] Mpeg2 = [0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160];

    /// <summary>Length in seconds and codec family; no codec and a reason where a frame does not follow the one before.</summary>
    public static (double Seconds, string? Codec) Measure(ReadOnlySpan<byte> bytes, out string fault)
    {
        double seconds = 0;
        string? codec = null;
        var position = 0;
        fault = "it has no frames";
        while (position < bytes.Length)
        {
            var frame = bytes[position..];
            var (length, time, name) = frame.Length < 7 ? default : Frame(frame);
            if (length <= 0 || length > frame.Length || (codec is not null && codec != name))
            {
                fault = $"no frame at byte {position} of its frames";
                return (seconds, null);
            }

            codec = name;
            seconds += time;
            position += length;
        }

        return (seconds, codec);
    }

    private static (int Length, double Seconds, string Codec) Frame(ReadOnlySpan<byte> frame)
    {
        if (frame[0] == 0x0b && frame[1] == 0x77)
            return Dolby(frame);
        if (frame[0] != 0xff || (frame[1] & 0xe0) != 0xe0)
            return default;
        if ((frame[1] & 0xf6) == 0xf0)
        {
            var index = (frame[2] >> 2) & 15;
            return index >= AdtsRates.Length
                ? default
                : (((frame[3] & 3) << 11) | (frame[4] << 3) | (frame[5] >> 5), 1024.0 * ((frame[6] & 3) + 1) / AdtsRates[index], "mp4a");
        }

        return Mpeg(frame);
    }

    private static (int Length, double Seconds, string Codec) Mpeg(ReadOnlySpan<byte> frame)
    {
        var version = (frame[1] >> 3) & 3;
        var layer = 4 - ((frame[1] >> 1) & 3);
        var rateIndex = frame[2] >> 4;
        if (version == 1 || layer is 1 or 4 || rateIndex is 0 or 15 || ((frame[2] >> 2) & 3) == 3)
            return default;
        var rate = (int[])[44_100, 48_000, 32_000];
        var hertz = rate[(frame[2] >> 2) & 3] >> (version == 3 ? 0 : version == 2 ? 1 : 2);
        var bits = (version == 3 ? layer == 3 ? Mpeg1Layer3 : Mpeg1Layer2 : Mpeg2)[rateIndex] * 1000;
        var samples = layer == 3 && version != 3 ? 576 : 1152;
        return ((samples / 8 * bits / hertz) + ((frame[2] >> 1) & 1), samples / (double)hertz, "mp4a");
    }

    private static (int Length, double Seconds, string Codec) Dolby(ReadOnlySpan<byte> frame)
    {
        var rates = (int[])[48_000, 44_100, 32_000, 24_000];
        if (frame[5] >> 3 > 10)
        {
            var length = ((((frame[2] & 7) << 8) | frame[3]) + 1) * 2;
            var rate = frame[4] >> 6;
            var blocks = (frame[4] >> 4) & 3;
            return (length, 256.0 * (rate == 3 || blocks == 3 ? 6 : blocks + 1) / rates[rate], "ec-3");
        }

        var kilobits = (int[])[32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384, 448, 512, 576, 640];
        var code = frame[4] & 63;
        var index = frame[4] >> 6;
        if (index == 3 || code / 2 >= kilobits.Length)
            return default;
        var words = index switch { 0 => kilobits[code / 2] * 2, 2 => kilobits[code / 2] * 3, _ => (kilobits[code / 2] * 1536 * 1000 / 44_100 / 16) + (code & 1) };
        return (words * 2, 1536.0 / rates[index], "ac-3");
    }
}
