using System.Text.RegularExpressions;
using Tandem.Tests.Server;
using Xunit;

namespace Tandem.Tests.Deploy;

/// <summary>
/// Google Cloud's alert policies are made of the same rules. There is no terraform here to try them with: what can go wrong without it being
/// seen is looked at.
/// </summary>
public sealed partial class TerraformTests
{
    private static readonly string Text = Checkout.Read("deploy/terraform/ffmpeg_monitoring.tf");

    [Fact]
    public void It_reads_the_rules_that_are_there()
    {
        var path = RulesFile().Match(Text).Groups["path"].Value;
        Assert.True(File.Exists(Path.Combine(Checkout.Root, "deploy/terraform", path)), path);
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

    [GeneratedRegex("""file\("\$\{path\.module\}/(?<path>[^"]+)"\)""", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex RulesFile();

    [GeneratedRegex(@"^\s*#.*$", RegexOptions.Multiline, 1000)]
    private static partial Regex Comment();

    [GeneratedRegex("""
        "(\\.|[^"\\])*"
        """, RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Quoted();
}
