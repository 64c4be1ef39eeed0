using System.Collections.Concurrent;
using System.Globalization;
using System.Text.RegularExpressions;
using Microsoft.Playwright;
using Tandem.EndToEnd.Harness;
using Xunit;

namespace Tandem.EndToEnd.Pages;

/// <summary>The viewer page, or another with a player on it, as a test watches it. Script errors and broken policies are kept.</summary>
public sealed partial class ViewerPage : IAsyncDisposable
{
    /// <summary>The player's shadow tree, for scripts.</summary>
    public const string Tree = "document.querySelector('tandem-player').shadowRoot";

    /// <summary>Its video element, for scripts.</summary>
    public const string Video = Tree + ".getElementById('video')";

    // Long for a machine of one's own; tests share two cores.
    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(60);

    private readonly ConcurrentQueue<string> _faults = new();
    private readonly ConcurrentQueue<string> _console = new();

    private ViewerPage(IPage page) => Page = page;

    /// <summary>The browser's page.</summary>
    public IPage Page { get; private set; }

    /// <summary>Errors of scripts and what the page's policy stopped.</summary>
    public IReadOnlyCollection<string> Faults => _faults;

    /// <summary>Opens it; skips the test where web/ is not built.</summary>
    public static async Task<ViewerPage> OpenAsync(Browser browser, Uri address, BrowserNewContextOptions? options = null, Func<IPage, Task>? prepare = null)
    {
        if (!File.Exists(Path.Combine(Checkout.Root, "web", "dist", "index.html")))
            Assert.Skip("web/ is not built; ./test builds it");
        ViewerPage? opened = null;
        await browser.OpenAsync(address, options ?? new BrowserNewContextOptions { Locale = "en-GB" }, async page =>
        {
            opened = new ViewerPage(page);
            page.PageError += (_, error) => opened._faults.Enqueue(error);
            page.Console += (_, message) =>
            {
                if (opened._console.Count < 200)
                    opened._console.Enqueue(message.Text);
                if (message.Text.Contains("Content Security Policy", StringComparison.Ordinal))
                    opened._faults.Enqueue(message.Text);
            };
            if (prepare is not null)
                await prepare(page);
        });
        return opened!;
    }

    /// <summary>What a script comes to.</summary>
    public Task<T> ReadAsync<T>(string script) => Page.EvaluateAsync<T>(script);

    /// <summary>The text of one of the player's parts.</summary>
    public Task<string> TextAsync(string id) => Page.EvaluateAsync<string>($"{Tree}.getElementById('{id}')?.textContent ?? ''");

    /// <summary>The delay that is shown, s; null while none is.</summary>
    public async Task<double?> ShownDelayAsync() =>
        Number().Match(await TextAsync("behind")) is { Success: true } match ? double.Parse(match.Value, CultureInfo.InvariantCulture) : null;

    /// <summary>Waits until a script is true. The page forbids eval, which Playwright's own waiting needs.</summary>
    public async Task UntilAsync(string holds, TimeSpan? limit = null)
    {
        var began = TimeProvider.System.GetTimestamp();
        while (!await Page.EvaluateAsync<bool>(holds))
        {
            Assert.True(
                TimeProvider.System.GetElapsedTime(began) < (limit ?? _patience),
                $"never: {holds}; the page says: {await SaysAsync()}");
            await Task.Delay(TimeSpan.FromSeconds(0.2), TimeProvider.System);
        }
    }

    /// <summary>Waits until pictures and sound come.</summary>
    public Task PlaysAsync() => UntilAsync($"{Video}.currentTime > 1 && {Video}.videoWidth > 0 && {Video}.webkitAudioDecodedByteCount > 0");

    /// <summary>The loudest that is heard in the next seconds, full scale = 1.</summary>
    public Task<double> LoudestAsync(double seconds) => Page.EvaluateAsync<double>(
        $$"""
        async seconds => {
            const video = {{Video}};
            window.heardBy ??= (() => {
                const context = new AudioContext();
                const meter = context.createAnalyser();
                meter.fftSize = 32768;
                const source = context.createMediaElementSource(video);
                source.connect(meter);
                source.connect(context.destination);
                return { context, meter };
            })();
            await window.heardBy.context.resume();
            let loudest = 0;
            const samples = new Float32Array(32768);
            for (const until = performance.now() + seconds * 1000; performance.now() < until;) {
                window.heardBy.meter.getFloatTimeDomainData(samples);
                for (const sample of samples) loudest = Math.max(loudest, Math.abs(sample));
                await new Promise(resolve => setTimeout(resolve, 100));
            }
            return loudest;
        }
        """,
        seconds);

    /// <summary>Presses Tab until a part has the focus.</summary>
    /// <param name="what">A script of the focused element, called <c>it</c>.</param>
    public async Task TabToAsync(string what)
    {
        for (var presses = 0; presses < 40; presses++)
        {
            await Page.Keyboard.PressAsync("Tab");
            if (await Page.EvaluateAsync<bool>($"(() => {{ const it = {Tree}.activeElement ?? document.activeElement; return Boolean({what}); }})()"))
                return;
        }

        Assert.Fail($"Tab never came to {what}");
    }

    private async Task<string> SaysAsync()
    {
        var video = await Page.EvaluateAsync<string>(
            $"(v => v && [v.readyState, v.currentTime, v.paused, v.error?.message, ...[...Array(v.buffered.length).keys()].map(i => v.buffered.start(i) + '–' + v.buffered.end(i))].join(' '))({Video})");
        return $"{await Page.EvaluateAsync<string>($"{Tree}.getElementById('player').innerText")}\nvideo: {video}\n{string.Join('\n', _faults)}\n{string.Join('\n', _console.TakeLast(20))}";
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync() => await Page.Context.CloseAsync();

    [GeneratedRegex(@"\d+\.\d", RegexOptions.CultureInvariant, 1000)]
    private static partial Regex Number();
}
