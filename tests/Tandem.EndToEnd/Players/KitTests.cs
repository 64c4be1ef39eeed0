using Tandem.Checks.Detectors;
using Tandem.Checks.LiveOrigin;
using Tandem.Checks.Recording;
using Tandem.Checks.Signals;
using Tandem.EndToEnd.Harness;
using Xunit;

namespace Tandem.EndToEnd.Players;

/// <summary>
/// The browser harness by itself: players play the tests' source without Tandem between, voices are told apart by ear, and the faults
/// that later tests must not see are seen when they are there.
/// </summary>
public sealed class KitTests(Browser browser, Origin origin) : IClassFixture<Browser>, IClassFixture<Origin>
{
    // Some word of half a minute is always a little like some word of another's.
    private const double Apart = 0.2;

    [Theory]
    [Trait("Category", "Full")]
    [InlineData(Player.HlsJs, Packing.Ts)]
    [InlineData(Player.HlsJs, Packing.Fmp4)]
    [InlineData(Player.Shaka, Packing.Ts)]
    [InlineData(Player.Shaka, Packing.Fmp4)]
    public async Task A_player_plays_the_source_and_its_voices_are_told_apart(Player player, Packing packing)
    {
        var channel = origin.Server.Add($"{player}-{packing}", new OriginOptions { Programme = await Programmes.VariantsAsync(packing) });
        await using var recorder = HlsRecorder.Start(channel.Master);
        await using var page = await browser.OpenAsync(player);
        await page.PlayAsync(channel.Master);
        await page.PlayedAsync(2, TimeSpan.FromSeconds(20));

        foreach (var voice in new[] { "de", "en" })
        {
            await page.ChooseAsync(voice);
            await page.LevelAsync(voice == "de" ? 2 : 0);
            await page.PlayedAsync(6, TimeSpan.FromSeconds(20));
            var heard = await page.RecordAsync(4);
            var ranked = WhoIsHeard.Rank(heard, await KnownAsync(recorder.Snapshot()));
            Assert.True(WhoIsHeard.IsHeard(voice, ranked), $"{voice}: {string.Join(", ", ranked)}\n{await page.ReportAsync()}");
            Assert.True(ranked[0].Likeness - ranked[1].Likeness > Apart, string.Join(", ", ranked));
        }

        var report = await page.ReportAsync();
        Assert.True(!report.Fatal.Any() && report.Stalls.Count == 0, report.ToString());
    }

    [Fact, Trait("Category", "Full")]
    public async Task A_source_that_ends_is_seen_as_a_stall()
    {
        var programme = await Programmes.FlashBeepAsync(Packing.Ts, FrameRate.Pal);
        var channel = origin.Server.Add("stalls", new OriginOptions { Programme = programme });
        await using var page = await browser.OpenAsync(Player.HlsJs);
        await page.PlayAsync(channel.Master);
        await page.PlayedAsync(2, TimeSpan.FromSeconds(20));
        channel.Pause();
        await Task.Delay(TimeSpan.FromSeconds(14), TimeProvider.System);

        Assert.NotEmpty((await page.ReportAsync()).Stalls);
    }

    private static async Task<IReadOnlyList<KeyValuePair<string, float[]>>> KnownAsync(HlsRecording recording)
    {
        var known = new List<KeyValuePair<string, float[]>>();
        foreach (var track in recording.Tracks.Where(track => track.Item.Type == "AUDIO"))
            known.Add(KeyValuePair.Create(track.Item.Name, (await Decode.SoundAsync(track.Sound(track.Epochs[^1]))).Samples));
        return known;
    }
}
