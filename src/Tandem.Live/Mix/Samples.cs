using System.Numerics;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Tandem.Live.Mix;

/// <summary>The few operations on samples that the mixer needs, vectorised.</summary>
internal static class Samples
{
    /// <summary>Multiplies each sample by a factor.</summary>
    public static void Multiply(Span<float> samples, float factor)
    {
        var vectors = MemoryMarshal.Cast<float, Vector<float>>(samples);
        for (var i = 0; i < vectors.Length; i++)
            vectors[i] *= factor;
        for (var i = vectors.Length * Vector<float>.Count; i < samples.Length; i++)
            samples[i] *= factor;
    }

    /// <summary>
    /// Silences what is no number and cuts what is far beyond full scale: damaged streams decode to such sound, and the AAC encoder refuses
    /// it. Everything else stays bit by bit.
    /// </summary>
    public static void Clean(Span<float> samples)
    {
        const float Most = 8;
        var vectors = MemoryMarshal.Cast<float, Vector<float>>(samples);
        for (var i = 0; i < vectors.Length; i++)
        {
            var numbers = Vector.ConditionalSelect(Vector.Equals(vectors[i], vectors[i]), vectors[i], Vector<float>.Zero);
            vectors[i] = Vector.Min(Vector.Max(numbers, new Vector<float>(-Most)), new Vector<float>(Most));
        }

        for (var i = vectors.Length * Vector<float>.Count; i < samples.Length; i++)
            samples[i] = float.IsNaN(samples[i]) ? 0 : Math.Clamp(samples[i], -Most, Most);
    }

    /// <summary>Keeps the smaller of each pair in <paramref name="into"/>.</summary>
    public static void Min(Span<float> into, ReadOnlySpan<float> other)
    {
        for (var i = 0; i < into.Length; i++)
            into[i] = Math.Min(into[i], other[i]);
    }

    /// <summary>Adds samples times a factor.</summary>
    public static void Add(Span<float> into, ReadOnlySpan<float> samples, float factor)
    {
        var from = MemoryMarshal.Cast<float, Vector<float>>(samples);
        var vectors = MemoryMarshal.Cast<float, Vector<float>>(into[..samples.Length]);
        for (var i = 0; i < from.Length; i++)
            vectors[i] += from[i] * factor;
        for (var i = from.Length * Vector<float>.Count; i < samples.Length; i++)
            into[i] += samples[i] * factor;
    }

    /// <summary>Adds mono samples times a factor to both channels of interleaved stereo, which is twice as long.</summary>
    public static void AddToBoth(Span<float> stereo, ReadOnlySpan<float> mono, float factor)
    {
        var from = MemoryMarshal.Cast<float, Vector128<float>>(mono);
        var into = MemoryMarshal.Cast<float, Vector128<float>>(stereo);
        for (var i = 0; i < from.Length; i++)
        {
            var scaled = from[i] * factor;
            into[2 * i] += Vector128.Shuffle(scaled, Vector128.Create(0, 0, 1, 1));
            into[(2 * i) + 1] += Vector128.Shuffle(scaled, Vector128.Create(2, 2, 3, 3));
        }

        for (var i = from.Length * 4; i < mono.Length; i++)
        {
            stereo[2 * i] += mono[i] * factor;
            stereo[(2 * i) + 1] += mono[i] * factor;
        }
    }

    /// <summary>Multiplies both channels of interleaved stereo by one gain a sample.</summary>
    public static void MultiplyBoth(Span<float> stereo, ReadOnlySpan<float> gain)
    {
        var from = MemoryMarshal.Cast<float, Vector128<float>>(gain);
        var into = MemoryMarshal.Cast<float, Vector128<float>>(stereo);
        for (var i = 0; i < from.Length; i++)
        {
            into[2 * i] *= Vector128.Shuffle(from[i], Vector128.Create(0, 0, 1, 1));
            into[(2 * i) + 1] *= Vector128.Shuffle(from[i], Vector128.Create(2, 2, 3, 3));
        }

        for (var i = from.Length * 4; i < gain.Length; i++)
        {
            stereo[2 * i] *= gain[i];
            stereo[(2 * i) + 1] *= gain[i];
        }
    }

    /// <summary>The largest magnitude; what is no number is passed over.</summary>
    public static float Peak(ReadOnlySpan<float> samples)
    {
        var vectors = MemoryMarshal.Cast<float, Vector<float>>(samples);
        var peaks = Vector<float>.Zero;
        for (var i = 0; i < vectors.Length; i++)
        {
            var magnitude = Vector.Abs(vectors[i]);
            peaks = Vector.ConditionalSelect(Vector.GreaterThan(magnitude, peaks), magnitude, peaks);
        }

        var peak = 0f;
        for (var i = 0; i < Vector<float>.Count; i++)
            peak = peaks[i] > peak ? peaks[i] : peak;
        for (var i = vectors.Length * Vector<float>.Count; i < samples.Length; i++)
            peak = Math.Abs(samples[i]) > peak ? Math.Abs(samples[i]) : peak;
        return peak;
    }
}
