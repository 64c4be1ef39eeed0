namespace Tandem.Checks.Detectors;

/// <summary>
/// How loud a known sound lies in a mix, whatever else the mix holds: the part of the mix that correlates with it. Both are sharpened
/// first (each sample minus its neighbour), because two voices correlate by chance mostly in their low tones.
/// </summary>
public static class BedLevel
{
    /// <summary>
    /// How far a level is off at worst, dB, over 5 s of speech 18 dB under another speaker; the detector's own tests hold it.
    /// </summary>
    public const double Tolerance = 1.5;

    /// <summary>The level of <paramref name="bed"/> in <paramref name="mix"/>, dB, within the given stretches; −100 at least.</summary>
    /// <param name="mix">One channel.</param>
    /// <param name="bed">One channel, on the same time line and at the same rate.</param>
    /// <param name="stretches">Sample ranges; pauses of the bed in them do no harm.</param>
    public static double Decibels(ReadOnlySpan<float> mix, ReadOnlySpan<float> bed, IEnumerable<Range> stretches)
    {
        double cross = 0;
        double power = 0;
        foreach (var stretch in stretches)
        {
            var (from, length) = stretch.GetOffsetAndLength(Math.Min(mix.Length, bed.Length));
            for (var index = Math.Max(1, from); index < from + length; index++)
            {
                double x = mix[index] - mix[index - 1];
                double b = bed[index] - bed[index - 1];
                cross += x * b;
                power += b * b;
            }
        }

        return power == 0 ? double.NaN : 20 * Math.Log10(Math.Max(1e-5, cross / power));
    }

    /// <summary>What is left of the mix when the bed is taken out at this level: the dub, or nothing.</summary>
    public static float[] Without(ReadOnlySpan<float> mix, ReadOnlySpan<float> bed, double decibels)
    {
        var gain = (float)Math.Pow(10, decibels / 20);
        var rest = new float[Math.Min(mix.Length, bed.Length)];
        for (var index = 0; index < rest.Length; index++)
            rest[index] = mix[index] - (gain * bed[index]);
        return rest;
    }
}
