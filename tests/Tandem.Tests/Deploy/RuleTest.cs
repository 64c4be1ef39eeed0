namespace Tandem.Tests.Deploy;

/// <summary>One look of promtool's at one alert, as the files in deploy/prometheus/tests have it.</summary>
/// <param name="Test">Name of the test.</param>
/// <param name="Alert">Name of the alert.</param>
/// <param name="Series">Names of the series that exist in the test.</param>
/// <param name="Seconds">When it looks.</param>
/// <param name="Fires">How many must fire.</param>
/// <param name="GoesStale">Whether series of the test end.</param>
internal sealed record RuleTest(string Test, string Alert, IReadOnlyList<string> Series, int Seconds, int Fires, bool GoesStale)
{
    public static string Folder { get; } = Path.Combine(Server.Checkout.Root, "deploy/prometheus/tests");

    public static IReadOnlyList<string> Files { get; } = [.. Directory.GetFiles(Folder, "*.yml").Order(StringComparer.Ordinal)];

    public static IReadOnlyList<RuleTest> All { get; } =
    [
        .. Files.SelectMany(file => AlertRule.Nodes(AlertRule.Yaml(Path.GetRelativePath(Server.Checkout.Root, file)), "tests")).SelectMany(test =>
        {
            var series = AlertRule.Nodes(test, "input_series").ToList();
            return AlertRule.Nodes(test, "alert_rule_test").Select(look => new RuleTest(
                AlertRule.Text(test, "name"),
                AlertRule.Text(look, "alertname"),
                [.. series.Select(one => AlertRule.Text(one, "series").Split('{')[0])],
                SecondsOf(AlertRule.Text(look, "eval_time")),
                AlertRule.Nodes(look, "exp_alerts").Count(),
                series.Exists(one => AlertRule.Text(one, "values").Contains("stale", StringComparison.Ordinal))));
        }),
    ];

    private static int SecondsOf(string text)
    {
        var (seconds, number) = (0, 0);
        foreach (var sign in text)
        {
            if (char.IsAsciiDigit(sign))
                number = (10 * number) + sign - '0';
            else
                (seconds, number) = (seconds + (number * sign switch { 'h' => 3600, 'm' => 60, _ => 1 }), 0);
        }

        return seconds;
    }
}
