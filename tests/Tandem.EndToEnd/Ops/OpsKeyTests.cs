using System.Security.Cryptography;
using System.Text;
using Microsoft.Playwright;
using Tandem.EndToEnd.Harness;
using Xunit;

namespace Tandem.EndToEnd.Ops;

/// <summary>The operations page where operators have keys: a browser asks for one, and the page's own requests bring it.</summary>
[Trait("Category", "Full")]
public sealed class OpsKeyTests(Browser browser) : IClassFixture<Browser>
{
    private const string Key = "a key of this test";

    [Fact]
    public async Task With_the_key_it_shows_a_channel_that_cannot_start_and_is_worked_by_keyboard()
    {
        // Nobody serves this source.
        await using var server = await TandemServer.StartAsync(
            [TandemServer.Channel("news", new Uri("http://127.0.0.1:9/master.m3u8"), engine: "tone", to: "es+fr")],
            new Dictionary<string, string> { ["TANDEM__OPERATOR_KEYS__0"] = "sha256:" + Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(Key))) });
        using var silence = server.ExpectOutage("news");
        await using var page = await OpsView.OpenAsync(browser, server, new BrowserNewContextOptions
        {
            Locale = "en-GB",
            ViewportSize = new ViewportSize { Width = 390, Height = 844 },
            HttpCredentials = new HttpCredentials { Username = "any", Password = Key },
        });
        await page.UntilAsync("document.querySelector('.channel .reason')?.innerText.includes('127.0.0.1:9')");
        Assert.NotEqual("ok", await page.ReadAsync<string>("document.getElementById('status').dataset.level"));
        Assert.StartsWith("– failed · p95 –", await page.TextAsync(".channel .short"), StringComparison.Ordinal);
        Assert.Equal("", await page.BeyondTheEdgeAsync());

        var keys = page.Page.Keyboard;
        await keys.PressAsync("Tab");
        Assert.Equal("window", await page.ReadAsync<string>("document.activeElement.id"));
        await keys.PressAsync("Tab");
        await keys.PressAsync("Enter");
        await page.UntilAsync("document.getElementById('pause').innerText === 'Go on' && document.getElementById('as-of').innerText.endsWith(', paused')");

        // The next stop is what is folded away, or the channel.
        await keys.PressAsync("Tab");
        Assert.Equal("SUMMARY", await page.ReadAsync<string>("document.activeElement.tagName"));
        Assert.Empty(page.Faults);
    }
}
