using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;
using Tandem.Checks.LiveOrigin;
using Tandem.Checks.Signals;
using Tandem.EndToEnd.Harness;
using Xunit;

namespace Tandem.EndToEnd.Alerting;

/// <summary>
/// From a fault to whoever is on duty, and back: Tandem, Prometheus and Alertmanager as they are, a mail server and a webhook of the test's
/// own.
/// </summary>
[Collection(Alone.Name)]
[Trait("Category", "Full")]
public sealed partial class AlertingTests
{
    private const string Alert = "TandemSegmentErrors";

    private static readonly TimeSpan _arrives = TimeSpan.FromMinutes(3);

    [Fact]
    public async Task A_fault_is_told_to_slack_and_by_mail_and_so_is_its_end()
    {
        await using var origin = await OriginServer.StartAsync();
        var source = origin.Add("struck", new OriginOptions { Programme = await Programmes.SineAsync(Packing.Ts, 60), AtEnd = AtEnd.LoopSeamlessly });
        var environment = new Dictionary<string, string>(StringComparer.Ordinal) { ["TANDEM__FAULTS__DECODE_FAIL"] = "0.5" };
        string[] channels = [TandemServer.Channel("struck", source.Master)];
        await using var server = await TandemServer.StartAsync(channels, environment);
        using var outage = server.ExpectOutage("struck");

        // Half of the segments are lost on purpose, and the server is started again: what is published of them is looked at elsewhere.
        server.Excuse((_, _) => true);
        await using var mail = new MailSink();
        using var slack = new SlackSink();
        await using var alertmanager = await StartAlertmanagerAsync(mail, slack);
        await using var prometheus = await PrometheusServer.StartAsync(server.Root, alertmanager.Root, Shortened);

        await alertmanager.UntilAsync("both are told of the fault", () => Both(mail, slack, "Firing"), _arrives);
        var told = slack.Messages.First(message => message.Title == Title("Firing"));
        Assert.Equal("https://docs.example/tandem/docs/runbooks.md#segment-errors", told.Link);
        Assert.InRange(Share(told.Text), 5, 100);
        var letter = mail.Mails.First(text => IsAbout(text, "Firing"));
        Assert.Contains("To: operators@example.com", letter, StringComparison.Ordinal);
        Assert.InRange(Share(letter), 5, 100);
        Assert.Contains("https://docs.example/tandem/docs/runbooks.md#segment-errors", letter, StringComparison.Ordinal);
        Assert.False(await Both(mail, slack, "Resolved"), "told of an end while the fault goes on");

        // Faults are set when a server starts.
        await server.StopAsync();
        environment.Clear();
        await server.StartAsync();
        await server.UntilAsync("it publishes without faults", async () => await server.MetricAsync("tandem_segments_total") > 3, _arrives);
        await alertmanager.UntilAsync("both are told of its end", () => Both(mail, slack, "Resolved"), _arrives);
        var over = slack.Messages.First(message => message.Title == Title("Resolved"));
        Assert.StartsWith("Resolved: struck: ", over.Text, StringComparison.Ordinal);
        Assert.Contains("until", mail.Mails.First(text => IsAbout(text, "Resolved")), StringComparison.Ordinal);
    }

    // Windows and waits of five minutes become twenty and five seconds; all else stays as it is shipped.
    private static string Shortened(string rules) =>
        rules.Replace("[5m]", "[20s]", StringComparison.Ordinal).Replace("for: 5m", "for: 5s", StringComparison.Ordinal);

    private static string Title(string status) => $"{status} (critical): {Alert} struck";

    private static Task<bool> Both(MailSink mail, SlackSink slack, string status) => Task.FromResult(
        mail.Mails.Any(text => IsAbout(text, status)) && slack.Messages.Any(message => message.Title == Title(status)));

    private static bool IsAbout(string mail, string status) => mail.Contains($"Subject: {Title(status)}", StringComparison.Ordinal);

    /// <summary>The current value, which each message says: per cent.</summary>
    private static double Share(string text) => double.Parse(Percent().Match(text).Groups["share"].Value, CultureInfo.InvariantCulture);

    private static async Task<Daemon> StartAlertmanagerAsync(MailSink mail, SlackSink slack)
    {
        var folder = Directory.CreateTempSubdirectory("tandem-alertmanager-").FullName;
        await File.WriteAllTextAsync(Path.Combine(folder, "slack"), slack.Address.AbsoluteUri);
        await File.WriteAllTextAsync(Path.Combine(folder, "password"), "secret");
        var start = new ProcessStartInfo(Path.Combine(Checkout.Root, "deploy/alertmanager/render")) { UseShellExecute = false, RedirectStandardOutput = true };
        foreach (var (name, value) in new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["SLACK_URL_FILE"] = Path.Combine(folder, "slack"),
            ["SLACK_CHANNEL"] = "#alerts",
            ["SMTP_SMARTHOST"] = mail.Address,
            ["SMTP_FROM"] = "tandem@example.com",
            ["SMTP_USERNAME"] = "tandem",
            ["SMTP_PASSWORD_FILE"] = Path.Combine(folder, "password"),
            ["SMTP_REQUIRE_TLS"] = "false",
            ["MAIL_TO"] = "operators@example.com",
            ["TANDEM_DOCS_URL"] = "https://docs.example/tandem",
        })
        {
            start.Environment[name] = value;
        }

        using var render = Process.Start(start)!;
        var config = await render.StandardOutput.ReadToEndAsync();
        await render.WaitForExitAsync();
        Assert.Equal(0, render.ExitCode);
        var quicker = config
            .Replace("group_wait: 30s", "group_wait: 1s", StringComparison.Ordinal)
            .Replace("group_interval: 5m", "group_interval: 2s", StringComparison.Ordinal);
        await File.WriteAllTextAsync(Path.Combine(folder, "alertmanager.yml"), quicker);
        var root = Daemon.FreeAddress();
        return await Daemon.StartAsync(
            "/usr/bin/prometheus-alertmanager",
            folder,
            root,
            "--config.file=alertmanager.yml",
            "--storage.path=data",
            "--cluster.listen-address=",
            $"--web.listen-address={root.Authority}");
    }

    [GeneratedRegex(@"struck: (?<share>[\d.]+)% of segments failed", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Percent();
}
