using System.Text.Json;
using System.Xml.Linq;
using Tandem.Operations.Load;
using Tandem.Tests.Server;
using Xunit;

namespace Tandem.Tests.Load;

/// <summary>The report as JSON, text and page, and docs/load.md against all of it.</summary>
public sealed class LoadReportTests
{
    [Fact]
    public void The_document_names_every_figure_with_its_unit()
    {
        var rows = Checkout.TableRows("docs/load.md").Select(row => row[0].Trim('`')).ToHashSet(StringComparer.Ordinal);
        foreach (var figure in Figure.All.Select(figure => figure.Name))
        {
            var family = figure.Replace(".p50", ".p95", StringComparison.Ordinal).Replace(".p99", ".p95", StringComparison.Ordinal)
                .Replace(".max", ".p95", StringComparison.Ordinal);
            Assert.True(rows.Contains(figure) || rows.Contains(family), $"docs/load.md does not name {figure}");
        }
    }

    [Fact]
    public void The_document_names_every_key_of_the_report()
    {
        var document = Checkout.Read("docs/load.md");
        using var json = JsonDocument.Parse(Report().ToJson());
        var keys = new HashSet<string>(StringComparer.Ordinal);
        Collect(json.RootElement, keys);
        Assert.True(keys.Count > 60, $"{keys.Count} keys");
        Assert.All(keys, key => Assert.True(document.Contains($"`{key}`", StringComparison.Ordinal)
            || document.Contains($"\"{key}\"", StringComparison.Ordinal), $"docs/load.md does not name {key}"));
    }

    [Fact]
    public void What_never_came_is_a_word_in_JSON_and_in_text()
    {
        using var json = JsonDocument.Parse(Report().ToJson());
        var all = json.RootElement.GetProperty("groups")[0];
        Assert.Equal("Infinity", all.GetProperty("delivery").GetProperty("p95").GetString());
        Assert.Equal(0.02, all.GetProperty("delivery").GetProperty("p50").GetDouble(), 0.001);
        Assert.Equal(JsonValueKind.Null, all.GetProperty("reconnect").GetProperty("p95").ValueKind);
        var text = LoadText.Of(Report());
        Assert.Matches(@"delivery p95 +never", text);
        Assert.Matches(@"reconnect p95 +–", text);
        Assert.Contains("FAILS: delivery.p95>500ms, it is never", text, StringComparison.Ordinal);
    }

    [Fact]
    public void What_was_not_measured_is_not_called_good()
    {
        using var json = JsonDocument.Parse(Report().ToJson());
        var threshold = json.RootElement.GetProperty("thresholds")[1];
        Assert.Equal((JsonValueKind.Null, true), (threshold.GetProperty("value").ValueKind, threshold.GetProperty("broken").GetBoolean()));
        var text = LoadText.Of(Report());
        Assert.Contains("FAILS: reconnect.p95>5s, not measured", text, StringComparison.Ordinal);
        Assert.Contains("ok   : faults>0, it is 0", text, StringComparison.Ordinal);
        Assert.Contains("<td>reconnect.p95&gt;5s</td><td>not measured</td><td><span class=\"broken\">", LoadHtml.Of(Report()), StringComparison.Ordinal);
    }

    [Fact]
    public void The_page_needs_nothing_else_and_shows_what_was_measured()
    {
        var page = LoadHtml.Of(Report());
        Assert.DoesNotContain("src=", page, StringComparison.Ordinal);
        Assert.DoesNotContain("href=", page, StringComparison.Ordinal);
        Assert.DoesNotContain("<script>", page, StringComparison.Ordinal);
        Assert.Contains("&lt;script&gt;", page, StringComparison.Ordinal);
        Assert.Contains("broken", page, StringComparison.Ordinal);
        var plots = page.Split("<svg")[1..].Select(part =>
            XElement.Parse("<svg" + part[..(part.IndexOf("</svg>", StringComparison.Ordinal) + 6)])).ToList();
        Assert.Equal(6, plots.Count);
        Assert.All(plots, plot => Assert.NotEmpty(plot.Elements("path")));
        Assert.Contains(plots, plot => plot.Elements("path").Any(path => path.Attribute("d")!.Value.Count(letter => letter == 'L') == 8));
    }

    private static LoadReport Report()
    {
        var (ws, all) = (new Tally("ws"), new Tally("all"));
        for (var count = 0; count < 9; count++)
            ws.Delivered(20_000);
        ws.Undelivered(1, skipped: true);
        ws.Disconnected("shutdown", planned: true);
        ws.Refused("http 503");
        ws.Delay(8_000_000);
        ws.Finished(300_000, refused: false, new PlaybackBuffer(1, 0), 5_000_000);
        ws.AddTo(all);
        return new LoadReport
        {
            Date = DateTimeOffset.UnixEpoch,
            Url = "http://h/ws/live/<script>",
            Options = new OptionsReport("ws", "av", ["es"], 1, 10, 1, 1, 1, 0, 0, 10_000),
            Seconds = 10,
            Stopped = false,
            Passed = false,
            Groups = [all.Report(), ws.Report()],
            Thresholds = [new ThresholdReport("delivery.p95>500ms", double.PositiveInfinity, true), new ThresholdReport("reconnect.p95>5s", null, true), new ThresholdReport("faults>0", 0, false)],
            Remarks = ["nothing"],
            FaultLines = [new FaultLine(1, "ws 0", FaultKind.Time, "off")],
            Series = [.. Enumerable.Range(1, 9).Select(second => new SecondReport(second, 1, 1, 0, 1, 0.02, 0.03, 8, 1000, 0, 1))],
            DeliveryCurve = [new DeliveryPoint(0.02, 0.9)],
            Own = new OwnReport(1, 0.1, 0.001, 0.002, 1000, 0, 0.0001),
        };
    }

    private static void Collect(JsonElement element, HashSet<string> keys)
    {
        if (element.ValueKind == JsonValueKind.Array)
        {
            foreach (var item in element.EnumerateArray())
                Collect(item, keys);
        }
        else if (element.ValueKind == JsonValueKind.Object)
        {
            foreach (var property in element.EnumerateObject())
            {
                keys.Add(property.Name);
                Collect(property.Value, keys);
            }
        }
    }
}
