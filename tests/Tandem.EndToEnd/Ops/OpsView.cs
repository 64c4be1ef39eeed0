using System.Collections.Concurrent;
using Microsoft.Playwright;
using Tandem.EndToEnd.Harness;
using Xunit;

namespace Tandem.EndToEnd.Ops;

/// <summary>The operations page as a test watches it. Script errors and broken policies are kept.</summary>
public sealed class OpsView : IAsyncDisposable
{
    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(60);

    private readonly ConcurrentQueue<string> _faults = new();

    private OpsView(IPage page) => Page = page;

    /// <summary>The browser's page.</summary>
    public IPage Page { get; }

    /// <summary>Errors of scripts and what the page's policy stopped.</summary>
    public IReadOnlyCollection<string> Faults => _faults;

    /// <summary>Opens <c>/ops/</c> and waits for its first figures; skips the test where web/ is not built.</summary>
    public static async Task<OpsView> OpenAsync(Browser browser, TandemServer server, BrowserNewContextOptions? options = null, Func<IPage, Task>? prepare = null)
    {
        if (!File.Exists(Path.Combine(Checkout.Root, "web", "dist", "ops", "index.html")))
            Assert.Skip("web/ is not built; ./test builds it");
        OpsView? opened = null;
        await browser.OpenAsync(new Uri(server.Root, "ops/"), options ?? new BrowserNewContextOptions { Locale = "en-GB" }, async page =>
        {
            opened = new OpsView(page);
            page.PageError += (_, error) => opened._faults.Enqueue(error);
            page.Console += (_, message) =>
            {
                if (message.Text.Contains("Content Security Policy", StringComparison.Ordinal))
                    opened._faults.Enqueue(message.Text);
            };
            if (prepare is not null)
                await prepare(page);
        });
        await opened!.UntilAsync("!document.getElementById('figures').hidden && document.querySelectorAll('#tiles .tile').length > 10");
        return opened;
    }

    /// <summary>What a script comes to.</summary>
    public Task<T> ReadAsync<T>(string script) => Page.EvaluateAsync<T>(script);

    /// <summary>The text of one of its parts.</summary>
    public Task<string> TextAsync(string selector) => Page.EvaluateAsync<string>($"document.querySelector('{selector}')?.innerText ?? ''");

    /// <summary>Waits until a script is true. The page forbids eval, which Playwright's own waiting needs.</summary>
    public async Task UntilAsync(string holds, TimeSpan? limit = null)
    {
        var began = TimeProvider.System.GetTimestamp();
        while (!await Page.EvaluateAsync<bool>(holds))
        {
            if (TimeProvider.System.GetElapsedTime(began) > (limit ?? _patience))
                Assert.Fail($"never: {holds}; the page says: {await TextAsync("main")}\n{string.Join('\n', _faults)}");
            await Task.Delay(TimeSpan.FromSeconds(0.2), TimeProvider.System);
        }
    }

    /// <summary>What reaches beyond the right edge of the screen; empty where all fits.</summary>
    public Task<string> BeyondTheEdgeAsync() => ReadAsync<string>(
        """
        document.documentElement.scrollWidth <= innerWidth ? '' : innerWidth + ' < ' + document.documentElement.scrollWidth + ': '
            + [...document.querySelectorAll('body *')].filter(e => e.getBoundingClientRect().right > innerWidth + 1)
                .map(e => e.tagName + (e.id && '#' + e.id) + '.' + e.getAttribute('class') + ' ' + Math.round(e.getBoundingClientRect().right)).slice(0, 20).join(', ')
        """);

    /// <inheritdoc/>
    public async ValueTask DisposeAsync() => await Page.Context.CloseAsync();
}
