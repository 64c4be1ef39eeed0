using System.Diagnostics;
using System.Globalization;
using Tandem.Media.Worker;
using Tandem.MediaTests.Media;
using Xunit;

namespace Tandem.MediaTests.Remux;

/// <summary>Remuxing in a worker's child: streams beside one another, a child that dies, memory.</summary>
public sealed class RemuxWorkerTests(TransportStreamTests.Source source) : IClassFixture<TransportStreamTests.Source>
{
    private readonly LogLines _log = new();

    [Fact]
    public async Task Streams_do_not_disturb_one_another_nor_the_decoder()
    {
        await using var worker = MediaWorker.Create(new MediaWorkerOptions(), TimeProvider.System, _log);
        var alone = Remuxing.All(source.Segments);
        for (var i = 0; i < source.Segments.Length; i++)
        {
            var decoding = worker.DecodeAsync(new DecodeRequest(source.Segments[i], default, "en", i > 0), CancellationToken.None);
            var remuxing = Enumerable.Range(0, 3).Select(stream => Remux(worker, i, stream)).ToList();
            Assert.Equal(0, (await decoding).Segment!.DamagedFrames);
            foreach (var remuxed in await Task.WhenAll(remuxing))
            {
                Assert.Equal(alone[i].Data.ToArray(), remuxed.Data.ToArray());
                Assert.Equal((alone[i].PictureStart, alone[i].PictureEnd), (remuxed.PictureStart, remuxed.PictureEnd));
                Assert.Equal(alone[i].Tracks, remuxed.Tracks);
            }
        }
    }

    [Fact]
    public async Task Counters_go_on_when_the_child_dies()
    {
        await using var worker = MediaWorker.Create(new MediaWorkerOptions(), TimeProvider.System, _log);
        List<byte> whole = [.. (await Remux(worker, 0, 5)).Data.ToArray()];
        Process.GetProcessById(worker.ProcessId!.Value).Kill();
        await SandboxTests.Until(() => worker.Restarts == 1 && worker.IsReady);
        whole.AddRange((await Remux(worker, 1, 5)).Data.ToArray());
        Assert.Empty(TsEdit.Breaks([.. whole]));
    }

    [Fact]
    public async Task Faults_and_limits_are_said()
    {
        await using var worker = MediaWorker.Create(new MediaWorkerOptions { LargestSegment = 1_000_000 }, TimeProvider.System, _log);
        Assert.Equal(DecodeFault.NotMedia, (await worker.RemuxAsync(new RemuxRequest(new byte[5000], default, 0, false), CancellationToken.None)).Fault);
        Assert.Equal(DecodeFault.NotMedia, (await worker.RemuxAsync(new RemuxRequest(default, default, 0, false), CancellationToken.None)).Fault);
        Assert.Equal(DecodeFault.TooLarge, (await worker.RemuxAsync(new RemuxRequest(new byte[1_000_001], default, 0, false), CancellationToken.None)).Fault);
        await Assert.ThrowsAsync<ArgumentException>(() => worker.RemuxAsync(new RemuxRequest(new byte[188], default, 64, false), CancellationToken.None));
        Assert.NotNull(await Remux(worker, 0, 63));
    }

    [Fact]
    public async Task A_worker_that_remuxes_stays_small()
    {
        using var media = new Generated().FFmpeg(
            "-f lavfi -i testsrc2=s=1280x720:r=25 -f lavfi -i sine=997:r=48000 -t 2 -ac 2 -c:v libx264 -preset ultrafast -b:v 3M -c:a aac -f mpegts good.ts");
        var good = media.Bytes("good.ts");
        await using var worker = MediaWorker.Create(new MediaWorkerOptions(), TimeProvider.System, _log);
        for (var i = 0; i < 100; i++)
        {
            Assert.NotNull((await worker.RemuxAsync(new RemuxRequest(good, default, i % 4, i > 3), CancellationToken.None)).Segment);
            Assert.NotNull((await worker.DecodeAsync(new DecodeRequest(good, default, "en", i > 0), CancellationToken.None)).Segment);
        }

        var resident = File.ReadAllLines($"/proc/{worker.ProcessId}/status").First(line => line.StartsWith("VmRSS", StringComparison.Ordinal));
        var kibibytes = int.Parse(resident.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture);
        TestContext.Current.TestOutputHelper?.WriteLine($"{kibibytes >> 10} MiB resident, segments of {good.Length} bytes");
        Assert.InRange(kibibytes, 1, (64 << 10) + (8 * good.Length / 1024));
    }

    private async Task<RemuxedSegment> Remux(MediaWorker worker, int i, int stream)
    {
        var outcome = await worker.RemuxAsync(new RemuxRequest(source.Segments[i], default, stream, i > 0), CancellationToken.None);
        Assert.True(outcome.Segment is not null, $"{outcome.Fault} {outcome.Detail}\n{_log}");
        return outcome.Segment!;
    }
}
