using System.Text.Json;
using Tandem.EndToEnd.Harness;

namespace Tandem.EndToEnd.Alerting;

/// <summary>
/// Debian's Prometheus with what deploy/prometheus has for it, on a free port. Scrapes and rules come every second instead of every 15 s;
/// nothing else is changed unless a test says so.
/// </summary>
public sealed class PrometheusServer : IAsyncDisposable
{
    private readonly HttpClient _http = new() { Timeout = TimeSpan.FromSeconds(30) };
    private readonly Daemon _daemon;

    private PrometheusServer(Daemon daemon) => _daemon = daemon;

    /// <summary>Starts it.</summary>
    /// <param name="tandem">The instance that it scrapes.</param>
    /// <param name="alertmanager">Who is told of alerts; null for nobody.</param>
    /// <param name="shorten">What becomes of the text of the alerts.</param>
    public static async Task<PrometheusServer> StartAsync(Uri tandem, Uri? alertmanager = null, Func<string, string>? shorten = null)
    {
        var folder = Directory.CreateTempSubdirectory("tandem-prometheus-").FullName;
        var source = Path.Combine(Checkout.Root, "deploy/prometheus");
        var config = (await File.ReadAllTextAsync(Path.Combine(source, "prometheus.yml")))
            .Replace("scrape_interval: 15s", "scrape_interval: 1s", StringComparison.Ordinal)
            .Replace("scrape_timeout: 10s", "scrape_timeout: 1s", StringComparison.Ordinal)
            .Replace("evaluation_interval: 15s", "evaluation_interval: 1s", StringComparison.Ordinal);
        await File.WriteAllTextAsync(Path.Combine(folder, "prometheus.yml"), config);
        File.Copy(Path.Combine(source, "tandem.rules.yml"), Path.Combine(folder, "tandem.rules.yml"));
        var alerts = await File.ReadAllTextAsync(Path.Combine(source, "tandem.alerts.yml"));
        await File.WriteAllTextAsync(Path.Combine(folder, "tandem.alerts.yml"), shorten?.Invoke(alerts) ?? alerts);
        await TargetAsync("targets", tandem);
        if (alertmanager is not null)
            await TargetAsync("alertmanagers", alertmanager);
        var root = Daemon.FreeAddress();
        return new PrometheusServer(await Daemon.StartAsync(
            "/usr/bin/prometheus", folder, root, "--config.file=prometheus.yml", "--storage.tsdb.path=data", $"--web.listen-address={root.Authority}"));

        async Task TargetAsync(string list, Uri address)
        {
            Directory.CreateDirectory(Path.Combine(folder, list));
            await File.WriteAllTextAsync(Path.Combine(folder, list, "test.yml"), $"[{{ targets: [\"{address.Authority}\"] }}]\n");
        }
    }

    /// <summary>Runs an expression now; what it gives, one element a series.</summary>
    /// <exception cref="InvalidOperationException">Prometheus refuses it; the message says why.</exception>
    public async Task<IReadOnlyList<JsonElement>> QueryAsync(string expression)
    {
        using var form = new FormUrlEncodedContent([new("query", expression)]);
        using var answer = await _http.PostAsync(new Uri(_daemon.Root, "api/v1/query"), form);
        var body = JsonDocument.Parse(await answer.Content.ReadAsStringAsync()).RootElement;
        if (body.GetProperty("status").GetString() != "success")
            throw new InvalidOperationException(body.GetProperty("error").GetString());
        return [.. body.GetProperty("data").GetProperty("result").EnumerateArray()];
    }

    /// <summary>The names of the labels that a metric's series have.</summary>
    public async Task<IReadOnlySet<string>> LabelsAsync(string metric)
    {
        var body = JsonDocument.Parse(await _http.GetStringAsync(new Uri(_daemon.Root, $"api/v1/labels?match[]={metric}"))).RootElement;
        return body.GetProperty("data").EnumerateArray().Select(name => name.GetString()!).ToHashSet(StringComparer.Ordinal);
    }

    /// <summary>Every rule that it has loaded: name, condition, whether it is an alert, and what was wrong with its last evaluation.</summary>
    public async Task<IReadOnlyList<LoadedRule>> RulesAsync()
    {
        var body = JsonDocument.Parse(await _http.GetStringAsync(new Uri(_daemon.Root, "api/v1/rules"))).RootElement;
        return
        [
            .. body.GetProperty("data").GetProperty("groups").EnumerateArray()
                .SelectMany(group => group.GetProperty("rules").EnumerateArray()).Select(rule => new LoadedRule(
                rule.GetProperty("name").GetString()!,
                rule.GetProperty("query").GetString()!,
                rule.GetProperty("type").GetString() == "alerting",
                rule.GetProperty("health").GetString()!,
                rule.TryGetProperty("lastError", out var error) ? error.GetString() : null)),
        ];
    }

    /// <summary>Waits until <paramref name="holds"/>.</summary>
    public Task UntilAsync(string what, Func<Task<bool>> holds, TimeSpan? limit = null) => _daemon.UntilAsync(what, holds, limit);

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        _http.Dispose();
        await _daemon.DisposeAsync();
    }
}

/// <summary>A rule as Prometheus has it.</summary>
/// <param name="Name">Of the alert or the recorded series.</param>
/// <param name="Query">The expression.</param>
/// <param name="IsAlert">An alert, or a recorded series.</param>
/// <param name="Health"><c>ok</c>, <c>err</c> or <c>unknown</c>.</param>
/// <param name="Error">Of the last evaluation.</param>
public sealed record LoadedRule(string Name, string Query, bool IsAlert, string Health, string? Error);
