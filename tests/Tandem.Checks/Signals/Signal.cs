namespace Tandem.Checks.Signals;

/// <summary>A test sound as a rule, so that it can be made at any rate and its content be known to the sample.</summary>
public abstract record Signal
{
    /// <summary>The mono samples of this signal.</summary>
    /// <param name="sampleRate">Hz.</param>
    /// <param name="seconds">Length.</param>
    public abstract float[] Render(int sampleRate, double seconds);
}

/// <summary>
/// A short 1 kHz beep each <paramref name="Period"/>, the first at 0. Each begins exactly on its instant, between samples where need be.
/// </summary>
/// <param name="Period">s.</param>
/// <param name="Offset">Moves all beeps against the instants, s: plants a known sync error.</param>
/// <param name="Frequency">Hz.</param>
public sealed record Beeps(double Period = 1, double Offset = 0, double Frequency = 1000) : Signal
{
    /// <summary>Length of a beep, s. Long enough to stand out of a codec's pre-echo, short against a second.</summary>
    public const double Length = 0.06;

    /// <summary>Rise and fall, s: without them coders smear the onset.</summary>
    public const double Ramp = 0.005;

    private const double Level = 0.5;

    /// <summary>The beep at <paramref name="time"/> after its beginning.</summary>
    public static double Shape(double time, double frequency)
    {
        if (time is < 0 or > Length)
            return 0;
        var edge = Math.Min(1, Math.Min(time, Length - time) / Ramp);
        return Level * Math.Sin(Math.PI / 2 * edge) * Math.Sin(2 * Math.PI * frequency * time);
    }

    /// <inheritdoc/>
    public override float[] Render(int sampleRate, double seconds)
    {
        var samples = new float[(int)Math.Round(seconds * sampleRate)];
        for (var index = 0; index < samples.Length; index++)
        {
            var time = (index / (double)sampleRate) - Offset;
            var beep = Math.Floor(time / Period);
            samples[index] = (float)Shape(time - (beep * Period), Frequency);
        }

        return samples;
    }
}

/// <summary>A pure tone.</summary>
/// <param name="Frequency">Hz. 997 shares no period with segments or frames.</param>
/// <param name="Level">dBFS of its peaks.</param>
public sealed record Sine(double Frequency = 997, double Level = -12) : Signal
{
    /// <inheritdoc/>
    public override float[] Render(int sampleRate, double seconds)
    {
        var peak = Math.Pow(10, Level / 20);
        var samples = new float[(int)Math.Round(seconds * sampleRate)];
        for (var index = 0; index < samples.Length; index++)
            samples[index] = (float)(peak * Math.Sin(2 * Math.PI * Frequency * index / sampleRate));
        return samples;
    }
}

/// <summary>Nothing but silence.</summary>
public sealed record Silence : Signal
{
    /// <inheritdoc/>
    public override float[] Render(int sampleRate, double seconds) => new float[(int)Math.Round(seconds * sampleRate)];
}
