using Tandem.Workbench.Bench;
using Xunit;

namespace Tandem.MediaTests.Bench;

/// <summary>What the bench is for: work that grew by half in one stage moves the figure, beyond what it moves by itself.</summary>
[Trait("Category", "Full")]
public sealed class PlantedSlowdownTests
{
    [Fact]
    public async Task Half_as_much_again_in_the_encode_stage_is_seen()
    {
        // By turns, and of two each: the first run alone is cold.
        var (plain, slowed) = (new List<CpuResult>(), new List<CpuResult>());
        for (var turn = 0; turn < 2; turn++)
        {
            plain.Add(await MeasureAsync(null));
            slowed.Add(await MeasureAsync(0.5));
        }

        Assert.True(Mean(slowed, run => run.Ratio) > Mean(plain, run => run.Ratio) * 1.15, Told(run => run.Ratio));
        Assert.True(
            Mean(slowed, run => run.TandemMsPerSegmentLanguage) > Mean(plain, run => run.TandemMsPerSegmentLanguage) * 1.15,
            Told(run => run.TandemMsPerSegmentLanguage));

        string Told(Func<CpuResult, Spread> figure) =>
            $"planted {string.Join(", ", slowed.Select(figure))}; without {string.Join(", ", plain.Select(figure))}";
    }

    private static double Mean(List<CpuResult> runs, Func<CpuResult, Spread> figure) => runs.Average(run => figure(run).Median);

    private static async Task<CpuResult> MeasureAsync(double? plant)
    {
        var options = new BenchOptions { Quick = true, Only = "cpu", Languages = [1], Plant = plant };
        var (report, problem) = await Benchmark.RunAsync(options, _ => { }, TestContext.Current.CancellationToken);
        Assert.True(report is not null, problem);
        Assert.False(report.Passed);
        return report.Cpu![0];
    }
}
