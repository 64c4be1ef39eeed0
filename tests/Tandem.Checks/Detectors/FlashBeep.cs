using Tandem.Checks.Demux;

namespace Tandem.Checks.Detectors;

/// <summary>The first white picture of a flash.</summary>
/// <param name="Seconds">Its presentation time.</param>
/// <param name="Segment">Index of the segment it came in.</param>
public sealed record Flash(double Seconds, int Segment);

/// <summary>A beep.</summary>
/// <param name="Seconds">Presentation time of its onset.</param>
/// <param name="Whole">False where it is cut short or lies across a jump of the timestamps: its onset means little.</param>
public sealed record Beep(double Seconds, bool Whole);

/// <summary>How far a beep is from its flash.</summary>
/// <param name="Flash">Where the flash is.</param>
/// <param name="Offset">Beep minus flash, s; positive: the sound is late.</param>
public sealed record BeepOffset(Flash Flash, double Offset);

/// <summary>
/// Finds flashes and beeps and how they lie to each other. A beep is found by the centre of its energy, and its onset where the known
/// wave fits best: a coder's pre-echo moves the first by up to a millisecond, the second by less than <see cref="Tolerance"/>.
/// </summary>
public static class FlashBeep
{
    /// <summary>How exactly an offset is measured through a codec, s; the detector's own tests hold it.</summary>
    public const double Tolerance = 0.0002;

    /// <summary>Luma above which a picture is white; the plain picture is at 64.</summary>
    private const double White = 160;

    /// <summary>The flashes of a picture.</summary>
    public static async Task<IReadOnlyList<Flash>> FlashesAsync(PictureStream pictures)
    {
        var flashes = new List<Flash>();
        var white = true;
        foreach (var (seconds, luma, segment) in await Decode.LumaAsync(pictures))
        {
            if (luma > White && !white)
                flashes.Add(new Flash(seconds, segment));
            white = luma > White;
        }

        return flashes;
    }

    /// <summary>The beeps of a coded sound.</summary>
    public static async Task<IReadOnlyList<Beep>> BeepsAsync(SoundStream sound, double frequency = 1000) =>
        Beeps(await Decode.SoundAsync(sound), frequency);

    /// <summary>The beeps of a decoded sound.</summary>
    public static IReadOnlyList<Beep> Beeps(DecodedTrack track, double frequency = 1000)
    {
        var power = Tone.Power(track.Samples, track.SampleRate, frequency, window: 0.004);
        var peak = power.Max();
        var half = (int)((Signals.Beeps.Length / 2) * track.SampleRate);
        var found = new List<(double Centre, double Energy)>();
        for (var index = 0; index < power.Length; index++)
        {
            if (power[index] < peak / 4)
                continue;
            // The energy's centre, twice: the second time from a window that is centred on the first result.
            var (centre, energy) = Centre(power, index + half, 2 * half);
            (centre, energy) = Centre(power, (int)centre, 2 * half);
            found.Add((centre, energy));
            index += 4 * half;
        }

        if (found.Count == 0)
            return [];
        var usual = found.Select(beep => beep.Energy).Order().ElementAt(found.Count / 2);
        return [.. found.Select(beep => new Beep(
            track.TimeOf(Onset(track, beep.Centre - half, frequency)),
            Math.Abs((beep.Energy / usual) - 1) < 0.2 && track.IsWhole(beep.Centre - (2 * half), beep.Centre + (2 * half))))];
    }

    /// <summary>Puts each whole beep to the nearest flash, where one is within <paramref name="reach"/> seconds.</summary>
    public static IReadOnlyList<BeepOffset> Match(IEnumerable<Flash> flashes, IEnumerable<Beep> beeps, double reach = 0.4)
    {
        var whole = beeps.Where(beep => beep.Whole).Select(beep => beep.Seconds).ToList();
        if (whole.Count == 0)
            return [];
        return [.. flashes
            .Select(flash => new BeepOffset(flash, whole.MinBy(beep => Math.Abs(beep - flash.Seconds)) - flash.Seconds))
            .Where(offset => Math.Abs(offset.Offset) <= reach)];
    }

    /// <summary>Where within 3 ms of <paramref name="guess"/> the wave of a beep correlates best, between samples.</summary>
    private static double Onset(DecodedTrack track, double guess, double frequency)
    {
        const double reach = 0.003;
        var rate = track.SampleRate;
        var template = new double[(int)(Signals.Beeps.Length * rate) + 1];
        for (var index = 0; index < template.Length; index++)
            template[index] = Signals.Beeps.Shape(index / (double)rate, frequency);

        var first = (int)(guess - (reach * rate));
        var fits = new double[(int)(2 * reach * rate)];
        for (var shift = 0; shift < fits.Length; shift++)
        {
            for (var index = 0; index < template.Length; index++)
            {
                var at = first + shift + index;
                fits[shift] += at >= 0 && at < track.Samples.Length ? template[index] * track.Samples[at] : 0;
            }
        }

        var best = Array.IndexOf(fits, fits.Max());
        if (best == 0 || best == fits.Length - 1)
            return guess;
        var (left, middle, right) = (fits[best - 1], fits[best], fits[best + 1]);
        return first + best + ((left - right) / (2 * (left - (2 * middle) + right)));
    }

    private static (double Centre, double Energy) Centre(double[] power, int around, int reach)
    {
        double energy = 0;
        double moment = 0;
        for (var index = Math.Max(0, around - reach); index < Math.Min(power.Length, around + reach); index++)
        {
            energy += power[index];
            moment += power[index] * index;
        }

        return (moment / energy, energy);
    }
}

/// <summary>The power of one frequency over time.</summary>
internal static class Tone
{
    /// <summary>Power at <paramref name="frequency"/> in a window of <paramref name="window"/> seconds centred on each sample.</summary>
    public static double[] Power(float[] samples, int rate, double frequency, double window)
    {
        var half = Math.Max(1, (int)(window * rate / 2));
        var real = new double[samples.Length + 1];
        var imaginary = new double[samples.Length + 1];
        var turn = 2 * Math.PI * frequency / rate;
        for (var index = 0; index < samples.Length; index++)
        {
            var angle = turn * (index % rate);
            real[index + 1] = real[index] + (samples[index] * Math.Cos(angle));
            imaginary[index + 1] = imaginary[index] + (samples[index] * Math.Sin(angle));
        }

        var power = new double[samples.Length];
        for (var index = 0; index < samples.Length; index++)
        {
            var from = Math.Max(0, index - half);
            var to = Math.Min(samples.Length, index + half + 1);
            var (x, y) = (real[to] - real[from], imaginary[to] - imaginary[from]);
            power[index] = ((x * x) + (y * y)) / ((to - from) * (double)(to - from));
        }

        return power;
    }
}
