using System.Runtime.InteropServices;
using Tandem.Media.Native;

namespace Tandem.Media;

/// <summary>
/// Loudness and true peak of a finished piece of sound, by EBU R 128 and ITU-R BS.1770. One channel counts as heard from both
/// loudspeakers (dual mono), as Tandem plays it: mono and the same sound on two channels measure alike.
/// </summary>
public static unsafe class Loudness
{
    /// <summary>
    /// Integrated, gated loudness in LUFS; null where nothing passes the gate: silence, or less than 400 ms of sound.
    /// </summary>
    /// <param name="interleaved">Floats, −1…1, interleaved.</param>
    /// <param name="channels">1 or 2.</param>
    /// <param name="sampleRate">Hz.</param>
    public static double? Integrated(ReadOnlySpan<float> interleaved, int channels, int sampleRate = 48_000)
    {
        using var state = Open(channels, sampleRate, LibEbuR128.ModeIntegrated);
        Add(state, interleaved, channels);
        double loudness;
        Check(LibEbuR128.ebur128_loudness_global(state.Value, &loudness));
        return double.IsFinite(loudness) ? loudness : null;
    }

    /// <summary>
    /// True peak in dBTP, the loudest channel's, by four times oversampling; negative infinity for silence. Costs about 3 ms of CPU a
    /// second of stereo.
    /// </summary>
    /// <param name="interleaved">Floats, interleaved.</param>
    /// <param name="channels">1 or 2.</param>
    /// <param name="sampleRate">Hz.</param>
    public static double TruePeak(ReadOnlySpan<float> interleaved, int channels, int sampleRate = 48_000)
    {
        using var state = Open(channels, sampleRate, LibEbuR128.ModeTruePeak);
        Add(state, interleaved, channels);
        var loudest = 0.0;
        for (var channel = 0u; channel < channels; channel++)
        {
            double peak;
            Check(LibEbuR128.ebur128_true_peak(state.Value, channel, &peak));
            loudest = Math.Max(loudest, peak);
        }

        return 20 * Math.Log10(loudest);
    }

    internal static EbuR128Handle Open(int channels, int sampleRate, int mode)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(channels, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(channels, 2);
        ArgumentOutOfRangeException.ThrowIfLessThan(sampleRate, 8_000);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(sampleRate, 192_000);
        var state = new EbuR128Handle(channels, sampleRate, mode);
        if (channels == 1)
            Check(LibEbuR128.ebur128_set_channel(state.Value, 0, LibEbuR128.DualMono));
        return state;
    }

    internal static void Add(EbuR128Handle state, ReadOnlySpan<float> interleaved, int channels)
    {
        if (interleaved.Length % channels != 0)
            throw new ArgumentException($"{interleaved.Length} floats are no whole number of {channels}-channel samples", nameof(interleaved));
        fixed (float* samples = &MemoryMarshal.GetReference(interleaved))
            Check(LibEbuR128.ebur128_add_frames_float(state.Value, samples, (nuint)(interleaved.Length / channels)));
    }

    internal static void Check(int result)
    {
        if (result != 0)
            throw new InvalidOperationException($"libebur128 failed with code {result}");
    }
}
