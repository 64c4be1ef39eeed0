using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;
using Tandem.Tests.Server;
using Xunit;

namespace Tandem.Tests.Deploy;

/// <summary>The alerts: each is there, says what it should, has its section of the runbooks and its test, and passes it.</summary>
public sealed partial class AlertRulesTests
{
    // Below it nobody needs to be told of anything.
    private const string Nothing = "Nothing answers and nothing is known: only what watches over that fires";
    private const string NoSeries = "An instance answers without any series of Tandem: only what watches over that fires";
    private const string AllIsWell = "All is well: nothing fires, on series as a quiet server has them";

    private static readonly string[] Table =
    [
        "TandemSegmentErrors", "TandemSegmentProcessingSlow", "TandemCpuHigh", "TandemMemoryHigh", "TandemHealthFailing", "TandemQueueDeep",
        "TandemMessagesLarge", "TandemFallbackHigh", "TandemPublicationLate", "TandemOnsetLagHigh", "TandemSyncOffset", "TandemSourceStale",
        "TandemReferenceLost", "TandemEpochsMany", "TandemDisconnects", "TandemScratchSpace", "TandemRecordFailing", "TandemEngineCircuitOpen", "TandemWorkerRestarts",
        "TandemCostOverBudget", "TandemSegmentBudgetFast", "TandemSegmentBudgetSlow", "TandemHealthBudgetFast", "TandemHealthBudgetSlow",
        "TandemInstanceDown", "TandemAbsent",
    ];

    public static TheoryData<string> RuleTestFiles => [.. RuleTest.Files.Select(file => Path.GetFileName(file))];

    [Fact]
    public void Every_alert_that_was_asked_for_is_there_once()
    {
        Assert.Superset(Table.ToHashSet(StringComparer.Ordinal), AlertRule.All.Select(rule => rule.Name).ToHashSet(StringComparer.Ordinal));
        Assert.Equal(AlertRule.All.Count, AlertRule.All.DistinctBy(rule => rule.Name).Count());
    }

    [Theory]
    [InlineData("TandemSegmentErrors", "> 0.05", "5m")]
    [InlineData("TandemSegmentProcessingSlow", "> 1.5", "5m")]
    [InlineData("TandemCpuHigh", "> 0.9", "10m")]
    [InlineData("TandemMemoryHigh", "> 0.9", "10m")]
    [InlineData("TandemHealthFailing", "> 3", "1m")]
    [InlineData("TandemQueueDeep", "> 100", "1m")]
    [InlineData("TandemQueueDeep", "> 0.8 *", "1m")]
    [InlineData("TandemMessagesLarge", "> 524288", "5m")]
    [InlineData("TandemFallbackHigh", "> 0.1", "5m")]
    [InlineData("TandemSegmentBudgetFast", "> 0.144", "")]
    [InlineData("TandemSegmentBudgetSlow", "> 0.06", "")]
    [InlineData("TandemHealthBudgetFast", "> 0.0144", "")]
    [InlineData("TandemHealthBudgetSlow", "> 0.006", "")]
    public void Thresholds_that_were_asked_for_are_those(string name, string threshold, string time)
    {
        var rule = AlertRule.All.Single(rule => rule.Name == name);
        Assert.Contains(threshold, rule.Expression, StringComparison.Ordinal);
        Assert.Equal(time, rule.For);
    }

    [Fact]
    public void Every_alert_says_its_value_and_where_help_is()
    {
        Assert.All(AlertRule.All, rule =>
        {
            Assert.Contains("$value", rule.Summary, StringComparison.Ordinal);
            Assert.Contains(rule.Severity, new[] { "critical", "warning" });
            Assert.StartsWith("docs/runbooks.md#", rule.Runbook, StringComparison.Ordinal);
        });
    }

    [Fact]
    public void Every_alert_has_its_section_of_the_runbooks_and_every_section_its_alert()
    {
        var sections = Section().Split(Checkout.Read("docs/runbooks.md")).Skip(1)
            .ToDictionary(text => text.Split('\n')[0].Trim().ToLowerInvariant().Replace(' ', '-'), StringComparer.Ordinal);
        var linked = AlertRule.All.Select(rule => rule.Runbook.Split('#')[1]).Distinct(StringComparer.Ordinal);
        Assert.Equal(sections.Keys.Order(StringComparer.Ordinal), linked.Order(StringComparer.Ordinal));
        Assert.All(sections, section =>
        {
            foreach (var part in new[] { "**Viewers notice**", "**Confirm**", "**Mend**", "**Roll back" })
                Assert.Contains(part, section.Value, StringComparison.Ordinal);

            // A command that can be typed.
            Assert.Matches(Command(), section.Value.Split("**Confirm**")[1].Split("- **")[0]);
        });
    }

    [Fact]
    public void Every_alert_is_tested_silent_firing_resolved_and_with_its_series_gone()
    {
        Assert.All(AlertRule.All, rule =>
        {
            var looks = RuleTest.All.Where(look => look.Alert == rule.Name && look.Series.Count > 0).ToList();
            var fired = looks.Where(look => look.Fires > 0 && look.Test.StartsWith(rule.Name, StringComparison.Ordinal)).ToList();
            Assert.True(fired.Count > 0, $"{rule.Name} never fires in a test");
            Assert.True(
                fired.Exists(fire => looks.Exists(look => look.Test == fire.Test && look.Fires == 0 && look.Seconds < fire.Seconds)
                    && looks.Exists(look => look.Test == fire.Test && look.Fires == 0 && look.Seconds > fire.Seconds)),
                $"{rule.Name} is not seen silent before and resolved after it fires");
            foreach (var absent in new[] { Nothing, NoSeries, AllIsWell })
                Assert.Contains(RuleTest.All, look => look.Alert == rule.Name && look.Test == absent);
        });

        // "Absent" and budgets over several instances have no series that could end while the alert goes on.
        var ending = RuleTest.All.Where(look => look.GoesStale).Select(look => look.Alert).ToHashSet(StringComparer.Ordinal);
        Assert.Superset(AlertRule.All.Select(rule => rule.Name).ToHashSet(StringComparer.Ordinal), ending);
        Assert.Empty(AlertRule.All.Select(rule => rule.Name).Except(ending, StringComparer.Ordinal));
    }

    /// <summary>What fires without series is what watches over series; all else must be silent.</summary>
    [Fact]
    public void Without_series_only_what_watches_over_them_fires()
    {
        Assert.Equal(["TandemAbsent"], Firing(Nothing));
        Assert.Equal(["TandemMetricsMissing"], Firing(NoSeries));
        Assert.Equal([], Firing(AllIsWell));

        static IEnumerable<string> Firing(string test) => RuleTest.All.Where(look => look.Test == test && look.Fires > 0).Select(look => look.Alert);
    }

    [Theory]
    [MemberData(nameof(RuleTestFiles))]
    public async Task Promtools_rule_tests_pass(string file)
    {
        var (code, output) = await RunAsync("promtool", "test", "rules", Path.Combine(RuleTest.Folder, file));
        Assert.True(code == 0, output);
        Assert.Contains("SUCCESS", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Prometheus_takes_its_configuration()
    {
        var (code, output) = await RunAsync("promtool", "check", "config", Path.Combine(Checkout.Root, "deploy/prometheus/prometheus.yml"));
        Assert.True(code == 0, output);
        Assert.Contains("2 rule files found", output, StringComparison.Ordinal);
    }

    /// <summary>Runs a program of Debian's; the test is skipped where it is not installed.</summary>
    internal static async Task<(int Code, string Output)> RunAsync(string program, params string[] arguments)
    {
        if (!File.Exists(Path.Combine("/usr/bin", program)))
            Assert.Skip($"No {program} here: deploy/packages.txt names its package");
        var start = new ProcessStartInfo(program, arguments) { UseShellExecute = false, RedirectStandardOutput = true, RedirectStandardError = true };
        using var process = Process.Start(start)!;
        var outputs = await Task.WhenAll(process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        await process.WaitForExitAsync();
        return (process.ExitCode, string.Create(CultureInfo.InvariantCulture, $"{outputs[0]}\n{outputs[1]}"));
    }

    [GeneratedRegex("^## ", RegexOptions.Multiline, 1000)]
    private static partial Regex Section();

    [GeneratedRegex(@"`(curl|promtool|du|ps|top|dmesg) ", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Command();
}
