using Tandem.Live.Timeline;

namespace Tandem.Workbench.Doctor;

/// <summary>Finds where a tone begins.</summary>
internal static class ToneFinder
{
    // 10.7 ms: narrow enough in frequency to tell tones 500 Hz apart, and in time to see an onset to a millisecond.
    private const int Window = 512;
    private const int Hop = 24;
    private const double Quietest = 0.02;

    /// <summary>
    /// Where a tone of <paramref name="frequency"/> begins: the middle of the first window in which it has half of its full amplitude, which
    /// it has when half of the window is filled. Null where it is not to be heard.
    /// </summary>
    /// <param name="stereo">Interleaved, 48 kHz, from channel time zero on.</param>
    /// <param name="frequency">Hz.</param>
    public static ChannelTime? Onset(ReadOnlySpan<float> stereo, int frequency)
    {
        var count = ((stereo.Length / 2) - Window) / Hop;
        var amplitudes = new double[Math.Max(0, count)];
        for (var look = 0; look < amplitudes.Length; look++)
            amplitudes[look] = Amplitude(stereo.Slice(look * Hop * 2, Window * 2), frequency);
        var full = amplitudes.DefaultIfEmpty().Max();
        var first = Array.FindIndex(amplitudes, amplitude => amplitude >= full / 2);
        return full < Quietest ? null : new ChannelTime((first * Hop) + (Window / 2));
    }

    private static double Amplitude(ReadOnlySpan<float> stereo, int frequency)
    {
        var (real, imaginary) = (0.0, 0.0);
        for (var sample = 0; sample < Window; sample++)
        {
            var (sin, cos) = Math.SinCos(2 * Math.PI * frequency * sample / ChannelTime.Rate);
            real += stereo[sample * 2] * cos;
            imaginary += stereo[sample * 2] * sin;
        }

        return 2 * Math.Sqrt((real * real) + (imaginary * imaginary)) / Window;
    }
}
