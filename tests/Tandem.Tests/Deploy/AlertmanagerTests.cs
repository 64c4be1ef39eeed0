using System.Diagnostics;
using System.Text.RegularExpressions;
using Tandem.Tests.Server;
using Xunit;

namespace Tandem.Tests.Deploy;

/// <summary>Alertmanager's configuration: what must be told is told, both ways, and secrets stay out of it.</summary>
public sealed partial class AlertmanagerTests
{
    private static readonly string Folder = Path.Combine(Checkout.Root, "deploy/alertmanager");

    private static readonly Dictionary<string, string> Variables = new(StringComparer.Ordinal)
    {
        ["SLACK_URL_FILE"] = "/run/secrets/slack",
        ["SLACK_CHANNEL"] = "#alerts",
        ["SMTP_SMARTHOST"] = "mail.example:587",
        ["SMTP_FROM"] = "tandem@example.com",
        ["SMTP_USERNAME"] = "tandem",
        ["SMTP_PASSWORD_FILE"] = "/run/secrets/mail",
        ["SMTP_REQUIRE_TLS"] = "true",
        ["MAIL_TO"] = "operators@example.com",
        ["TANDEM_DOCS_URL"] = "https://docs.example/tandem",
    };

    [Fact]
    public async Task It_is_valid_once_its_variables_are_put_in()
    {
        var (code, text, errors) = await RenderAsync(Variables);
        Assert.True(code == 0, errors);
        Assert.DoesNotMatch(Unset(), text.Split("global:")[1]);
        Assert.Contains("https://docs.example/tandem/{{ .Annotations.runbook_url }}", text, StringComparison.Ordinal);
        var path = Path.GetTempFileName();
        await File.WriteAllTextAsync(path, text);
        var (checkedCode, output) = await AlertRulesTests.RunAsync("amtool", "check-config", path);
        File.Delete(path);
        Assert.True(checkedCode == 0, output);
    }

    [Fact]
    public async Task Every_variable_that_is_missing_is_named_at_once()
    {
        var (code, text, errors) = await RenderAsync(Variables.Where(one => one.Key is not ("SMTP_FROM" or "MAIL_TO")));
        Assert.Equal((2, ""), (code, text));
        var lines = errors.TrimEnd().Split('\n');
        Assert.Equal(2, lines.Length);
        Assert.StartsWith("render: SMTP_FROM is not set", lines[0], StringComparison.Ordinal);
        Assert.StartsWith("render: MAIL_TO is not set", lines[1], StringComparison.Ordinal);
    }

    [Fact]
    public void Slack_and_e_mail_are_told_of_the_end_as_well()
    {
        var receivers = AlertRule.Nodes(AlertRule.Yaml("deploy/alertmanager/alertmanager.yml"), "receivers").ToList();
        foreach (var kind in new[] { "slack_configs", "email_configs" })
        {
            var configured = receivers.SelectMany(receiver => AlertRule.Nodes(receiver, kind)).ToList();
            Assert.NotEmpty(configured);
            Assert.All(configured, one => Assert.Equal("true", AlertRule.Text(one, "send_resolved")));
        }
    }

    [Fact]
    public void What_silences_and_is_silenced_are_alerts_that_exist()
    {
        var names = Name().Matches(Checkout.Read("deploy/alertmanager/alertmanager.yml")).Select(match => match.Value).Distinct().ToList();
        Assert.Contains("TandemInstanceDown", names);
        Assert.Empty(names.Except(AlertRule.All.Select(rule => rule.Name), StringComparer.Ordinal));
    }

    private static async Task<(int Code, string Text, string Errors)> RenderAsync(IEnumerable<KeyValuePair<string, string>> variables)
    {
        var start = new ProcessStartInfo(Path.Combine(Folder, "render")) { UseShellExecute = false, RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var name in Variables.Keys)
            start.Environment.Remove(name);
        foreach (var (name, value) in variables)
            start.Environment[name] = value;
        using var process = Process.Start(start)!;
        var outputs = await Task.WhenAll(process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        await process.WaitForExitAsync();
        return (process.ExitCode, outputs[0], outputs[1]);
    }

    [GeneratedRegex(@"\$\{", RegexOptions.None, 1000)]
    private static partial Regex Unset();

    [GeneratedRegex(@"Tandem[A-Z]\w+", RegexOptions.None, 1000)]
    private static partial Regex Name();
}
