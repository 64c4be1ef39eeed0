using System.Globalization;
using Tandem.Checks.LiveOrigin;
using Tandem.Checks.Signals;
using Tandem.EndToEnd.Harness;
using Xunit;

namespace Tandem.EndToEnd.Server;

/// <summary>What docs/metrics.md promises is measured, not only declared.</summary>
public sealed class MetricsTests
{
    private static readonly string[] _stages = ["fetch", "decode", "mix", "encode", "package", "total"];

    [Fact]
    public async Task Every_stage_is_measured_and_every_word_is_declared()
    {
        await using var origin = await OriginServer.StartAsync();
        var speech = await Programmes.SpeechAsync(Packing.Ts, 60);
        var live = origin.Add("speech", new OriginOptions { Programme = speech, AtEnd = AtEnd.LoopSeamlessly, Window = 8 }).Master;
        await using var server = await TandemServer.StartAsync(
            [TandemServer.Channel("speech", live, engine: "tone"), TandemServer.Channel("nowhere", new Uri(live, "/nowhere/master.m3u8"), engine: "tone")]);
        using var silence = server.ExpectOutage("nowhere");
        Dictionary<string, double> metrics = [];
        await server.UntilAsync(
            "a tone is placed, segments are published and a playlist is missed",
            async () =>
            {
                metrics = await ReadAsync(server);
                return Of(metrics, "tandem_dub_onset_lag_seconds_count", "speech").Sum() > 0 && Of(metrics, "tandem_segments_total", "speech").Sum() > 3
                    && Of(metrics, "tandem_segment_failures_total", "nowhere").Sum() > 0;
            },
            TimeSpan.FromSeconds(60));

        Assert.All(_stages, stage => Assert.True(metrics[$"tandem_segment_processing_seconds_count{{channel=\"speech\",stage=\"{stage}\"}}"] > 0, stage));
        Assert.True(metrics["tandem_segments_total{channel=\"speech\"}"] > 0);
        Assert.InRange(metrics["tandem_segments_in_flight{channel=\"speech\"}"], 1, 10);
        Assert.InRange(metrics["tandem_segment_queue_depth{channel=\"speech\",queue=\"publish\"}"], 1, 8);

        // On a busy machine a segment may well be late.
        Assert.DoesNotContain(metrics, pair => pair.Value > 0
            && pair.Key.StartsWith("tandem_segment_failures_total{channel=\"speech\"", StringComparison.Ordinal) && !pair.Key.Contains("late", StringComparison.Ordinal));
        Assert.Equal(
            ["tandem_segment_failures_total{channel=\"nowhere\",stage=\"playlist\",reason=\"not_found\"}"],
            metrics.Where(pair => pair.Value > 0 && pair.Key.StartsWith("tandem_segment_failures_total{channel=\"nowhere\"", StringComparison.Ordinal)).Select(pair => pair.Key));
        Assert.DoesNotContain(metrics, pair => pair.Value > 0 && pair.Key.Contains("=\"other\"", StringComparison.Ordinal));
        Assert.Equal(1, (await server.ChannelAsync("nowhere")).GetProperty("counters").GetProperty("failures").GetInt32());
    }

    private static IEnumerable<double> Of(Dictionary<string, double> metrics, string name, string channel) =>
        metrics.Where(pair => pair.Key.StartsWith($"{name}{{channel=\"{channel}\"", StringComparison.Ordinal)).Select(pair => pair.Value);

    private static async Task<Dictionary<string, double>> ReadAsync(TandemServer server)
    {
        using var http = new HttpClient();
        var text = await http.GetStringAsync(new Uri(server.Root, "metrics"));
        return text.Split('\n').Where(line => line.Length > 0 && line[0] != '#').Select(line => line.Split(' '))
            .ToDictionary(parts => string.Join(' ', parts[..^1]), parts => double.Parse(parts[^1], CultureInfo.InvariantCulture), StringComparer.Ordinal);
    }
}
