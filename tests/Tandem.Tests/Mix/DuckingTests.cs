using Tandem.Live.Dubbing;
using Tandem.Live.Mix;
using Tandem.Live.Timeline;
using Xunit;
using static Tandem.Tests.Mix.MixRig;

namespace Tandem.Tests.Mix;

public sealed class DuckingTests
{
    private const double Original = -9.03;

    [Fact]
    public void The_original_is_18_dB_down_while_a_dub_speaks_and_untouched_before_and_after()
    {
        var rig = Rig();
        rig.Speak(2, 4, new float[2 * 48_000]);
        rig.RunTo(6);
        Assert.Equal(Original - 18, rig.Level(2, 4), 0.05);
        var bed = Read(rig.Bed, 6);
        Assert.Equal(bed[..(int)(1.95 * 96_000)], rig.Out[..(int)(1.95 * 96_000)]);
        Assert.Equal(bed[(int)(4.2 * 96_000)..], rig.Out[(int)(4.2 * 96_000)..]);
    }

    [Fact]
    public void Attack_ends_at_the_onset_and_is_linear_in_dB_and_so_is_release()
    {
        var rig = Rig();
        rig.Speak(2, 4, new float[2 * 48_000]);
        rig.RunTo(6);
        Assert.Equal(Original - 9, rig.Level(1.974, 1.976), 0.5);
        Assert.Equal(Original - 17.3, rig.Level(1.997, 1.999), 0.5);
        Assert.Equal(Original - 9, rig.Level(4.099, 4.101), 0.5);
        Assert.Equal(Original - 0.9, rig.Level(4.189, 4.191), 0.5);
    }

    [Fact]
    public void The_original_stays_down_for_utterance_and_dub_whichever_ends_later()
    {
        var rig = Rig();
        rig.Speak(1, 3, new float[48_000]);
        rig.Speak(5, 6, new float[2 * 48_000]);
        rig.RunTo(8);
        Assert.Equal(Original - 18, rig.Level(1, 3), 0.05);
        Assert.Equal(Original - 18, rig.Level(5, 7), 0.05);
        Assert.Equal(Original, rig.Level(3.3, 4.9), 0.05);
    }

    [Theory]
    [InlineData(0.95, true)]
    [InlineData(1.05, false)]
    public void Short_gaps_are_bridged_and_longer_ones_not(double gap, bool bridged)
    {
        var rig = Rig();
        rig.Speak(1, 2, new float[48_000]);
        rig.Speak(2 + gap, 4, new float[48_000 / 2]);
        rig.RunTo(5, commitStep: 0.1);
        Assert.Equal(bridged ? Original - 18 : Original, rig.Level(2.3, 2.7), 0.05);
    }

    [Fact]
    public void A_dub_that_comes_late_lowers_only_what_is_not_mixed_yet_and_without_a_step()
    {
        var rig = Rig();
        rig.RunTo(3);
        rig.Speak(2, 4, new float[2 * 48_000]);
        rig.RunTo(7);
        var placed = rig.Commits.SelectMany(commit => commit.Placed).Single();
        Assert.Equal(DubOutcome.Late, placed.Outcome);
        Assert.Equal(3.07, placed.Start.Seconds, 0.001);
        Assert.Equal(Original, rig.Level(2, 3.01), 0.05);
        Assert.Equal(Original - 18, rig.Level(3.07, 5.07), 0.05);
        Assert.Equal(1.02, rig.Track.Counts.Fallback.Seconds, 0.06);
    }

    [Fact]
    public void Without_a_dub_nothing_is_lowered_and_it_counts_as_fallback()
    {
        var rig = Rig();
        rig.Track.Accept(new UtteranceHeard(Said(7, 2, 4)));
        rig.RunTo(5);
        Assert.Equal(Read(rig.Bed, 5), rig.Out);
        Assert.Equal(2, rig.Track.Counts.Fallback.Seconds, 0.001);
    }

    [Fact]
    public void The_size_of_steps_changes_nothing()
    {
        float[]? first = null;
        foreach (var step in new[] { 24_000, 1_024, 4_801, 97 })
        {
            var rig = Rig();
            rig.Speak(1.1, 2, Sine(1.3, 0.2, 440));
            rig.Speak(3.3, 4, Sine(0.7, 0.2, 440));
            rig.RunTo(5, mixStep: step);
            first ??= rig.Out;
            Assert.Equal(first, rig.Out);
        }
    }

    [Fact]
    public void Mono_dubs_go_to_both_channels_at_their_own_level()
    {
        var rig = new MixRig(Plain);
        rig.Bed.Append(new float[5 * 96_000]);
        var dub = Sine(1, 0.5);
        rig.Speak(1, 2, dub);
        rig.RunTo(3);
        var mixed = rig.Out.AsSpan(2 * 48_000);
        for (var i = 200; i < 47_800; i++)
            Assert.Equal((dub[i], dub[i]), (mixed[2 * i], mixed[(2 * i) + 1]));
    }

    [Fact]
    public void Echo_replaces_the_original_sample_by_sample_from_the_first_one()
    {
        var rig = new MixRig(Echo);
        var source = Sine(6, 0.5, channels: 2);
        rig.Bed.Append(source);
        var echo = new DubSound(2);
        var quieter = source.Select(sample => sample * 0.708f).ToArray();
        echo.Append(quieter);
        rig.Track.Accept(new DubReady(new Dub(new Utterance(1, ChannelTime.Zero, new ChannelTime(long.MaxValue), ""), "es", "", echo)));
        rig.RunTo(5);
        Assert.Equal(quieter[..(5 * 96_000)], rig.Out);
    }

    private static MixRig Rig()
    {
        var rig = new MixRig(Plain);
        rig.Bed.Append(Sine(10, 0.5, channels: 2));
        return rig;
    }

    private static float[] Read(SoundTrack bed, double seconds)
    {
        var sound = new float[(int)(seconds * 96_000)];
        bed.Read(ChannelTime.Zero, sound);
        return sound;
    }
}
