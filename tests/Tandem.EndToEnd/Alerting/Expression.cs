using System.Text.RegularExpressions;

namespace Tandem.EndToEnd.Alerting;

/// <summary>A label's condition in a selector.</summary>
/// <param name="Label">Its name.</param>
/// <param name="Sign"><c>=</c>, <c>!=</c>, <c>=~</c> or <c>!~</c>.</param>
/// <param name="Value">As written.</param>
public sealed record Matcher(string Label, string Sign, string Value)
{
    /// <summary>The words that it names one by one; empty where it is a pattern.</summary>
    public IReadOnlyList<string> Words => Sign is "=" or "!=" ? [Value] : [.. Value.Split('|').Where(IsWord)];

    /// <inheritdoc/>
    public override string ToString() => $"{Label}{Sign}\"{Value}\"";

    private static bool IsWord(string text) => text.All(sign => char.IsLetterOrDigit(sign) || sign == '_');
}

/// <summary>What an expression reads.</summary>
/// <param name="Metric">Name of the series.</param>
/// <param name="Matchers">Which of them.</param>
public sealed record Selector(string Metric, IReadOnlyList<Matcher> Matchers)
{
    /// <inheritdoc/>
    public override string ToString() => Matchers.Count == 0 ? Metric : $"{Metric}{{{string.Join(", ", Matchers)}}}";
}

/// <summary>The metrics and labels that a PromQL expression names; as much of the language as the checkout's expressions use.</summary>
/// <param name="Selectors">Each series that is read.</param>
/// <param name="Labels">Each label that is grouped or matched by.</param>
public sealed partial record Expression(IReadOnlyList<Selector> Selectors, IReadOnlyList<string> Labels)
{
    private static readonly HashSet<string> _keywords = new(StringComparer.Ordinal)
    {
        "and", "or", "unless", "by", "without", "on", "ignoring", "group_left", "group_right", "offset", "bool",
    };

    /// <summary>Reads one.</summary>
    public static Expression Read(string text)
    {
        var selectors = new List<Selector>();
        var labels = new List<string>();
        var rest = Grouping().Replace(text, match =>
        {
            labels.AddRange(match.Groups["labels"].Value.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries));
            return " ";
        });
        foreach (Match match in Name().Matches(rest))
        {
            var name = match.Groups["name"].Value;
            if (_keywords.Contains(name) || match.Groups["call"].Length > 0)
                continue;
            selectors.Add(new Selector(name, [.. Condition().Matches(match.Groups["matchers"].Value)
                .Select(one => new Matcher(one.Groups["label"].Value, one.Groups["sign"].Value, one.Groups["value"].Value))]));
        }

        return new Expression(selectors, [.. labels.Distinct(StringComparer.Ordinal)]);
    }

    [GeneratedRegex(@"\b(by|without|on|ignoring|group_left|group_right)\s*\((?<labels>[^)]*)\)", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Grouping();

    [GeneratedRegex(
        """(?<![\w:."$])(?<name>[a-zA-Z_:][\w:]*)\s*((?<call>\()|\{(?<matchers>([^"}]|"(\\.|[^"\\])*")*)\})?""",
        RegexOptions.ExplicitCapture,
        1000)]
    private static partial Regex Name();

    [GeneratedRegex("(?<label>\\w+)\\s*(?<sign>=~|!~|!=|=)\\s*\"(?<value>(\\\\.|[^\"\\\\])*)\"", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Condition();
}
