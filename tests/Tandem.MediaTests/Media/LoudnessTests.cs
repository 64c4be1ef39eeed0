using Tandem.Media;
using Xunit;

namespace Tandem.MediaTests.Media;

public class LoudnessTests
{
    [Fact]
    public void A_stereo_sine_of_1_kHz_at_minus_23_dBFS_measures_minus_23_LUFS() =>
        Assert.Equal(-23.0, Loudness.Integrated(Sine(5, -23, 2), 2)!.Value, 0.1);

    [Fact]
    public void Mono_measures_like_the_same_sound_on_two_channels() =>
        Assert.Equal(Loudness.Integrated(Sine(5, -20, 2), 2)!.Value, Loudness.Integrated(Sine(5, -20, 1), 1)!.Value, 0.01);

    [Fact]
    public void Silence_has_no_loudness_and_no_peak()
    {
        Assert.Null(Loudness.Integrated(new float[96_000], 2));
        Assert.Null(Loudness.Integrated([], 2));
        Assert.Equal(double.NegativeInfinity, Loudness.TruePeak(new float[9600], 2));
        Assert.Equal(double.NegativeInfinity, Loudness.TruePeak([], 2));
    }

    [Fact]
    public void Pauses_do_not_count()
    {
        float[] withPause = [.. Sine(5, -20, 2), .. new float[48_000 * 2 * 5], .. Sine(5, -20, 2)];
        Assert.Equal(-20.0, Loudness.Integrated(withPause, 2)!.Value, 0.4);
    }

    [Fact]
    public void True_peak_lies_between_the_samples()
    {
        // A quarter of the sample rate, an eighth of a turn off: no sample comes closer than 3 dB to the top of the wave.
        var samples = new float[48_000];
        for (var i = 0; i < samples.Length; i++)
            samples[i] = 0.5f * MathF.Sin((MathF.PI / 2 * i) + (MathF.PI / 4));
        Assert.InRange(Loudness.TruePeak(samples, 1), -6.4, -5.6);
    }

    [Fact]
    public void The_meter_agrees_with_the_whole_while_the_whole_fits_its_window()
    {
        float[] sound = [.. Sine(6, -18, 2), .. new float[48_000 * 2 * 2], .. Sine(6, -30, 2)];
        using var meter = new LoudnessMeter(TimeSpan.FromSeconds(30));
        Assert.Null(meter.Gated);
        for (var at = 0; at < sound.Length; at += 2 * 1024)
            meter.Add(sound.AsSpan(at, Math.Min(2 * 1024, sound.Length - at)));
        Assert.Equal(Loudness.Integrated(sound, 2)!.Value, meter.Gated!.Value, 0.05);
    }

    [Fact]
    public void The_meter_forgets_what_lies_before_its_window()
    {
        using var meter = new LoudnessMeter(TimeSpan.FromSeconds(5));
        meter.Add(Sine(5, -10, 2));
        Assert.Equal(-10.0, meter.Gated!.Value, 0.1);
        meter.Add(Sine(5.5, -30, 2));
        Assert.Equal(-30.0, meter.Gated!.Value, 0.1);
        meter.Add(new float[48_000 * 2 * 6]);
        Assert.Null(meter.Gated);
    }

    // BS.1770 puts a stereo sine of 997 Hz at its peak level in dBFS: −3 dB for its mean square, +3 dB for two channels.
    private static float[] Sine(double seconds, double level, int channels)
    {
        var samples = new float[(int)(seconds * 48_000) * channels];
        var amplitude = Math.Pow(10, level / 20);
        for (var i = 0; i < samples.Length; i++)
            samples[i] = (float)(amplitude * Math.Sin(2 * Math.PI * 997 * (i / channels) / 48_000));
        return samples;
    }
}
