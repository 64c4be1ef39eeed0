using System.Collections.Immutable;
using System.Globalization;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Tandem.Checks.Telemetry;
using Tandem.Live;
using Tandem.Live.Package;
using Tandem.Server.Metrics;
using Tandem.Server.Telemetry;
using Xunit;

namespace Tandem.Tests.Server.Telemetry;

/// <summary>What a collector gets is what <c>/metrics</c> says.</summary>
public sealed class OtlpMetricsTests : IDisposable
{
    // What is observed has no words that it is not observed with.
    private const string NeverObserved = "tandem_cost_dollars_total{kind=\"other\"}";

    // What is sent at the end is looked at here, not how fast it goes beside hundreds of other tests.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly TandemMeter _meter = new();
    private readonly PrometheusExporter _exporter;

    public OtlpMetricsTests()
    {
        _exporter = new PrometheusExporter(_meter);
        var share = new MachineShare(new FakeTimeProvider());
        ProcessMetrics.Add(_meter, share, Path.GetTempPath(), "1.2.3", "5.1 \"test\"");
        CostMetrics.Add(_meter, share, 12, new FakeTimeProvider());
    }

    public void Dispose()
    {
        _exporter.Dispose();
        _meter.Dispose();
    }

    [Theory]
    [InlineData(TelemetryProtocol.HttpProtobuf)]
    [InlineData(TelemetryProtocol.Grpc)]
    public async Task A_collector_gets_every_series_of_metrics_with_its_name_unit_and_value(TelemetryProtocol protocol)
    {
        await using var receiver = await OtlpReceiver.StartAsync(grpc: protocol == TelemetryProtocol.Grpc);

        // Another server's meter in the same process must not mix in.
        using var other = new TandemMeter();
        using (Start(receiver, TimeSpan.FromMinutes(5), protocol))
        {
            Measure(new ChannelMetrics(_meter, "news", ["es", "fr"]));
            new ChannelMetrics(other, "other", ["es"]).SegmentPublished();
            _meter.HealthChecked("ready");
            _meter.HttpSent(12_345);
        }

        Assert.Empty(receiver.Faults);
        var points = receiver.Points();
        var read = Exposition.Parse(_exporter.Write());
        foreach (var metric in MetricCatalogue.All)
        {
            var here = points.Values.Where(point => point.Metric == metric.Name).ToList();
            Assert.All(here, point => Assert.Equal(metric.Unit, point.Unit));
            Assert.All(here, point => Assert.Equal(metric.Kind switch { MetricKind.Counter => "sum", MetricKind.Gauge => "gauge", _ => "histogram" }, point.Kind));
            Assert.NotEmpty(here);
        }

        // Each series there is here, but for histograms that have observed nothing.
        foreach (var (series, value) in read.Samples.Where(sample => !sample.Key.Contains("_bucket{", StringComparison.Ordinal) && sample.Key != NeverObserved))
        {
            var (metric, part) = Named(series);
            if (part is not null && read.Samples[series.Replace("_" + part + "{", "_count{", StringComparison.Ordinal)] == 0)
                continue;
            var point = points[SeriesOf(series, metric)];
            Assert.True(part == "count" ? point.Count == value : Near(point.Value, value, metric.Name is "tandem_memory_ratio" or "tandem_scratch_free_bytes" ? 0.5 : 1e-9), $"{series}: {value} here, {point} there");
        }

        Assert.All(points.Values, point => Assert.Contains(read.Samples.Keys, series => Named(series).Metric.Name == point.Metric));
        Assert.DoesNotContain(points.Values, point => point.Labels.GetValueOrDefault("channel") == "other");
        foreach (var point in points.Values.Where(point => point.Kind == "histogram"))
        {
            Assert.Equal(MetricCatalogue.Find(point.Metric)!.Edges, point.Edges);
            var below = 0UL;
            for (var index = 0; index < point.Edges.Count; index++)
            {
                below += point.Buckets[index];
                Assert.Equal(read.Samples[$"{point.Metric}_bucket{{{Text(point)},le=\"{point.Edges[index].ToString("R", CultureInfo.InvariantCulture)}\"}}"], below);
            }
        }
    }

    [Theory]
    [InlineData(TelemetryProtocol.HttpProtobuf)]
    [InlineData(TelemetryProtocol.Grpc)]
    public async Task Who_sends_is_said_with_the_revision_and_keys_go_along(TelemetryProtocol protocol)
    {
        await using var receiver = await OtlpReceiver.StartAsync(grpc: protocol == TelemetryProtocol.Grpc);
        var options = Options(receiver, TimeSpan.FromMinutes(5), protocol) with
        {
            ServiceName = "dubs",
            Headers = ImmutableDictionary<string, string>.Empty.Add("X-Key", "a b=c,d"),
            Resource = TelemetryResource.OfPlatform([KeyValuePair.Create("K_SERVICE", "tandem-live"), KeyValuePair.Create("K_REVISION", "tandem-live-00042-abc")])
                .Add("deployment.environment.name", "test"),
        };
        TelemetryExport.Start(options, _meter, _exporter, TimeProvider.System, NullLogger.Instance, Patience)!.Dispose();

        Assert.NotEmpty(receiver.Resources);
        Assert.All(receiver.Resources, resource =>
        {
            Assert.Equal("dubs", resource["service.name"]);
            Assert.Equal(Tandem.Server.ProgramVersion.Text, resource["service.version"]);
            Assert.Equal("tandem-live-00042-abc", resource["faas.version"]);
            Assert.Equal("tandem-live", resource["faas.name"]);
            Assert.Equal("gcp_cloud_run", resource["cloud.platform"]);
            Assert.Equal("test", resource["deployment.environment.name"]);
        });
        Assert.Single(receiver.Resources.Select(resource => resource["service.instance.id"]).Distinct());
        Assert.Contains(receiver.Headers, header => header.Key.Equals("x-key", StringComparison.OrdinalIgnoreCase) && header is { Value: "a b=c,d" });
    }

    [Fact]
    public async Task A_channel_that_is_gone_has_no_gauges_any_more()
    {
        await using var receiver = await OtlpReceiver.StartAsync();
        using var export = Start(receiver, TimeSpan.FromMilliseconds(50));
        Measure(new ChannelMetrics(_meter, "news", ["es"]));
        Measure(new ChannelMetrics(_meter, "sport", ["es"]));
        await Until(() => receiver.Points(2).ContainsKey("tandem_source_age_seconds{channel=news}"));

        _meter.Forget("news");
        await Until(() => Gauges("news") == 0 && Gauges("sport") > 0);

        int Gauges(string channel) => receiver.Points(2).Values.Count(point => point.Kind == "gauge" && point.Labels.GetValueOrDefault("channel") == channel);
    }

    /// <summary>What is measured goes on, and so does the end.</summary>
    [Fact]
    public async Task A_collector_that_never_answers_holds_up_nothing()
    {
        await using var receiver = await OtlpReceiver.StartAsync(hangs: true);
        var export = TelemetryExport.Start(Options(receiver, TimeSpan.FromMilliseconds(20)), _meter, _exporter, TimeProvider.System, NullLogger.Instance)!;
        await Until(() => receiver.Asked > 0);
        Measure(new ChannelMetrics(_meter, "news", ["es"]));
        Assert.Equal(2, Exposition.Parse(_exporter.Write()).Samples["tandem_segments_total{channel=\"news\"}"]);
        await Task.Run(export.Dispose).WaitAsync(TimeSpan.FromSeconds(30), TimeProvider.System);
    }

    [Fact]
    public void Nothing_is_sent_by_default() =>
        Assert.Null(TelemetryExport.Start(TelemetryOptions.None, _meter, _exporter, TimeProvider.System, NullLogger.Instance));

    private void Measure(ChannelMetrics news)
    {
        news.SegmentPublished();
        news.SegmentPublished();
        news.SegmentProcessed("decode", TimeSpan.FromSeconds(0.02));
        news.SegmentProcessed("decode", TimeSpan.FromSeconds(0.25));
        news.SegmentProcessed("decode", TimeSpan.FromSeconds(99));
        news.SegmentFailed("decode", "timeout");
        news.QueueDepth("decode", 4);
        news.QueueBound("decode", 64);
        news.SourceAge(TimeSpan.FromSeconds(2.5));
        news.Reference(ReferenceState.Failed);
        news.Fallback("es", TimeSpan.FromSeconds(1.25));
        news.Dubbed("es", TimeSpan.FromSeconds(3));
        news.DubCounted("es", "late");
        news.OnsetLag("es", TimeSpan.FromSeconds(1));
        news.SyncOffset("es", TimeSpan.FromMilliseconds(-1.5));
        news.PublishLateness(TimeSpan.FromSeconds(0.01));
        news.EngineCircuit(open: true);
        news.EpochBegan("start");
        news.WorkerRestarted();
        news.InFlight(3);
        news.ScratchBytes(0);
        var viewers = new ViewerMetrics(_meter, news.Channel);
        viewers.Joined("es");
        viewers.Joined("es");
        viewers.Left("es");
        viewers.MessageSent(300_000);
        viewers.Delivered(TimeSpan.FromSeconds(0.1));
        viewers.Disconnected("client", planned: true);
    }

    private static TelemetryOptions Options(OtlpReceiver receiver, TimeSpan interval, TelemetryProtocol protocol = TelemetryProtocol.HttpProtobuf) =>
        new() { Endpoint = receiver.Address, Protocol = protocol, MetricsInterval = interval, TraceRatio = 0 };

    private static (MetricDefinition Metric, string? Part) Named(string series)
    {
        var name = series.Split('{')[0];
        if (MetricCatalogue.Find(name) is { } metric)
            return (metric, null);
        var part = name[(name.LastIndexOf('_') + 1)..];
        return (MetricCatalogue.Find(name[..^(part.Length + 1)])!, part);
    }

    private static string SeriesOf(string series, MetricDefinition metric)
    {
        var labels = series.Contains('{', StringComparison.Ordinal) ? PrometheusText.Labels(series[(series.IndexOf('{', StringComparison.Ordinal) + 1)..^1]) : [];
        return new OtlpPoint(metric.Name, "", "", new(labels.ToDictionary(label => label.Key, label => (string)label.Value!), StringComparer.Ordinal), 0, 0, [], []).Series;
    }

    private static string Text(OtlpPoint point) => string.Join(',', new[] { "channel", "lang", "stage" }.Where(point.Labels.ContainsKey).Select(name => $"{name}=\"{point.Labels[name]}\""));

    // Memory is looked at anew each time.
    private static bool Near(double one, double other, double share) => Math.Abs(one - other) <= share * Math.Max(1e-3, Math.Abs(other));

    private static async Task Until(Func<bool> holds)
    {
        while (!holds())
            await Task.Delay(TimeSpan.FromMilliseconds(10), TimeProvider.System, TestContext.Current.CancellationToken);
    }

    private TelemetryExport Start(OtlpReceiver receiver, TimeSpan interval, TelemetryProtocol protocol = TelemetryProtocol.HttpProtobuf) =>
        TelemetryExport.Start(Options(receiver, interval, protocol), _meter, _exporter, TimeProvider.System, NullLogger.Instance, Patience)!;
}
