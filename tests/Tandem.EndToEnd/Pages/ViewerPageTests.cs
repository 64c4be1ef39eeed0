using System.Collections.Concurrent;
using System.Globalization;
using Microsoft.Playwright;
using Tandem.Checks.LiveOrigin;
using Tandem.Checks.Signals;
using Tandem.EndToEnd.Harness;
using Xunit;

namespace Tandem.EndToEnd.Pages;

/// <summary>The viewer page in a real browser: it plays, voices are chosen by keyboard, and the delay that it shows is true (issue 4, point 4).</summary>
public sealed class ViewerPageTests(Browser browser) : IClassFixture<Browser>
{
    [Fact]
    public async Task It_plays_and_is_worked_by_keyboard_and_the_delay_that_it_shows_is_true()
    {
        await using var origin = await OriginServer.StartAsync();
        var source = origin.Add("seen", new OriginOptions { Programme = await Programmes.FlashBeepAsync(Packing.Ts, FrameRate.Pal) });
        await using var server = await TandemServer.StartAsync([TandemServer.Channel("seen", source.Master, delay: "4s", to: "es+fr")]);
        await using var page = await ViewerPage.OpenAsync(browser, server.Root);
        await page.PlaysAsync();
        Assert.Equal("2 English (original) Español Français", await page.ReadAsync<string>(
            $"document.querySelector('tandem-player').availableVoices.length - 1 + ' ' + [...{ViewerPage.Tree}.querySelectorAll('#voices span')].map(s => s.textContent).join(' ')"));
        Assert.Equal("es", await page.ReadAsync<string>("document.querySelector('tandem-player').voice"));
        await page.UntilAsync($"{ViewerPage.Tree}.getElementById('heard').textContent === 'You hear Spanish, spoken by a machine over the lowered original.'");
        Assert.True(await page.LoudestAsync(1.5) > 0.02, "nothing is heard");

        await page.TabToAsync("it.name === 'voices'");
        await page.Page.Keyboard.PressAsync("ArrowRight");
        await page.UntilAsync("document.querySelector('tandem-player').voice === 'fr'");
        await page.UntilAsync($"{ViewerPage.Tree}.getElementById('heard').textContent.startsWith('You hear French')");
        var frames = await page.ReadAsync<int>($"{ViewerPage.Video}.getVideoPlaybackQuality().totalVideoFrames");
        Assert.True(await page.LoudestAsync(1.5) > 0.02, "nothing is heard of the other voice");
        Assert.True(await page.ReadAsync<int>($"{ViewerPage.Video}.getVideoPlaybackQuality().totalVideoFrames") > frames, "the picture stands still");
        await page.Page.Keyboard.PressAsync("ArrowLeft");
        await page.Page.Keyboard.PressAsync("ArrowLeft");
        await page.UntilAsync($"{ViewerPage.Tree}.getElementById('heard').textContent === 'You hear the original sound, in English.'");

        await TellsTheTrueDelayAsync(server, source, page);
        Assert.Empty(page.Faults);
    }

    [Fact]
    public async Task A_new_token_interrupts_nothing_until_the_old_ones_ticket_has_ended()
    {
        await using var origin = await OriginServer.StartAsync();
        var source = origin.Add("renewed", new OriginOptions { Programme = await Programmes.FlashBeepAsync(Packing.Ts, FrameRate.Pal) });
        await using var server = await TandemServer.StartAsync([TandemServer.Channel("renewed", source.Master, delay: "4s", to: "es")]);
        var (ended, tokens) = (false, new ConcurrentQueue<string>());
        await using var page = await ViewerPage.OpenAsync(browser, new Uri(server.Root, "#token=first"), prepare: async one =>
        {
            await one.AddInitScriptAsync("window.opened = 0; addEventListener('tandem-ready', () => window.opened++);");
            await one.RouteAsync("**/live/renewed/**/*.m3u8", async route =>
            {
                // As where access is configured: a ticket ends, and the master playlist gives another.
                if (route.Request.Url.EndsWith("/master.m3u8", StringComparison.Ordinal))
                {
                    tokens.Enqueue(await route.Request.HeaderValueAsync("authorization") ?? "");
                    ended = false;
                }

                await (ended ? route.FulfillAsync(new RouteFulfillOptions { Status = 401 }) : route.ContinueAsync());
            });
        });
        await page.PlaysAsync();
        await page.ReadAsync<object>("document.querySelector('tandem-player').setAttribute('token', 'second')");
        var position = await page.ReadAsync<double>($"{ViewerPage.Video}.currentTime");
        await page.UntilAsync(string.Create(CultureInfo.InvariantCulture, $"{ViewerPage.Video}.currentTime > {position + 3}"));
        Assert.Equal(["Bearer first"], tokens);

        ended = true;

        // At the next reload of a playlist; a player that knows nothing of tokens tries for 15 s before it opens the master playlist again.
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(12));
        while (tokens.Count < 2)
            await Task.Delay(TimeSpan.FromSeconds(0.1), TimeProvider.System, limit.Token);
        var frames = await page.ReadAsync<int>($"{ViewerPage.Video}.getVideoPlaybackQuality().totalVideoFrames");
        await page.UntilAsync($"{ViewerPage.Video}.getVideoPlaybackQuality().totalVideoFrames > {frames + 25}");
        Assert.Equal(["Bearer first", "Bearer second"], tokens);
        Assert.Equal(1, await page.ReadAsync<int>("window.opened"));
        Assert.Empty(page.Faults);
    }

    /// <summary>
    /// No date is trusted: the source stands still, so that the end of its last segment is the last that was live, and is seen when the picture
    /// stops. What passed between is the delay.
    /// </summary>
    private static async Task TellsTheTrueDelayAsync(TandemServer server, OriginChannel source, ViewerPage page)
    {
        using var outage = server.ExpectOutage("seen");
        source.Pause();
        var wasLive = source.Window()[^1].Appears;
        var shown = new List<(DateTimeOffset At, double Delay)>();
        var (moved, position) = (TimeProvider.System.GetUtcNow(), -1.0);
        while (true)
        {
            var now = TimeProvider.System.GetUtcNow();
            var at = await page.ReadAsync<double>($"{ViewerPage.Video}.currentTime");
            if (at > position)
                (moved, position) = (now, at);
            if (await page.ShownDelayAsync() is { } delay)
                shown.Add((now, delay));
            Assert.True(now - wasLive < TimeSpan.FromSeconds(60), $"the picture never came to its end\n{server.Tail()}");
            if (now - moved > TimeSpan.FromSeconds(1) && now - wasLive > TimeSpan.FromSeconds(3))
                break;
            await Task.Delay(TimeSpan.FromSeconds(0.05), TimeProvider.System);
        }

        var truth = (moved - wasLive).TotalSeconds;
        var told = shown.MinBy(one => Math.Abs((one.At - moved).TotalSeconds)).Delay;
        Assert.True(Math.Abs(told - truth) <= 0.5, string.Create(CultureInfo.InvariantCulture, $"the page says {told:F1} s, and it is {truth:F2} s"));
        TestContext.Current.TestOutputHelper?.WriteLine(string.Create(CultureInfo.InvariantCulture, $"shown {told:F1} s, true {truth:F2} s"));
    }
}
