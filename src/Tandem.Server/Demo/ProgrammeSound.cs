namespace Tandem.Server.Demo;

/// <summary>The sound of the programme: recordings at one level, put in their places, over soft generated chords.</summary>
internal static class ProgrammeSound
{
    /// <summary>Samples a second.</summary>
    public const int Rate = 48_000;

    /// <summary>Level of speech while it sounds, root mean square of full scale: −20 dB.</summary>
    private const double SpeechLevel = 0.1;

    /// <summary>Level of the chords: −38 dB. Loud enough to hear that the bed goes on under a dub, too soft to disturb a recogniser.</summary>
    private const double BedLevel = 0.0126;

    /// <summary>A cadence of four chords in the key of C, as frequencies in Hz; each lasts a fourth of 32 s.</summary>
    private static readonly double[][] Chords =
    [
        [130.81, 196.00, 261.63, 329.63],
        [110.00, 164.81, 220.00, 261.63],
        [87.31, 174.61, 220.00, 349.23],
        [98.00, 146.83, 246.94, 293.66],
    ];

    /// <summary>Cuts the silence around a recording and brings its speech to one level without a peak above −1.5 dB.</summary>
    public static float[] Level(ReadOnlySpan<float> recording)
    {
        const float Silence = 0.004f;
        int first = 0, last = recording.Length - 1;
        while (first < last && Math.Abs(recording[first]) < Silence)
        {
            first++;
        }

        while (last > first && Math.Abs(recording[last]) < Silence)
        {
            last--;
        }

        // 30 ms are left on each side: consonants begin and end softly.
        const int Margin = Rate * 30 / 1000;
        var sound = recording[Math.Max(0, first - Margin)..Math.Min(recording.Length, last + Margin)].ToArray();
        double energy = 0, peak = 1e-6;
        var counted = 0;
        foreach (var sample in sound)
        {
            peak = Math.Max(peak, Math.Abs(sample));
            if (Math.Abs(sample) > Silence)
            {
                energy += sample * (double)sample;
                counted++;
            }
        }

        var gain = counted == 0 ? 1 : Math.Min(SpeechLevel / Math.Sqrt(energy / counted), 0.84 / peak);
        for (var i = 0; i < sound.Length; i++)
        {
            sound[i] *= (float)gain;
        }

        return sound;
    }

    /// <summary>Puts recordings in their places on an empty loop.</summary>
    /// <param name="recordings">Mono recordings.</param>
    /// <param name="starts">Seconds at which each begins.</param>
    /// <param name="seconds">The loop's length.</param>
    public static float[] Speech(IReadOnlyList<float[]> recordings, IReadOnlyList<double> starts, int seconds)
    {
        var loop = new float[seconds * Rate];
        for (var i = 0; i < recordings.Count; i++)
        {
            recordings[i].CopyTo(loop, (int)(starts[i] * Rate));
        }

        return loop;
    }

    /// <summary>The speech in the middle of soft chords, interleaved stereo. The chords fade at each change and at the loop's seam.</summary>
    /// <param name="speech">Mono speech, a loop long.</param>
    public static float[] WithBed(ReadOnlySpan<float> speech)
    {
        const int ChordSamples = 8 * Rate;
        var stereo = new float[speech.Length * 2];
        for (var i = 0; i < speech.Length; i++)
        {
            var chord = Chords[i / ChordSamples % Chords.Length];
            var into = i % ChordSamples / (double)ChordSamples;
            var swell = Math.Pow(Math.Sin(Math.PI * into), 0.6) * BedLevel;
            var t = i / (double)Rate;
            double left = 0, right = 0;
            for (var n = 0; n < chord.Length; n++)
            {
                // A slow beat between the sides gives width; higher notes are softer.
                var phase = 2 * Math.PI * chord[n] * t;
                left += Math.Sin(phase) / (n + 2);
                right += Math.Sin(phase + 0.9 * Math.Sin(2 * Math.PI * 0.11 * t + n)) / (n + 2);
            }

            stereo[2 * i] = speech[i] + (float)(left * swell);
            stereo[2 * i + 1] = speech[i] + (float)(right * swell);
        }

        return stereo;
    }
}
