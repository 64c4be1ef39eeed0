using System.Diagnostics;
using Tandem.Media.Segmenting;
using Tandem.MediaTests.Media;
using Xunit;

namespace Tandem.MediaTests.Segmenting;

/// <summary>Files that are none, and children that die: one line each, and nothing hangs.</summary>
public class BadFileTests
{
    private const string Movie =
        "-f lavfi -i testsrc2=size=320x180:rate=25 -f lavfi -i sine=frequency=440 -t 8 -c:v libx264 -preset ultrafast -g 50 -pix_fmt yuv420p -c:a aac ";

    [Theory]
    [InlineData("", CutFault.NotMedia, "the file is empty")]
    [InlineData("Hello, this is not a movie but a letter.\n", CutFault.NotMedia, "it cannot be read: Invalid data")]
    [InlineData("#EXTM3U\n#EXT-X-TARGETDURATION:4\n#EXTINF:4,\n/etc/passwd\n", CutFault.NotMedia, "it is a playlist, or of a format that Tandem does not read")]
    [InlineData("ffconcat version 1.0\nfile /etc/passwd\n", CutFault.NotMedia, "it is a playlist, or of a format that Tandem does not read")]
    public async Task What_is_no_media_is_refused(string content, CutFault fault, string detail)
    {
        using var media = new Generated();
        await File.WriteAllTextAsync(media["a.mp4"], content, TestContext.Current.CancellationToken);
        var failed = (await Cuts.File(media["a.mp4"])).Events;
        var only = Assert.IsType<CutFailed>(Assert.Single(failed));
        Assert.Equal((fault, false), (only.Fault, only.Retry));
        Assert.StartsWith("a.mp4: " + detail, only.Detail, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', only.Detail);
    }

    [Fact]
    public async Task Noise_is_refused()
    {
        using var media = new Generated();
        var noise = new byte[1 << 20];
        new Random(1).NextBytes(noise);
        await File.WriteAllBytesAsync(media["noise"], noise, TestContext.Current.CancellationToken);
        Assert.Equal(CutFault.NotMedia, (await Cuts.File(media["noise"])).Failed!.Fault);
    }

    [Fact]
    public async Task A_file_that_is_cut_short_says_so()
    {
        using var media = new Generated();
        media.FFmpeg(Movie + "last.mp4").FFmpeg(Movie + "-movflags +faststart first.mp4").FFmpeg(Movie + "a.mkv");
        foreach (var name in new[] { "last.mp4", "first.mp4", "a.mkv" })
        {
            var bytes = media.Bytes(name);
            await File.WriteAllBytesAsync(media[name], bytes[..(bytes.Length / 2)], TestContext.Current.CancellationToken);
        }

        // Its index is at its end, and so lost.
        Assert.Equal("last.mp4: it cannot be read: Invalid data found when processing input (moov atom not found)", (await Cuts.File(media["last.mp4"])).Failed!.Detail);
        foreach (var name in new[] { "first.mp4", "a.mkv" })
        {
            var cuts = (await Cuts.File(media[name])).Sound();
            Assert.True(cuts.Segments.Count >= 1);
            Assert.Equal((CutFault.BrokeOff, false), (cuts.Failed!.Fault, cuts.Failed.Retry));
            Assert.Matches($"^{name}: the file is cut short: it ends after [3-5].[0-9] s, its header says 8.0 s$", cuts.Failed.Detail);
        }
    }

    [Fact]
    public async Task A_file_that_is_cut_short_and_looped_begins_again_each_time()
    {
        using var media = new Generated();
        media.FFmpeg(Movie + "-movflags +faststart a.mp4");
        var bytes = media.Bytes("a.mp4");
        await File.WriteAllBytesAsync(media["a.mp4"], bytes[..(bytes.Length / 2)], TestContext.Current.CancellationToken);
        using var handle = File.OpenHandle(media["a.mp4"]);
        await using var segmenter = Segmenter.Start(
            new SegmenterOptions { Input = new FileInput(handle, "a.mp4", Loop: true) }, TimeProvider.System, new LogLines());
        var cuts = (await Cuts.Read(segmenter, so => so.Events.Count(next => next is CutFailed) == 3)).Sound();
        Assert.All(cuts.Events.OfType<CutFailed>(), failed => Assert.Equal((CutFault.BrokeOff, true), (failed.Fault, failed.Retry)));
        Assert.Equal(3, cuts.Segments.Count(segment => segment.Discontinuity));
        Assert.Equal(cuts.Segments.Count, 3 * cuts.Segments.TakeWhile((segment, index) => index == 0 || !segment.Discontinuity).Count());
    }

    [Fact]
    public async Task A_looped_file_whose_child_dies_begins_again()
    {
        using var media = new Generated();
        media.FFmpeg(Movie + "a.mp4");
        using var handle = File.OpenHandle(media["a.mp4"]);
        var options = new SegmenterOptions { Input = new FileInput(handle, "a.mp4", Loop: true), AllowProbes = true, MostQueued = 1 };
        await using var segmenter = Segmenter.Start(options, TimeProvider.System, new LogLines());
        await Cuts.Read(segmenter, so => so.Segments.Count == 1);
        _ = segmenter.ProbeAsync("die");
        Assert.Equal((CutFault.Crashed, true), (await Cuts.Read(segmenter, so => so.Failed is not null)).Failed is { } failed ? (failed.Fault, failed.Retry) : default);
        var again = await Cuts.Read(segmenter, so => so.Segments.Count == 1);
        Assert.True(again.Segments[0].Discontinuity);
    }

    [Fact]
    public async Task What_cannot_be_carried_is_named()
    {
        using var media = new Generated();
        media.FFmpeg("-f lavfi -i testsrc2=size=320x180:rate=25 -t 2 -c:v mpeg2video a.ts");
        var failed = (await Cuts.File(media["a.ts"])).Failed!;
        Assert.Equal(CutFault.NothingToCarry, failed.Fault);
        Assert.Equal("a.ts: neither sound nor picture that can be carried (mpeg2video)", failed.Detail);
    }

    [Fact]
    public async Task A_folder_and_a_closed_handle_are_failures_not_exceptions()
    {
        using var media = new Generated();
        await File.WriteAllTextAsync(media["a"], "x", TestContext.Current.CancellationToken);
        var handle = File.OpenHandle(media["a"]);
        handle.Dispose();
        await using var segmenter = Segmenter.Start(new SegmenterOptions { Input = new FileInput(handle, "a") }, TimeProvider.System, new LogLines());
        Assert.Equal(CutFault.Unavailable, (await Cuts.Read(segmenter, _ => false)).Failed!.Fault);
    }

    [Theory]
    [InlineData("die")]
    [InlineData("stop")]
    public async Task A_child_that_dies_or_hangs_is_an_outcome(string probe)
    {
        using var media = new Generated();
        media.FFmpeg(Movie.Replace("-t 8", "-t 60", StringComparison.Ordinal) + "a.mp4");
        using var handle = File.OpenHandle(media["a.mp4"]);
        var options = new SegmenterOptions { Input = new FileInput(handle, "a.mp4"), AllowProbes = true, MostQueued = 1, StallTimeout = TimeSpan.FromSeconds(3) };
        await using var segmenter = Segmenter.Start(options, TimeProvider.System, new LogLines());
        var cuts = new Cuts();
        await foreach (var next in segmenter.ReadAsync(TestContext.Current.CancellationToken))
        {
            cuts.Events.Add(next);

            // It waits for the pipe to be read: neither is answered, both happen.
            if (cuts.Segments.Count == 1 && cuts.Events.Count == 2)
                _ = segmenter.ProbeAsync(probe);
        }

        Assert.InRange(cuts.Segments.Count, 1, 29);
        Assert.Equal((probe == "die" ? CutFault.Crashed : CutFault.Hung, true), (cuts.Failed!.Fault, cuts.Failed.Retry));
        Assert.Null(segmenter.ProcessId);
    }

    [Fact]
    public async Task A_reader_that_does_not_read_holds_the_child_up_and_leaves_at_once()
    {
        using var media = new Generated();
        media.FFmpeg(Movie.Replace("-t 8", "-t 120", StringComparison.Ordinal) + "a.mp4");
        using var handle = File.OpenHandle(media["a.mp4"]);
        var segmenter = Segmenter.Start(new SegmenterOptions { Input = new FileInput(handle, "a.mp4") }, TimeProvider.System, new LogLines());
        await Cuts.Read(segmenter, so => so.Segments.Count == 1);
        var id = segmenter.ProcessId!.Value;
        var before = Written(id);
        for (var same = 0; same < 10;)
        {
            await Task.Delay(100, TestContext.Current.CancellationToken);
            var now = Written(id);
            same = now == before ? same + 1 : 0;
            before = now;
        }

        // Queued, in hand, in the pipe: a handful of some 60 segments.
        Assert.InRange(before * 10_000, 1, new FileInfo(media["a.mp4"]).Length / 3);
        await segmenter.DisposeAsync();
        Assert.Throws<ArgumentException>(() => Process.GetProcessById(id));
    }

    // Beats are few bytes each.
    private static long Written(int id) =>
        long.Parse(File.ReadLines($"/proc/{id}/io").First(line => line.StartsWith("wchar", StringComparison.Ordinal))[7..], System.Globalization.CultureInfo.InvariantCulture) / 10_000;
}
