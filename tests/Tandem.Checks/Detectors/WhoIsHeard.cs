using System.Globalization;
using System.Numerics;

namespace Tandem.Checks.Detectors;

/// <summary>How well a recording of what was heard fits into a longer known sound.</summary>
/// <param name="Name">Of the known sound.</param>
/// <param name="Likeness">Normalised correlation at the best place, the median over pieces: 1 for the same sound at any level, about 0 for another.</param>
/// <param name="Seconds">The best place in the known sound.</param>
public sealed record Fit(string Name, double Likeness, double Seconds)
{
    /// <inheritdoc/>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Name} {Likeness:F3} at {Seconds:F2} s");
}

/// <summary>
/// Tells which of several known sounds is heard: looks for the recording in each, by the correlation of the waves themselves, in pieces of
/// a second, so that a hitch of the recording spoils one piece and not all.
/// </summary>
public static class WhoIsHeard
{
    /// <summary>Likeness above which two recordings are the same sound, in the tests of this detector and of players.</summary>
    public const double Same = 0.85;

    /// <summary>Likeness below which they are different.</summary>
    public const double Different = 0.6;

    /// <summary>Likeness by which the best fit may differ from the right one where two known sounds say the same.</summary>
    private const double AsGood = 0.02;

    /// <summary>
    /// Likeness of a recording with a hitch in most of its pieces, as a page on a starved machine makes them (0.82 was seen): enough where
    /// no other known sound is half as like.
    /// </summary>
    private const double Hitched = 0.7;

    /// <summary>6 kHz: a voice's strength is below 3 kHz, and an eighth of the samples is an eighth of the work.</summary>
    private const int Divisor = 8;

    private const double PieceSeconds = 1;

    /// <summary>Pieces more than this below the loudest say nothing: they are pauses.</summary>
    private const double Quiet = 0.1;

    /// <summary>The fits of what was heard with each known sound, best first. All at 48 kHz, one channel.</summary>
    public static IReadOnlyList<Fit> Rank(float[] heard, IEnumerable<KeyValuePair<string, float[]>> known)
    {
        var pieces = Pieces(Thinned(heard));
        return [.. known.Select(pair => Fit(pair.Key, pieces, Thinned(pair.Value))).OrderByDescending(fit => fit.Likeness)];
    }

    /// <summary>Whether <paramref name="name"/> is what was heard, by the fits that <see cref="Rank"/> gave.</summary>
    public static bool IsHeard(string name, IReadOnlyList<Fit> ranked)
    {
        var own = ranked.First(fit => fit.Name == name).Likeness;
        return (own > Same && own > ranked[0].Likeness - AsGood)
            || (own > Hitched && ranked.All(fit => fit.Name == name || fit.Likeness < own / 2));
    }

    /// <summary>The median over the pieces, each at its own best place.</summary>
    private static Fit Fit(string name, List<float[]> pieces, float[] known)
    {
        if (pieces.Count == 0 || known.Length < pieces[0].Length)
            return new Fit(name, 0, 0);
        var size = (int)BitOperations.RoundUpToPowerOf2((uint)(known.Length + pieces[0].Length));
        var spectrum = Fourier.Of(known, size);
        var fits = pieces.Select(piece => Best(name, piece, known, spectrum)).OrderBy(fit => fit.Likeness).ToList();
        return fits[fits.Count / 2];
    }

    private static List<float[]> Pieces(float[] heard)
    {
        var length = (int)(PieceSeconds * 48_000 / Divisor);
        var pieces = heard.Chunk(length).Where(piece => piece.Length == length).ToList();
        var loudest = pieces.Count == 0 ? 0 : pieces.Max(Energy);
        return [.. pieces.Where(piece => Energy(piece) > loudest * Quiet && loudest > 1e-4)];
    }

    private static Fit Best(string name, float[] piece, float[] known, Complex[] spectrum)
    {
        var product = Fourier.Of(piece, spectrum.Length);
        for (var index = 0; index < product.Length; index++)
            product[index] = spectrum[index] * Complex.Conjugate(product[index]);
        Fourier.Inverse(product);

        var energy = Energy(piece);
        var under = Energy(known.AsSpan(0, piece.Length));
        var (best, at) = (0.0, 0);
        for (var shift = 0; shift + piece.Length <= known.Length; shift++)
        {
            // Under a near silence of the known sound any correlation is chance.
            var likeness = under < energy * 1e-4 ? 0 : product[shift].Real / Math.Sqrt(energy * under);
            if (likeness > best)
                (best, at) = (likeness, shift);
            if (shift + piece.Length < known.Length)
                under += ((double)known[shift + piece.Length] * known[shift + piece.Length]) - ((double)known[shift] * known[shift]);
        }

        return new Fit(name, best, at * Divisor / 48_000.0);
    }

    private static double Energy(float[] samples) => Energy(samples.AsSpan());

    private static double Energy(ReadOnlySpan<float> samples)
    {
        double energy = 0;
        foreach (var sample in samples)
            energy += (double)sample * sample;
        return energy;
    }

    private static float[] Thinned(float[] samples)
    {
        var thin = new float[samples.Length / Divisor];
        for (var index = 0; index < thin.Length; index++)
        {
            for (var part = 0; part < Divisor; part++)
                thin[index] += samples[(index * Divisor) + part] / Divisor;
        }

        return thin;
    }
}

/// <summary>The fast Fourier transform, radix 2.</summary>
internal static class Fourier
{
    /// <summary>The transform of samples, padded with zeros to <paramref name="size"/>, a power of two.</summary>
    public static Complex[] Of(float[] samples, int size)
    {
        var values = new Complex[size];
        for (var index = 0; index < samples.Length; index++)
            values[index] = samples[index];
        Transform(values, -1);
        return values;
    }

    /// <summary>The inverse transform, in place.</summary>
    public static void Inverse(Complex[] values)
    {
        Transform(values, 1);
        for (var index = 0; index < values.Length; index++)
            values[index] /= values.Length;
    }

    private static void Transform(Complex[] values, int sign)
    {
        var bits = BitOperations.Log2((uint)values.Length);
        for (uint index = 0; index < values.Length; index++)
        {
            var mirror = Reversed(index) >> (32 - bits);
            if (mirror > index)
                (values[index], values[mirror]) = (values[mirror], values[index]);
        }

        for (var half = 1; half < values.Length; half *= 2)
        {
            var turns = new Complex[half];
            for (var index = 0; index < half; index++)
                turns[index] = Complex.FromPolarCoordinates(1, sign * Math.PI * index / half);
            for (var start = 0; start < values.Length; start += 2 * half)
            {
                for (var index = 0; index < half; index++)
                {
                    var odd = values[start + half + index] * turns[index];
                    values[start + half + index] = values[start + index] - odd;
                    values[start + index] += odd;
                }
            }
        }
    }

    private static uint Reversed(uint value)
    {
        value = ((value >> 1) & 0x5555_5555) | ((value & 0x5555_5555) << 1);
        value = ((value >> 2) & 0x3333_3333) | ((value & 0x3333_3333) << 2);
        value = ((value >> 4) & 0x0F0F_0F0F) | ((value & 0x0F0F_0F0F) << 4);
        return System.Buffers.Binary.BinaryPrimitives.ReverseEndianness(value);
    }
}
