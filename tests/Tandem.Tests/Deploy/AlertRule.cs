using YamlDotNet.RepresentationModel;

namespace Tandem.Tests.Deploy;

/// <summary>One alert as deploy/prometheus/tandem.alerts.yml has it.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Expression">The condition.</param>
/// <param name="For">How long the condition must hold; empty for not at all.</param>
/// <param name="Severity">Who is told.</param>
/// <param name="Summary">The line that people get.</param>
/// <param name="Runbook">What to do.</param>
internal sealed record AlertRule(string Name, string Expression, string For, string Severity, string Summary, string Runbook)
{
    public static IReadOnlyList<AlertRule> All { get; } =
    [
        .. Nodes(Yaml("deploy/prometheus/tandem.alerts.yml"), "groups").SelectMany(group => Nodes(group, "rules")).Select(rule => new AlertRule(
            Text(rule, "alert"),
            Text(rule, "expr"),
            Text(rule, "for"),
            Text(rule["labels"], "severity"),
            Text(rule["annotations"], "summary"),
            Text(rule["annotations"], "runbook_url"))),
    ];

    /// <summary>The root of a YAML file of the checkout.</summary>
    public static YamlNode Yaml(string path)
    {
        var stream = new YamlStream();
        using var reader = new StringReader(Server.Checkout.Read(path));
        stream.Load(reader);
        return stream.Documents[0].RootNode;
    }

    /// <summary>The entries of a list; none where it is not there.</summary>
    public static IEnumerable<YamlNode> Nodes(YamlNode parent, string name) =>
        ((YamlMappingNode)parent).Children.TryGetValue(name, out var found) ? ((YamlSequenceNode)found).Children : [];

    /// <summary>A scalar; empty where it is not there.</summary>
    public static string Text(YamlNode parent, string name) =>
        ((YamlMappingNode)parent).Children.TryGetValue(name, out var found) ? ((YamlScalarNode)found).Value ?? "" : "";
}
