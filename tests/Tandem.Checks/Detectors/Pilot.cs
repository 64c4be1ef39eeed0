namespace Tandem.Checks.Detectors;

/// <summary>
/// A quiet pilot tone above all speech (13 kHz) tells how far a mix turns the original down at any moment: a dub has nothing there to
/// disturb it. Steps of 10 ms.
/// </summary>
public static class Pilot
{
    /// <summary>Hz: above 11 kHz, where espeak-ng's 22.05 kHz end, and below 16 kHz, where AAC at 96 kbit/s does.</summary>
    public const double Frequency = 13_000;

    /// <summary>dBFS of its peaks: inaudible beside speech, far above AAC's noise.</summary>
    public const double Level = -36;

    /// <summary>Time between two values of a curve, s.</summary>
    public const double Step = 0.01;

    /// <summary>How far a value is off at worst, dB, through two AAC encoders.</summary>
    public const double Tolerance = 1;

    /// <summary>How strong the pilot itself is, dBFS of its peaks, each 10 ms; −150 at least.</summary>
    public static double[] Strength(float[] sound, int rate)
    {
        var power = Tone.Power(sound, rate, Frequency, window: 0.02);
        var stride = (int)(Step * rate);
        var curve = new double[sound.Length / stride];

        // A sine's power is a quarter of its peak's square.
        for (var index = 0; index < curve.Length; index++)
            curve[index] = 10 * Math.Log10((4 * power[index * stride]) + 1e-15);
        return curve;
    }

    /// <summary>The gain of the original in the mix, dB, each 10 ms; both on one time line at one rate.</summary>
    public static double[] Gain(float[] mix, float[] original, int rate)
    {
        var above = Tone.Power(mix, rate, Frequency, window: 0.02);
        var below = Tone.Power(original, rate, Frequency, window: 0.02);
        var stride = (int)(Step * rate);
        var curve = new double[Math.Min(mix.Length, original.Length) / stride];
        for (var index = 0; index < curve.Length; index++)
            curve[index] = 10 * Math.Log10((above[index * stride] + 1e-15) / (below[index * stride] + 1e-15));
        return curve;
    }
}
