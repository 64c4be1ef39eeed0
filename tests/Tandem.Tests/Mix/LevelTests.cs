using Tandem.Live.Dubbing;
using Tandem.Live.Mix;
using Tandem.Live.Timeline;
using Tandem.Media;
using Xunit;
using static Tandem.Tests.Mix.MixRig;

namespace Tandem.Tests.Mix;

public sealed class LevelTests
{
    [Fact]
    public void What_is_shorter_than_a_block_is_measured_whole()
    {
        var rig = Rig(speech: 0.2, mix: new VoiceMixerOptions { BackgroundLevel = -60 });
        rig.Speak(2, 5, Sine(0.25, 0.1));
        rig.RunTo(6);
        Assert.Equal(-16.99, rig.Level(2.01, 2.24), 0.3);
    }

    [Theory]
    [InlineData(0.05)]
    [InlineData(0.4)]
    public void A_dub_is_brought_to_the_loudness_of_the_original_speech(double amplitude)
    {
        var rig = Rig(speech: 0.2);
        rig.Speak(2, 5, Sine(3, amplitude));
        rig.RunTo(6);

        // The sine of the original is at -18 dB and in phase.
        Assert.Equal(-16.99 + (20 * Math.Log10(1 + Decibels.ToGain(-18))), rig.Level(2.1, 4.9), 0.3);
    }

    [Fact]
    public void Languages_that_share_the_measuring_come_out_alike()
    {
        using var shared = new SpeechLoudness();
        var levels = new List<double>();
        foreach (var speech in new[] { null, shared, shared })
        {
            var rig = Rig(speech: 0.2, speechLoudness: speech);
            rig.Speak(2, 5, Sine(3, 0.05));
            rig.RunTo(6);
            levels.Add(rig.Level(2.1, 4.9));
        }

        Assert.Equal(levels[0], levels[1]);
        Assert.Equal(levels[0], levels[2]);
    }

    [Fact]
    public void Only_speech_counts_not_the_music_between()
    {
        var rig = Rig(speech: 0.1, music: 0.9);
        rig.Speak(2, 5, Sine(3, 0.2));
        rig.RunTo(6);
        Assert.Equal(-23.01 + (20 * Math.Log10(1 + Decibels.ToGain(-18))), rig.Level(2.1, 4.9), 0.3);
    }

    [Fact]
    public void No_dub_is_changed_by_more_than_12_dB()
    {
        var rig = Rig(speech: 0.2, mix: new VoiceMixerOptions { BackgroundLevel = -60 });
        rig.Speak(2, 5, Sine(3, 0.002));
        rig.RunTo(6);
        Assert.Equal(-56.99 + 12, rig.Level(2.1, 4.9), 0.5);
    }

    [Fact]
    public void From_dub_to_dub_the_gain_changes_by_no_more_than_3_dB()
    {
        var rig = Rig(speech: 0.2, mix: new VoiceMixerOptions { BackgroundLevel = -60 });
        rig.Speak(2, 5, Sine(3, 0.2));
        rig.Speak(7, 9, Sine(2, 0.1));
        rig.RunTo(10);
        Assert.Equal(-16.99, rig.Level(2.1, 4.9), 0.3);
        Assert.Equal(-16.99 - 3, rig.Level(7.1, 8.9), 0.3);
    }

    [Fact]
    public void Without_measured_speech_a_dub_is_as_loud_as_a_programme()
    {
        var rig = new MixRig(Levelled);
        rig.Bed.Append(new float[10 * 96_000]);
        rig.Speak(2, 5, Sine(3, 0.2));
        rig.RunTo(6);
        Assert.Equal(-23, Loudness.Integrated(rig.Out.AsSpan((int)(2.1 * 96_000), (int)(2.8 * 96_000)), 2)!.Value, 0.1);
    }

    [Fact]
    public void Broken_samples_reach_nobody()
    {
        var rig = new MixRig(Levelled);
        rig.Bed.Append([.. Sine(2, 0.5, channels: 2), float.NaN, float.PositiveInfinity, .. Sine(2, 0.5, channels: 2)]);
        rig.Speak(1, 3, [.. Sine(1, 0.1), float.NaN, float.NegativeInfinity, .. Sine(1, 0.1)]);
        rig.RunTo(4);
        Assert.All(rig.Out, sample => Assert.True(Math.Abs(sample) <= 8));
    }

    private static MixRig Rig(double speech, double music = 0, VoiceMixerOptions? mix = null, SpeechLoudness? speechLoudness = null)
    {
        var rig = new MixRig(Levelled, mix: mix, speech: speechLoudness);
        rig.Bed.Append([.. Sine(2, music, channels: 2), .. Sine(3, speech, channels: 2), .. Sine(2, music, channels: 2)]);
        rig.Bed.Append([.. Sine(2, speech, channels: 2), .. Sine(5, music, channels: 2)]);
        return rig;
    }
}
