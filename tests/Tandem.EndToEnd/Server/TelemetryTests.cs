using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Tandem.Checks.LiveOrigin;
using Tandem.Checks.Signals;
using Tandem.Checks.Telemetry;
using Tandem.EndToEnd.Harness;
using Xunit;

namespace Tandem.EndToEnd.Server;

/// <summary>The real program beside a collector: what arrives there, what stands in the log, and what must not.</summary>
public sealed class TelemetryTests
{
    private const string Key = "SECRET-operators-key";

    private static readonly string[] _stages = ["fetch", "decode", "mix", "encode", "package", "publish"];

    [Fact]
    public async Task A_collector_gets_what_metrics_says_and_whole_ways_and_no_line_of_the_log_holds_a_secret()
    {
        await using var receiver = await OtlpReceiver.StartAsync();
        await using var origin = await OriginServer.StartAsync();
        var speech = await Programmes.SpeechAsync(Packing.Ts, 60);
        var live = origin.Add("speech", new OriginOptions { Programme = speech, AtEnd = AtEnd.LoopSeamlessly, Window = 8 }).Master;
        var secret = new Uri(live + "?token=SECRET-of-the-source");
        var environment = new Dictionary<string, string>
        {
            ["OTEL_EXPORTER_OTLP_ENDPOINT"] = receiver.Address.AbsoluteUri,
            ["OTEL_EXPORTER_OTLP_HEADERS"] = "api-key=SECRET-of-the-collector",
            ["K_REVISION"] = "tandem-00042-abc",
            ["TANDEM__TELEMETRY__TRACE_RATIO"] = "1",
            ["TANDEM__TELEMETRY__METRICS_INTERVAL"] = "1s",
            ["TANDEM__LOG_FORMAT"] = "json",
            ["TANDEM__LOG_LEVEL"] = "debug",
            ["TANDEM__ACCESS__SECRETS__0"] = "SECRET-that-signs-tokens-of-viewers-0123456789",
            ["TANDEM__OPERATOR_KEYS__0"] = "sha256:" + Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(Key))),
            ["TANDEM__FAULTS__DECODE_FAIL"] = "0.3",
        };
        double published;
        IReadOnlyCollection<string> log;
        await using (var server = await TandemServer.StartAsync(
            [TandemServer.Channel("speech", secret, delay: "2s", engine: "tone"),
                TandemServer.Channel("gone", new Uri("http://127.0.0.1:1/live.m3u8?sig=SECRET-of-the-lost"), delay: "2s", engine: "tone")],
            environment))
        {
            // Viewers need a token here, and the watch has none.
            using var outages = server.ExpectOutage("speech");
            using var outage = server.ExpectOutage("gone");
            server.Present(Key);
            await AskAsync(server);
            await server.UntilAsync(
                "segments and dubs went out",
                async () => await server.MetricAsync("tandem_segments_total", "channel=\"speech\"") > 3 && await server.MetricAsync("tandem_dubs_total", "channel=\"speech\"") > 0,
                TimeSpan.FromSeconds(60));
            published = await server.MetricAsync("tandem_segments_total", "channel=\"speech\"") ?? 0;
            Assert.Equal(0, await server.StopAsync());
            log = server.Log;
        }

        Assert.Empty(receiver.Faults);
        var points = receiver.Points();
        Assert.InRange(points["tandem_segments_total{channel=speech}"].Value, published, published + 4);
        Assert.Equal(0, points["tandem_segments_total{channel=gone}"].Value);
        Assert.Equal(1, points["tandem_segment_failures_total{channel=gone,reason=connection_refused,stage=playlist}"].Value);
        Assert.True(points["tandem_segment_processing_seconds{channel=speech,stage=package}"].Count >= published);
        Assert.InRange(points["tandem_source_age_seconds{channel=gone}"].Value, 0.5, 90);
        Assert.Contains(points.Keys, series => series.StartsWith("tandem_build_info{", StringComparison.Ordinal));
        Assert.All(receiver.Resources, resource => Assert.Equal("tandem-00042-abc", resource["faas.version"]));
        Assert.Contains(receiver.Headers, header => header.Value == "SECRET-of-the-collector");

        var spans = receiver.Spans;
        var segments = spans.Where(span => span is { Name: "segment", Failed: false } && span.Attributes["tandem.outcome"] == "published").ToList();
        Assert.NotEmpty(segments);
        var whole = segments.ToDictionary(segment => segment, segment => spans.Where(span => span.Parent == segment.Id).Select(span => span.Name).ToHashSet(StringComparer.Ordinal));
        Assert.All(whole, one => Assert.True(one.Value.SetEquals(_stages), string.Join(' ', one.Value)));
        Assert.All(segments, segment => Assert.True(segment.End - segment.Start >= TimeSpan.FromSeconds(1.9), $"{segment.End - segment.Start} with a delay of 2 s"));
        Assert.Contains(spans, span => span is { Name: "segment", Failed: true } && span.Attributes["tandem.failed_stage"] == "decode");
        Assert.Contains(spans, span => span.Name == "place" && span.Attributes["tandem.lang"] == "es" && spans.Any(utterance => utterance.Id == span.Parent && utterance.Name == "utterance"));

        Assert.DoesNotContain(log, line => line.Contains("SECRET", StringComparison.Ordinal));
        var lines = log.Where(line => line.StartsWith('{')).Select(line => JsonDocument.Parse(line).RootElement).ToList();
        Assert.All(lines, line => Assert.True(line.TryGetProperty("severity", out _) && line.TryGetProperty("time", out _) && line.TryGetProperty("message", out _)));
        Assert.Contains(lines, line => Text(line, "channel") == "speech" && Text(line, "severity") == "WARNING" && line.TryGetProperty("segment", out var number) && number.GetInt64() >= 0);
        Assert.Contains(lines, line => Text(line, "channel") == "gone");
    }

    private static string? Text(JsonElement line, string field) => line.TryGetProperty(field, out var value) ? value.GetString() : null;

    /// <summary>Requests whose secrets are wrong, right, or in the wrong place.</summary>
    private static async Task AskAsync(TandemServer server)
    {
        using var http = new HttpClient { BaseAddress = server.Root };
        foreach (var path in new[] { "live/speech/master.m3u8?token=SECRET.of.a.viewer", "ws/live/speech?token=SECRET", "live/speech/t/SECRET-ticket/master.m3u8", "ingest/speech/SECRET.m3u8" })
            using (await http.GetAsync(new Uri(path, UriKind.Relative)))
            {
            }

        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", Key);
        foreach (var input in new[] { "http://user:SECRET@127.0.0.1:1/x.m3u8", "http://127.0.0.1:1/x.m3u8?token=SECRET", "rtmp://127.0.0.1:1/live/SECRET" })
        {
            using var made = await http.PostAsJsonAsync(
                new Uri("v1/channels", UriKind.Relative),
                new Dictionary<string, object> { ["id"] = "made", ["input"] = input, ["from"] = "en", ["to"] = new[] { "es" }, ["engine"] = "tone", ["allow_private"] = true });
            await Task.Delay(TimeSpan.FromSeconds(0.3), TimeProvider.System);
            using var gone = await http.DeleteAsync(new Uri("v1/channels/made", UriKind.Relative));
        }
    }
}
