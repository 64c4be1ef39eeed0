using Tandem.Media;

namespace Tandem.Workbench.Bench;

/// <summary>The command <c>bench</c>: makes or finds the source, measures part after part, and judges what came out.</summary>
public static class Benchmark
{
    private const double JitterLimitMs = 10;

    /// <summary>Measures. Returns the report, compared with the baseline if there is one, or one line that says why there is none.</summary>
    public static async Task<(BenchReport? Report, string? Problem)> RunAsync(BenchOptions options, BenchTold told, CancellationToken cancel)
    {
        if (MediaLibraries.Check().Problem is { } missing)
            return (null, missing);
        try
        {
            var machine = await MachineFacts.ReadAsync(cancel);
            var (material, problem) = await BenchMaterial.GetAsync(what => told(what), cancel);
            if (material is null)
                return (null, problem);
            using (material)
            {
                var report = await MeasureAsync(options, machine, material, told, cancel);
                return (options.Against is { } baseline ? report with { Comparison = BenchComparison.Of(baseline, report, options.IsWhole) } : report, null);
            }
        }
        catch (BenchException error)
        {
            return (null, error.Message);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return (null, $"the measurement needs about 100 MB of files: {error.Message}; make room in /dev/shm and the cache folder, or set XDG_CACHE_HOME");
        }
    }

    private static async Task<BenchReport> MeasureAsync(
        BenchOptions options, MachineFacts machine, BenchMaterial material, BenchTold told, CancellationToken cancel)
    {
        var date = TimeProvider.System.GetUtcNow();
        var late = new List<IReadOnlyList<double>>();
        List<CpuResult>? cpu = null;
        if (options.Wants("cpu"))
        {
            cpu = [];
            foreach (var languages in options.Languages)
            {
                // Where there is no bound, nothing is voided: 32 languages are meant to fill the machine, and the timer waits for them.
                var measure = () => new CpuMeasure(material, options, told).RunAsync(languages, cancel);
                cpu.Add(IsBounded(languages) ? await TimedAsync(late, measure) : await measure());
            }
        }

        var encode = options.Wants("encode") ? await TimedAsync(late, () => new CpuMeasure(material, options, told).EncodeAsync(cancel)) : null;
        var throughput = options.Wants("throughput") ? await new ThroughputMeasure(material, options, told).RunAsync(cancel) : null;
        var start = options.Wants("start") ? await new StartMeasure(material, options, told).RunAsync(cancel) : null;
        var lateness = options.Wants("lateness") ? await TimedAsync(late, () => new LatenessMeasure(material, options, told).RunAsync(cancel)) : null;
        var fanOut = options.Wants("fanout") ? await new FanOutMeasure(material, options, told).RunAsync(cancel) : null;
        var jitter = late.Count == 0 ? null : new JitterResult(late.Max(part => Spread.Quantile(part, 0.95)), late.Max(part => part[^1]), JitterLimitMs);
        return new BenchReport
        {
            Date = date,
            Machine = machine,
            PeerCommands = Peer.Commands,
            Void = Void(options, jitter, fanOut),
            Jitter = jitter,
            Cpu = cpu,
            Encode = encode,
            Throughput = throughput,
            Start = start,
            Lateness = lateness,
            FanOut = fanOut,
            Costs = cpu is null ? null : CostTable.Of(cpu, material.MeanBytes),
            Bounds = [.. Bounds(cpu, lateness, fanOut)],
        };
    }

    internal static string? Void(BenchOptions options, JitterResult? jitter, FanOutResult? fanOut = null)
    {
        if (jitter is not null && jitter.P95Ms > jitter.LimitMs)
            return $"the bench's own timer was late by {jitter.P95Ms:F1} ms p95, more than {jitter.LimitMs:F0} ms: the machine is busy with other things";
        (string, double?)[] rates =
            [("viewers", fanOut?.BitsPerSecondPerViewer.Least), ("nginx's clients", fanOut?.PeerBitsPerSecondPerViewer.Least)];
        foreach (var (who, rate) in rates)
        {
            if (rate < FanOutResult.LeastBitsPerSecond)
                return $"{who} got {rate / 1e6:F1} Mbit/s each of about 3: the machine is busy with other things, or too small";
        }

        if (options.Plant is not null)
            return $"a slow-down is planted ({BenchOptions.PlantVariable})";
        return options.Quick ? "a quick run has too few pairs" : null;
    }

    internal static IEnumerable<Bound> Bounds(IReadOnlyList<CpuResult>? cpu, LatenessResult? lateness, FanOutResult? fanOut = null)
    {
        // design.md, section 5.
        foreach (var result in cpu ?? [])
        {
            if (IsBounded(result.Languages))
                yield return Bound.Of($"media_cpu_ratio_{result.Languages}", result.Ratio.Median, result.Languages == 1 ? 1 / 5.0 : 1 / 6.0);
        }

        if (lateness is not null)
            yield return Bound.Of("lateness.p95_ms", lateness.P95Ms, 50);
        if (fanOut is null)
            yield break;
        yield return Bound.Of("fan_out.ratio", fanOut.Ratio.Median, 2);
        yield return Bound.Of("fan_out.bytes_per_viewer", fanOut.BytesPerViewer.Median, 200 * 1024);
    }

    private static bool IsBounded(int languages) => languages is 1 or 8;

    private static async Task<T> TimedAsync<T>(List<IReadOnlyList<double>> late, Func<Task<T>> measure)
    {
        using var jitter = new TimerJitter();
        var result = await measure();
        late.Add(jitter.Stop());
        return result;
    }
}
