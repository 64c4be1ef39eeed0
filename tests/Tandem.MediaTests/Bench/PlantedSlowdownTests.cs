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
        var plain = await MeasureAsync(null);
        var slowed = await MeasureAsync(0.5);
        Assert.True(
            slowed.Ratio.LowerQuartile > plain.Ratio.UpperQuartile * 1.1,
            $"planted {slowed.Ratio}, without {plain.Ratio}");
        Assert.True(
            slowed.TandemMsPerSegmentLanguage.Median > plain.TandemMsPerSegmentLanguage.Median * 1.15,
            $"planted {slowed.TandemMsPerSegmentLanguage}, without {plain.TandemMsPerSegmentLanguage}");
    }

    private static async Task<CpuResult> MeasureAsync(double? plant)
    {
        var options = new BenchOptions { Quick = true, Only = "cpu", Languages = [1], Plant = plant };
        var (report, problem) = await Benchmark.RunAsync(options, _ => { }, TestContext.Current.CancellationToken);
        Assert.True(report is not null, problem);
        Assert.False(report.Passed);
        return report.Cpu![0];
    }
}
