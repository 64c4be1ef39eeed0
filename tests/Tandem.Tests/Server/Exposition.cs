using System.Globalization;
using System.Text.RegularExpressions;
using Xunit;

namespace Tandem.Tests.Server;

/// <summary>Reads Prometheus text 0.0.4 as strictly as promtool does, for the parts that Tandem writes.</summary>
internal sealed partial class Exposition
{
    public Dictionary<string, double> Samples { get; } = new(StringComparer.Ordinal);

    public Dictionary<string, string> Types { get; } = new(StringComparer.Ordinal);

    public static Exposition Parse(string text)
    {
        var read = new Exposition();
        string? family = null;
        Assert.EndsWith("\n", text, StringComparison.Ordinal);
        foreach (var line in text.TrimEnd('\n').Split('\n'))
        {
            if (line.StartsWith("# HELP ", StringComparison.Ordinal))
            {
                family = line.Split(' ')[2];
                Assert.True(line.Length > 8 + family.Length, $"no help: {line}");
            }
            else if (line.StartsWith("# TYPE ", StringComparison.Ordinal))
            {
                var words = line.Split(' ');
                Assert.Equal(4, words.Length);
                Assert.Equal(family, words[2]);
                Assert.Contains(words[3], new[] { "counter", "gauge", "histogram" });
                Assert.True(read.Types.TryAdd(words[2], words[3]), $"declared twice: {line}");
            }
            else
            {
                var match = Sample().Match(line);
                Assert.True(match.Success, $"no sample: {line}");
                var name = match.Groups["name"].Value;
                Assert.NotNull(family);
                Assert.Equal(family, read.Types[family] == "histogram" ? HistogramPart().Replace(name, "") : name);
                Assert.True(double.TryParse(match.Groups["value"].Value.Replace("+Inf", "Infinity", StringComparison.Ordinal), CultureInfo.InvariantCulture, out var value), line);
                Assert.True(read.Samples.TryAdd(line[..line.LastIndexOf(' ')], value), $"twice: {line}");
            }
        }

        read.CheckHistograms();
        return read;
    }

    private void CheckHistograms()
    {
        var buckets = Samples.Where(sample => sample.Key.Contains("_bucket{", StringComparison.Ordinal))
            .GroupBy(sample => Edge().Replace(sample.Key, ""), StringComparer.Ordinal);
        foreach (var group in buckets)
        {
            var edges = group.Select(sample => (Edge: double.Parse(Edge().Match(sample.Key).Groups["edge"].Value.Replace("+Inf", "Infinity", StringComparison.Ordinal), CultureInfo.InvariantCulture), sample.Value)).ToList();
            Assert.Equal(edges.OrderBy(edge => edge.Edge), edges);
            Assert.Equal(edges.OrderBy(edge => edge.Value).Select(edge => edge.Value), edges.Select(edge => edge.Value));
            Assert.Equal(double.PositiveInfinity, edges[^1].Edge);
            var count = group.Key.Replace("_bucket", "_count", StringComparison.Ordinal).Replace("{}", "", StringComparison.Ordinal);
            Assert.Equal(Samples[count], edges[^1].Value);
            Assert.Contains(count.Replace("_count", "_sum", StringComparison.Ordinal), Samples.Keys);
        }
    }

    [GeneratedRegex("""^(?<name>[a-zA-Z_:][a-zA-Z0-9_:]*)(\{([a-zA-Z_][a-zA-Z0-9_]*="(\\[\\"n]|[^"\\])*",?)*\})? (?<value>[-+0-9.eEInf]+)$""", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Sample();

    [GeneratedRegex("_(bucket|sum|count)$", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex HistogramPart();

    [GeneratedRegex(",?le=\"(?<edge>[^\"]*)\"", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Edge();
}
