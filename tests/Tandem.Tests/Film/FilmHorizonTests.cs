using Tandem.Live.Dubbing;
using Tandem.Live.Film;
using Tandem.Tests.Mix;
using Xunit;
using static Tandem.Tests.Mix.MixRig;

namespace Tandem.Tests.Film;

public sealed class FilmHorizonTests
{
    [Fact]
    public void A_voice_waits_for_a_dub_that_may_still_come_however_much_is_heard()
    {
        var horizon = FilmHorizon.Of(FilmHorizon.Certain(At(300)), At(20));
        Assert.InRange(horizon.Seconds, 19.8, 19.95);
        Assert.Equal(At(300) - FilmHorizon.Ahead, FilmHorizon.Certain(At(300)));
        Assert.InRange(FilmHorizon.Of(At(10), null).Seconds, 9.8, 9.95);
    }

    [Fact]
    public void A_dub_that_comes_after_any_time_still_starts_with_its_utterance()
    {
        var rig = new MixRig(Plain);
        rig.Track.Accept(new UtteranceStarted(7, At(4)));
        rig.Track.Accept(new HeardUpTo(At(200)));
        Assert.Equal(At(4), rig.Track.Pending);

        // All that is allowed is mixed; then the dub comes.
        rig.CommitTo(FilmHorizon.Of(At(200), rig.Track.Pending).Seconds);
        rig.Track.Accept(new UtteranceHeard(Said(7, 4, 6)));
        Assert.Equal(At(4), rig.Track.Pending);
        rig.Track.Accept(new DubReady(new Dub(Said(7, 4, 6), "es", "", DubSound.Of(new float[96_000]))));
        Assert.Null(rig.Track.Pending);
        rig.CommitTo(10);

        Assert.Equal(At(4), Assert.Single(rig.Track.Placed).Start);
        Assert.Equal(1, rig.Track.Counts.Outcomes[DubOutcome.OnTime]);
        Assert.Equal(0, rig.Track.Counts.Fallback.Samples);
    }

    [Fact]
    public void What_is_settled_without_a_dub_holds_nothing_up()
    {
        var rig = new MixRig(Plain);
        rig.Track.Accept(new UtteranceStarted(1, At(1)));
        rig.Track.Accept(new UtteranceStarted(2, At(3)));
        rig.Track.Accept(new UtteranceStarted(3, At(5)));
        rig.Track.Accept(new UtteranceEmpty(1));
        Assert.Equal(At(3), rig.Track.Pending);
        rig.Track.Accept(new DubFailed(2, "es", "translate", "timeout"));
        Assert.Equal(At(5), rig.Track.Pending);
    }

    [Fact]
    public void A_dub_whose_sound_still_grows_is_waited_for_but_an_echo_is_not()
    {
        var growing = new DubSound(1);
        growing.Append(new float[4_800]);
        var rig = new MixRig(new EngineTraits(Aligned: true, Streaming: true, LevelControl: false));
        rig.Track.Accept(new UtteranceHeard(Said(1, 2, 4)));
        rig.Track.Accept(new DubReady(new Dub(Said(1, 2, 4), "es", "", growing)));
        Assert.Equal(At(2), rig.Track.Pending);
        growing.Complete();
        Assert.Null(rig.Track.Pending);

        var echo = new MixRig(Echo);
        echo.Track.Accept(new UtteranceHeard(Said(1, 0, 900)));
        echo.Track.Accept(new DubReady(new Dub(Said(1, 0, 900), "es", "", new DubSound(2))));
        Assert.Null(echo.Track.Pending);
    }

    [Fact]
    public void A_dub_that_outlasts_the_sound_is_known_to()
    {
        var rig = new MixRig(Plain);
        rig.Speak(2, 4, new float[4 * 48_000]);
        Assert.True(rig.Track.SpeaksAfter(At(0)));
        rig.CommitTo(4);
        Assert.True(rig.Track.SpeaksAfter(At(4)));
        rig.CommitTo(6.5);
        Assert.False(rig.Track.SpeaksAfter(At(6.5)));
    }
}
