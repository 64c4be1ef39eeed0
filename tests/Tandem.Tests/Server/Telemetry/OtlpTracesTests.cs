using System.Diagnostics;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Tandem.Checks.Telemetry;
using Tandem.Live;
using Tandem.Live.Dubbing;
using Tandem.Live.Timeline;
using Tandem.Server.Metrics;
using Tandem.Server.Telemetry;
using Xunit;

namespace Tandem.Tests.Server.Telemetry;

[Collection(TracedCollection.Name)]
public sealed class OtlpTracesTests : IDisposable
{
    // What is sent at the end is looked at here, not how fast it goes beside hundreds of other tests.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private static readonly DateTimeOffset Noon = new(2026, 11, 25, 12, 0, 0, TimeSpan.Zero);

    private readonly TandemMeter _meter = new();
    private readonly PrometheusExporter _exporter;
    private readonly FakeTimeProvider _time = new(Noon);

    public OtlpTracesTests() => _exporter = new PrometheusExporter(_meter);

    public void Dispose()
    {
        _exporter.Dispose();
        _meter.Dispose();
    }

    [Theory]
    [InlineData(TelemetryProtocol.HttpProtobuf)]
    [InlineData(TelemetryProtocol.Grpc)]
    public async Task A_segment_is_followed_from_its_appearance_to_its_publication(TelemetryProtocol protocol)
    {
        await using var receiver = await OtlpReceiver.StartAsync(grpc: protocol == TelemetryProtocol.Grpc);
        using (Start(receiver, protocol))
        {
            // As when a request has a channel made: its trace is not the segments'.
            using var request = new Activity("request").Start();
            var trace = SegmentTrace.Begin("news", 41, Noon)!;
            Assert.Same(request, Activity.Current);
            trace.Stage("fetch", At(0.1), At(0.3));
            trace.Stage("decode", At(0.3), At(0.35));
            trace.Stage("mix", At(7), At(7.9), TimeSpan.FromMilliseconds(20));
            trace.Published(1041, At(8), At(8.01), At(8.02));
            Assert.Same(request, Activity.Current);

            var failed = SegmentTrace.Begin("news", 42, Noon)!;
            failed.Failed("segment", "not_found");
            failed.End("dropped", At(9));
        }

        Assert.Empty(receiver.Faults);
        var spans = receiver.Spans;
        var whole = spans.Single(span => span.Attributes.GetValueOrDefault("tandem.source_segment") == "41");
        Assert.Equal(("segment", ""), (whole.Name, whole.Parent));
        Assert.Equal((Noon, At(8.02)), (whole.Start, whole.End));
        Assert.Equal("news", whole.Attributes["tandem.channel"]);
        Assert.Equal("1041", whole.Attributes["tandem.segment"]);
        Assert.Equal("published", whole.Attributes["tandem.outcome"]);
        Assert.Equal("0.02", whole.Attributes["tandem.late_seconds"]);
        Assert.False(whole.Failed);
        var parts = spans.Where(span => span.Parent == whole.Id).ToList();
        Assert.All(parts, part => Assert.Equal((whole.Trace, part.Name), (part.Trace, part.Attributes["tandem.stage"])));
        Assert.Equal(["fetch", "decode", "mix", "publish"], parts.OrderBy(part => part.Start).Select(part => part.Name));
        Assert.Equal(At(0.3), parts.Single(part => part.Name == "fetch").End);
        Assert.Equal("0.02", parts.Single(part => part.Name == "mix").Attributes["tandem.worked_seconds"]);

        var lost = spans.Single(span => span.Attributes.GetValueOrDefault("tandem.source_segment") == "42");
        Assert.True(lost.Failed);
        Assert.Equal(("segment", "not_found", "dropped"), (lost.Attributes["tandem.failed_stage"], lost.Attributes["error.type"], lost.Attributes["tandem.outcome"]));
        Assert.NotEqual(whole.Trace, lost.Trace);
    }

    [Fact]
    public async Task An_utterance_is_followed_from_its_end_to_its_dub_in_every_language()
    {
        await using var receiver = await OtlpReceiver.StartAsync();
        using (Start(receiver))
        {
            var traces = new UtteranceTraces("news", _time) { Languages = 2 };
            traces.Begin(7);
            After(1);
            traces.Stage(7, "recognise", null, null, null);
            var began = traces.Now(7);
            After(0.2);
            traces.Stage(7, "translate", "es", began, null);
            traces.Stage(7, "translate", "fr", began, "timeout");
            traces.Settled(7, "fr", DubOutcome.Failed);
            began = traces.Now(7);
            After(0.1);
            traces.Stage(7, "speak", "es", began, null);
            After(2);
            traces.Settled(7, "es", DubOutcome.Late);
            traces.Begin(7);
        }

        var spans = receiver.Spans;
        var whole = Assert.Single(spans, span => span.Name == "utterance");
        Assert.Equal((Noon, At(3.3), true), (whole.Start, whole.End, whole.Failed));
        Assert.Equal(("news", "7"), (whole.Attributes["tandem.channel"], whole.Attributes["tandem.utterance"]));
        var parts = spans.Where(span => span.Parent == whole.Id).Select(span =>
            (span.Name, span.Attributes.GetValueOrDefault("tandem.lang"), Math.Round((span.Start - Noon).TotalSeconds, 3), Math.Round((span.End - Noon).TotalSeconds, 3),
                span.Attributes.GetValueOrDefault("tandem.outcome"), span.Attributes.GetValueOrDefault("error.type")));
        Assert.Equal(
            [
                ("recognise", null, 0, 1, null, null), ("translate", "es", 1, 1.2, null, null), ("translate", "fr", 1, 1.2, null, "timeout"),
                ("place", "fr", 1.2, 1.2, "failed", null), ("speak", "es", 1.2, 1.3, null, null), ("place", "es", 1.3, 3.3, "late", null),
            ],
            parts);
    }

    [Fact]
    public void Utterances_that_are_never_settled_are_bounded()
    {
        var ended = new List<Activity>();
        using var listener = Listen(_ => ActivitySamplingResult.AllDataAndRecorded, ended.Add);
        var traces = new UtteranceTraces("news", _time);
        for (var id = 1; id <= 100; id++)
            traces.Begin(id);
        Assert.Equal(36, ended.Count);
        Assert.All(ended, activity => Assert.Equal("unfinished", activity.GetTagItem("tandem.end")));
    }

    /// <summary>Whether one is sampled is decided once, whoever tells of it how often.</summary>
    [Fact]
    public void What_is_not_sampled_costs_nothing_and_is_not_asked_again()
    {
        var asked = 0;
        using (Listen(_ => { asked++; return ActivitySamplingResult.None; }, _ => { }))
        {
            var traces = new UtteranceTraces("news", _time);
            for (var times = 0; times < 3; times++)
                traces.Begin(1);
            Assert.Equal(1, asked);
            Assert.Null(SegmentTrace.Begin("news", 1, Noon));
        }

        var silent = new UtteranceTraces("news", _time);
        Run(silent, 0);
        var before = GC.GetAllocatedBytesForCurrentThread();
        Run(silent, 1000);
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);

        static void Run(UtteranceTraces traces, long from)
        {
            for (var id = from; id < from + 500; id++)
            {
                SegmentTrace.Begin("news", id, Noon)?.Published(1, Noon, Noon, Noon);
                traces.Begin(id);
                traces.Stage(id, "recognise", null, null, null);
                traces.Settled(id, "es", DubOutcome.OnTime);
            }
        }
    }

    [Fact]
    public async Task About_the_share_that_is_asked_for_is_sent()
    {
        await using var receiver = await OtlpReceiver.StartAsync();
        var followed = 0;
        using (Start(receiver, ratio: 0.25))
        {
            for (var number = 0; number < 1000; number++)
            {
                if (SegmentTrace.Begin("share", number, Noon) is not { } trace)
                    continue;
                followed++;
                trace.End("published", Noon);
            }
        }

        // Six standard deviations either way; and what is not sent is not followed.
        var sent = receiver.Spans.Count(span => span.Attributes["tandem.channel"] == "share");
        Assert.InRange(sent, 168, 332);
        Assert.Equal(sent, followed);
    }

    private static ActivityListener Listen(Func<string, ActivitySamplingResult> sample, Action<Activity> stopped)
    {
        var listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name == Tracing.SourceName,
            Sample = (ref ActivityCreationOptions<ActivityContext> options) => sample(options.Name),
            ActivityStopped = stopped,
        };
        ActivitySource.AddActivityListener(listener);
        return listener;
    }

    private static DateTimeOffset At(double seconds) => Noon + Exactly(seconds);

    // Whole milliseconds: a double of seconds is a tick off.
    private static TimeSpan Exactly(double seconds) => TimeSpan.FromMilliseconds((long)Math.Round(seconds * 1000));

    private void After(double seconds) => _time.Advance(Exactly(seconds));

    private TelemetryExport Start(OtlpReceiver receiver, TelemetryProtocol protocol = TelemetryProtocol.HttpProtobuf, double ratio = 1) => TelemetryExport.Start(
        new TelemetryOptions { Endpoint = receiver.Address, Protocol = protocol, Metrics = false, TraceRatio = ratio },
        _meter, _exporter, TimeProvider.System, NullLogger.Instance, Patience)!;
}
