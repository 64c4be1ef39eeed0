using Tandem.Live.Timeline;

namespace Tandem.Live.Dubbing;

/// <summary>The sound of <c>tone</c>.</summary>
internal static class Tone
{
    // −20 dBFS: a full-scale sine is 0 dBFS (AES17).
    private const double Amplitude = 0.1;
    private const int Fade = ChannelTime.Rate / 100;

    /// <summary>Hz of a language's tone: 440 and upwards in steps of 110, so that no two languages sound alike.</summary>
    /// <param name="index">The language's place among the targets.</param>
    public static int FrequencyOf(int index) => 440 + (110 * (index % 64));

    /// <summary>48 kHz mono, −20 dBFS, faded over 10 ms at both ends.</summary>
    public static float[] Of(int frequency, SoundLength length)
    {
        var samples = new float[Math.Max(0, length.Samples)];
        for (var i = 0; i < samples.Length; i++)
        {
            var edge = Math.Min(1, Math.Min(i, samples.Length - 1 - i) / (double)Fade);
            var gain = Amplitude * 0.5 * (1 - Math.Cos(Math.PI * edge));

            // Whole periods fit into a second, so the phase is taken from there and never grows.
            samples[i] = (float)(gain * Math.Sin(2 * Math.PI * frequency * (i % ChannelTime.Rate) / ChannelTime.Rate));
        }

        return samples;
    }
}
