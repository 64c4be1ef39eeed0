using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using Microsoft.Playwright;
using Tandem.Checks.Hls;
using Tandem.Checks.LiveOrigin;
using Tandem.Checks.Signals;
using Tandem.EndToEnd.Harness;
using Tandem.EndToEnd.Load;
using Xunit;

namespace Tandem.EndToEnd.Ops;

/// <summary>
/// The operations page in a real browser while faults are on: what it shows is what <c>/metrics</c> says between two scrapes, and what the log
/// says of each segment (issue 5, points 3 and 4).
/// </summary>
[Trait("Category", "Full")]
public sealed partial class OpsPageTests(Browser browser) : IClassFixture<Browser>
{
    private const string Total = "tandem_segment_processing_seconds_bucket{channel=\"news\",stage=\"total\",le=\"";
    private const string Published = "tandem_segments_total{channel=\"news\"}";
    private const string Failed = "tandem_segment_failures_total{channel=\"news\",stage=\"";

    private static readonly string[] _edges = ["0.005", "0.01", "0.025", "0.05", "0.1", "0.25", "0.5", "1", "1.5", "3", "5", "10", "+Inf"];
    private static readonly string[] _media = ["segment", "init", "key", "decode", "carry", "encode", "publish"];

    private static readonly (string Name, ColorScheme Colours, int Width, int Height)[] _dresses =
    [
        ("light", ColorScheme.Light, 1280, 800),
        ("dark", ColorScheme.Dark, 1280, 800),
        ("phone", ColorScheme.Dark, 390, 844),
        ("phone-light", ColorScheme.Light, 360, 740),
        ("wall", ColorScheme.Dark, 1920, 1080),
    ];

    [Fact]
    public async Task While_faults_are_on_it_shows_what_metrics_and_the_log_say()
    {
        var axe = Path.Combine(Checkout.Root, "tests/Tandem.EndToEnd/players/dist/axe.js");
        if (!File.Exists(axe) || !Speech.IsThere || !File.Exists("/usr/bin/espeak-ng"))
            Assert.Skip("axe-core (tests/Tandem.EndToEnd/players/install), asterisk-core-sounds-en-g722 or espeak-ng are not installed");
        await using var origin = await OriginServer.StartAsync();
        var programme = await Programmes.SpeechAsync(Packing.Ts);
        var news = origin.Add("news", new OriginOptions { Programme = programme });
        var sport = origin.Add("sport", new OriginOptions { Programme = programme });
        await using var server = await TandemServer.StartAsync(
            [
                TandemServer.Channel("news", news.Master, delay: "8s", engine: "offline", to: "es"),
                TandemServer.Channel("sport", sport.Master, engine: "tone", to: "es+fr"),
            ],
            new Dictionary<string, string>
            {
                ["TANDEM__LOG_LEVEL"] = "debug",
                ["TANDEM__Faults__Seed"] = "7",
                ["TANDEM__Faults__Channels"] = "news",
                ["TANDEM__Faults__Decode_Fail"] = "0.12",
                ["TANDEM__Faults__Decode_Slow"] = "0.25",
                ["TANDEM__Faults__Decode_Slow_By"] = "1.8s",
                ["TANDEM__Faults__Speak_Crash"] = "0.5",
            });

        // Slow decoding is one of the faults; what is looked at here is what is shown of it.
        server.Excuse((_, violation) => violation.Rule == HlsRule.Growth);
        await using var scrapes = new Scrapes(server, "tandem_segment_processing_seconds_bucket", "tandem_segments_total", "tandem_segment_failures_total");
        await server.UntilAsync("it publishes", async () => await server.MetricAsync("tandem_segments_total", "channel=\"news\"") > 2, TimeSpan.FromSeconds(60));
        var viewers = LoadProcess.RunAsync(200, "--url", server.Root.ToString(), "--channel", "news", "--viewers", "4", "--lang", "es", "--ramp", "5s");

        await using var page = await OpsView.OpenAsync(browser, server);
        await page.Page.Locator("#window").SelectOptionAsync("60");

        // The source of the other channel stands still from here on, which is an alert after 50 s.
        using var silence = server.ExpectOutage("sport");
        sport.Pause();
        await page.UntilAsync("[...document.querySelectorAll('#firing li')].some(l => l.innerText.includes('Firing, critical: TandemSourceStale') && l.innerText.includes('sport'))", TimeSpan.FromSeconds(120));
        Assert.Matches("alerts? (is|are) firing$", await page.ReadAsync<string>("document.getElementById('headline').innerText"));
        Assert.Equal("critical", await page.ReadAsync<string>("document.getElementById('status').dataset.level"));

        await ShowsWhatMetricsSayAsync(server, scrapes, page);
        await TilesAreTheMetricsAsync(server, page);
        await AgreesWithTheLogAsync(server);

        // The offline engine's voice is killed at every second utterance.
        var state = await StateAsync(server, 300);
        Assert.True(state.GetProperty("channels")[0].GetProperty("languages")[0].GetProperty("fallbackRatio").GetDouble() > 0);
        Assert.True(state.GetProperty("total").GetProperty("delivery").GetProperty("count").GetDouble() > 0, "no viewer acknowledged anything");
        Assert.Equal(4, state.GetProperty("total").GetProperty("viewers").EnumerateArray().Sum(voice => voice.GetProperty("viewers").GetDouble()));
        Assert.Contains("speak crashed", string.Join('\n', state.GetProperty("total").GetProperty("failures").EnumerateArray().Select(one => $"{one.GetProperty("stage")} {one.GetProperty("reason")}")), StringComparison.Ordinal);

        await RunbookIsThereAsync(page);
        Assert.Empty(page.Faults);
        foreach (var dress in _dresses)
            await CanBeUsedByEverybodyAsync(server, axe, dress);
        Assert.True((await viewers).Code == 0);
    }

    /// <summary>The window is a minute; the figures of the page are worked out anew from the scrapes next to its two ends.</summary>
    private static async Task ShowsWhatMetricsSayAsync(TandemServer server, Scrapes scrapes, OpsView page)
    {
        for (var attempt = 0; ; attempt++)
        {
            Assert.True(attempt < 20, "segments came at the ends of every window");
            var state = await StateAsync(server, 60);
            var at = state.GetProperty("at").GetDateTimeOffset();
            var shown = await ShownAsync(page, at);
            if (shown is null
                || scrapes.At(at, Counts) is not { } after
                || scrapes.At(at - TimeSpan.FromSeconds(state.GetProperty("coveredSeconds").GetDouble()), Counts) is not { } before)
            {
                await Task.Delay(TimeSpan.FromSeconds(2), TimeProvider.System);
                continue;
            }

            var total = state.GetProperty("channels")[0].GetProperty("figures");
            var stage = total.GetProperty("stages").EnumerateArray().Single(one => one.GetProperty("stage").GetString() == "total");
            var counts = _edges.Select(edge => after[$"{Total}{edge}\"}}"] - before[$"{Total}{edge}\"}}"]).ToList();
            Assert.Equal(counts[^1], stage.GetProperty("count").GetDouble());
            Assert.InRange(counts[^1], 15, 60);
            foreach (var (name, part) in new[] { ("p50", 0.5), ("p95", 0.95), ("p99", 0.99) })
                Assert.Equal(Quantile(counts, part), stage.GetProperty(name).GetDouble(), 6);
            var failed = after.Where(pair => Array.Exists(_media, media => pair.Key.StartsWith(Failed + media + "\"", StringComparison.Ordinal))).Sum(pair => pair.Value - before[pair.Key]);
            var ratio = failed / (after[Published] - before[Published]);
            Assert.True(ratio > 0, "no fault struck");
            Assert.Equal(ratio, total.GetProperty("errorRatio").GetDouble(), 9);

            // And the page writes these very figures, as far as it writes them.
            var (share, time) = Written(shown);
            Assert.Equal(ratio, share.Value, share.Within);
            Assert.Equal(Quantile(counts, 0.95), time.Value, time.Within);
            TestContext.Current.TestOutputHelper?.WriteLine(string.Create(CultureInfo.InvariantCulture, $"shown: {shown}; {counts[^1]} segments, {failed} failed, after {attempt} other looks"));
            return;
        }

        static bool Counts(string series) => series.StartsWith(Total, StringComparison.Ordinal) || series == Published || series.StartsWith(Failed, StringComparison.Ordinal);
    }

    /// <summary>What is as it is at the moment stands in the tiles as in <c>/metrics</c>; between two looks of the page it may have moved on.</summary>
    private static async Task TilesAreTheMetricsAsync(TandemServer server, OpsView page)
    {
        (string Tile, string Metric, double Unit, double Within)[] tiles =
        [
            ("viewers", "tandem_viewers", 1, 0), ("in-flight", "tandem_segments_in_flight", 1, 0), ("memory", "tandem_memory_ratio", 0.01, 0.02),
            ("cpu", "tandem_cpu_ratio", 0.01, 0.1),
        ];
        foreach (var (tile, metric, unit, within) in tiles)
        {
            for (var attempt = 0; ; attempt++)
            {
                var shown = await page.ReadAsync<string>($"document.querySelector('#tile-{tile} .value').innerText");
                var match = Leading().Match(shown);
                Assert.True(match.Success, $"{tile}: {shown}");
                var written = double.Parse(match.Value, CultureInfo.InvariantCulture) * unit;
                var said = await server.MetricAsync(metric);
                if (Math.Abs(written - said!.Value) <= within + 0.0051)
                {
                    TestContext.Current.TestOutputHelper?.WriteLine($"tile {tile}: {shown}, {metric} {said}");
                    break;
                }

                Assert.True(attempt < 60, $"{tile} shows {shown}, {metric} is {said}");
                await Task.Delay(TimeSpan.FromSeconds(0.5), TimeProvider.System);
            }
        }
    }

    /// <summary>What the page says of the channel in one line, as of this moment; null where it is a look behind or ahead.</summary>
    private static async Task<string?> ShownAsync(OpsView page, DateTimeOffset at)
    {
        for (var attempt = 0; attempt < 30; attempt++)
        {
            var shown = await page.ReadAsync<string>(
                "document.getElementById('as-of').innerText + '|' + document.querySelector('.channel .short').innerText");
            var local = await page.ReadAsync<string>($"new Intl.DateTimeFormat(undefined, {{ hour: '2-digit', minute: '2-digit', second: '2-digit' }}).format(new Date('{at:O}'))");
            if (shown.StartsWith($"as of {local}", StringComparison.Ordinal))
                return shown.Split('|')[1];
            await Task.Delay(TimeSpan.FromSeconds(0.2), TimeProvider.System);
        }

        return null;
    }

    /// <summary>Since the start: each percentile lies in the bucket that holds the one of the values themselves, and the shares are equal.</summary>
    private static async Task AgreesWithTheLogAsync(TandemServer server)
    {
        for (var attempt = 0; ; attempt++)
        {
            Assert.True(attempt < 20, "segments came at the end of every window");
            var state = await StateAsync(server, 600);
            var at = state.GetProperty("at").GetDateTimeOffset();
            Assert.True(state.GetProperty("coveredSeconds").GetDouble() > state.GetProperty("uptimeSeconds").GetDouble() - 1);
            if (RawLog.Read(server.Log, "news", DateTimeOffset.MaxValue).Nearest(at) < TimeSpan.FromSeconds(0.1))
            {
                await Task.Delay(TimeSpan.FromSeconds(3), TimeProvider.System);
                continue;
            }

            var raw = RawLog.Read(server.Log, "news", at);
            var figures = state.GetProperty("channels")[0].GetProperty("figures");
            var stages = figures.GetProperty("stages").EnumerateArray().ToDictionary(one => one.GetProperty("stage").GetString()!, StringComparer.Ordinal);
            Assert.Equal(["fetch", "decode", "mix", "encode", "package", "total"], stages.Keys);
            foreach (var (name, stage) in stages)
            {
                Assert.Equal(raw.Work.Count(one => one.Stage == name), stage.GetProperty("count").GetDouble());
                foreach (var (percentile, share) in new[] { ("p50", 0.5), ("p95", 0.95), ("p99", 0.99) })
                {
                    var value = raw.Quantile(name, share);
                    var told = stage.GetProperty(percentile).GetDouble();
                    var edges = _edges[..^1].Select(edge => double.Parse(edge, CultureInfo.InvariantCulture)).ToList();
                    var bucket = edges.FindIndex(edge => value <= edge);
                    Assert.True(
                        told > (bucket == 0 ? 0 : edges[bucket - 1]) && told <= edges[bucket],
                        string.Create(CultureInfo.InvariantCulture, $"{name} {percentile}: the histogram says {told}, the log {value}"));
                    if (percentile == "p95")
                        TestContext.Current.TestOutputHelper?.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{name} p95: histogram {told:F4} s, log {value:F4} s of {raw.Work.Count(one => one.Stage == name)}"));
                }
            }

            Assert.Equal(raw.ErrorRatio, figures.GetProperty("errorRatio").GetDouble(), 9);
            Assert.True(raw.ErrorRatio > 0.02 && raw.Quantile("total", 0.95) > 1, "the faults did not show");
            TestContext.Current.TestOutputHelper?.WriteLine(string.Create(CultureInfo.InvariantCulture, $"error ratio: both {raw.ErrorRatio:F4}"));

            // Every stage of a segment can be told apart by its number.
            Assert.Equal(raw.Work.Count(one => one.Stage == "total"), raw.Work.Where(one => one.Stage == "total").DistinctBy(one => one.Segment).Count());
            return;
        }
    }

    private static async Task RunbookIsThereAsync(OpsView page)
    {
        await page.Page.GetByRole(AriaRole.Link, new PageGetByRoleOptions { Name = "TandemSourceStale" }).ClickAsync();
        await page.UntilAsync("location.hash === '#source-stale' && document.querySelector(':target')?.innerText === 'Source stale'");
        await page.Page.GoBackAsync();
    }

    private async Task CanBeUsedByEverybodyAsync(TandemServer server, string axe, (string Name, ColorScheme Colours, int Width, int Height) dress)
    {
        await using var page = await OpsView.OpenAsync(
            browser,
            server,
            new BrowserNewContextOptions { Locale = "en-GB", ColorScheme = dress.Colours, ViewportSize = new ViewportSize { Width = dress.Width, Height = dress.Height } },
            one => one.AddInitScriptAsync(scriptPath: axe));
        if (Environment.GetEnvironmentVariable("TANDEM_SCREENSHOTS") is { Length: > 0 } folder)
        {
            await page.Page.ScreenshotAsync(new PageScreenshotOptions { Path = Path.Combine(folder, $"ops-{dress.Name}.png") });
            await page.Page.ScreenshotAsync(new PageScreenshotOptions { Path = Path.Combine(folder, $"ops-{dress.Name}-whole.png"), FullPage = true });
        }

        await page.ReadAsync<bool>("(() => { document.querySelectorAll('details').forEach(d => d.open = true); return true; })()");
        using var violations = JsonDocument.Parse(await page.ReadAsync<string>(
            "axe.run(document, { resultTypes: ['violations'] }).then(r => JSON.stringify(r.violations.map(v => ({ id: v.id, impact: v.impact, nodes: v.nodes.map(n => n.target.flat().join(' ') + ' ' + n.failureSummary) }))))"));
        Assert.Empty(violations.RootElement.EnumerateArray().Where(one => one.GetProperty("impact").GetString() is "serious" or "critical").Select(one => $"{dress.Name}: {one.GetRawText()}"));
        Assert.Equal("", await page.BeyondTheEdgeAsync());
        Assert.Empty(page.Faults);
    }

    private static async Task<JsonElement> StateAsync(TandemServer server, int window)
    {
        using var http = new HttpClient();
        return JsonDocument.Parse(await http.GetStringAsync(new Uri(server.Root, $"ops/state?window={window}"))).RootElement;
    }

    // As Prometheus's manual describes histogram_quantile, from counts of what lies below each edge.
    private static double Quantile(List<double> below, double share)
    {
        var rank = share * below[^1];
        var index = Enumerable.Range(0, below.Count).First(at => below[at] >= rank);
        if (index == below.Count - 1)
            return double.Parse(_edges[^2], CultureInfo.InvariantCulture);
        var (from, fewer) = index == 0 ? (0, 0) : (double.Parse(_edges[index - 1], CultureInfo.InvariantCulture), below[index - 1]);
        return from + ((double.Parse(_edges[index], CultureInfo.InvariantCulture) - from) * (rank - fewer) / (below[index] - fewer));
    }

    /// <summary>Reads <c>13 % failed · p95 2.3 s · 4 viewers</c>: the numbers, and what rounding may have taken off.</summary>
    private static ((double Value, double Within) Share, (double Value, double Within) Time) Written(string text)
    {
        var match = Short().Match(text);
        Assert.True(match.Success, text);
        return (Number(match.Groups["share"].Value, 0.01), Number(match.Groups["time"].Value, match.Groups["unit"].Value == "s" ? 1 : 0.001));

        static (double Value, double Within) Number(string number, double unit) =>
            (double.Parse(number, CultureInfo.InvariantCulture) * unit, (number.Contains('.', StringComparison.Ordinal) ? 0.0501 : 0.501) * unit);
    }

    [GeneratedRegex(@"^[\d.]+", RegexOptions.None, 1000)]
    private static partial Regex Leading();

    [GeneratedRegex(@"^(?<share>[\d.]+) % failed · p95 (?<time>[\d.]+) (?<unit>m?s) · \d+ viewers$", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Short();
}
