using System.Globalization;

namespace Tandem.Checks.Detectors;

/// <summary>What is wrong with a tone at one place.</summary>
public enum ToneFaultKind
{
    /// <summary>The tone is missing or more than 3 dB off its usual level.</summary>
    Gap,

    /// <summary>Something else than the tone is heard: a click, a splice, an aliased edge.</summary>
    Click,

    /// <summary>The tone goes on, but from another point of its wave: samples are missing, repeated or late.</summary>
    Step,
}

/// <summary>A fault.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="Seconds">Presentation time.</param>
/// <param name="Amount">Level in dB against usual (<see cref="ToneFaultKind.Gap"/>), of the rest against the tone, or the step in radians.</param>
public sealed record ToneFault(ToneFaultKind Kind, double Seconds, double Amount)
{
    /// <inheritdoc/>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Kind} at {Seconds:F3} s ({Amount:F2})");
}

/// <summary>
/// Looks at a decoded tone in windows of 5 ms: fits the tone's sine and cosine, and takes what is left over, the fitted level and the
/// fitted phase for evidence. Faults within 30 ms of each other are one.
/// </summary>
public static class Clicks
{
    /// <summary>What may be left over of a window, dB against the tone. AAC leaves about −45, MP2 more than this: not for MP2.</summary>
    public const double RestLimit = -26;

    /// <summary>How far a window's level may be off the median, dB.</summary>
    public const double LevelLimit = 3;

    /// <summary>How far the phase may jump within 30 ms, radians: 0.8 samples of 48 kHz at 997 Hz.</summary>
    public const double StepLimit = 0.105;

    /// <summary>One window: where it begins, the tone's level and phase in it, and the level of what is left over.</summary>
    private readonly record struct SineFit(int At, double Level, double Phase, double Remainder);

    private const double Window = 0.005;
    private const double Merge = 0.03;

    /// <summary>The faults of a tone.</summary>
    /// <param name="track">Decoded sound.</param>
    /// <param name="frequency">Hz.</param>
    /// <param name="skip">Seconds to leave out at the beginning and the end, where a decoder warms up.</param>
    public static IReadOnlyList<ToneFault> Find(DecodedTrack track, double frequency = 997, double skip = 0.1)
    {
        var length = (int)(Window * track.SampleRate);
        var first = (int)(skip * track.SampleRate);
        var fits = new List<SineFit>();
        for (var at = first; at + length <= track.Samples.Length - first; at += length)
        {
            fits.Add(Fit(track.Samples.AsSpan(at, length), at, frequency, track.SampleRate));
        }

        if (fits.Count == 0)
            throw new ArgumentException("Too short to judge", nameof(track));
        var usual = fits.Select(fit => fit.Level).Order().ElementAt(fits.Count / 2);
        if (usual < 1e-4)
            return [new ToneFault(ToneFaultKind.Gap, track.TimeOf(first), -80)];

        var faults = new List<ToneFault>();
        for (var index = 0; index < fits.Count; index++)
        {
            var fit = fits[index];
            var decibels = 20 * Math.Log10((fit.Level / usual) + 1e-6);
            var rest = 20 * Math.Log10((fit.Remainder / usual) + 1e-6);
            if (Math.Abs(decibels) > LevelLimit)
                faults.Add(new ToneFault(ToneFaultKind.Gap, track.TimeOf(fit.At), decibels));
            else if (rest > RestLimit)
                faults.Add(new ToneFault(ToneFaultKind.Click, track.TimeOf(fit.At), rest));
            else if (Step(fits, index) is var step && Math.Abs(step) > StepLimit)
                faults.Add(new ToneFault(ToneFaultKind.Step, track.TimeOf(fit.At), step));
        }

        faults.AddRange(Jumps(track, first));
        return Merged(faults);
    }

    /// <summary>Places where timestamps leave the frame grid by more than half a sample of 48 kHz: a player gaps or cuts there.</summary>
    private static IEnumerable<ToneFault> Jumps(DecodedTrack track, int first)
    {
        var duration = track.FrameSamples / (double)track.SampleRate;
        for (var frame = Math.Max(1, first / track.FrameSamples); frame < track.Frames.Count; frame++)
        {
            var jump = track.Frames[frame].Seconds - track.Frames[frame - 1].Seconds - duration;
            // One tick of 90 kHz is rounding; the grid is exact at 48 kHz.
            if (Math.Abs(jump) > 1.5 / 90_000)
                yield return new ToneFault(ToneFaultKind.Step, track.Frames[frame].Seconds, jump * 2 * Math.PI * 997);
        }
    }

    /// <summary>The phase three windows on against three windows back, by medians of three, so that one bad window says nothing.</summary>
    private static double Step(List<SineFit> fits, int index)
    {
        if (index < 3 || index + 3 >= fits.Count)
            return 0;
        var reference = fits[index - 3].Phase;
        double Median(int from) => Enumerable.Range(from, 3).Select(i => Turned(fits[i].Phase - reference)).Order().ElementAt(1);
        return Turned(Median(index + 1) - Median(index - 3));
    }

    private static SineFit Fit(ReadOnlySpan<float> window, int at, double frequency, int rate)
    {
        double ss = 0, cc = 0, sc = 0, xs = 0, xc = 0, xx = 0;
        for (var index = 0; index < window.Length; index++)
        {
            // The phase is counted from the first sample of all, in whole turns of double precision.
            var turns = frequency * (at + index) / rate;
            var (s, c) = Math.SinCos(2 * Math.PI * (turns - Math.Floor(turns)));
            var x = window[index];
            ss += s * s;
            cc += c * c;
            sc += s * c;
            xs += x * s;
            xc += x * c;
            xx += (double)x * x;
        }

        var determinant = (ss * cc) - (sc * sc);
        var a = ((xs * cc) - (xc * sc)) / determinant;
        var b = ((xc * ss) - (xs * sc)) / determinant;
        var rest = Math.Max(0, xx - (a * xs) - (b * xc));
        return new SineFit(at, Math.Sqrt((a * a) + (b * b)), Math.Atan2(b, a), Math.Sqrt(2 * rest / window.Length));
    }

    private static List<ToneFault> Merged(List<ToneFault> faults)
    {
        var merged = new List<ToneFault>();
        foreach (var fault in faults.OrderBy(fault => fault.Seconds))
        {
            if (merged.Count > 0 && fault.Seconds - merged[^1].Seconds < Merge)
            {
                // The worse kind names it: a gap before a click before a step.
                if (fault.Kind < merged[^1].Kind)
                    merged[^1] = fault with { Seconds = merged[^1].Seconds };
                continue;
            }

            merged.Add(fault);
        }

        return merged;
    }

    private static double Turned(double angle) => angle - (2 * Math.PI * Math.Round(angle / (2 * Math.PI)));
}
