using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Tandem.Live;
using Tandem.Live.Dubbing;
using Tandem.Live.Ingest;
using Tandem.Live.Package;
using Tandem.Live.Timeline;
using Tandem.Media;
using Tandem.Server.Api;
using Tandem.Server.Metrics;
using Tandem.Tests.Server;
using Xunit;

namespace Tandem.Tests;

public sealed class ChannelConditionTests : IDisposable
{
    private static readonly ChannelOptions Options = new()
    {
        Id = "news",
        Input = new Uri("https://source.example/live.m3u8"),
        From = "en",
        To = ["es", "fr"],
    };

    private static readonly PlaylistId Variant = new(PlaylistKind.Variant, "v0");

    private readonly FakeTimeProvider _time = new();
    private readonly TandemMeter _meter = new();
    private readonly PrometheusExporter _exporter;
    private readonly ChannelMetrics _metrics;
    private readonly ChannelCondition _condition;
    private readonly Publisher _publisher;

    public ChannelConditionTests()
    {
        _exporter = new PrometheusExporter(_meter);
        _metrics = new ChannelMetrics(_meter, Options.Id, Options.To);
        _condition = new ChannelCondition(Options, _metrics, _time, NullLogger.Instance);
        _publisher = new Publisher(new Publication(), _metrics, new StateRecord(null, Options.Id), _time, NullLogger.Instance);
    }

    public void Dispose()
    {
        _exporter.Dispose();
        _meter.Dispose();
    }

    [Fact]
    public void A_channel_that_starts_is_not_ready_for_viewers_until_its_delay_is_over()
    {
        _time.Advance(TimeSpan.FromSeconds(7));
        Assert.Equal(ChannelState.Starting, _condition.State(_publisher));
        Assert.Equal(HealthStatus.Unready, Ready());
    }

    [Fact]
    public void A_source_that_is_not_there_degrades_a_channel_that_starts()
    {
        See(new SourceEvent.SourceFaulted(new SourceFault("playlist", "not_found", "the server answers 404", Retry: true)));
        Assert.Equal(ChannelState.SourceLost, _condition.State(_publisher));
        Assert.Equal(HealthStatus.Degraded, Ready());
    }

    [Fact]
    public void A_playlist_that_cannot_be_had_is_counted()
    {
        See(new SourceEvent.SourceFaulted(new SourceFault("playlist", "not_found", "404", Retry: true), Variant));
        See(new SourceEvent.SourceFaulted(new SourceFault("playlist", "bad_playlist", "line 7", Retry: true)));
        Assert.Equal(1, Failures("playlist", "not_found"));
        Assert.Equal(1, Failures("playlist", "bad_playlist"));
        Assert.Equal(2, _condition.Counters.FailuresByStage["playlist"]);
        Assert.Equal(2, _condition.Counters.Failures);
    }

    [Fact]
    public void A_segment_that_is_lost_is_counted_once()
    {
        var segment = new MediaSegment(
            7, 0, new Uri("https://source.example/7.ts"), TimeSpan.FromSeconds(2), "", null, null, [], null, false, false, []);
        var fault = new SourceFault("key", "forbidden", "403", Retry: true);
        _condition.Accept(new SourceMessage(
            new SourceEvent.SegmentLost(Variant, segment, _time.GetUtcNow(), fault), new HeardSegment(segment, _time.GetUtcNow(), null, 0), fault));

        // The follower tells the same fault as a state of the playlist, too.
        See(new SourceEvent.SourceFaulted(fault, Variant));
        Assert.Equal(1, Failures("key", "forbidden"));
        Assert.Equal((1, 1), (_condition.Counters.Lost, _condition.Counters.Failures));
    }

    [Fact]
    public void What_the_engine_cannot_dub_is_counted_by_stage_and_is_no_failed_segment()
    {
        foreach (var language in Options.To)
            _condition.Accept(new DubFailed(1, language, "recognise", "timeout"));
        _condition.Accept(new DubFailed(2, "es", "translate", "circuit_open"));
        _condition.Accept(new DubFailed(2, "fr", "speak", "empty"));
        Assert.Equal(1, Failures("recognise", "timeout"));
        Assert.Equal(1, Failures("translate", "circuit_open"));
        Assert.Equal(1, Failures("speak", "empty"));
        Assert.Equal(0, _condition.Counters.Failures);
    }

    [Fact]
    public void An_engine_is_whole_again_when_all_its_parts_are()
    {
        _condition.Accept(new EngineHealth(false, "translate es: failed", "translate es"));
        _condition.Accept(new EngineHealth(false, "speak fr: failed", "speak fr"));
        Assert.Equal(new EngineSnapshot(Options.Engine, false, "speak fr: failed; translate es: failed"), _condition.Engine);
        _condition.Accept(new EngineHealth(true, "", "translate es"));
        Assert.False(_condition.Engine.Healthy);
        Assert.Equal(1, Sample("tandem_engine_circuit_open{channel=\"news\"}"));
        _condition.Accept(new EngineHealth(true, "", "speak fr"));
        Assert.Equal(new EngineSnapshot(Options.Engine, true), _condition.Engine);
        Assert.Equal(0, Sample("tandem_engine_circuit_open{channel=\"news\"}"));
    }

    [Fact]
    public void Segments_that_come_too_late_are_counted_as_late_and_as_failures()
    {
        _metrics.SegmentPublished();
        _metrics.SegmentFailed("publish", "late");
        Assert.Equal((1, 1, 1), (_condition.Counters.Segments, _condition.Counters.Late, _condition.Counters.Failures));
    }

    private void See(SourceEvent happened) => _condition.Accept(new SourceMessage(happened, null, null));

    private HealthStatus Ready() => Health.Of("1", new MediaLibraries("5.1", []), stopping: false, [(Snapshot(), TimeSpan.FromSeconds(7))]).Status;

    private ChannelSnapshot Snapshot() => new()
    {
        Id = Options.Id,
        State = _condition.State(_publisher),
        Reason = _condition.Reason,
        Input = "https://source.example/",
        From = Options.From,
        DelaySeconds = Options.Delay.TotalSeconds,
        Video = "reference",
        Engine = _condition.Engine,
    };

    private double Failures(string stage, string reason) =>
        Sample($"tandem_segment_failures_total{{channel=\"news\",stage=\"{stage}\",reason=\"{reason}\"}}");

    private double Sample(string series) => Exposition.Parse(_exporter.Write()).Samples[series];
}
