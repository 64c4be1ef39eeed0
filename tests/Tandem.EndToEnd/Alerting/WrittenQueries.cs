using System.Text.Json;
using System.Text.RegularExpressions;
using Tandem.EndToEnd.Harness;
using YamlDotNet.RepresentationModel;

namespace Tandem.EndToEnd.Alerting;

/// <summary>A query that stands in a file of the checkout.</summary>
/// <param name="Place">Where.</param>
/// <param name="Text">What, with the variables of its dashboard put in.</param>
public sealed record WrittenQuery(string Place, string Text);

/// <summary>The queries of the dashboards; those of the rules are told by Prometheus itself.</summary>
public static partial class WrittenQueries
{
    /// <summary>Of deploy/grafana/tandem.json: panels, annotations and variables.</summary>
    public static IEnumerable<WrittenQuery> Grafana()
    {
        var root = JsonDocument.Parse(File.ReadAllText(Path.Combine(Checkout.Root, "deploy/grafana/tandem.json"))).RootElement;
        return All(root, "tandem.json").Concat(root.GetProperty("templating").GetProperty("list").EnumerateArray()
            .Where(variable => variable.GetProperty("type").GetString() == "query")
            .Select(variable => Values().Match(variable.GetProperty("definition").GetString()!))
            .Select(match => new WrittenQuery("tandem.json, variables", $"count by ({match.Groups["label"].Value}) ({match.Groups["metric"].Value})")));
    }

    /// <summary>Of deploy/terraform: the charts, and the rules of its own; its other alert policies are made of Prometheus's rules.</summary>
    public static IEnumerable<WrittenQuery> Terraform() => Charts().Concat(Unscraped());

    private static IEnumerable<WrittenQuery> Charts() =>
        Chart().Matches(File.ReadAllText(Path.Combine(Checkout.Root, "deploy/terraform/ffmpeg_monitoring.tf")))
            .Select(match => new WrittenQuery("ffmpeg_monitoring.tf", Regex.Unescape(match.Groups["text"].Value)));

    private static IEnumerable<WrittenQuery> Unscraped()
    {
        var file = new YamlStream();
        file.Load(new StringReader(File.ReadAllText(Path.Combine(Checkout.Root, "deploy/terraform/unscraped.alerts.yml"))));
        return file.Documents[0].AllNodes.OfType<YamlMappingNode>()
            .Where(rule => rule.Children.ContainsKey("alert"))
            .Select(rule => new WrittenQuery("unscraped.alerts.yml", rule.Children["expr"].ToString()));
    }

    private static IEnumerable<WrittenQuery> All(JsonElement element, string place)
    {
        switch (element.ValueKind)
        {
            case JsonValueKind.Array:
                return element.EnumerateArray().SelectMany(one => All(one, place));
            case JsonValueKind.Object:
                var here = element.TryGetProperty("title", out var title) ? $"tandem.json, {title.GetString()}" : place;
                return element.EnumerateObject().SelectMany(one => one.Name == "expr" ? [new WrittenQuery(here, Filled(one.Value.GetString()!))] : All(one.Value, here));
            default:
                return [];
        }
    }

    // As Grafana fills them in while everything is shown.
    private static string Filled(string text) => text
        .Replace("$__rate_interval", "1m", StringComparison.Ordinal)
        .Replace("$channel", ".*", StringComparison.Ordinal)
        .Replace("$instance", ".*", StringComparison.Ordinal)
        .Replace("$lang", ".*", StringComparison.Ordinal);

    [GeneratedRegex(@"^label_values\((?<metric>\w+), (?<label>\w+)\)$", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Values();

    [GeneratedRegex("""^\s*query = "(?<text>(\\.|[^"\\])*)"\s*$""", RegexOptions.Multiline | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Chart();
}
