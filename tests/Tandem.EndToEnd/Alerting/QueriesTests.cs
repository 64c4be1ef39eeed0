using Tandem.EndToEnd.Harness;
using Xunit;

namespace Tandem.EndToEnd.Alerting;

/// <summary>
/// Every query of the rules, of Grafana's dashboard and of Terraform, run by a real Prometheus that scraped the real <c>/metrics</c>: what
/// names a metric, a label or a label's value that the server does not have fails.
/// </summary>
public sealed class QueriesTests
{
    [Fact]
    public async Task Every_query_names_what_there_is()
    {
        // A source that nobody serves: every series exists all the same.
        var nobody = new Uri("http://127.0.0.1:9/master.m3u8");
        await using var server = await TandemServer.StartAsync([TandemServer.Channel("news", nobody, engine: "tone", video: "auto")]);
        using var silence = server.ExpectOutage("news");
        await using var prometheus = await PrometheusServer.StartAsync(server.Root);
        IReadOnlyList<LoadedRule> rules = [];
        await prometheus.UntilAsync(
            "it has scraped, and worked out what it records",
            async () =>
            {
                rules = await prometheus.RulesAsync();
                foreach (var recorded in rules.Where(rule => !rule.IsAlert))
                {
                    if ((await prometheus.QueryAsync(recorded.Name)).Count == 0)
                        return false;
                }

                return rules.Count > 0 && rules.All(rule => rule.Health != "unknown");
            });
        Assert.All(rules, rule => Assert.True(rule.Health == "ok", $"{rule.Name}: {rule.Error}"));

        List<WrittenQuery> queries =
            [.. rules.Select(rule => new WrittenQuery(rule.Name, rule.Query)), .. WrittenQueries.Grafana(), .. WrittenQueries.Terraform()];
        Assert.InRange(queries.Count, 80, 400);
        foreach (var place in new[] { "TandemSegmentErrors", "tandem:healthy", "tandem.json, CPU", "tandem.json, variables", "ffmpeg_monitoring.tf", "unscraped.alerts.yml" })
            Assert.Contains(queries, query => query.Place == place);
        var wrong = new List<string>();
        foreach (var query in queries)
            wrong.AddRange((await WrongAsync(prometheus, query.Text)).Select(problem => $"{query.Place}: {problem}"));
        Assert.Empty(wrong.Distinct());

        // The same look at what does not exist.
        Assert.Equal(["there is no tandem_segments"], await WrongAsync(prometheus, "rate(tandem_segments[5m])"));
        Assert.Equal(
            ["tandem_segment_failures_total has no stage=\"decoding\""],
            await WrongAsync(prometheus, "sum by (channel) (rate(tandem_segment_failures_total{stage=~\"segment|decoding\"}[5m]))"));
        Assert.Equal(["no series here has a label language"], await WrongAsync(prometheus, "sum by (language) (tandem_fallback_seconds_total)"));
        Assert.Equal(["tandem_cpu_ratio has no label channel"], await WrongAsync(prometheus, "tandem_cpu_ratio{channel=~\".*\"}"));
        Assert.Contains("parse error", Assert.Single(await WrongAsync(prometheus, "sum by (channel) tandem_segments_total[5m")), StringComparison.Ordinal);
    }

    [Fact]
    public void The_reader_of_expressions_sees_every_series_and_label()
    {
        var read = Expression.Read(
            "clamp_max(sum by (job, le) (rate(a_total{x=~\"b|c\", y!=\"d{}\"}[5m] offset 15m)) / on (z) group_left () (b:c == bool 0), 1) > 0.5 "
            + "and up unless absent(q{})");
        Assert.Equal(["a_total{x=~\"b|c\", y!=\"d{}\"}", "b:c", "up", "q"], read.Selectors.Select(selector => selector.ToString()));
        Assert.Equal(["job", "le", "z"], read.Labels);
        Assert.Equal(["b", "c", "d{}"], read.Selectors[0].Matchers.SelectMany(matcher => matcher.Words));
    }

    private static async Task<IReadOnlyList<string>> WrongAsync(PrometheusServer prometheus, string text)
    {
        try
        {
            await prometheus.QueryAsync(text);
        }
        catch (InvalidOperationException refused)
        {
            return [refused.Message];
        }

        var expression = Expression.Read(text);
        if (expression.Selectors.Count == 0)
            return ["nothing is read"];
        var wrong = new List<string>();
        var labels = new HashSet<string>(StringComparer.Ordinal);

        // Alerts are Prometheus's own, and there when one fires.
        foreach (var selector in expression.Selectors.Where(selector => selector.Metric != "ALERTS"))
        {
            var own = await prometheus.LabelsAsync(selector.Metric);
            labels.UnionWith(own);
            if (own.Count == 0)
            {
                wrong.Add($"there is no {selector.Metric}");
                continue;
            }

            foreach (var matcher in selector.Matchers)
            {
                if (!own.Contains(matcher.Label))
                    wrong.Add($"{selector.Metric} has no label {matcher.Label}");
                foreach (var word in matcher.Words)
                {
                    if ((await prometheus.QueryAsync($"{selector.Metric}{{{matcher.Label}=\"{word}\"}}")).Count == 0)
                        wrong.Add($"{selector.Metric} has no {matcher.Label}=\"{word}\"");
                }
            }
        }

        if (wrong.Count == 0 && labels.Count > 0)
            wrong.AddRange(expression.Labels.Where(label => !labels.Contains(label)).Select(label => $"no series here has a label {label}"));
        return wrong;
    }
}
