using Tandem.Live.Dubbing;
using Tandem.Live.Timeline;
using Tandem.Tests.Mix;
using Xunit;
using static Tandem.Tests.Mix.MixRig;

namespace Tandem.Tests.Dubbing;

public sealed class DubTrackFallbackTests
{
    [Fact]
    public void Speech_that_turns_out_too_late_to_have_been_an_utterance_counts_all_the_same_and_once()
    {
        var rig = new MixRig(Plain);
        rig.Track.Accept(new UtteranceStarted(1, At(2)));
        rig.CommitTo(6);
        Assert.Equal(SoundLength.Zero, rig.Track.Counts.Fallback);
        rig.Track.Accept(new UtteranceHeard(Said(1, 2, 5)));
        rig.Track.Accept(new UtteranceHeard(Said(1, 2, 5)));
        rig.CommitTo(6.5);
        rig.CommitTo(7);
        Assert.Equal(3, rig.Track.Counts.Fallback.Seconds);
        Assert.Equal(3, rig.Commits.Sum(commit => commit.Fallback.Seconds));
    }

    [Fact]
    public void Time_under_a_dub_counts_once_as_dubbed()
    {
        var rig = new MixRig(Plain);
        rig.Speak(2, 5, new float[3 * 48_000]);
        foreach (var horizon in new[] { 1, 2.5, 3, 3.5, 6, 9 })
            rig.CommitTo(horizon);
        Assert.Equal(3, rig.Commits.Sum(commit => commit.Dubbed.Seconds), 0.001);
        Assert.Equal(SoundLength.Zero, rig.Track.Counts.Fallback);
    }

    /// <summary>A recogniser that hung once: viewers hear the original and are told why, and the next dub ends it.</summary>
    [Fact]
    public void Speech_that_was_not_understood_is_fallback()
    {
        var rig = new MixRig(Plain);
        rig.Track.Accept(new UtteranceStarted(1, At(2)));
        rig.Track.Accept(new DubFailed(1, rig.Track.Language, "recognise", "timeout"));
        rig.Track.Accept(new SpeechLost(1, At(2), At(5)));
        rig.CommitTo(4);
        Assert.Equal((VoiceState.Fallback, "recognise: timeout"), (rig.Track.State, rig.Track.StateReason));
        rig.CommitTo(7);
        Assert.Equal(3, rig.Track.Counts.Fallback.Seconds);
        rig.Speak(8, 10, new float[96_000]);
        rig.CommitTo(9);
        Assert.Equal(VoiceState.Dubbed, rig.Track.State);
    }

    /// <summary>A recogniser that hangs says nothing, not even that it failed, until its patience is over; viewers are told before.</summary>
    [Fact]
    public void Speech_that_nothing_is_known_of_is_told_and_not_counted()
    {
        var rig = new MixRig(Plain);
        rig.Track.Accept(new UtteranceStarted(1, At(2)));
        rig.CommitTo(1.5);
        Assert.Equal(VoiceState.Original, rig.Track.State);
        rig.CommitTo(4);
        Assert.Equal((VoiceState.Fallback, "no dub is ready in time"), (rig.Track.State, rig.Track.StateReason));
        rig.CommitTo(13);
        rig.CommitTo(13.5);
        Assert.Equal((VoiceState.Original, SoundLength.Zero), (rig.Track.State, rig.Track.Counts.Fallback));
    }

    [Fact]
    public void Speech_without_words_is_no_fallback()
    {
        var rig = new MixRig(Plain);
        rig.Track.Accept(new UtteranceStarted(1, At(2)));
        rig.Track.Accept(new UtteranceEmpty(1));
        rig.CommitTo(6);
        Assert.Equal((SoundLength.Zero, VoiceState.Original), (rig.Track.Counts.Fallback, rig.Track.State));
    }

    [Fact]
    public void While_the_engine_is_down_everything_without_a_dub_is_fallback()
    {
        var rig = new MixRig(Plain);
        rig.Speak(2, 4, new float[96_000]);
        rig.Track.Accept(new HeardUpTo(At(4)));
        rig.Track.Accept(new EngineHealth(false, "pocketsphinx does not answer"));
        rig.CommitTo(3);
        Assert.Equal((VoiceState.Dubbed, ""), (rig.Track.State, rig.Track.StateReason));
        rig.CommitTo(6);
        Assert.Equal((VoiceState.Fallback, "pocketsphinx does not answer"), (rig.Track.State, rig.Track.StateReason));
        rig.Track.Accept(new EngineHealth(true, ""));
        rig.Track.Accept(new HeardUpTo(At(9)));
        rig.CommitTo(9);
        Assert.Equal(VoiceState.Fallback, rig.Track.State);
        rig.CommitTo(12);
        Assert.Equal(VoiceState.Original, rig.Track.State);
        Assert.Equal(5, rig.Track.Counts.Fallback.Seconds, 0.001);
        rig.Speak(14, 15, new float[48_000]);
        rig.CommitTo(15);
        Assert.Equal(VoiceState.Dubbed, rig.Track.State);
    }

    [Fact]
    public void A_part_of_the_engine_that_is_down_is_no_silence_of_the_whole()
    {
        // Each utterance that the part could not dub is reported by itself; without speech nothing is missing.
        var rig = new MixRig(Plain);
        rig.Track.Accept(new EngineHealth(false, "translate fr: failed", "translate fr"));
        rig.Track.Accept(new HeardUpTo(At(6)));
        rig.CommitTo(6);
        Assert.Equal((VoiceState.Original, SoundLength.Zero), (rig.Track.State, rig.Track.Counts.Fallback));
    }

    [Fact]
    public void The_reason_says_what_went_wrong()
    {
        var rig = new MixRig(Plain);
        rig.Track.Accept(new UtteranceHeard(Said(1, 2, 5)));
        rig.Track.Accept(new DubFailed(1, "es", "translate", "timeout"));
        rig.CommitTo(4);
        Assert.Equal((VoiceState.Fallback, "translate: timeout"), (rig.Track.State, rig.Track.StateReason));
    }

    [Fact]
    public void Pauses_between_dubs_change_nothing()
    {
        var rig = new MixRig(Plain);
        Assert.Equal(VoiceState.Original, rig.Track.State);
        rig.Speak(2, 4, new float[96_000]);
        rig.CommitTo(4);
        rig.CommitTo(9);
        rig.CommitTo(12);
        Assert.Equal(VoiceState.Dubbed, rig.Track.State);
    }
}
