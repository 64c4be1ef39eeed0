using Microsoft.Extensions.Time.Testing;
using Tandem.Live;
using Tandem.Server.Metrics;
using Xunit;

namespace Tandem.Tests.Server;

public sealed class PrometheusExporterTests : IDisposable
{
    private readonly TandemMeter _meter = new();
    private readonly PrometheusExporter _exporter;

    public PrometheusExporterTests()
    {
        _exporter = new PrometheusExporter(_meter);
        var share = new MachineShare(new FakeTimeProvider());
        ProcessMetrics.Add(_meter, share, Path.GetTempPath(), "1.2.3", "5.1 \"test\"", "tandem-live-00042");
        CostMetrics.Add(_meter, share, 0, new FakeTimeProvider());
    }

    public void Dispose()
    {
        _exporter.Dispose();
        _meter.Dispose();
    }

    [Fact]
    public void Every_series_is_there_at_zero_from_the_start()
    {
        _ = new ChannelMetrics(_meter, "news", ["es", "fr"]);
        var read = Exposition.Parse(_exporter.Write());

        Assert.Equal(MetricCatalogue.All.Select(metric => metric.Name).Order(), read.Types.Keys.Order());
        Assert.Equal(0, read.Samples["tandem_segments_total{channel=\"news\"}"]);
        Assert.Equal(0, read.Samples["tandem_segment_failures_total{channel=\"news\",stage=\"publish\",reason=\"late\"}"]);
        Assert.Equal(0, read.Samples["tandem_dub_onset_lag_seconds_bucket{channel=\"news\",lang=\"fr\",le=\"1.5\"}"]);
        Assert.Equal(0, read.Samples["tandem_dub_onset_lag_seconds_sum{channel=\"news\",lang=\"es\"}"]);
        Assert.Equal(0, read.Samples["tandem_segment_processing_seconds_count{channel=\"news\",stage=\"decode\"}"]);
        Assert.Equal(0, read.Samples["tandem_health_checks_total{result=\"ready\"}"]);
        Assert.Equal(1, read.Samples["tandem_build_info{version=\"1.2.3\",ffmpeg=\"5.1 \\\"test\\\"\",revision=\"tandem-live-00042\"}"]);
    }

    [Fact]
    public void Histograms_have_the_edges_that_alerts_rely_on()
    {
        foreach (var metric in MetricCatalogue.All.Where(metric => metric.Kind == MetricKind.Histogram))
        {
            Assert.Equal(metric.Edges.Order(), metric.Edges);
            HashSet<double> relied = metric.Unit == "By" ? [524_288] : [0.05, 0.1, 0.25, 0.5, 1, 1.5, 3];
            Assert.Superset(relied, metric.Edges.ToHashSet());
        }
    }

    [Fact]
    public void Measurements_show_in_their_own_series_and_no_other()
    {
        var news = new ChannelMetrics(_meter, "news", ["es"]);
        var sport = new ChannelMetrics(_meter, "sport", ["es"]);
        news.SegmentPublished();
        news.SegmentPublished();
        news.InFlight(3);
        news.InFlight(2);
        news.QueueDepth("decode", 4);
        news.QueueDepth("decode", 2);
        news.OnsetLag("es", TimeSpan.FromSeconds(0.5));
        news.OnsetLag("es", TimeSpan.FromSeconds(100));
        news.DubCounted("es", "late");
        news.Fallback("es", TimeSpan.FromSeconds(2.5));
        sport.EngineCircuit(open: true);

        var read = Exposition.Parse(_exporter.Write()).Samples;
        Assert.Equal(2, read["tandem_segments_total{channel=\"news\"}"]);
        Assert.Equal(0, read["tandem_segments_total{channel=\"sport\"}"]);
        Assert.Equal(2, read["tandem_segments_in_flight{channel=\"news\"}"]);
        Assert.Equal(2, read["tandem_segment_queue_depth{channel=\"news\",queue=\"decode\"}"]);
        Assert.Equal(0, read["tandem_dub_onset_lag_seconds_bucket{channel=\"news\",lang=\"es\",le=\"0.25\"}"]);
        Assert.Equal(1, read["tandem_dub_onset_lag_seconds_bucket{channel=\"news\",lang=\"es\",le=\"0.5\"}"]);
        Assert.Equal(1, read["tandem_dub_onset_lag_seconds_bucket{channel=\"news\",lang=\"es\",le=\"60\"}"]);
        Assert.Equal(2, read["tandem_dub_onset_lag_seconds_bucket{channel=\"news\",lang=\"es\",le=\"+Inf\"}"]);
        Assert.Equal(100.5, read["tandem_dub_onset_lag_seconds_sum{channel=\"news\",lang=\"es\"}"]);
        Assert.Equal(1, read["tandem_dubs_total{channel=\"news\",lang=\"es\",outcome=\"late\"}"]);
        Assert.Equal(2.5, read["tandem_fallback_seconds_total{channel=\"news\",lang=\"es\"}"]);
        Assert.Equal(1, read["tandem_engine_circuit_open{channel=\"sport\"}"]);
    }

    [Fact]
    public void Words_from_outside_make_no_series()
    {
        var news = new ChannelMetrics(_meter, "news", ["es"]);
        var before = Exposition.Parse(_exporter.Write()).Samples.Count;
        for (var attempt = 0; attempt < 100; attempt++)
        {
            news.SegmentFailed("decode", $"reason {attempt}");
            news.SegmentFailed($"stage {attempt}", "late");
            news.SegmentProcessed($"stage {attempt}", TimeSpan.Zero);
            news.OnsetLag($"x-{attempt}", TimeSpan.Zero);
        }

        var read = Exposition.Parse(_exporter.Write()).Samples;
        Assert.Equal(before, read.Count);
        Assert.Equal(100, read["tandem_segment_failures_total{channel=\"news\",stage=\"decode\",reason=\"other\"}"]);
        Assert.Equal(100, read["tandem_segment_failures_total{channel=\"news\",stage=\"other\",reason=\"other\"}"]);
        Assert.Equal(100, read["tandem_segment_processing_seconds_count{channel=\"news\",stage=\"other\"}"]);
    }

    [Fact]
    public void A_channel_announced_again_keeps_its_counts()
    {
        new ChannelMetrics(_meter, "news", ["es"]).SegmentPublished();
        new ChannelMetrics(_meter, "news", ["es"]).SegmentPublished();
        Assert.Equal(2, Exposition.Parse(_exporter.Write()).Samples["tandem_segments_total{channel=\"news\"}"]);
    }
}
