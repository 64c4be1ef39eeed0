using System.Diagnostics;
using Tandem.Media.Worker;
using Xunit;

namespace Tandem.MediaTests.Media;

/// <summary>The parent's side: every request gets an answer, and a child that dies, hangs or lies is replaced.</summary>
public sealed class MediaWorkerTests(MediaWorkerTests.Source source) : IClassFixture<MediaWorkerTests.Source>
{
    private readonly LogLines _log = new();

    [Fact]
    public async Task Decodes_segment_after_segment_without_a_hole()
    {
        await using var worker = Worker(new MediaWorkerOptions());
        long samples = 0;
        long? next = null;
        for (var i = 0; i < source.Segments.Length; i++)
        {
            var segment = await Decode(worker, i);
            Assert.Equal(Container.MpegTs, segment.Container);
            Assert.Equal(0, segment.DamagedFrames);
            foreach (var sound in segment.Sound)
            {
                Assert.InRange(sound.Ticks - (next ?? sound.Ticks), -1, 1);
                next = sound.Ticks + (sound.Samples.Length / 2 * 90_000L / sound.SampleRate);
                samples += sound.Samples.Length / 2;
            }
        }

        Assert.InRange(samples, 5.9 * 48_000, 6.1 * 48_000);
        Assert.True(worker.IsReady);
        Assert.Equal(0, worker.Restarts);
    }

    [Fact]
    public async Task Requests_are_done_in_the_order_of_the_calls()
    {
        await using var worker = Worker(new MediaWorkerOptions());
        var outcomes = await Task.WhenAll(Enumerable.Range(0, 9).Select(i => worker.DecodeAsync(Request(i % 3), CancellationToken.None)));
        var starts = outcomes.Select(outcome => outcome.Segment!.PictureStart).ToList();
        Assert.Equal(starts[..3], starts[3..6]);
        Assert.Equal(starts[..3], starts[6..]);
        Assert.Equal(3, starts.Distinct().Count());
    }

    [Fact]
    public async Task More_waiting_requests_than_allowed_are_refused()
    {
        await using var worker = Worker(new MediaWorkerOptions { MostWaiting = 2 });
        var outcomes = await Task.WhenAll(Enumerable.Range(0, 10).Select(_ => worker.DecodeAsync(Request(0), CancellationToken.None)));
        Assert.Contains(outcomes, outcome => outcome.Fault == DecodeFault.Unavailable);
        Assert.Contains(outcomes, outcome => outcome.Segment is not null);
    }

    [Fact]
    public async Task A_child_that_is_killed_comes_back()
    {
        var deaths = 0;
        await using var worker = Worker(new MediaWorkerOptions { Died = _ => deaths++ });
        await Decode(worker, 0);
        var first = worker.ProcessId!.Value;
        Process.GetProcessById(first).Kill();
        await SandboxTests.Until(() => worker.Restarts == 1 && worker.IsReady);
        Assert.NotEqual(first, worker.ProcessId);
        Assert.Equal(1, deaths);
        await Decode(worker, 1);
    }

    [Fact]
    public async Task A_child_without_memory_ends_and_another_one_decodes()
    {
        await using var worker = Worker(new MediaWorkerOptions());
        var before = await Decode(worker, 0);
        worker.Strike(WorkerStrike.Exhaust);
        DecodeOutcome outcome;
        do
            outcome = await worker.DecodeAsync(Request(0), CancellationToken.None);
        while (outcome.Fault is DecodeFault.Unavailable);

        // Never a segment without its sound: that would be silence for good.
        Assert.True(outcome.Fault == DecodeFault.Crashed || outcome.Segment!.Sound.Count == before.Sound.Count, $"{outcome.Fault}: {outcome.Detail}");
        await SandboxTests.Until(() => worker.Restarts == 1 && worker.IsReady);
        Assert.Contains("memory", _log.ToString(), StringComparison.OrdinalIgnoreCase);
        Assert.Equal(before.Sound.Count, (await Decode(worker, 0)).Sound.Count);
    }

    [Fact]
    public async Task A_child_that_dies_at_a_request_is_a_crash_and_then_unavailable_at_once()
    {
        await using var worker = Worker(new MediaWorkerOptions { AllowProbes = true, FirstPause = TimeSpan.FromSeconds(2) });
        await Decode(worker, 0);
        Assert.Contains("signal 9", await worker.ProbeAsync("die", CancellationToken.None), StringComparison.Ordinal);
        await SandboxTests.Until(() => worker.Restarts == 1);
        var asked = Stopwatch.GetTimestamp();
        var outcome = await worker.DecodeAsync(Request(1), CancellationToken.None);
        Assert.Equal(DecodeFault.Unavailable, outcome.Fault);
        Assert.InRange(Stopwatch.GetElapsedTime(asked).TotalSeconds, 0, 1);
        await SandboxTests.Until(() => worker.IsReady);
        await Decode(worker, 1);
    }

    [Fact]
    public async Task A_child_that_hangs_is_killed_when_the_time_of_the_request_is_over()
    {
        await using var worker = Worker(new MediaWorkerOptions { AllowProbes = true, RequestTimeout = TimeSpan.FromSeconds(1.5) });
        await Decode(worker, 0);
        Assert.Contains("no answer within 1.5 s", await worker.ProbeAsync("hang", CancellationToken.None), StringComparison.Ordinal);
        await SandboxTests.Until(() => worker.Restarts == 1 && worker.IsReady);
        await Decode(worker, 1);
    }

    [Fact]
    public async Task A_child_that_falls_silent_between_requests_is_killed()
    {
        await using var worker = Worker(new MediaWorkerOptions
        {
            AllowProbes = true,
            RequestTimeout = TimeSpan.FromSeconds(30),
            SilenceTimeout = TimeSpan.FromSeconds(2),
        });
        await Decode(worker, 0);
        await worker.ProbeAsync("stop", CancellationToken.None);
        await SandboxTests.Until(() => worker.Restarts == 1 && worker.IsReady);
        Assert.Contains("no sign of life", _log.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_idle_child_that_lives_is_left_alone()
    {
        await using var worker = Worker(new MediaWorkerOptions { SilenceTimeout = TimeSpan.FromSeconds(3) });
        await Decode(worker, 0);
        await Task.Delay(TimeSpan.FromSeconds(6));
        Assert.Equal(0, worker.Restarts);
        await Decode(worker, 1);
    }

    [Theory]
    [InlineData("exit 3", "exit code 3")]
    [InlineData("head -c 100000 /dev/zero | tr '\\0' 'A'; sleep 30", "no message")]
    [InlineData("printf '\\001\\000\\000\\000\\022x'; sleep 30", "no message")]
    [InlineData("printf '\\377\\377\\377\\377\\022'; sleep 30", "no message")]
    public async Task A_child_that_is_something_else_is_seen_through(string script, string why)
    {
        await using var worker = Worker(new MediaWorkerOptions
        {
            Command = ["/bin/sh", "-c", script],
            Confined = false,
            FirstPause = TimeSpan.FromSeconds(20),
            LongestPause = TimeSpan.FromSeconds(20),
        });
        await SandboxTests.Until(() => worker.Restarts == 1);
        Assert.Contains(why, _log.ToString(), StringComparison.Ordinal);
        var outcome = await worker.DecodeAsync(Request(0), CancellationToken.None);
        Assert.Equal(DecodeFault.Unavailable, outcome.Fault);
    }

    [Fact]
    public async Task A_program_that_is_missing_is_said()
    {
        await using var worker = Worker(new MediaWorkerOptions { Command = ["/nowhere/tandem", "worker"] });
        var outcome = await worker.DecodeAsync(Request(0), CancellationToken.None);
        Assert.Equal(DecodeFault.Unavailable, outcome.Fault);
        Assert.Contains("/nowhere/tandem cannot be started", outcome.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Who_gives_up_waiting_disturbs_nobody()
    {
        await using var worker = Worker(new MediaWorkerOptions());
        await Decode(worker, 0);
        using var impatient = new CancellationTokenSource();
        var first = worker.DecodeAsync(Request(1), impatient.Token);
        var second = worker.DecodeAsync(Request(2), CancellationToken.None);
        await impatient.CancelAsync();
        try
        {
            await first;
        }
        catch (OperationCanceledException)
        {
        }

        Assert.NotNull((await second).Segment);
        Assert.Equal(0, worker.Restarts);
    }

    [Fact]
    public async Task A_segment_beyond_the_limit_does_not_reach_the_child()
    {
        await using var worker = Worker(new MediaWorkerOptions { LargestSegment = 1000 });
        var outcome = await worker.DecodeAsync(Request(0), CancellationToken.None);
        Assert.Equal(DecodeFault.TooLarge, outcome.Fault);
    }

    [Fact]
    public async Task Closing_ends_the_child_and_answers_who_waits()
    {
        var worker = Worker(new MediaWorkerOptions { AllowProbes = true });
        await Decode(worker, 0);
        var id = worker.ProcessId!.Value;
        var hanging = worker.ProbeAsync("hang", CancellationToken.None);
        var waiting = worker.DecodeAsync(Request(0), CancellationToken.None);
        await worker.DisposeAsync();
        Assert.Equal(DecodeFault.Unavailable, (await waiting).Fault);
        await hanging;
        Assert.Throws<ArgumentException>(() => Process.GetProcessById(id));
        Assert.Equal(DecodeFault.Unavailable, (await worker.DecodeAsync(Request(0), CancellationToken.None)).Fault);
    }

    [Theory]
    [InlineData(0, 0.1)]
    [InlineData(1, 0.2)]
    [InlineData(5, 3.2)]
    [InlineData(7, 10)]
    [InlineData(70, 10)]
    public void Pauses_double_up_to_the_longest(int deathsBefore, double seconds)
    {
        var options = new MediaWorkerOptions();
        var pacing = default(RestartPacing);
        for (var i = 0; i < deathsBefore; i++)
            (_, pacing) = pacing.Died(options, TimeSpan.FromSeconds(1));
        Assert.Equal(seconds, pacing.Died(options, TimeSpan.FromSeconds(1)).Pause.TotalSeconds, 6);
        Assert.Equal(0.1, pacing.Died(options, TimeSpan.FromMinutes(1)).Pause.TotalSeconds, 6);
    }

    private MediaWorker Worker(MediaWorkerOptions options) => MediaWorker.Create(options, TimeProvider.System, _log);

    private DecodeRequest Request(int i) => new(source.Segments[i], default, "en", i > 0);

    private async Task<DecodedSegment> Decode(MediaWorker worker, int i)
    {
        var outcome = await worker.DecodeAsync(Request(i), CancellationToken.None);
        Assert.True(outcome.Segment is not null, $"{outcome.Fault} {outcome.Detail}\n{_log}");
        return outcome.Segment!;
    }

    /// <summary>Three segments of a generated source.</summary>
    public sealed class Source
    {
        public Source()
        {
            using var media = new Generated().FFmpeg(
                "-f lavfi -i testsrc2=s=640x360:r=25 -f lavfi -i sine=1000:r=48000 -t 6 -ac 2 -c:v libx264 -preset ultrafast -g 50 -c:a aac -f hls -hls_time 2 -hls_segment_filename s%d.ts i.m3u8");
            Segments = media.All("s*.ts");
        }

        public byte[][] Segments { get; }
    }
}
