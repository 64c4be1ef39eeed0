namespace Tandem.Workbench.Bench;

/// <summary>
/// Publication against the time when it was due: 4 live channels of 8 languages in real time, whose source shows each segment at the same
/// moment, so that all 32 channel-languages are due together.
/// </summary>
internal sealed class LatenessMeasure(BenchMaterial material, BenchOptions options, BenchTold told)
{
    private const int Channels = 4;
    private const int Languages = 8;

    // A channel makes up for what was due before it started; that is late for nobody.
    private static readonly TimeSpan Warm = TimeSpan.FromSeconds(16);

    /// <summary>Measures for a minute.</summary>
    public async Task<LatenessResult> RunAsync(CancellationToken cancel)
    {
        var measured = options.Quick ? TimeSpan.FromSeconds(12) : TimeSpan.FromSeconds(60);
        told($"lateness: {Channels} channels of {Languages} languages, {(Warm + measured).TotalSeconds:F0} s");
        await using var origin = await LiveOrigin.StartAsync(material, TimeProvider.System, cancel);
        await using var set = new LiveSet(origin, Channels, Languages, TimeSpan.FromSeconds(8));
        await Task.Delay(Warm, TimeProvider.System, cancel);
        if (!set.AllPublish)
            throw new BenchException($"a live channel published nothing within {Warm.TotalSeconds:F0} s");
        set.TakeLateness();
        var failed = set.Failures;
        var (cpu, began) = (CpuTimes.Own + LiveSet.WorkersCpu, TimeProvider.System.GetTimestamp());
        await Task.Delay(measured, TimeProvider.System, cancel);
        var spent = (CpuTimes.Own + LiveSet.WorkersCpu - cpu) / TimeProvider.System.GetElapsedTime(began);
        var late = set.TakeLateness().Select(seconds => seconds * 1000).Order().ToArray();

        // Each channel must have published what its source showed.
        var wanted = Channels * (int)(measured / BenchMaterial.Duration);
        if (late.Length < wanted - Channels)
            throw new BenchException($"{late.Length} segments were published of {wanted}");
        if (set.Failures.Where(stage => stage.Value > failed.GetValueOrDefault(stage.Key)).Select(stage => stage.Key).ToList() is { Count: > 0 } stages)
            throw new BenchException($"stages of the live channels failed meanwhile: {string.Join(", ", stages)}");
        return new LatenessResult(
            Channels, Languages, late.Length, Spread.Quantile(late, 0.5), Spread.Quantile(late, 0.95), Spread.Quantile(late, 0.99), late[^1], spent);
    }
}

/// <summary>How late publications were, ms after they were due.</summary>
/// <param name="Channels">Live channels in one process.</param>
/// <param name="Languages">Of each.</param>
/// <param name="Segments">Publications that were measured.</param>
/// <param name="P50Ms">Half were no later.</param>
/// <param name="P95Ms">95 of 100 were no later.</param>
/// <param name="P99Ms">99 of 100 were no later.</param>
/// <param name="GreatestMs">The latest.</param>
/// <param name="CpuCoreSecondsPerSecond">CPU of everything meanwhile, the source's HTTP server included.</param>
public sealed record LatenessResult(
    int Channels, int Languages, int Segments, double P50Ms, double P95Ms, double P99Ms, double GreatestMs, double CpuCoreSecondsPerSecond);
