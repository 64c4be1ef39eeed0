using System.Diagnostics;
using System.Text.Json;
using Microsoft.Playwright;
using Tandem.Checks.Hls;
using Tandem.EndToEnd.Harness;
using Xunit;

namespace Tandem.EndToEnd.Demo;

/// <summary>The demo as a person meets it: one command, one page, a voice that dubs what the picture says.</summary>
public sealed class DemoTests(Browser browser) : IClassFixture<Browser>
{
    // Long for a machine of one's own; the first start draws the picture, and tests share two cores.
    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(90);

    [Fact]
    public async Task The_page_plays_the_demo_and_voices_and_captions_can_be_chosen()
    {
        if (!File.Exists(Path.Combine(Checkout.Root, "web", "dist", "index.html")))
            Assert.Skip("web/ is not built; ./test builds it");
        var cancel = TestContext.Current.CancellationToken;
        using var demo = Start("demo", "--port", "0", "--json");
        try
        {
            var line = await demo.StandardOutput.ReadLineAsync(cancel);
            var address = new Uri(JsonDocument.Parse(line!).RootElement.GetProperty("address").GetString()!);
            await using var watcher = ChannelWatcher.Start(new Uri(address, "live/demo/master.m3u8"));
            var page = await browser.OpenAsync(address);
            var errors = new List<string>();
            page.PageError += (_, error) => errors.Add(error);
            page.Console += (_, message) => errors.AddRange(message.Text.Contains("Content Security Policy", StringComparison.Ordinal) ? [message.Text] : []);
            await UntilAsync(page, "document.querySelector('video').currentTime > 3 && document.querySelector('video').videoWidth > 0");
            Assert.Equal(["English (original)", "Español"], await page.Locator("#voices span").AllTextContentsAsync());
            Assert.True(await page.GetByRole(AriaRole.Radio, new() { Name = "Español" }).First.IsCheckedAsync());
            Assert.Matches(@"^\d+ s behind live: 8 s to translate", await page.Locator("#behind").TextContentAsync() ?? "");

            // Once a sentence has come through, the page says so in words.
            await UntilAsync(page, "document.getElementById('heard').textContent.includes('spoken by a machine')");

            // With the keyboard alone: the arrow goes from the dub to the original.
            await page.Locator("#voices input:checked").FocusAsync();
            await page.Keyboard.PressAsync("ArrowLeft");
            await UntilAsync(page, "document.getElementById('heard').textContent === 'You hear the original sound, in English.'");

            await page.Locator("#captions").GetByText("Español").ClickAsync();
            await UntilAsync(page, "[...document.querySelector('video').textTracks].some(t => t.mode === 'showing' && t.cues && t.cues.length > 0)");
            await UntilAsync(page, $"document.querySelector('video').currentTime > {await page.EvaluateAsync<double>("document.querySelector('video').currentTime") + 4}");
            Assert.True(await page.Locator("#notice").IsHiddenAsync(), await page.Locator("#notice").TextContentAsync());
            Assert.Empty(errors);
            Assert.True(watcher.Violations.Count == 0, watcher.Checker.Summary);
            if (Environment.GetEnvironmentVariable("TANDEM_SCREENSHOT") is { Length: > 0 } picture)
                await page.ScreenshotAsync(new() { Path = picture, FullPage = true });
        }
        finally
        {
            TandemServer.Signal(demo.Id, "TERM");
            await demo.WaitForExitAsync(cancel);
        }

        Assert.Equal(0, demo.ExitCode);
    }

    [Fact]
    public async Task A_file_that_cannot_be_looped_gets_one_line_and_exit_code_1()
    {
        using var demo = Start("demo", "--port", "0", "--input", "/no/such/film.mp4");
        var errors = await demo.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        await demo.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.Equal(1, demo.ExitCode);
        Assert.Equal("tandem: there is no file /no/such/film.mp4", errors.Trim());
    }

    // The page forbids eval, which Playwright's own waiting needs.
    private static async Task UntilAsync(IPage page, string holds)
    {
        var began = TimeProvider.System.GetTimestamp();
        while (!await page.EvaluateAsync<bool>(holds))
        {
            Assert.True(TimeProvider.System.GetElapsedTime(began) < _patience, $"never: {holds}; the page says: {await page.InnerTextAsync("body")}");
            await Task.Delay(TimeSpan.FromSeconds(0.3), TimeProvider.System);
        }
    }

    private static Process Start(params string[] arguments)
    {
        var start = new ProcessStartInfo("dotnet", [Path.Combine(AppContext.BaseDirectory, "tandem.dll"), .. arguments])
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = arguments.Contains("--input", StringComparer.Ordinal),
        };
        return Process.Start(start)!;
    }
}
