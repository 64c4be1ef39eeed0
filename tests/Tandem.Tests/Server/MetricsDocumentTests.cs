using System.Globalization;
using Tandem.Live;
using Xunit;

namespace Tandem.Tests.Server;

public sealed class MetricsDocumentTests
{
    private const string Document = "docs/metrics.md";

    [Fact]
    public void Every_metric_is_described_as_the_code_has_it()
    {
        var rows = Checkout.TableRows(Document).Where(cells => cells.Length == 6).Select(cells => string.Join(" | ", cells[..5]));
        Assert.Equal(MetricCatalogue.All.Select(Row), rows);
    }

    [Fact]
    public void Every_word_of_a_label_is_listed()
    {
        var rows = Checkout.TableRows(Document).Where(cells => cells.Length == 3).Select(cells => string.Join(" | ", cells));
        Assert.Equal(WordRows(), rows);
    }

    [Fact]
    public void Every_edge_is_listed()
    {
        var rows = Checkout.TableRows(Document).Where(cells => cells.Length == 2).Select(cells => string.Join(" | ", cells));
        Assert.Equal(EdgeRows(), rows);
    }

    private static string Row(MetricDefinition metric) => string.Join(
        " | ",
        $"`{metric.Name}`",
        metric.Kind.ToString().ToLowerInvariant(),
        metric.Unit,
        metric.Scope.ToString().ToLowerInvariant(),
        string.Join(", ", metric.Labels));

    private static IEnumerable<string> WordRows()
    {
        foreach (var metric in MetricCatalogue.All.Where(metric => metric.Labels.Length > 0 && metric.LabelValues.Length > 0))
        {
            if (metric.Labels.Length == 1)
            {
                yield return $"`{metric.Name}` | {metric.Labels[0]} | {Words(metric.LabelValues.Select(values => values[0]))}";
                continue;
            }

            foreach (var first in metric.LabelValues.GroupBy(values => values[0], StringComparer.Ordinal))
                yield return $"`{metric.Name}` | {metric.Labels[1]}, {metric.Labels[0]} `{first.Key}` | {Words(first.Select(values => values[1]))}";
        }

        static string Words(IEnumerable<string> words) => string.Join(", ", words.Select(word => $"`{word}`"));
    }

    private static IEnumerable<string> EdgeRows() => MetricCatalogue.All.Where(metric => metric.Kind == MetricKind.Histogram)
        .Select(metric => $"`{metric.Name}` | {string.Join(", ", metric.Edges.Select(edge => edge.ToString(CultureInfo.InvariantCulture)))}");
}
