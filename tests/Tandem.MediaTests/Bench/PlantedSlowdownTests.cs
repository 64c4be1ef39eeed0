using Tandem.Workbench.Bench;
using Xunit;

namespace Tandem.MediaTests.Bench;

/// <summary>
/// What the bench is for: work that grew by half in one stage moves the figure, beyond what it moves by itself, and the comparison with a
/// run before it says so.
/// </summary>
[Trait("Category", "Full")]
public sealed class PlantedSlowdownTests
{
    [Fact]
    public async Task Half_as_much_again_in_the_encode_stage_is_seen()
    {
        // By turns, and of two each; the very first run is cold.
        await MeasureAsync(null);
        var (plain, slowed) = (new List<BenchReport>(), new List<BenchReport>());
        for (var turn = 0; turn < 2; turn++)
        {
            plain.Add(await MeasureAsync(null));
            slowed.Add(await MeasureAsync(0.5));
        }

        Assert.True(Mean(slowed, run => run.Ratio) > Mean(plain, run => run.Ratio) * 1.15, Told());

        // Quick runs do not count and are no baseline; what the comparison makes of their figures is what matters here.
        var against = Compare(plain[1], slowed[1]);
        Assert.Equal(BenchVerdict.Regressed, against.Verdict);
        Assert.Contains("media_cpu_ratio_1", against.Reason, StringComparison.Ordinal);
        Assert.NotEqual(BenchVerdict.Regressed, Compare(plain[0], plain[1]).Verdict);

        // Milliseconds are told and not asserted: the machine's pace moves them as much between two runs. That is what the peer is for.
        string Told() => $"planted {string.Join(", ", slowed.Select(Figures))}; without {string.Join(", ", plain.Select(Figures))}";
    }

    private static string Figures(BenchReport run) => $"{run.Cpu![0].Ratio} ({run.Cpu[0].TandemMsPerSegmentLanguage} ms)";

    private static BenchComparison Compare(BenchReport before, BenchReport now)
    {
        var (baseline, problem) = Baseline.Parse("before", (before with { Void = null }).ToFile());
        Assert.True(baseline is not null, problem);
        Assert.Equal(BenchVerdict.Void, BenchComparison.Of(baseline, now).Verdict);
        return BenchComparison.Of(baseline, now with { Void = null });
    }

    private static double Mean(List<BenchReport> runs, Func<CpuResult, Spread> figure) => runs.Average(run => figure(run.Cpu![0]).Median);

    private static async Task<BenchReport> MeasureAsync(double? plant)
    {
        var options = new BenchOptions { Quick = true, Only = "cpu", Languages = [1], Plant = plant };
        var (report, problem) = await Benchmark.RunAsync(options, _ => { }, TestContext.Current.CancellationToken);
        Assert.True(report is not null, problem);
        Assert.False(report.Passed);
        return report;
    }
}
