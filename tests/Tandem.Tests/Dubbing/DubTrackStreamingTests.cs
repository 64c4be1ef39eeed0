using Tandem.Live.Dubbing;
using Tandem.Live.Timeline;
using Tandem.Tests.Mix;
using Xunit;
using static Tandem.Tests.Mix.MixRig;

namespace Tandem.Tests.Dubbing;

public sealed class DubTrackStreamingTests
{
    private static readonly EngineTraits Streaming = new(Aligned: true, Streaming: true, LevelControl: false);

    [Fact]
    public void A_growing_dub_starts_with_its_first_part_and_the_next_waits_for_its_end()
    {
        var (rig, sound) = Rig(Streaming);
        rig.Speak(5, 6, new float[48_000]);
        sound.Append(new float[2 * 48_000]);
        rig.CommitTo(2.5);
        Assert.Null(Assert.Single(rig.Track.Placed).Length);
        sound.Append(new float[2 * 48_000]);
        rig.CommitTo(4.5);
        Assert.Single(rig.Track.Placed);
        sound.Complete();
        rig.CommitTo(5);
        Assert.Equal([(At(2), At(6)), (At(6), At(7))], rig.Track.Placed.Select(dub => (dub.Start, dub.End!.Value)));
        Assert.Equal(DubOutcome.DelayedByPrevious, rig.Track.Placed[1].Outcome);
        Assert.Equal(0, rig.Track.Counts.UnderRuns);
    }

    [Fact]
    public void Where_it_under_runs_the_original_comes_back_and_nothing_of_the_dub_is_lost()
    {
        var (rig, sound) = Rig(Streaming);
        var speech = Sine(3, 0.3, 440);
        sound.Append(speech[..48_000]);
        rig.RunTo(4);
        sound.Append(speech[48_000..]);
        sound.Complete();
        rig.RunTo(9);
        var parts = rig.Track.Placed;
        Assert.Equal(2, parts.Count);
        Assert.Equal((At(3), SoundLength.Zero), (parts[0].End!.Value, parts[0].Offset));
        Assert.Equal((SoundLength.OfSeconds(1), SoundLength.OfSeconds(2)), (parts[1].Offset, parts[1].Length!.Value));
        Assert.Equal(4.07, parts[1].Start.Seconds, 0.001);
        Assert.Equal(1, rig.Track.Counts.UnderRuns);
        Assert.Equal(-9.03, rig.Level(3.21, 4.02), 0.1);
        Assert.Equal(1.02, rig.Track.Counts.Fallback.Seconds, 0.06);
    }

    [Fact]
    public void One_that_stalls_is_given_up_and_the_next_speaks()
    {
        var (rig, sound) = Rig(Streaming);
        sound.Append(new float[48_000]);
        rig.Speak(5, 6, new float[48_000]);
        rig.RunTo(8);
        Assert.Equal([At(2), At(5)], rig.Track.Placed.Select(dub => dub.Start));
        Assert.Equal(1, rig.Track.Counts.Stalled);
        sound.Append(new float[48_000]);
        rig.RunTo(10);
        Assert.Equal(2, rig.Track.Placed.Count);
    }

    [Fact]
    public void One_whose_engine_fails_ends_where_its_sound_ends()
    {
        var (rig, sound) = Rig(Streaming);
        sound.Append(new float[2 * 48_000]);
        rig.Speak(5, 6, new float[48_000]);
        rig.CommitTo(2.5);
        rig.Track.Accept(new DubFailed(100, "es", "speak", "crashed"));
        rig.CommitTo(8);
        Assert.Equal([(At(2), At(4)), (At(5), At(6))], rig.Track.Placed.Select(dub => (dub.Start, dub.End!.Value)));
    }

    [Fact]
    public void Without_sound_there_is_no_first_part()
    {
        var (rig, sound) = Rig(Streaming);
        rig.CommitTo(3);
        Assert.Empty(rig.Track.Placed);
        sound.Append(new float[48_000]);
        sound.Complete();
        rig.CommitTo(4);
        Assert.Equal(DubOutcome.Late, Assert.Single(rig.Track.Placed).Outcome);
    }

    [Fact]
    public void Echo_goes_from_epoch_to_epoch_without_a_gap()
    {
        var rig = new MixRig(Echo);
        var source = Sine(9, 0.5, channels: 2);
        rig.Bed.Append(source);
        var first = Announce(rig, 1, 0);
        first.Append(source[..(4 * 96_000)]);
        rig.RunTo(2);
        first.Complete();
        var second = Announce(rig, 2, 4);
        second.Append(source[(4 * 96_000)..]);
        rig.RunTo(8);
        Assert.Equal(source[..(8 * 96_000)], rig.Out);
        Assert.Equal([At(0), At(4)], rig.Track.Placed.Select(dub => dub.Start));
    }

    [Fact]
    public void Echo_that_comes_too_late_or_under_runs_keeps_every_sample_in_its_own_place()
    {
        var rig = new MixRig(Echo);
        var source = Sine(9, 0.5, channels: 2);
        rig.Bed.Append(source);
        rig.RunTo(1);
        var sound = Announce(rig, 1, 0);
        sound.Append(source[..(3 * 96_000)]);
        rig.RunTo(4);
        sound.Append(source[(3 * 96_000)..]);
        rig.RunTo(8);
        var mixed = rig.Out;

        // But for the ramps and 3 ms of fades, original and echo are the same: all that could show is a shift.
        foreach (var (from, to) in new[] { (0.0, 1.02), (1.08, 2.99), (3.25, 4.02), (4.08, 8.0) })
            Assert.Equal(source[(int)(from * 96_000)..(int)(to * 96_000)], mixed[(int)(from * 96_000)..(int)(to * 96_000)]);
        Assert.Equal(1, rig.Track.Counts.UnderRuns);
    }

    private static DubSound Announce(MixRig rig, long id, double start)
    {
        var utterance = new Utterance(id, At(start), At(start) + EchoEngine.OpenEnd, "");
        var sound = new DubSound(2);
        rig.Track.Accept(new UtteranceStarted(id, utterance.Start));
        rig.Track.Accept(new UtteranceHeard(utterance));
        rig.Track.Accept(new DubReady(new Dub(utterance, "es", "", sound)));
        return sound;
    }

    private static (MixRig Rig, DubSound Sound) Rig(EngineTraits traits)
    {
        var rig = new MixRig(traits);
        rig.Bed.Append(Sine(12, 0.5, channels: 2));
        var sound = new DubSound(1);
        rig.Track.Accept(new UtteranceHeard(Said(100, 2, 4)));
        rig.Track.Accept(new DubReady(new Dub(Said(100, 2, 4), "es", "", sound)));
        return (rig, sound);
    }
}
