using System.Diagnostics;
using System.Text.Json;
using Microsoft.Playwright;
using Tandem.Checks.Detectors;
using Tandem.Checks.Hls;
using Tandem.Checks.Recording;
using Tandem.EndToEnd.Harness;
using Tandem.EndToEnd.Pages;
using Xunit;

namespace Tandem.EndToEnd.Demo;

/// <summary>The demo as a person meets it: one command, one page, a voice that dubs what the picture says.</summary>
public sealed class DemoTests(Browser browser) : IClassFixture<Browser>
{
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
            var master = new Uri(address, "live/demo/master.m3u8");
            await using var watcher = ChannelWatcher.Start(master);
            await using var recorder = HlsRecorder.Start(master);
            await using var page = await ViewerPage.OpenAsync(browser, address);
            await page.PlaysAsync();
            Assert.Equal(["English (original)", "Español"], await page.Page.Locator("#voices span").AllTextContentsAsync());
            Assert.True(await page.Page.GetByRole(AriaRole.Radio, new() { Name = "Español" }).First.IsCheckedAsync());
            Assert.Matches(@"^\d+\.\d s behind live$", await page.TextAsync("behind"));
            Assert.True(await page.Page.Locator("#caveat").IsVisibleAsync());

            // Once a sentence has come through, the page says so in words.
            await page.UntilAsync($"{ViewerPage.Tree}.getElementById('heard').textContent.includes('spoken by a machine')");

            await page.Page.Locator("#captions").GetByText("Español").ClickAsync();
            await page.UntilAsync($"[...{ViewerPage.Video}.textTracks].some(t => t.mode === 'showing' && t.cues && t.cues.length > 0)");
            await page.UntilAsync($"{ViewerPage.Video}.currentTime > {await page.ReadAsync<double>(ViewerPage.Video + ".currentTime") + 4}");
            Assert.True(await page.Page.Locator("#notice").IsHiddenAsync(), await page.TextAsync("notice"));
            Assert.Empty(page.Faults);
            Assert.True(watcher.Violations.Count == 0, watcher.Checker.Summary);
            await IsHeardAsync(await recorder.UntilAsync(
                recording => recording.Tracks.Any(track => track.Item.Type == "SUBTITLES" && track.Seconds > 10 && Whole(track).Count >= 2),
                TimeSpan.FromSeconds(60)));
        }
        finally
        {
            TandemServer.Signal(demo.Id, "TERM");
            await demo.WaitForExitAsync(cancel);
        }

        Assert.Equal(0, demo.ExitCode);
    }

    /// <summary>A person hears the original sink, and the dub speak over it.</summary>
    private static async Task IsHeardAsync(HlsRecording recording)
    {
        var epoch = recording.Voice("es").Epochs[0];
        var voice = await Decode.SoundAsync(recording.Voice("es").Sound(epoch));
        var original = await Decode.SoundAsync(recording.Original.Sound(epoch));
        foreach (var cue in Whole(recording.Captions("es")))
        {
            var (from, to) = (cue.Start + 0.1, cue.End - 0.1);
            if (from < voice.Frames[0].Seconds || to > Math.Min(voice.Frames[^1].Seconds, original.Frames[^1].Seconds))
                continue;
            var (mix, bed) = (voice.Between(from, to), original.Between(from, to));
            var level = BedLevel.Decibels(mix, bed, [Range.All]);
            var dub = BedLevel.Without(mix, bed, level);
            var loudness = 10 * Math.Log10(dub.Average(sample => (double)sample * sample) + 1e-10);
            Assert.True(level < -12, $"{cue}: the original lies at {level:F1} dB");
            Assert.True(loudness > -40, $"{cue}: the dub is at {loudness:F1} dB");
            return;
        }

        Assert.Fail("no caption lies within the sound that was recorded");
    }

    /// <summary>Captions that are over, of the first epoch: long enough to measure.</summary>
    private static List<Cue> Whole(RecordedTrack captions) =>
        [.. captions.Had(captions.Epochs[0]) is { Count: > 0 } ? captions.Cues(captions.Epochs[0]).Where(cue => cue.End - cue.Start > 1) : []];

    [Fact]
    public async Task A_file_that_cannot_be_looped_gets_one_line_and_exit_code_1()
    {
        using var demo = Start("demo", "--port", "0", "--input", "/no/such/film.mp4");
        var errors = await demo.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        await demo.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.Equal(1, demo.ExitCode);
        Assert.Equal("tandem: there is no file /no/such/film.mp4", errors.Trim());
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
