using Tandem.Live.Timeline;

namespace Tandem.Workbench.Bench;

/// <summary>
/// Sound that costs what speech costs: harmonics under a vowel's formants, syllables, hiss between them. The same bytes on every machine
/// but for rounding; loudness about −16 LUFS, peaks near full scale, so that level control and limiter have their ordinary work.
/// </summary>
internal static class SyntheticSpeech
{
    private const double SyllablesASecond = 4.2;
    private const double Amplitude = 0.42;
    private const int Fade = ChannelTime.Rate / 100;

    /// <summary>48 kHz mono.</summary>
    /// <param name="pitch">Hz of the fundamental.</param>
    /// <param name="length">How long.</param>
    /// <param name="seed">Of the hiss.</param>
    public static float[] Of(int pitch, SoundLength length, int seed = 1)
    {
        var sound = new float[length.Samples];
        var harmonics = Math.Min(40, 7_000 / pitch);
        var levels = Enumerable.Range(1, harmonics).Select(harmonic => Vowel(harmonic * pitch)).ToArray();
        var sum = levels.Sum();

        // One period of the fundamental is all there is to compute.
        var period = new float[ChannelTime.Rate];
        for (var i = 0; i < period.Length; i++)
        {
            for (var harmonic = 0; harmonic < harmonics; harmonic++)
                period[i] += (float)(levels[harmonic] / sum * Math.Cos(2 * Math.PI * pitch * (harmonic + 1) * i / ChannelTime.Rate));
        }

        var hiss = new Hiss((uint)seed);
        for (var i = 0; i < sound.Length; i++)
        {
            var syllable = 0.5 - (0.5 * Math.Cos(2 * Math.PI * SyllablesASecond * i / ChannelTime.Rate));
            var edge = Math.Min(1, Math.Min(i, sound.Length - 1 - i) / (double)Fade);
            sound[i] = (float)(edge * Amplitude * ((2.3 * (0.1 + syllable) * period[i % ChannelTime.Rate]) + (0.06 * (1 - syllable) * hiss.Next())));
        }

        return sound;
    }

    /// <summary>Interleaved stereo for a source: speech in the middle by the <see cref="SpeechTimetable"/>, and a room with music around it.</summary>
    public static float[] Programme(SoundLength length)
    {
        var stereo = new float[length.Samples * 2];
        var (left, right) = (new Hiss(7), new Hiss(11));
        for (var i = 0; i < length.Samples; i++)
        {
            var time = i / (double)ChannelTime.Rate;
            var chord = (0.020 * Math.Sin(2 * Math.PI * 196 * time)) + (0.015 * Math.Sin(2 * Math.PI * 247 * time));
            var other = (0.020 * Math.Sin(2 * Math.PI * 294 * time)) + (0.010 * Math.Sin(2 * Math.PI * 392 * time));
            stereo[2 * i] = (float)(chord + (0.01 * left.Next()));
            stereo[(2 * i) + 1] = (float)(other + (0.01 * right.Next()));
        }

        var speech = Of(120, SpeechTimetable.SpeechLength);
        for (var index = 0L; SpeechTimetable.EndOf(index).Samples <= length.Samples; index++)
        {
            var start = SpeechTimetable.StartOf(index).Samples;
            for (var i = 0; i < speech.Length; i++)
            {
                stereo[2 * (start + i)] += speech[i];
                stereo[(2 * (start + i)) + 1] += speech[i];
            }
        }

        return stereo;
    }

    /// <summary>Formants of an open vowel.</summary>
    private static double Vowel(double frequency) => Formant(frequency, 700, 130) + (0.5 * Formant(frequency, 1_220, 170))
        + (0.25 * Formant(frequency, 2_600, 250)) + (0.06 * Formant(frequency, 3_800, 400)) + 0.01;

    private static double Formant(double frequency, double centre, double width) => 1 / (1 + Math.Pow((frequency - centre) / width, 2));

    /// <summary>White noise from a linear congruential generator (Numerical Recipes' constants).</summary>
    private struct Hiss(uint seed)
    {
        private uint _state = seed;

        public double Next() => ((_state = unchecked((_state * 1_664_525) + 1_013_904_223)) / (double)uint.MaxValue * 2) - 1;
    }
}

/// <summary>When somebody speaks in the bench's source: the same all the time, in 85 of 100 seconds.</summary>
internal static class SpeechTimetable
{
    private static readonly SoundLength Lead = SoundLength.OfSeconds(0.3);
    private static readonly SoundLength Every = SoundLength.OfSeconds(4);

    /// <summary>How long an utterance is.</summary>
    public static SoundLength SpeechLength { get; } = SoundLength.OfSeconds(3.4);

    /// <summary>Onset of an utterance.</summary>
    public static ChannelTime StartOf(long index) => new(Lead.Samples + (index * Every.Samples));

    /// <summary>Its end.</summary>
    public static ChannelTime EndOf(long index) => StartOf(index) + SpeechLength;
}
