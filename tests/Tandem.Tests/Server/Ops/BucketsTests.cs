using System.Globalization;
using System.Text;
using Tandem.Live;
using Tandem.Server.Ops;
using Tandem.Tests.Deploy;
using Xunit;

namespace Tandem.Tests.Server.Ops;

public sealed class BucketsTests
{
    [Theory]
    [InlineData(0.5, 0.26)]
    [InlineData(0.95, 0.92)]
    [InlineData(0.99, 1)]
    [InlineData(0.1, 0.036)]
    public void A_percentile_lies_on_a_line_within_its_bucket_and_never_above_the_last_edge(double share, double value) =>
        Assert.Equal(value, new Buckets([0.1, 0.5, 1], [10, 20, 5, 1]).Quantile(share)!.Value, 9);

    [Fact]
    public void Nothing_observed_has_no_percentiles()
    {
        Assert.Null(Buckets.None([1, 2]).Quantile(0.95));
        Assert.Equal(2, new Buckets([1, 2], [0, 0, 3]).Quantile(0.5));
        Assert.Equal(1.5, new Buckets([1, 2], [0, 4, 0]).Quantile(0.5));
    }

    /// <summary>The real Prometheus, on counts by chance and on those at the edges.</summary>
    [Fact]
    public async Task Percentiles_are_those_of_Prometheus()
    {
        var chance = new Random(5);
        var edges = MetricCatalogue.SegmentProcessing.Edges;
        var series = new StringBuilder();
        var expected = new StringBuilder();
        for (var run = 0; run < 12; run++)
        {
            var counts = new Buckets(edges, [.. Enumerable.Range(0, edges.Length + 1).Select(_ => run == 0 ? 1L : chance.Next(3) == 0 ? chance.Next(50) : 0L)]);
            long below = 0;
            for (var index = 0; index <= edges.Length; index++)
            {
                below += counts.Counts[index];
                var edge = index < edges.Length ? edges[index].ToString(CultureInfo.InvariantCulture) : "+Inf";
                series.AppendLine(CultureInfo.InvariantCulture, $"      - series: 'h_bucket{{run=\"{run}\",le=\"{edge}\"}}'").AppendLine(CultureInfo.InvariantCulture, $"        values: '{below}'");
            }

            foreach (var share in new[] { 0.5, 0.95, 0.99 }.Where(_ => counts.Total > 0))
            {
                expected.AppendLine(CultureInfo.InvariantCulture, $"      - expr: abs(histogram_quantile({share}, h_bucket{{run=\"{run}\"}}) - {counts.Quantile(share):R}) < bool 0.000001")
                    .AppendLine("        eval_time: 0s").AppendLine("        exp_samples:")
                    .AppendLine(CultureInfo.InvariantCulture, $"          - {{ labels: '{{run=\"{run}\"}}', value: 1 }}");
            }
        }

        var file = Path.GetTempFileName();
        try
        {
            await File.WriteAllTextAsync(file, $"tests:\n  - interval: 15s\n    input_series:\n{series}    promql_expr_test:\n{expected}");
            var (code, output) = await AlertRulesTests.RunAsync("promtool", "test", "rules", file);
            Assert.True(code == 0, output);
        }
        finally
        {
            File.Delete(file);
        }
    }
}
