using System.Collections.Concurrent;
using Microsoft.Extensions.Logging.Abstractions;
using Tandem.Media.Worker;

namespace Tandem.Workbench.Bench;

/// <summary>How much goes through when nothing waits for a clock: one channel, and 16 at once, one language each.</summary>
internal sealed class ThroughputMeasure(BenchMaterial material, BenchOptions options, BenchTold told)
{
    private const int Warm = 7;
    private const int Many = 16;

    /// <summary>Measures both.</summary>
    public async Task<ThroughputResult> RunAsync(CancellationToken cancel)
    {
        told("throughput: one channel");
        var (one, _) = await MeasureAsync(1, options.Quick ? 20 : BenchMaterial.Count - Warm, cancel);
        told($"throughput: {Many} segments at once");
        var (many, each) = await MeasureAsync(Many, options.Quick ? 6 : 20, cancel);
        return new ThroughputResult(one, Many, many, Spread.Of(each), Spread.Quantile([.. each.Order()], 0.95));
    }

    private async Task<(double SegmentsPerSecond, IReadOnlyCollection<double> EachMs)> MeasureAsync(int channels, int segments, CancellationToken cancel)
    {
        var voices = DubVoice.Make(1);
        var workers = Enumerable.Range(0, channels)
            .Select(_ => MediaWorker.Create(new MediaWorkerOptions { Name = "bench" }, TimeProvider.System, NullLogger.Instance)).ToList();
        var runs = workers.ConvertAll(worker => new ChannelRun(material, voices, worker, options.Plant is { } share ? new PlantedLoad(share) : null));
        try
        {
            await Parallel.ForEachAsync(runs, cancel, async (run, stop) => await StepsAsync(run, Warm, null, stop));
            var each = new ConcurrentBag<double>();
            var began = TimeProvider.System.GetTimestamp();
            await Task.WhenAll(runs.Select(run => Task.Run(() => StepsAsync(run, segments, each, cancel), cancel)));
            return (channels * segments / TimeProvider.System.GetElapsedTime(began).TotalSeconds, each);
        }
        finally
        {
            runs.ForEach(run => run.Dispose());
            foreach (var worker in workers)
                await worker.DisposeAsync();
        }
    }

    private static async Task StepsAsync(ChannelRun run, int segments, ConcurrentBag<double>? each, CancellationToken cancel)
    {
        for (var segment = 0; segment < segments; segment++)
        {
            var began = TimeProvider.System.GetTimestamp();
            await run.StepAsync(cancel);
            each?.Add(TimeProvider.System.GetElapsedTime(began).TotalMilliseconds);
        }
    }
}

/// <summary>What goes through, one language a channel, 2 s segments.</summary>
/// <param name="SegmentsPerSecond">Of one channel.</param>
/// <param name="Channels">So many in the next.</param>
/// <param name="SegmentsPerSecondAtOnce">Of all those channels together.</param>
/// <param name="SegmentMsAtOnce">From one segment's decoding to its successor's, with the others at work, ms.</param>
/// <param name="SegmentP95MsAtOnce">95 of 100 took no longer.</param>
public sealed record ThroughputResult(
    double SegmentsPerSecond, int Channels, double SegmentsPerSecondAtOnce, Spread SegmentMsAtOnce, double SegmentP95MsAtOnce);
