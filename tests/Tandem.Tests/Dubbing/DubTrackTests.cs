using Tandem.Live.Dubbing;
using Tandem.Live.Timeline;
using Tandem.Tests.Mix;
using Xunit;
using static Tandem.Tests.Mix.MixRig;

namespace Tandem.Tests.Dubbing;

public sealed class DubTrackTests
{
    [Fact]
    public void Dubs_are_placed_with_their_utterances_and_reported_once()
    {
        var rig = new MixRig(Plain);
        rig.Speak(2, 4, new float[96_000]);
        rig.Speak(5, 6, new float[48_000]);
        for (var horizon = 0.5; horizon <= 8; horizon += 0.5)
            rig.CommitTo(horizon);
        var placed = rig.Commits.SelectMany(commit => commit.Placed).ToArray();
        Assert.Equal([At(2), At(5)], placed.Select(dub => dub.Start));
        Assert.Equal([DubOutcome.OnTime, DubOutcome.OnTime], rig.Commits.SelectMany(commit => commit.Outcomes));
        Assert.Equal([SoundLength.Zero, SoundLength.Zero], rig.Commits.SelectMany(commit => commit.OnsetLags));
        Assert.Equal(2, rig.Track.Counts.Outcomes[DubOutcome.OnTime]);
        Assert.Equal(SoundLength.Zero, rig.Track.Counts.Fallback);
    }

    [Fact]
    public void Placement_is_fixed_a_little_ahead_and_a_horizon_never_goes_back()
    {
        var rig = new MixRig(Plain);
        rig.Speak(2, 4, new float[96_000]);
        rig.CommitTo(0.9);
        Assert.Empty(rig.Track.Placed);
        rig.CommitTo(1);
        Assert.Single(rig.Track.Placed);
        rig.CommitTo(0.5);
        Assert.Single(rig.Track.Placed);
        Assert.Empty(rig.Commits[^1].Placed);
    }

    [Fact]
    public void A_long_dub_is_sped_up_once_and_the_mixer_gets_the_sped_up_sound()
    {
        var rig = new MixRig(Plain);
        rig.Speak(2, 4, new float[(int)(2.4 * 48_000)]);
        rig.Speak(4, 6, new float[48_000]);
        rig.CommitTo(6);
        var first = rig.Track.Placed[0];
        Assert.Equal((1.2, At(4)), (Math.Round(first.Speed, 3), first.End));
        Assert.Equal(first.Length, first.Sound.Length);
        Assert.Equal((1, 0), (rig.Track.Counts.SpedUp, rig.Track.Counts.DelayedNext));
        Assert.Equal(At(4), rig.Track.Placed[1].Start);
    }

    [Fact]
    public void The_same_dub_twice_is_spoken_once()
    {
        var rig = new MixRig(Plain);
        var dub = Dub(1, 2, 4, DubSound.Of(new float[96_000]));
        rig.Track.Accept(new DubReady(dub));
        rig.Track.Accept(new DubReady(dub));
        rig.CommitTo(3);
        rig.Track.Accept(new DubReady(dub));
        rig.CommitTo(9);
        Assert.Single(rig.Track.Placed);
        Assert.Equal((2, 1), (rig.Track.Counts.Repeated, rig.Track.Counts.Unannounced));
    }

    [Fact]
    public void A_dub_after_its_utterance_failed_or_was_empty_is_not_spoken()
    {
        var rig = new MixRig(Plain);
        rig.Track.Accept(new DubFailed(1, "es", "speak", "timeout"));
        rig.Track.Accept(new UtteranceEmpty(2));
        rig.Track.Accept(new DubReady(Dub(1, 2, 4, DubSound.Of(new float[96_000]))));
        rig.Track.Accept(new DubReady(Dub(2, 5, 6, DubSound.Of(new float[48_000]))));
        rig.CommitTo(9);
        Assert.Empty(rig.Track.Placed);
        Assert.Equal(2, rig.Track.Counts.AfterSettled);
        Assert.Equal((1, 1), (rig.Track.Counts.Outcomes[DubOutcome.Failed], rig.Track.Counts.Outcomes[DubOutcome.Empty]));
    }

    [Fact]
    public void Other_languages_are_passed_over()
    {
        var rig = new MixRig(Plain);
        rig.Track.Accept(new DubReady(Dub(1, 2, 4, DubSound.Of(new float[96_000])) with { Language = "fr" }));
        rig.Track.Accept(new UtteranceHeard(Said(2, 5, 6)));
        rig.Track.Accept(new DubFailed(2, "fr", "speak", "timeout"));
        rig.Track.Accept(new DubReady(Dub(2, 5, 6, DubSound.Of(new float[48_000]))));
        rig.CommitTo(9);
        Assert.Equal(At(5), Assert.Single(rig.Track.Placed).Start);
        Assert.Equal(0, rig.Track.Counts.Refused);
    }

    [Fact]
    public void A_dub_that_comes_after_a_later_one_was_placed_is_dropped()
    {
        var rig = new MixRig(Plain);
        rig.Track.Accept(new UtteranceHeard(Said(1, 2, 4)));
        rig.Track.Accept(new DubReady(Dub(2, 5, 6, DubSound.Of(new float[48_000]))));
        rig.CommitTo(5);
        rig.Track.Accept(new DubReady(Dub(1, 2, 4, DubSound.Of(new float[96_000]))));
        rig.CommitTo(9);
        Assert.Equal(At(5), Assert.Single(rig.Track.Placed).Start);
        Assert.Equal(1, rig.Track.Counts.Outcomes[DubOutcome.DroppedOutOfOrder]);
    }

    [Fact]
    public void One_that_comes_just_before_is_spoken_first()
    {
        var rig = new MixRig(Plain);
        rig.Track.Accept(new UtteranceHeard(Said(1, 2, 4)));
        rig.Track.Accept(new DubReady(Dub(2, 5, 6, DubSound.Of(new float[48_000]))));
        rig.CommitTo(4.5);
        rig.Track.Accept(new DubReady(Dub(1, 2, 4, DubSound.Of(new float[24_000]))));
        rig.CommitTo(9);
        Assert.Equal([1, 2], rig.Track.Placed.Select(dub => dub.Dub.Utterance.Id));
    }

    [Fact]
    public void A_dub_that_never_comes_counts_once_as_dropped()
    {
        var rig = new MixRig(Plain, new PlacementOptions { MaxOnsetLag = SoundLength.OfSeconds(3) });
        rig.Track.Accept(new UtteranceHeard(Said(1, 2, 4)));
        for (var horizon = 1; horizon < 200; horizon++)
            rig.CommitTo(horizon);
        rig.Track.Accept(new DubReady(Dub(1, 2, 4, DubSound.Of(new float[96_000]))));
        rig.CommitTo(201);
        Assert.Equal((1, 1), (rig.Track.Counts.Outcomes[DubOutcome.DroppedTooLate], rig.Track.Counts.AfterSettled));
        Assert.Equal(2, rig.Track.Counts.Fallback.Seconds);
    }

    [Fact]
    public void A_dub_without_sound_is_empty_and_lowers_nothing()
    {
        var rig = new MixRig(Plain);
        rig.Speak(2, 4, []);
        rig.CommitTo(9);
        Assert.Empty(rig.Track.Placed);
        Assert.Empty(rig.Track.Intervals);
        Assert.Equal(1, rig.Track.Counts.Outcomes[DubOutcome.Empty]);
    }

    [Fact]
    public void Impossible_times_and_floods_are_refused()
    {
        var rig = new MixRig(Plain);
        rig.Track.Accept(new UtteranceStarted(1, new ChannelTime(-5)));
        rig.Track.Accept(new UtteranceHeard(new Utterance(2, new ChannelTime(long.MaxValue), new ChannelTime(long.MinValue), "")));
        rig.Track.Accept(new DubReady(new Dub(new Utterance(3, At(2), new ChannelTime(long.MinValue), ""), "es", "", DubSound.Of(new float[48_000]))));
        Assert.Equal(2, rig.Track.Counts.Refused);
        for (var i = 0; i < 2_000; i++)
            rig.Track.Accept(new DubReady(Dub(10 + i, 10 + i, 11 + i, DubSound.Of(new float[100]))));
        Assert.Equal(2 + 1_489, rig.Track.Counts.Refused);
        rig.CommitTo(3_000);
        Assert.True(rig.Track.Placed.Count <= 512);
    }

    [Fact]
    public void Captions_stand_with_their_dub()
    {
        var rig = new MixRig(Plain);
        rig.Speak(2, 4, new float[96_000], "Hola a todos.");
        rig.Speak(5, 6, new float[48_000], "Adiós.");
        rig.CommitTo(9);
        Assert.Equal(
            [new Caption(At(2), At(4), "Hola a todos."), new Caption(At(5), At(6), "Adiós.")],
            rig.Track.CaptionsBetween(At(0), At(9)));
        Assert.Equal("Hola a todos.", Assert.Single(rig.Track.CaptionsBetween(At(3.9), At(5))).Text);
        Assert.Empty(rig.Track.CaptionsBetween(At(4), At(5)));
    }

    [Fact]
    public void What_is_past_is_forgotten()
    {
        var rig = new MixRig(Plain);
        for (var i = 0; i < 200; i++)
        {
            rig.Speak(i * 3, (i * 3) + 2, new float[96_000], "Hola.");
            rig.CommitTo((i * 3) + 3);
            rig.Track.Trim(At(i * 3));
            Assert.True(rig.Track.Placed.Count <= 3);
        }

        Assert.InRange(rig.Track.CaptionsBetween(At(0), At(600)).Count(), 15, 25);
        Assert.InRange(rig.Track.Intervals.Count + rig.Track.Speech.Count, 2, 50);
    }

    private static Dub Dub(long id, double start, double end, DubSound sound) => new(Said(id, start, end), "es", "", sound);
}
