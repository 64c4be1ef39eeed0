using Tandem.Live;
using Tandem.Server.Pages;
using Xunit;

namespace Tandem.Tests.Server;

/// <summary>What was heard when, by the programme's time.</summary>
public sealed class HeardDiaryTests
{
    private readonly HeardDiary _diary = new();

    [Fact]
    public void Only_changes_are_noted_at_the_programmes_time()
    {
        Look(10, LanguageState.Original);
        Look(12, LanguageState.Dubbed);
        Look(12, LanguageState.Dubbed);
        Look(14, LanguageState.Dubbed);
        Look(16, LanguageState.Fallback, "speak: timeout", works: false);
        Look(18, LanguageState.Fallback, "speak: timeout", works: true);
        Assert.Equal(
            [
                new HeardSince(10_000, LanguageState.Original, HeardWhy.NoSpeech),
                new HeardSince(12_000, LanguageState.Dubbed, null),
                new HeardSince(16_000, LanguageState.Fallback, HeardWhy.EngineAway),
                new HeardSince(18_000, LanguageState.Fallback, HeardWhy.EngineFailed),
            ],
            _diary.Of("es"));
        Assert.Empty(_diary.Of("fr"));
    }

    [Fact]
    public void The_last_word_on_a_moment_holds()
    {
        Look(10, LanguageState.Dubbed);
        Look(12, LanguageState.Fallback, LanguageSnapshot.NotReady);
        Look(12, LanguageState.Dubbed);
        Look(14, LanguageState.Dubbed);
        Assert.Equal([LanguageState.Dubbed, LanguageState.Dubbed], _diary.Of("es").Select(entry => entry.State));
    }

    [Fact]
    public void What_holds_three_minutes_back_is_kept_and_what_was_before_is_not()
    {
        for (var second = 0; second <= 400; second += 2)
            Look(second, second % 100 < 50 ? LanguageState.Dubbed : LanguageState.Original);
        Assert.Equal([200_000, 250_000, 300_000, 350_000, 400_000], _diary.Of("es").Select(entry => entry.Since));
    }

    [Fact]
    public void A_state_that_flickers_takes_bounded_room()
    {
        for (var look = 0; look < 5000; look++)
            Look(look / 50.0, look % 2 == 0 ? LanguageState.Dubbed : LanguageState.Original);
        Assert.InRange(_diary.Of("es").Length, 300, 401);
    }

    [Fact]
    public void Dates_that_go_back_begin_anew()
    {
        Look(1000, LanguageState.Dubbed);
        Look(10, LanguageState.Original);
        Assert.Equal([10_000], _diary.Of("es").Select(entry => entry.Since));
    }

    [Theory]
    [InlineData(LanguageState.Dubbed, null, false, null)]
    [InlineData(LanguageState.Fallback, LanguageSnapshot.NotReady, true, HeardWhy.NotReady)]
    [InlineData(LanguageState.Fallback, LanguageSnapshot.NotReady, false, HeardWhy.EngineAway)]
    [InlineData(LanguageState.Fallback, "translate: circuit_open", true, HeardWhy.EngineFailed)]
    [InlineData(LanguageState.Original, LanguageSnapshot.Advertisement, true, HeardWhy.Advertisement)]
    [InlineData(LanguageState.Original, LanguageSnapshot.OfSource, true, HeardWhy.OfSource)]
    [InlineData(LanguageState.Original, null, true, HeardWhy.NoSpeech)]
    [InlineData(LanguageState.Original, null, false, HeardWhy.EngineAway)]
    public void Each_state_has_its_word(LanguageState state, string? reason, bool works, HeardWhy? expected) =>
        Assert.Equal(expected, HeardDiary.WhyOf(new LanguageSnapshot("es", state) { Reason = reason }, works));

    private void Look(double end, LanguageState state, string? reason = null, bool works = true) => _diary.Look(new ChannelSnapshot
    {
        Id = "news",
        State = ChannelState.Live,
        Input = "",
        From = "en",
        DelaySeconds = 8,
        Video = "reference",
        Engine = new EngineSnapshot("tone", works),
        Languages = [new LanguageSnapshot("es", state) { Reason = reason }],
        LastPublished = new PublishedSegment(1, DateTimeOffset.UnixEpoch) { Ends = DateTimeOffset.UnixEpoch.AddSeconds(end), Appeared = DateTimeOffset.UnixEpoch },
    });
}
