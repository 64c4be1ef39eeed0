using Tandem.Live.Dubbing;
using Tandem.Live.Mix;
using Tandem.Live.Timeline;
using Xunit;
using static Tandem.Tests.Mix.MixRig;

namespace Tandem.Tests.Mix;

public sealed class LimiterTests
{
    [Fact]
    public void A_peak_between_the_samples_is_seen()
    {
        // At a quarter of the rate and 45 degrees, every sample is 3 dB below the peak.
        var sound = new float[256];
        for (var i = 0; i < sound.Length; i++)
            sound[i] = (float)Math.Sin((Math.PI / 2 * (i / 2)) + (Math.PI / 4));
        Assert.Equal(1, TruePeak.Of(sound, TruePeak.Context, 48), 0.01);
    }

    [Fact]
    public void While_a_dub_speaks_no_true_peak_is_above_the_ceiling_and_elsewhere_nothing_changes()
    {
        var rig = Hot();
        rig.RunTo(6);
        var mixed = rig.Out;
        Assert.InRange(Peak(mixed, 2, 4), Decibels.ToGain(-2.5), Decibels.ToGain(-1.99));
        var bed = new float[6 * 96_000];
        rig.Bed.Read(ChannelTime.Zero, bed);
        Assert.Equal(bed[..(int)(1.94 * 96_000)], mixed[..(int)(1.94 * 96_000)]);
        Assert.Equal(bed[(int)(4.21 * 96_000)..], mixed[(int)(4.21 * 96_000)..]);
    }

    [Fact]
    public void The_size_of_steps_changes_nothing()
    {
        float[]? first = null;
        foreach (var step in new[] { 24_000, 4_801, 1_024, 48, 29 })
        {
            var rig = Hot();
            rig.RunTo(4.5, mixStep: step);
            first ??= rig.Out;
            Assert.Equal(first, rig.Out);
        }
    }

    [Fact]
    public void Where_it_acts_the_gain_changes_by_no_more_than_a_little_from_sample_to_sample()
    {
        // A loud burst inside a quiet tone: what the limiter does to the tone around it is its gain.
        var rig = new MixRig(Levelled, mix: new VoiceMixerOptions { BackgroundLevel = -60 });
        rig.Bed.Append([.. new float[96_000], .. Sine(1, 0.9, channels: 2), .. new float[2 * 96_000]]);
        var dub = Sine(1, 0.1, 200);
        for (var i = 24_000; i < 24_480; i++)
            dub[i] += (float)(2 * Math.Sin(2 * Math.PI * 3_000 * i / 48_000));
        rig.Speak(1, 2, dub);
        rig.RunTo(3);
        var mixed = rig.Out;
        Assert.InRange(Peak(mixed, 1, 2), Decibels.ToGain(-2.5), Decibels.ToGain(-1.99));
        for (var i = 48_000 + 18_000; i < 48_000 + 30_000; i++)
        {
            if (i is > 71_970 and < 72_510)
                continue;
            Assert.True(Math.Abs(mixed[2 * i] - mixed[(2 * i) - 2]) < 0.02, $"step at {i}");
        }

        // It sinks over 5 ms before the burst and is back 200 ms after it.
        double Gain(double milliseconds) => Amplitude(mixed, 72_000 + (int)(milliseconds * 48)) / Amplitude(mixed, 72_000 - 4_800);
        Assert.Equal(1, Gain(-12), 0.01);
        Assert.InRange(Gain(-5.1), 0.4, 0.97);
        Assert.InRange(Gain(15), 0.2, 0.7);
        Assert.Equal(1, Gain(210), 0.01);
    }

    [Fact]
    public void Mixing_allocates_nothing()
    {
        var rig = Hot();
        rig.RunTo(2.5);
        rig.CommitTo(4.5);
        var mixer = new VoiceMixer(new VoiceMixerOptions(), Levelled);
        var step = new float[24_000];
        var least = long.MaxValue;
        for (var i = 0; i < 8; i++)
        {
            // The runtime's own bookkeeping is sometimes charged to the thread; the mixer's would be charged every time.
            var before = GC.GetAllocatedBytesForCurrentThread();
            mixer.Mix(At(2.5 + (i * 0.25)), step, rig.Bed, rig.Track);
            least = i > 0 ? Math.Min(least, GC.GetAllocatedBytesForCurrentThread() - before) : least;
        }

        Assert.Equal(0, least);
    }

    /// <summary>Amplitude of a tone of 200 Hz in the 5 ms from a sample on.</summary>
    private static double Amplitude(float[] stereo, int at)
    {
        var (sine, cosine) = (0.0, 0.0);
        for (var i = at; i < at + 240; i++)
        {
            sine += stereo[2 * i] * Math.Sin(2 * Math.PI * 200 * i / 48_000);
            cosine += stereo[2 * i] * Math.Cos(2 * Math.PI * 200 * i / 48_000);
        }

        return Math.Sqrt((sine * sine) + (cosine * cosine)) / 120;
    }

    /// <summary>A loud original, and a dub that is raised by 12 dB though its peaks are high already.</summary>
    private static MixRig Hot()
    {
        var rig = new MixRig(Levelled);
        rig.Bed.Append(Sine(8, 0.99, channels: 2));
        var random = new Random(7);
        var dub = Sine(2, 0.05);
        for (var i = 0; i < dub.Length; i += 1_777)
        {
            for (var k = 0; k < 40 && i + k < dub.Length; k++)
                dub[i + k] = (float)((random.NextDouble() * 2) - 1);
        }

        rig.Speak(2, 4, dub);
        return rig;
    }

    private static float Peak(float[] stereo, double from, double to)
    {
        var peak = 0f;
        for (var block = (int)(from * 1_000); block < (int)(to * 1_000); block++)
            peak = Math.Max(peak, TruePeak.Of(stereo, block * 48, 48));
        return peak;
    }
}
