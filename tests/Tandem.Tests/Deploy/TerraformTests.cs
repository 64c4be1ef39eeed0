using System.Diagnostics;
using System.Text.Json;
using System.Text.RegularExpressions;
using Tandem.Tests.Server;
using Xunit;

namespace Tandem.Tests.Deploy;

/// <summary>
/// Google Cloud's alert policies are made of the same rules. What they come to is worked out where terraform is installed, without a provider;
/// nothing is applied.
/// </summary>
public sealed partial class TerraformTests
{
    private static readonly string Text = Checkout.Read("deploy/terraform/ffmpeg_monitoring.tf") + Checkout.Read("deploy/terraform/alerts.tf");

    [Fact]
    public void It_reads_the_rules_that_are_there()
    {
        Assert.Equal(2, RulesFile().Count(Text));
        Assert.All(RulesFile().Matches(Text).Select(match => match.Groups["path"].Value), path => Assert.True(File.Exists(Path.Combine(Checkout.Root, "deploy/terraform", path)), path));
    }

    /// <summary>Nobody makes <c>up</c> where nobody scrapes: what asks for it would fire for ever, or never.</summary>
    [Theory]
    [InlineData("false")]
    [InlineData("true")]
    public async Task Without_scraping_no_policy_asks_for_up(string scraped)
    {
        var policies = await PoliciesAsync(scraped);
        var asking = policies.Where(policy => Up().IsMatch(policy.Value.GetProperty("query").GetString()!)).Select(policy => policy.Key);
        var names = AlertRule.All.Select(rule => rule.Name);
        if (scraped == "true")
        {
            Assert.Equal(["TandemAbsent", "TandemHealthBudgetFast", "TandemHealthBudgetSlow", "TandemInstanceDown", "TandemMetricsMissing"], asking.Order(StringComparer.Ordinal));
            Assert.Equal(names.Order(StringComparer.Ordinal), policies.Keys.Order(StringComparer.Ordinal));
        }
        else
        {
            Assert.Empty(asking);
            Assert.Equal(names.Except(["TandemInstanceDown", "TandemMetricsMissing"]).Order(StringComparer.Ordinal), policies.Keys.Order(StringComparer.Ordinal));
            Assert.Equal("absent(tandem_build_info)", policies["TandemAbsent"].GetProperty("query").GetString());
        }
    }

    [Theory]
    [InlineData("false")]
    [InlineData("true")]
    public async Task Every_policy_says_its_summary_and_value_in_Cloud_Monitorings_variables(string scraped)
    {
        var policies = await PoliciesAsync(scraped);
        Assert.All(policies.Values.Select(policy => policy.GetProperty("summary").GetString()!), summary =>
        {
            Assert.Contains("${metric.label.value}", summary, StringComparison.Ordinal);
            Assert.DoesNotContain("{{", summary, StringComparison.Ordinal);
            Assert.DoesNotContain("<<", summary, StringComparison.Ordinal);
        });
        Assert.Equal(
            "${metric_or_resource.label.channel} in ${metric_or_resource.label.lang}: the original stands in for ${metric.label.value} (of 1) of the dub",
            policies["TandemFallbackHigh"].GetProperty("summary").GetString());
        Assert.Contains("content   = \"${each.value.summary}\\n", Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Promtools_tests_of_the_rules_without_scraping_pass()
    {
        var (code, output) = await AlertRulesTests.RunAsync("promtool", "test", "rules", Path.Combine(Checkout.Root, "deploy/terraform/tests/unscraped.yml"));
        Assert.True(code == 0, output);
    }

    [Fact]
    public void It_knows_every_duration_of_the_rules_and_no_recorded_series()
    {
        var times = AlertRule.All.Select(rule => rule.For).Where(time => time.Length > 0).Distinct(StringComparer.Ordinal);
        Assert.All(times, time => Assert.Contains($"\"{time}\"", Text, StringComparison.Ordinal));
        Assert.All(AlertRule.All, rule => Assert.DoesNotContain("tandem:", rule.Expression, StringComparison.Ordinal));
        Assert.DoesNotContain("tandem:", Text, StringComparison.Ordinal);
    }

    [Fact]
    public void Brackets_and_quotation_marks_are_closed()
    {
        var bare = Quoted().Replace(Comment().Replace(Text, ""), "");
        Assert.DoesNotContain('"', bare);
        foreach (var (open, close) in new[] { ('{', '}'), ('[', ']'), ('(', ')') })
            Assert.Equal(bare.Count(sign => sign == open), bare.Count(sign => sign == close));
    }

    private static async Task<Dictionary<string, JsonElement>> PoliciesAsync(string scraped)
    {
        var terraform = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':').Select(folder => Path.Combine(folder, "terraform")).FirstOrDefault(File.Exists);
        if (terraform is null)
            Assert.Skip("No terraform here");
        var folder = Directory.CreateTempSubdirectory("tandem-terraform-");
        try
        {
            // Without the file that needs Google's provider.
            foreach (var file in new[] { "terraform/alerts.tf", "terraform/unscraped.alerts.yml", "prometheus/tandem.alerts.yml" })
            {
                var copy = Path.Combine(folder.FullName, file);
                Directory.CreateDirectory(Path.GetDirectoryName(copy)!);
                File.Copy(Path.Combine(Checkout.Root, "deploy", file), copy);
            }

            using var process = Process.Start(new ProcessStartInfo(terraform, ["console", "-var", "docs_url=https://docs.example", "-var", $"scraped={scraped}"])
            {
                UseShellExecute = false,
                RedirectStandardInput = true,
                RedirectStandardOutput = true,
                RedirectStandardError = true,
                WorkingDirectory = Path.Combine(folder.FullName, "terraform"),
            })!;
            await process.StandardInput.WriteLineAsync("base64encode(jsonencode(local.alerts))");
            process.StandardInput.Close();
            var outputs = await Task.WhenAll(process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
            Assert.True(outputs[0].StartsWith('"'), string.Join('\n', outputs));
            return JsonSerializer.Deserialize<Dictionary<string, JsonElement>>(Convert.FromBase64String(outputs[0].Trim().Trim('"')))!;
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [GeneratedRegex(@"\bup\b", RegexOptions.None, 1000)]
    private static partial Regex Up();

    [GeneratedRegex("""file\("\$\{path\.module\}/(?<path>[^"]+)"\)""", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex RulesFile();

    [GeneratedRegex(@"^\s*#.*$", RegexOptions.Multiline, 1000)]
    private static partial Regex Comment();

    [GeneratedRegex("""
        "(\\.|[^"\\])*"
        """, RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Quoted();
}
