using Microsoft.Playwright;
using Xunit;

namespace Tandem.EndToEnd.Harness;

/// <summary>Players that pages exist for.</summary>
public enum Player
{
    /// <summary>hls.js.</summary>
    HlsJs,

    /// <summary>Shaka Player.</summary>
    Shaka,
}

/// <summary>One Chromium, Debian's, and the pages' server. Shared by the tests of a collection; each player gets a page of its own.</summary>
public sealed class Browser : IAsyncLifetime
{
    private static readonly string[] _flags =
    [
        "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update",
        "--disable-sync", "--autoplay-policy=no-user-gesture-required", "--disable-background-timer-throttling",
        "--disable-backgrounding-occluded-windows", "--disable-renderer-backgrounding", "--disable-dev-shm-usage",
    ];

    private IPlaywright? _playwright;
    private IBrowser? _browser;
    private PlayerPages? _pages;

    /// <inheritdoc/>
    public async ValueTask InitializeAsync()
    {
        var chromium = new[] { "/usr/bin/chromium", "/usr/bin/chromium-browser" }.FirstOrDefault(File.Exists);
        if (chromium is null)
            return;
        _playwright = await Playwright.CreateAsync();
        _browser = await _playwright.Chromium.LaunchAsync(new BrowserTypeLaunchOptions { ExecutablePath = chromium, Args = _flags, Headless = true });
    }

    /// <summary>Opens a page of this player; nothing is loaded yet.</summary>
    public async Task<PlayerPage> OpenAsync(Player player)
    {
        if (_browser is null)
            Assert.Skip("No chromium here");
        _pages ??= await PlayerPages.StartAsync();
        var context = await _browser.NewContextAsync();
        var page = await context.NewPageAsync();
        var opened = new PlayerPage(page, context, player);
        await page.GotoAsync(new Uri(_pages.Root, player == Player.HlsJs ? "hls.html" : "shaka.html").ToString());
        return opened;
    }

    /// <summary>Opens a page of the players' folder, in a profile of its own.</summary>
    public async Task<IPage> OpenAsync(string page)
    {
        _pages ??= await PlayerPages.StartAsync();
        return await OpenAsync(new Uri(_pages.Root, page));
    }

    /// <summary>Opens any page, in a profile of its own.</summary>
    /// <param name="address">Where it is.</param>
    /// <param name="options">Size, colours, language of the profile; null for those of a desktop in English.</param>
    /// <param name="prepare">Called before the page is loaded.</param>
    public async Task<IPage> OpenAsync(Uri address, BrowserNewContextOptions? options = null, Func<IPage, Task>? prepare = null)
    {
        if (_browser is null)
            Assert.Skip("No chromium here");
        var page = await (await _browser.NewContextAsync(options)).NewPageAsync();
        if (prepare is not null)
            await prepare(page);
        await page.GotoAsync(address.ToString());
        return page;
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (_browser is not null)
            await _browser.CloseAsync();
        _playwright?.Dispose();
        if (_pages is not null)
            await _pages.DisposeAsync();
    }
}
