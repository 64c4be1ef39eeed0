using System.Globalization;
using Tandem.Checks.Detectors;
using Tandem.Checks.Recording;
using Tandem.Checks.Signals;
using Tandem.EndToEnd.Harness;
using Tandem.EndToEnd.Ingest;
using Xunit;

namespace Tandem.EndToEnd.Players;

/// <summary>
/// hls.js and Shaka, at once, on a channel whose source is pushed, a file, or sent (issue 3, point 1): voices are switched to and fro and
/// sound different, through a discontinuity where the source makes one. About a minute and a half each.
/// </summary>
[Trait("Category", "Full")]
public sealed class InputPlayerTests(Browser browser) : IClassFixture<Browser>
{
    private const int DelaySeconds = 6;

    /// <summary>See <see cref="ViewerBounds"/>.</summary>
    private const double Hitch = 1.5;

    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(40);

    [Theory]
    [InlineData(SentBy.Push, Packing.Ts, 120)]
    [InlineData(SentBy.Push, Packing.Fmp4, 120)]
    // Begins again while it is watched.
    [InlineData(SentBy.File, Packing.Ts, 30)]
    [InlineData(SentBy.Srt, Packing.Ts, 120)]
    [InlineData(SentBy.Rtmp, Packing.Ts, 120)]
    [InlineData(SentBy.Udp, Packing.Ts, 120)]
    public async Task Players_play_what_is_brought_to_Tandem(SentBy by, Packing packing, int seconds)
    {
        var programme = await Programmes.SpeechAsync(packing, seconds);
        await using var sending = await Sending.PrepareAsync($"brought-{by}-{packing}".ToLowerInvariant(), by, programme);
        await using var server = await TandemServer.StartAsync([sending.Channel($"{DelaySeconds}s", "tone", "es+fr")]);
        await sending.BeginAsync(server);
        await server.UntilAsync("it is published", async () => await server.MetricAsync("tandem_segments_total") >= 3, _patience);
        await using var recorder = HlsRecorder.Start(server.Master(sending.Id));
        var visits = new[] { Player.HlsJs, Player.Shaka }.Select(player => VisitAsync(player, server, sending, recorder)).ToList();
        await Task.WhenAll(visits);
        if (by == SentBy.File)
            Assert.True(recorder.Snapshot().Variant.Epochs.Count > 1, "the file did not begin again");
    }

    /// <summary>The packager dies and comes back at once under the same names; hls.js plays on behind a discontinuity.</summary>
    [Theory]
    [InlineData(Packing.Ts)]
    [InlineData(Packing.Fmp4)]
    public async Task Hls_js_plays_on_when_a_packager_comes_back(Packing packing)
    {
        var programme = await Programmes.SpeechAsync(packing);
        await using var sending = await Sending.PrepareAsync($"again-{packing}".ToLowerInvariant(), SentBy.Push, programme);
        await using var server = await TandemServer.StartAsync([sending.Channel($"{DelaySeconds}s", "tone")]);
        await sending.BeginAsync(server);
        await server.UntilAsync("it is published", async () => await server.MetricAsync("tandem_segments_total") >= 3, _patience);
        await using var page = await browser.OpenAsync(Player.HlsJs);
        await page.PlayAsync(server.Master(sending.Id));
        await page.PlayedAsync(6, _patience);

        using var outage = server.ExpectOutage(sending.Id);
        var from = (await page.ReportAsync()).Now;
        sending.BreakOff();
        await sending.BeginAsync(server);
        var to = (await page.ReportAsync()).Now;
        await page.PlayedAsync(DelaySeconds + 14, TimeSpan.FromSeconds(60));
        var report = await page.ReportAsync();
        TestContext.Current.TestOutputHelper?.WriteLine(report.ToString());
        Assert.True(!report.Fatal.Any(), report.ToString());
        Assert.All(report.Stalls.Where(stall => stall.Seconds > Hitch), stall => Assert.True(stall.From >= from && stall.To <= to + DelaySeconds + 15, report.ToString()));
        Assert.Equal("live", (await server.ChannelAsync(sending.Id)).GetProperty("state").GetString());
    }

    private async Task VisitAsync(Player player, TandemServer server, Sending sending, HlsRecorder recorder)
    {
        await using var page = await browser.OpenAsync(player);
        try
        {
            await page.PlayAsync(server.Master(sending.Id));
            await page.PlayedAsync(4, _patience);
            foreach (var (voice, name) in new[] { ("es", "es"), ("en", "English (original)"), ("fr", "fr"), ("es", "es") })
            {
                await page.ChooseAsync(name);
                await page.PlayedAsync(3, _patience);
                var heard = await page.RecordAsync(4);
                var known = await ViewerBounds.KnownAsync(recorder.Snapshot(), TimeProvider.System.GetUtcNow());
                var ranked = WhoIsHeard.Rank(heard, known).DistinctBy(fit => fit.Name).ToList();
                var told = $"{player}: {voice} sounds like {string.Join(", ", ranked)}";
                TestContext.Current.TestOutputHelper?.WriteLine(told);
                Assert.True(WhoIsHeard.IsHeard(voice, ranked), $"{told}\n{await page.ReportAsync()}");
            }

            var report = await page.ReportAsync();
            TestContext.Current.TestOutputHelper?.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{player}: {report}"));
            Assert.True(!report.Fatal.Any() && report.DecodedFrames > 300 && report.Stalls.All(stall => stall.Seconds < Hitch), report.ToString());
        }
        catch (Exception fault) when (fault is TimeoutException or Microsoft.Playwright.PlaywrightException)
        {
            throw new InvalidOperationException($"{player}: {fault.Message}\n{await page.ReportAsync()}\n{server.Tail()}\n{sending.Log}", fault);
        }
    }
}
