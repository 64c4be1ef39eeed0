using System.Diagnostics;
using System.Globalization;
using Microsoft.Extensions.Time.Testing;
using Tandem.Server.Demo;
using Xunit;

namespace Tandem.MediaTests.Server.Demo;

/// <summary>The demo's own channel: what a player downloads from it is whole and continuous, also where the loop begins again.</summary>
public sealed class DemoSourceTests
{
    private static readonly DateTimeOffset Now = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);

    [Fact]
    public async Task Programme_is_continuous_across_the_loops_seam_and_the_33_bit_wrap()
    {
        var cancel = TestContext.Current.CancellationToken;
        // 2³³ ticks are 95,443.7 s: the first wrap of the timestamps after the chosen day, which is not where the loop ends.
        var wrap = DateTimeOffset.UnixEpoch.AddSeconds(Math.Ceiling((Now - DateTimeOffset.UnixEpoch).TotalSeconds / 95443.7176888889) * 95443.7176888889);
        var time = new FakeTimeProvider(wrap.AddSeconds(15));
        var start = await DemoSource.StartAsync(null, 0, _ => { }, time, cancel);
        Assert.Null(start.Problem);
        await using var source = start.Source!;
        await AssertContinuousAsync(source, time, "360p", cancel);

        for (var i = 0; i < 6; i++)
        {
            time.Advance(TimeSpan.FromSeconds(16));
            await AssertContinuousAsync(source, time, i % 2 == 0 ? "720p" : "360p", cancel);
        }
    }

    [Fact]
    public async Task Speech_lies_well_above_its_bed_and_below_full_scale()
    {
        var cancel = TestContext.Current.CancellationToken;
        var time = new FakeTimeProvider(Now);
        var start = await DemoSource.StartAsync(null, 0, _ => { }, time, cancel);
        await using var source = start.Source!;
        var file = await DownloadAsync(source, "360p", cancel);
        var (_, report) = await RunAsync("ffmpeg", ["-nostats", "-i", file, "-filter:a", "ebur128=peak=true", "-f", "null", "-"], cancel);
        var summary = report[report.LastIndexOf("Summary:", StringComparison.Ordinal)..];
        Assert.InRange(Number(summary, "I:"), -26, -16);
        Assert.InRange(Number(summary, "Peak:"), -12, -1);
        File.Delete(file);
    }

    [Fact]
    public async Task A_file_is_looped_with_a_discontinuity_at_its_seam()
    {
        var cancel = TestContext.Current.CancellationToken;
        var file = await GenerateAsync(["-f", "lavfi", "-i", "testsrc2=s=320x180:r=30:d=11", "-f", "lavfi", "-i", "sine=440:d=11", "-c:v", "libx264", "-g", "30", "-pix_fmt", "yuv420p", "-c:a", "aac", "-shortest"], "mp4", cancel);
        var time = new FakeTimeProvider(Now);
        var start = await DemoSource.StartAsync(file, 0, _ => { }, time, cancel);
        Assert.Null(start.Problem);
        await using var source = start.Source!;
        using var http = new HttpClient();
        long before = -1;
        for (var i = 0; i < 8; i++)
        {
            var playlist = await http.GetStringAsync(new Uri(source.Master, "file/live.m3u8"), cancel);
            Assert.InRange(playlist.Split("#EXT-X-DISCONTINUITY\n").Length - 1, 2, 3);
            var sequence = long.Parse(playlist.Split("#EXT-X-DISCONTINUITY-SEQUENCE:")[1].Split('\n')[0], CultureInfo.InvariantCulture);
            Assert.True(before < 0 || sequence - before is 0 or 1, $"from {before} to {sequence}");
            before = sequence;
            time.Advance(TimeSpan.FromSeconds(2));
        }

        File.Delete(file);
    }

    [Theory]
    [InlineData("mpeg4", "mp3", "avi", "avc1.")]
    [InlineData("libx264", "libopus", "mkv", "avc1.")]
    [InlineData(null, "flac", "flac", "avc1.")]
    public async Task A_file_that_players_would_not_take_is_made_playable(string? picture, string sound, string ending, string codec)
    {
        var cancel = TestContext.Current.CancellationToken;
        string[] video = picture is null ? [] : ["-f", "lavfi", "-i", "testsrc2=s=320x180:r=25:d=6"];
        string[] encode = picture is null ? ["-c:a", sound] : ["-c:v", picture, "-c:a", sound];
        var file = await GenerateAsync([.. video, "-f", "lavfi", "-i", "sine=440:d=6", .. encode], ending, cancel);
        var start = await DemoSource.StartAsync(file, 0, _ => { }, new FakeTimeProvider(Now), cancel);
        Assert.Null(start.Problem);
        await using var source = start.Source!;
        using var http = new HttpClient();
        Assert.Contains($"CODECS=\"{codec}", await http.GetStringAsync(source.Master, cancel), StringComparison.Ordinal);
        File.Delete(file);
    }

    [Fact]
    public async Task A_file_that_is_none_gets_one_line()
    {
        var cancel = TestContext.Current.CancellationToken;
        var text = Path.GetTempFileName();
        await File.WriteAllTextAsync(text, "no film", cancel);
        var silent = await GenerateAsync(["-f", "lavfi", "-i", "testsrc2=s=320x180:d=6", "-c:v", "libx264"], "mp4", cancel);
        foreach (var (file, part) in new[] { (text, "cannot be read"), (silent, "no sound"), ("/no/such/file", "there is no file"), ("/tmp", "a folder") })
        {
            var start = await DemoSource.StartAsync(file, 0, _ => { }, new FakeTimeProvider(Now), cancel);
            Assert.Null(start.Source);
            Assert.Contains(part, start.Problem, StringComparison.Ordinal);
            Assert.DoesNotContain('\n', start.Problem!);
        }

        File.Delete(text);
        File.Delete(silent);
    }

    /// <summary>Everything that the playlist lists now, read as one stream, has no hole, jump or damage in picture or sound.</summary>
    private static async Task AssertContinuousAsync(DemoSource source, TimeProvider time, string variant, CancellationToken cancel)
    {
        var file = await DownloadAsync(source, variant, cancel);
        var (code, errors) = await RunAsync("ffmpeg", ["-v", "warning", "-i", file, "-f", "null", "-"], cancel);
        Assert.Equal("", errors);
        Assert.Equal(0, code);

        // Unwrapped times of the packets: every step is one frame long.
        foreach (var (stream, step) in new[] { ("v:0", 3600L), ("a:0", 1920L) })
        {
            var (_, list) = await RunAsync("ffprobe", ["-v", "error", "-fflags", "+igndts", "-correct_ts_overflow", "0", "-select_streams", stream, "-show_entries", "packet=pts", "-of", "csv=p=0", file], cancel, output: true);
            var times = list.Split(['\n', ','], StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).Select(t => long.Parse(t, CultureInfo.InvariantCulture)).ToArray();
            Assert.True(times.Length > 500, $"{times.Length} packets");
            for (var i = 1; i < times.Length; i++)
            {
                Assert.Equal(step, ((times[i] - times[i - 1]) % (1L << 33) + (1L << 33)) % (1L << 33));
            }

            // The timestamps say the time of day, but for the 1.4 s that ffmpeg's muxer begins with.
            var newest = (time.GetUtcNow().ToUnixTimeSeconds() * 90000 + 126000) % (1L << 33);
            Assert.InRange(((newest - times[^1]) % (1L << 33) + (1L << 33)) % (1L << 33), 0, 3 * 90000);
        }

        File.Delete(file);
    }

    private static async Task<string> DownloadAsync(DemoSource source, string variant, CancellationToken cancel)
    {
        using var http = new HttpClient();
        var address = new Uri(source.Master, $"{variant}/live.m3u8");
        var playlist = await http.GetStringAsync(address, cancel);
        var file = Path.GetTempFileName();
        await using var stream = File.Create(file);
        foreach (var line in playlist.Split('\n').Where(l => l.EndsWith(".ts", StringComparison.Ordinal)))
        {
            await stream.WriteAsync(await http.GetByteArrayAsync(new Uri(address, line), cancel), cancel);
        }

        return file;
    }

    private static async Task<string> GenerateAsync(string[] arguments, string ending, CancellationToken cancel)
    {
        var file = Path.Combine(Path.GetTempPath(), $"demo-test-{Guid.NewGuid():N}.{ending}");
        var (code, errors) = await RunAsync("ffmpeg", ["-v", "error", "-y", .. arguments, file], cancel);
        Assert.True(code == 0, errors);
        return file;
    }

    private static double Number(string text, string after) =>
        double.Parse(text[(text.IndexOf(after, StringComparison.Ordinal) + after.Length)..].TrimStart().Split(' ')[0], CultureInfo.InvariantCulture);

    private static async Task<(int Code, string Text)> RunAsync(string tool, string[] arguments, CancellationToken cancel, bool output = false)
    {
        using var process = Process.Start(new ProcessStartInfo(tool, arguments) { UseShellExecute = false, RedirectStandardError = true, RedirectStandardOutput = true })!;
        var errors = process.StandardError.ReadToEndAsync(cancel);
        var text = await process.StandardOutput.ReadToEndAsync(cancel);
        await process.WaitForExitAsync(cancel);
        return (process.ExitCode, output ? text : await errors);
    }
}
