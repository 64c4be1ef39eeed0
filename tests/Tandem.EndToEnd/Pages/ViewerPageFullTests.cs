using System.Text.Json;
using Microsoft.Playwright;
using Tandem.Checks.LiveOrigin;
using Tandem.Checks.Signals;
using Tandem.EndToEnd.Harness;
using Xunit;

namespace Tandem.EndToEnd.Pages;

/// <summary>What the viewer page says and lets do, at length (issue 4, point 4).</summary>
[Trait("Category", "Full")]
public sealed class ViewerPageFullTests(Browser browser) : IClassFixture<Browser>
{
    private const string Heard = ViewerPage.Tree + ".getElementById('heard').textContent";

    // Utterances of 5 s, the delay, what a circuit waits before it tries again; and what the page plays behind that.
    private static readonly TimeSpan _engine = TimeSpan.FromSeconds(150);

    [Fact]
    public async Task It_tells_that_the_engine_is_away_while_no_dub_is_heard_and_that_it_is_back()
    {
        if (!Speech.IsThere || !File.Exists("/usr/bin/espeak-ng"))
            Assert.Skip("The packages asterisk-core-sounds-en-g722 and espeak-ng are not installed");
        using var voice = new StandInVoice();
        await using var origin = await OriginServer.StartAsync();
        var source = origin.Add("told", new OriginOptions { Programme = await Programmes.SpeechAsync(Packing.Ts) });
        await using var server = await TandemServer.StartAsync([TandemServer.Channel("told", source.Master, delay: "8s", engine: "offline")], voice.Environment);
        await using var page = await ViewerPage.OpenAsync(browser, new Uri(server.Root, "?captions=es"), prepare: one => one.AddInitScriptAsync(
            "window.told = []; addEventListener('tandem-status', e => { if (window.told.at(-1) !== e.detail.heard) window.told.push(e.detail.heard); });"));
        await page.PlaysAsync();
        await page.UntilAsync($"{Heard}.includes('spoken by a machine')", _engine);
        await CaptionsAsync(page, shown: true);

        voice.Works = false;
        await page.UntilAsync($"{Heard}.startsWith('You hear the original for now: the dubbing is out of order')", _engine);
        Assert.NotEqual("dubbed", (await server.ChannelAsync("told")).GetProperty("languages")[0].GetProperty("state").GetString());
        Assert.Equal("The channel is live.", await page.TextAsync("state"));
        await CaptionsAsync(page, shown: false);

        voice.Works = true;
        await page.UntilAsync($"{Heard}.includes('spoken by a machine')", _engine);
        await CaptionsAsync(page, shown: true);
        var told = await page.ReadAsync<string[]>("window.told");
        var after = told.SkipWhile(word => word != "dub").SkipWhile(word => word != "fallback");
        Assert.True(after.Contains("dub", StringComparer.Ordinal), string.Join(' ', told));
        Assert.Empty(page.Faults);
    }

    /// <summary>By being started anew: hls.js with more patience would wait for good at a place that is not listed any more.</summary>
    [Theory]
    [InlineData(8)]
    [InlineData(11)]
    [InlineData(25)]
    public async Task It_plays_on_after_an_outage_that_was_longer_than_the_playlist(int seconds)
    {
        await using var origin = await OriginServer.StartAsync();
        var source = origin.Add("away", new OriginOptions { Programme = await Programmes.SineAsync(Packing.Ts, 132, loop: 64), AtEnd = AtEnd.LoopSeamlessly, Window = 3 });
        await using var server = await TandemServer.StartAsync([TandemServer.Channel("away", source.Master, delay: "4s")]);
        await using var page = await ViewerPage.OpenAsync(browser, server.Root);
        await page.PlaysAsync();
        await page.Page.RouteAsync("**/*.m3u8", route => route.AbortAsync("connectionrefused"));
        await Task.Delay(TimeSpan.FromSeconds(seconds), TimeProvider.System);
        await page.Page.UnrouteAsync("**/*.m3u8");
        var (frames, sound) = ($"{ViewerPage.Video}.getVideoPlaybackQuality().totalVideoFrames", $"{ViewerPage.Video}.webkitAudioDecodedByteCount");
        var (seen, heard) = (await page.ReadAsync<long>(frames), await page.ReadAsync<long>(sound));
        await page.UntilAsync($"{frames} > {seen + 100} && {sound} > {heard + 30_000}");
    }

    [Theory]
    [InlineData("light-en", "en-GB", ColorScheme.Light, 1280, 800)]
    [InlineData("dark-de", "de-DE", ColorScheme.Dark, 1280, 800)]
    [InlineData("light-he", "he-IL", ColorScheme.Light, 1024, 768)]
    [InlineData("phone-ar", "ar-EG", ColorScheme.Dark, 360, 740)]
    [InlineData("phone-es", "es-ES", ColorScheme.Light, 390, 844)]
    [InlineData("tv-en", "en-US", ColorScheme.Dark, 1920, 1080)]
    public async Task It_can_be_used_by_everybody_in_every_dress(string name, string locale, ColorScheme colours, int width, int height)
    {
        var axe = Path.Combine(Checkout.Root, "tests/Tandem.EndToEnd/players/dist/axe.js");
        if (!File.Exists(axe))
            Assert.Skip("axe-core is not installed: run tests/Tandem.EndToEnd/players/install");
        await using var origin = await OriginServer.StartAsync();
        var source = origin.Add("seen", new OriginOptions { Programme = await Programmes.FlashBeepAsync(Packing.Ts, FrameRate.Pal) });
        await using var server = await TandemServer.StartAsync([TandemServer.Channel("seen", source.Master, delay: "4s", engine: "echo", to: "es+he+de")]);
        await using var page = await ViewerPage.OpenAsync(
            browser,

            // For screenshots: that of a running demo, which has something to look at.
            new Uri(Environment.GetEnvironmentVariable("TANDEM_PAGE") ?? server.Root.ToString()),
            new BrowserNewContextOptions
            {
                Locale = locale,
                ColorScheme = colours,
                ReducedMotion = ReducedMotion.Reduce,
                ViewportSize = new ViewportSize { Width = width, Height = height },
            },
            one => one.AddInitScriptAsync(scriptPath: axe));
        await page.PlaysAsync();
        await page.UntilAsync($"{Heard} !== '' && {ViewerPage.Tree}.getElementById('behind').textContent !== ''");
        if (Environment.GetEnvironmentVariable("TANDEM_SCREENSHOTS") is { Length: > 0 } first)
            await page.Page.ScreenshotAsync(new PageScreenshotOptions { Path = Path.Combine(first, $"viewer-{name}.png") });

        await page.ReadAsync<bool>($"(() => {{ {ViewerPage.Tree}.querySelectorAll('details').forEach(d => d.open = true); return true; }})()");
        var found = await page.ReadAsync<string>(
            "axe.run(document, { resultTypes: ['violations'] }).then(r => JSON.stringify(r.violations.map(v => ({ id: v.id, impact: v.impact, nodes: v.nodes.map(n => n.target.flat().join(' ') + ' ' + n.failureSummary) }))))");
        using var violations = JsonDocument.Parse(found);
        var serious = violations.RootElement.EnumerateArray().Where(one => one.GetProperty("impact").GetString() is "serious" or "critical").Select(one => one.GetRawText());
        Assert.Empty(serious);
        Assert.Equal(locale[..2] is "he" or "ar" ? "rtl" : "ltr", await page.ReadAsync<string>("document.documentElement.dir"));
        Assert.Equal(locale[..2], await page.ReadAsync<string>("document.documentElement.lang"));
        Assert.True(await page.ReadAsync<bool>("document.documentElement.scrollWidth <= innerWidth"), "the page is wider than the screen");
        if (Environment.GetEnvironmentVariable("TANDEM_SCREENSHOTS") is { Length: > 0 } folder)
            await page.Page.ScreenshotAsync(new PageScreenshotOptions { Path = Path.Combine(folder, $"viewer-{name}-open.png"), FullPage = true });
        Assert.Empty(page.Faults);
    }

    [Fact]
    public async Task A_score_is_sent_by_keyboard_alone_and_what_becomes_of_it_is_said()
    {
        await using var origin = await OriginServer.StartAsync();
        var source = origin.Add("scored", new OriginOptions { Programme = await Programmes.FlashBeepAsync(Packing.Ts, FrameRate.Pal) });
        await using var server = await TandemServer.StartAsync([TandemServer.Channel("scored", source.Master, delay: "4s")]);
        var (sent, status) = (new List<string>(), 429);
        await using var page = await ViewerPage.OpenAsync(browser, server.Root, prepare: one => one.RouteAsync("**/v1/feedback", async route =>
        {
            sent.Add(route.Request.PostData ?? "");
            await route.FulfillAsync(new RouteFulfillOptions { Status = status });
        }));
        await page.PlaysAsync();
        var keys = page.Page.Keyboard;
        await page.TabToAsync("it.matches('#why summary')");
        await keys.PressAsync("Enter");
        await page.UntilAsync($"{ViewerPage.Tree}.getElementById('why-text').innerText.includes('holds everything back for 4.0 s')");
        await page.TabToAsync("it.matches('#report summary')");
        await keys.PressAsync("Enter");
        await page.TabToAsync("it.matches('#feedback button')");
        await keys.PressAsync("Enter");
        Assert.Equal("Choose a score first.", await page.ReadAsync<string>($"{ViewerPage.Tree}.querySelector('.outcome').textContent"));
        Assert.Empty(sent);

        // The first of the scores has the focus now.
        for (var presses = 0; presses < 7; presses++)
            await keys.PressAsync("ArrowRight");
        await keys.PressAsync("Tab");
        await keys.TypeAsync("good enough");
        await keys.PressAsync("Tab");
        await keys.PressAsync("Enter");
        await OutcomeAsync("Not sent: too many reports at the moment. Try again in a minute.");
        (status, var before) = (404, sent.Count);
        await keys.PressAsync("Enter");
        await OutcomeAsync("Not sent: this server takes no reports.");
        status = 204;
        await keys.PressAsync("Enter");
        await OutcomeAsync("Thank you. It has arrived.");
        Assert.Equal(before + 2, sent.Count);
        using var report = JsonDocument.Parse(sent[^1]);
        Assert.Equal("score scored es 7 good enough", string.Join(' ', new[] { "kind", "channel", "language", "score", "text" }.Select(name => report.RootElement.GetProperty(name).ToString())));
        Assert.Matches("^[0-9a-f]{24}$", report.RootElement.GetProperty("session").GetString()!);
        Assert.Empty(page.Faults);

        Task OutcomeAsync(string text) => page.UntilAsync($"{ViewerPage.Tree}.querySelector('.outcome').textContent === '{text}'");
    }

    [Fact]
    public async Task One_script_tag_puts_it_on_a_page_of_another_origin_with_a_strict_policy()
    {
        await using var origin = await OriginServer.StartAsync();
        var source = origin.Add("guest", new OriginOptions { Programme = await Programmes.FlashBeepAsync(Packing.Ts, FrameRate.Pal) });
        await using var server = await TandemServer.StartAsync([TandemServer.Channel("guest", source.Master, delay: "4s", to: "es+fr")]);
        await using var host = await HostPage.StartAsync(server.Root, origin.Root);
        await using var page = await ViewerPage.OpenAsync(browser, host.Root);
        await page.PlaysAsync();
        Assert.Equal("fr", await page.ReadAsync<string>("document.querySelector('tandem-player').voice"));
        Assert.Equal("tandem-ready guest hls", await page.ReadAsync<string>("window.noted.find(line => line.startsWith('tandem-ready'))"));
        await page.UntilAsync("window.noted.some(line => line.startsWith('tandem-status dub fr '))");
        await page.ReadAsync<bool>("(() => { document.querySelector('tandem-player').voice = 'original'; return true; })()");
        await page.UntilAsync("window.noted.some(line => line.startsWith('tandem-status original sound en '))");
        Assert.Contains("tandem-voice original", await page.ReadAsync<string[]>("window.noted"));
        Assert.True(await page.ReadAsync<double>("document.querySelector('tandem-player').behindLiveSeconds") > 2);
        Assert.Equal("rgb(243, 246, 246)", await page.ReadAsync<string>($"getComputedStyle({ViewerPage.Tree}.querySelector('textarea')).backgroundColor"));
        Assert.Empty(page.Faults);
    }

    [Fact]
    public async Task The_original_is_raised_in_step_under_the_dub_and_nowhere_else()
    {
        if (!Speech.IsThere)
            Assert.Skip("The package asterisk-core-sounds-en-g722 is not installed");
        await using var origin = await OriginServer.StartAsync();
        var source = origin.Add("level", new OriginOptions { Programme = await Programmes.SpeechAsync(Packing.Ts) });
        await using var server = await TandemServer.StartAsync([TandemServer.Channel("level", source.Master, delay: "8s", engine: "tone")]);

        // The second player makes the only gain and the only other element with sound.
        await using var page = await ViewerPage.OpenAsync(browser, server.Root, prepare: one => one.AddInitScriptAsync(
            """
            const gain = AudioContext.prototype.createGain;
            AudioContext.prototype.createGain = function () { return (window.gain = gain.call(this)); };
            window.Audio = class extends Audio { constructor() { super(); window.second = this; } };
            """));
        await page.PlaysAsync();
        await page.UntilAsync($"{Heard}.includes('spoken by a machine')", _engine);
        await page.TabToAsync("it.id === 'original'");
        for (var presses = 0; presses < 12; presses++)
            await page.Page.Keyboard.PressAsync("ArrowRight");
        // Chromium tells the page of keys on a slider with the next picture, not at once.
        await page.UntilAsync($"{ViewerPage.Tree}.getElementById('original').getAttribute('aria-valuetext') === '60 %'");
        await page.UntilAsync("window.gain?.gain.value > 0.5", _engine);
        await page.UntilAsync("window.gain.gain.value < 0.01", _engine);
        await page.UntilAsync("window.gain.gain.value > 0.5 && !window.second.paused && Math.abs(window.second.playbackRate - 1) < 0.03", _engine);
        await page.Page.Locator("#voices").GetByText("English (original)").ClickAsync();
        Assert.True(await page.Page.Locator("#level").IsHiddenAsync());
        Assert.Empty(page.Faults);
    }

    // What is shown is what the dub says: none while the page says that there is no dub.
    private static async Task CaptionsAsync(ViewerPage page, bool shown)
    {
        const string Active = $"[...{ViewerPage.Video}.textTracks].some(t => t.mode === 'showing' && t.activeCues?.length > 0)";
        if (shown)
        {
            await page.UntilAsync(Active);
            return;
        }

        // A segment may have a dub at its beginning and none at its end; its state is that of its end.
        await Task.Delay(TimeSpan.FromSeconds(3), TimeProvider.System);
        for (var look = 0; look < 10; look++)
        {
            Assert.False(await page.ReadAsync<bool>($"{Active} && {Heard}.startsWith('You hear the original for now')"), "a caption while there is no dub");
            await Task.Delay(TimeSpan.FromSeconds(0.3), TimeProvider.System);
        }
    }
}
