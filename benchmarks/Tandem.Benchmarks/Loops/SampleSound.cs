using Tandem.Live.Timeline;

namespace Tandem.Benchmarks.Loops;

/// <summary>
/// Sound that keeps loudness control and limiter at work: harmonics in syllables, some noise, peaks near full scale. Always the same.
/// </summary>
internal static class SampleSound
{
    /// <summary>48 kHz mono.</summary>
    public static float[] Mono(double seconds, int pitch, float peak = 0.95f)
    {
        var sound = new float[(int)(seconds * ChannelTime.Rate)];
        var noise = 12_345u;
        var greatest = 0f;
        for (var i = 0; i < sound.Length; i++)
        {
            var time = i / (double)ChannelTime.Rate;
            var sum = 0.0;
            for (var harmonic = 1; harmonic <= 12; harmonic++)
                sum += Math.Cos(2 * Math.PI * pitch * harmonic * time) / harmonic;
            noise = unchecked((noise * 1_664_525) + 1_013_904_223);
            var syllable = 0.6 - (0.4 * Math.Cos(2 * Math.PI * 4.2 * time));
            sound[i] = (float)((syllable * sum) + (0.05 * ((noise / (double)uint.MaxValue) - 0.5)));
            greatest = Math.Max(greatest, Math.Abs(sound[i]));
        }

        for (var i = 0; i < sound.Length; i++)
            sound[i] *= peak / greatest;
        return sound;
    }

    /// <summary>48 kHz stereo, interleaved, the sides not quite the same.</summary>
    public static float[] Stereo(double seconds, int pitch = 120)
    {
        var (left, right) = (Mono(seconds, pitch, 0.8f), Mono(seconds, pitch + 1, 0.7f));
        var stereo = new float[left.Length * 2];
        for (var i = 0; i < left.Length; i++)
            (stereo[2 * i], stereo[(2 * i) + 1]) = (left[i], right[i]);
        return stereo;
    }
}
