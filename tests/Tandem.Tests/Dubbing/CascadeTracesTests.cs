using System.Collections.Concurrent;
using System.Diagnostics;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Tandem.Live;
using Tandem.Live.Dubbing;
using Tandem.Live.Timeline;
using Tandem.Tests.Server.Telemetry;
using Xunit;

namespace Tandem.Tests.Dubbing;

/// <summary>A cascade tells of each of its stages.</summary>
[Collection(TracedCollection.Name)]
public sealed class CascadeTracesTests
{
    [Fact]
    public async Task Each_stage_of_an_utterance_is_a_span_with_its_language_and_fault()
    {
        var stopped = new ConcurrentQueue<Activity>();
        using var listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name == Tracing.SourceName,
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded,
            ActivityStopped = stopped.Enqueue,
        };
        ActivitySource.AddActivityListener(listener);
        var time = new FakeTimeProvider();
        var traces = new UtteranceTraces("cascade", time) { Languages = 2 };
        var french = new FakeTranslator("fr") { Behaviour = (_, _) => throw new IOException("it died") };
        await using (var engine = new CascadeEngine(
            new FakeRecogniser(),
            [new CascadeLanguage("es", new FakeTranslator("es"), new ToneVoice(440)), new CascadeLanguage("fr", french, new ToneVoice(550))],
            new CascadeOptions(),
            new EngineServices(time, NullLogger.Instance) { Traces = traces }))
        {
            engine.Hear(new SourceSound(ChannelTime.Zero, default, new SpeechLike().Silence(1).Speech(1.2).Silence(1.2).Samples, Restarts: true));
            var (ready, failed) = (false, false);
            while (!ready || !failed)
            {
                var happened = await engine.Events.ReadAsync(TestContext.Current.CancellationToken);
                ready |= happened is DubReady;
                failed |= happened is DubFailed;
            }
        }

        traces.Settled(1, "es", DubOutcome.OnTime);
        traces.Settled(1, "fr", DubOutcome.Failed);
        var whole = Assert.Single(stopped, span => span.OperationName == "utterance");
        Assert.Equal((1L, "cascade"), (whole.GetTagItem("tandem.utterance"), whole.GetTagItem("tandem.channel")));
        var parts = stopped.Where(span => span.ParentSpanId == whole.SpanId)
            .Select(span => $"{span.OperationName} {span.GetTagItem("tandem.lang")} {span.GetTagItem("error.type")}{span.GetTagItem("tandem.outcome")}".Trim());
        Assert.Equal(["place es on_time", "place fr failed", "recognise", "speak es", "translate es", "translate fr crashed"], parts.Order(StringComparer.Ordinal));
    }
}
