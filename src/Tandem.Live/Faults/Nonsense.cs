using Tandem.Live.Dubbing;

namespace Tandem.Live.Faults;

/// <summary>What a broken stage of an engine may answer: of the right type, and of no use.</summary>
internal static class Nonsense
{
    private const int Rate = 48_000;

    /// <summary>Words of bytes that are no text, said before the sound began and long after it ended.</summary>
    public static Recognised Said { get; } = new(Text, TimeSpan.FromHours(-1), TimeSpan.FromDays(2));

    /// <summary>Bytes that are no text.</summary>
    public static string Text => "\u0000\uFFFD\u001B[2J\u0007" + new string('\uFFFD', 100);

    /// <summary>A second of samples that are no numbers, and of the loudest noise.</summary>
    public static float[] Sound()
    {
        var sound = new float[Rate];
        for (var index = 0; index < sound.Length; index++)
            sound[index] = (index % 3) switch { 0 => float.NaN, 1 => float.MaxValue, _ => float.NegativeInfinity };
        return sound;
    }
}
