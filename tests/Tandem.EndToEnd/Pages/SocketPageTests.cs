using Microsoft.Playwright;
using Tandem.EndToEnd.Harness;
using Xunit;

namespace Tandem.EndToEnd.Pages;

/// <summary>The page plays tandem.v1 through Media Source: joins, changes the voice, resumes, and falls back to HLS.</summary>
public sealed class SocketPageTests(Browser browser) : IClassFixture<Browser>
{
    private const string Player = "document.querySelector('tandem-player')";

    // Of picture and sound.
    private const string Buffers = $"[...{Player}.player.buffers.values()].map(b => b.buffer)";
    private const string Offsets = $"{Buffers}.map(b => b.timestampOffset)";

    // What is heard, as a frequency.
    private const string Pitch =
        """
        async () => {
            const video = document.querySelector('tandem-player').shadowRoot.getElementById('video');
            window.ear ??= (() => {
                const context = new AudioContext({ sampleRate: 48000 });
                const meter = context.createAnalyser();
                meter.fftSize = 8192;
                const source = context.createMediaElementSource(video);
                source.connect(meter);
                source.connect(context.destination);
                return { context, meter };
            })();
            await window.ear.context.resume();
            await new Promise(resolve => setTimeout(resolve, 250));
            const bins = new Float32Array(window.ear.meter.frequencyBinCount);
            window.ear.meter.getFloatFrequencyData(bins);
            const loudest = bins.reduce((best, value, index) => value > bins[best] ? index : best, 1);
            return bins[loudest] > -60 ? loudest * 48000 / 8192 : 0;
        }
        """;

    [Fact]
    [Trait("Category", "Full")]
    public async Task It_joins_switches_and_resumes_without_a_gap()
    {
        await using var server = await SocketStandIn.StartAsync();
        await using var page = await ViewerPage.OpenAsync(browser, server.Root);
        await PlaysAsync(server, page);
        Assert.Contains("media=av", server.Queries.First(), StringComparison.Ordinal);
        await HearsAsync(page, 440);

        // On a busy machine it may have fallen behind; it comes back.
        await page.UntilAsync($"{Player}.behindLiveSeconds > {SocketStandIn.DelaySeconds} && {Player}.behindLiveSeconds < {SocketStandIn.DelaySeconds + 3}");
        Assert.Contains("shortest delay", await page.TextAsync("level-no"), StringComparison.Ordinal);

        await page.Page.Locator("#voices").GetByText("Français").ClickAsync();
        await HearsAsync(page, 1000);
        Assert.Contains(server.Heard, text => text.Contains("\"ack\"", StringComparison.Ordinal) && text.Contains("bufferMs", StringComparison.Ordinal));

        // What is missed is sent again: the picture never stands still for longer than what was in store, and nothing is lost or moved. Each
        // time it goes on with another kind of picture.
        var offsets = await page.ReadAsync<double[]>(Offsets);
        Assert.Equal(offsets[0], offsets[1], 0.001);
        for (var cuts = 1; cuts <= 3; cuts++)
        {
            var frames = await page.ReadAsync<int>($"{ViewerPage.Video}.getVideoPlaybackQuality().totalVideoFrames");
            await server.CutAsync();
            await page.UntilAsync($"{ViewerPage.Video}.getVideoPlaybackQuality().totalVideoFrames > {frames + 72}");
            await HearsAsync(page, 1000);
            Assert.Equal(1 + cuts, server.Queries.Count);
            Assert.Matches(@"lang=fr.*resume=audio%3A\d+%2Cvideo%3A\d+", server.Queries.Last());
            Assert.Equal("1 1", await page.ReadAsync<string>($"{Buffers}.map(b => b.buffered.length).join(' ')"));
            Assert.Equal(offsets, await page.ReadAsync<double[]>(Offsets));
        }

        Assert.Equal("websocket", await page.ReadAsync<string>($"(() => {{ let kind = ''; {Player}.addEventListener('tandem-status', e => kind = e.detail.player); {Player}.told = ''; {Player}.show(); return kind; }})()"));
        Assert.Empty(page.Faults);
    }

    [Fact]
    [Trait("Category", "Full")]
    public async Task A_new_token_interrupts_nothing_and_is_used_at_the_next_connection()
    {
        await using var server = await SocketStandIn.StartAsync();
        server.Token = "first";
        await using var page = await ViewerPage.OpenAsync(browser, new Uri(server.Root, "#token=first"), prepare: one => one.AddInitScriptAsync(
            """
            window.opened = 0;
            addEventListener('tandem-ready', () => window.opened++);
            addEventListener('tandem-status', event => window.problem = event.detail.problem);
            """));
        await PlaysAsync(server, page);
        await page.UntilAsync("window.problem === null");

        // The page around learns that the token has ended while what is connected still plays.
        server.Token = "second";
        await page.UntilAsync("window.problem === 'refused'");
        await page.ReadAsync<object>($"{Player}.setAttribute('token', 'second')");
        await page.UntilAsync("window.problem === null");
        Assert.Single(server.Queries);
        await server.CutAsync();
        var frames = await page.ReadAsync<int>($"{ViewerPage.Video}.getVideoPlaybackQuality().totalVideoFrames");
        await page.UntilAsync($"{ViewerPage.Video}.getVideoPlaybackQuality().totalVideoFrames > {frames + 72}");
        Assert.Equal(2, server.Queries.Count);
        Assert.Contains("token=second", server.Queries.Last(), StringComparison.Ordinal);
        Assert.Equal(1, await page.ReadAsync<int>("window.opened"));
    }

    [Fact]
    [Trait("Category", "Full")]
    public async Task Where_no_socket_is_to_be_had_it_plays_HLS()
    {
        await using var server = await SocketStandIn.StartAsync();
        server.Refuses = true;
        await using var page = await ViewerPage.OpenAsync(browser, server.Root, prepare: one => one.AddInitScriptAsync(
            "window.players = []; addEventListener('tandem-ready', event => window.players.push(event.detail.player));"));
        await page.UntilAsync("window.players.join() === 'websocket,hls'");
    }

    [Fact]
    [Trait("Category", "Full")]
    public async Task A_connection_that_says_nothing_more_is_given_up_and_made_anew()
    {
        await using var server = await SocketStandIn.StartAsync();
        await using var page = await ViewerPage.OpenAsync(browser, server.Root);
        await PlaysAsync(server, page);
        server.FallSilent();
        var frames = await page.ReadAsync<int>($"{ViewerPage.Video}.getVideoPlaybackQuality().totalVideoFrames");
        await page.UntilAsync($"{ViewerPage.Video}.getVideoPlaybackQuality().totalVideoFrames > {frames + 150}");
        Assert.Equal(2, server.Queries.Count);
        Assert.Contains("resume=", server.Queries.Last(), StringComparison.Ordinal);
        Assert.Equal("websocket", await page.ReadAsync<string>($"{Player}.player.kind"));
    }

    [Fact]
    [Trait("Category", "Full")]
    public async Task What_has_ended_plays_out_and_does_not_begin_again()
    {
        await using var server = await SocketStandIn.StartAsync();
        await using var page = await ViewerPage.OpenAsync(browser, server.Root, prepare: CountPlayersAsync);
        await PlaysAsync(server, page);
        var end = await page.ReadAsync<double>($"{ViewerPage.Video}.buffered.end({ViewerPage.Video}.buffered.length - 1)");
        await server.EndAsync();
        await page.UntilAsync($"{ViewerPage.Video}.ended");
        Assert.InRange(await page.ReadAsync<double>($"{ViewerPage.Video}.currentTime"), end - 0.5, end + 5);
        await Task.Delay(TimeSpan.FromSeconds(2), TimeProvider.System, TestContext.Current.CancellationToken);
        Assert.Equal("websocket", await page.ReadAsync<string>("window.players.join()"));
        Assert.Single(server.Queries);
    }

    [Fact]
    [Trait("Category", "Full")]
    public async Task Who_has_paused_loads_no_more_than_half_a_minute_and_goes_on_with_what_is_newest()
    {
        await using var server = await SocketStandIn.StartAsync();
        await using var page = await ViewerPage.OpenAsync(browser, server.Root, prepare: CountPlayersAsync);
        await PlaysAsync(server, page);
        await page.ReadAsync<object>($"{Player}.pause()");
        server.Ahead = 150;
        await page.UntilAsync($"{Player}.player.resting");
        var left = await page.ReadAsync<double>($"{ViewerPage.Video}.currentTime");
        var loaded = await page.ReadAsync<double>($"{ViewerPage.Video}.buffered.end({ViewerPage.Video}.buffered.length - 1)");
        Assert.InRange(loaded - left, 28, 60);
        await Task.Delay(TimeSpan.FromSeconds(2), TimeProvider.System, TestContext.Current.CancellationToken);
        Assert.True(await page.ReadAsync<bool>($"{ViewerPage.Video}.paused"));
        Assert.Single(server.Queries);

        await page.ReadAsync<object>($"{Player}.play()");
        await page.UntilAsync($"{ViewerPage.Video}.currentTime > {left + 40}");
        Assert.Equal(2, server.Queries.Count);
        Assert.DoesNotContain("resume=", server.Queries.Last(), StringComparison.Ordinal);
        Assert.Equal("websocket", await page.ReadAsync<string>("window.players.join()"));
        await HearsAsync(page, 440);
    }

    private static Task CountPlayersAsync(IPage page) =>
        page.AddInitScriptAsync("window.players = []; addEventListener('tandem-ready', event => window.players.push(event.detail.player));");

    private static async Task PlaysAsync(SocketStandIn server, ViewerPage page)
    {
        try
        {
            await page.PlaysAsync();
        }
        catch (Exception fault) when (fault is Xunit.Sdk.XunitException)
        {
            throw new InvalidOperationException($"{fault.Message}\nasked: {string.Join(' ', server.Queries)}\nsaid: {string.Join(' ', server.Heard)}\nfailed: {server.Fault}", fault);
        }
    }

    private static async Task HearsAsync(ViewerPage page, double hertz)
    {
        var heard = 0.0;
        for (var attempt = 0; attempt < 40; attempt++)
        {
            heard = await page.ReadAsync<double>(Pitch);
            if (Math.Abs(heard - hertz) < 15)
                return;
        }

        Assert.Fail($"{hertz} Hz is not heard, but {heard} Hz");
    }
}
