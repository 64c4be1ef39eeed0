using System.Collections.Immutable;
using Tandem.Live.Film;
using Xunit;

namespace Tandem.Tests.Film;

public sealed class FilmProgressTextTests
{
    [Fact]
    public void A_line_tells_share_place_speed_and_what_is_left()
    {
        var report = new FilmReport(FilmStage.Dubbing, 0.25, 150);
        Assert.Equal("dubbing   [######------------------]  25 %  2:30  5.0x  1:30 left", FilmProgressText.Of(report, TimeSpan.FromSeconds(30), bar: true));
        Assert.Equal("dubbing    25 %  2:30  5.0x  1:30 left", FilmProgressText.Of(report, TimeSpan.FromSeconds(30), bar: false));
        Assert.Equal("dubbing    25 %  2:30", FilmProgressText.Of(report, TimeSpan.FromSeconds(1), bar: false));
        Assert.Equal("joining  ", FilmProgressText.Of(new FilmReport(FilmStage.Joining, null, 0), TimeSpan.Zero, bar: true));
    }

    [Theory]
    [InlineData(0, "0:00")]
    [InlineData(59.2, "1:00")]
    [InlineData(3661, "1:01:01")]
    public void Clocks_count_as_people_do(double seconds, string clock) => Assert.Equal(clock, FilmProgressText.Clock(seconds));

    [Fact]
    public void The_summary_names_every_language_with_its_outcomes_and_the_notes()
    {
        var language = new FilmLanguageSummary(
            "es", ImmutableSortedDictionary<string, long>.Empty.Add("on_time", 4).Add("late", 0), 0.1, 0.5, new FilmOverruns(3, 2, 1, 0), 1.2);
        var text = FilmSummaryText.Of(new FilmSummary("in.mp4", "out.mp4", "tone", 60, 20, 5, [language], ["sound 2 (vorbis) is left out"]));
        Assert.Contains("out.mp4: 1:00 dubbed in 0:20 (3.0x), 5 utterances", text, StringComparison.Ordinal);
        Assert.Contains("es: 4 on_time; onset lag 0.10 s (p95 0.50 s)", text, StringComparison.Ordinal);
        Assert.Contains("3 used the pause, 2 sped up, 1 delayed the next, 0 dropped; fallback 1.2 s", text, StringComparison.Ordinal);
        Assert.Contains("note: sound 2 (vorbis) is left out", text, StringComparison.Ordinal);
    }
}
