using System.Numerics;

namespace Tandem.Checks.Detectors;

/// <summary>
/// Tells whether two recordings of one machine's voice say the same words, at whatever level and tempo: by the course of their spectra, not
/// by their waves, which a change of tempo takes apart.
/// </summary>
public static class SpokenWords
{
    private const int Rate = 48_000;
    private const int Window = 1200;
    private const int Size = 2048;
    private const int Looks = 160;

    /// <summary>Below this under the loudest look, a band says nothing, dB.</summary>
    private const double Depth = 45;

    /// <summary>Edges of the bands, Hz: narrow where vowels differ.</summary>
    private static readonly double[] _edges = [100, 250, 400, 550, 700, 900, 1150, 1400, 1700, 2050, 2450, 2900, 3500, 4200, 5000, 6500];

    /// <summary>Likeness of two recordings, 48 kHz, one channel: 1 for the same words in the same time, about 0 for others.</summary>
    public static double Likeness(float[] one, float[] other)
    {
        var (first, second) = (Course(one), Course(other));
        double both = 0, left = 0, right = 0;
        for (var index = 0; index < first.Length; index++)
        {
            both += first[index] * second[index];
            left += first[index] * first[index];
            right += second[index] * second[index];
        }

        return left == 0 || right == 0 ? 0 : both / Math.Sqrt(left * right);
    }

    /// <summary>Decibels of each band at so many looks from the first sound to the last, less each band's mean.</summary>
    private static double[] Course(float[] samples)
    {
        var (from, to) = Spoken(samples);
        var bands = _edges.Length - 1;
        var course = new double[Looks * bands];
        for (var look = 0; look < Looks; look++)
        {
            var at = from + (int)((long)(to - from) * look / Looks);
            var window = new float[Window];
            for (var index = 0; index < Window && at + index < samples.Length; index++)
                window[index] = samples[at + index] * (float)(0.5 - (0.5 * Math.Cos(2 * Math.PI * index / Window)));
            var spectrum = Fourier.Of(window, Size);
            for (var band = 0; band < bands; band++)
                course[(look * bands) + band] = Decibels(spectrum, _edges[band], _edges[band + 1]);
        }

        var floor = course.Max() - Depth;
        for (var band = 0; band < bands; band++)
        {
            double mean = 0;
            for (var look = 0; look < Looks; look++)
                mean += Math.Max(floor, course[(look * bands) + band]) / Looks;
            for (var look = 0; look < Looks; look++)
                course[(look * bands) + band] = Math.Max(floor, course[(look * bands) + band]) - mean;
        }

        return course;
    }

    private static double Decibels(Complex[] spectrum, double from, double to)
    {
        double power = 1e-9;
        for (var bin = (int)(from * Size / Rate); bin < (int)(to * Size / Rate); bin++)
            power += (spectrum[bin].Real * spectrum[bin].Real) + (spectrum[bin].Imaginary * spectrum[bin].Imaginary);
        return 10 * Math.Log10(power);
    }

    /// <summary>From the first sound to the last: what is within 30 dB of the loudest 10 ms.</summary>
    private static (int From, int To) Spoken(float[] samples)
    {
        const int step = Rate / 100;
        var levels = samples.Chunk(step).Select(piece => piece.Average(sample => (double)sample * sample)).ToList();
        var quiet = levels.Count == 0 ? 0 : levels.Max() / 1000;
        var first = levels.FindIndex(level => level > quiet);
        return first < 0 ? (0, samples.Length) : (first * step, Math.Min(samples.Length, (levels.FindLastIndex(level => level > quiet) + 1) * step));
    }
}
