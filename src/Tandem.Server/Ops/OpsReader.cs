using System.Collections.Immutable;
using Tandem.Live;
using Tandem.Server.Metrics;

namespace Tandem.Server.Ops;

/// <summary>Reads what <c>/metrics</c> shows, from the same store.</summary>
/// <param name="exporter">The store.</param>
/// <param name="time">The clock.</param>
internal sealed class OpsReader(PrometheusExporter exporter, TimeProvider time)
{
    private readonly long _started = time.GetTimestamp();

    /// <summary>Reads everything that the operations page needs.</summary>
    public OpsReading Read()
    {
        exporter.Observe();
        var channels = Of(MetricCatalogue.Segments).ToImmutableSortedDictionary(
            one => one.Key, one => new ChannelReading { Segments = one.Single().Value }, StringComparer.Ordinal).ToBuilder();
        Each(MetricCatalogue.SegmentProcessing, (channel, series) => channel with { Processing = Histograms(MetricCatalogue.SegmentProcessing, series) });
        Each(MetricCatalogue.PublishLateness, (channel, series) => channel with { Lateness = Histogram(MetricCatalogue.PublishLateness, series.Single()) });
        Each(MetricCatalogue.WebSocketMessage, (channel, series) => channel with { Messages = Histogram(MetricCatalogue.WebSocketMessage, series.Single()) });
        Each(MetricCatalogue.WebSocketDelivery, (channel, series) => channel with { Delivery = Histogram(MetricCatalogue.WebSocketDelivery, series.Single()) });
        Each(MetricCatalogue.SegmentFailures, (channel, series) => channel with
        {
            Failures = series.Where(one => one.Value > 0).ToImmutableDictionary(one => new Failing(one.Labels[1], one.Labels[2]), one => one.Value),
        });
        Each(MetricCatalogue.SegmentsInFlight, (channel, series) => channel with { InFlight = series.Single().Value });
        Each(MetricCatalogue.SegmentQueueDepth, (channel, series) => channel with
        {
            Queues = series.Where(one => one.Labels[1] != MetricCatalogue.Other)
                .ToImmutableSortedDictionary(one => one.Labels[1], one => (one.Value, 0d), StringComparer.Ordinal),
        });
        Each(MetricCatalogue.SegmentQueueBound, (channel, series) => channel with
        {
            Queues = channel.Queues.SetItems(series.Where(one => channel.Queues.ContainsKey(one.Labels[1]))
                .Select(one => KeyValuePair.Create(one.Labels[1], (channel.Queues[one.Labels[1]].Depth, one.Value)))),
        });
        Each(MetricCatalogue.SourceAge, (channel, series) => channel with { SourceAge = series.Single().Value });
        Each(MetricCatalogue.Epochs, (channel, series) => channel with
        {
            Epochs = series.Where(one => one.Value > 0).ToImmutableDictionary(one => one.Labels[1], one => one.Value, StringComparer.Ordinal),
        });
        Each(MetricCatalogue.WorkerRestarts, (channel, series) => channel with { WorkerRestarts = series.Single().Value });
        Each(MetricCatalogue.RecordFailures, (channel, series) => channel with { RecordFailures = series.Sum(one => one.Value) });
        Each(MetricCatalogue.EngineCircuitOpen, (channel, series) => channel with { CircuitOpen = series.Single().Value > 0 });
        Each(MetricCatalogue.Reference, (channel, series) => channel with
        {
            Reference = series.Where(one => one.Value > 0).Select(one => one.Labels[1]).FirstOrDefault() ?? "",
        });
        Each(MetricCatalogue.WebSocketDisconnects, (channel, series) => channel with
        {
            UnplannedDisconnects = series.Where(one => one.Labels[2] == "no").Sum(one => one.Value),
        });
        var offsets = ByLanguage(MetricCatalogue.SyncOffset);
        var (fallback, dubbed) = (ByLanguage(MetricCatalogue.FallbackSeconds), ByLanguage(MetricCatalogue.DubbedSeconds));
        Each(MetricCatalogue.DubOnsetLag, (channel, series) => channel with
        {
            Languages = series.ToImmutableSortedDictionary(one => one.Labels[1], one => Language(one, (one.Labels[0], one.Labels[1])), StringComparer.Ordinal),
        });
        var viewed = Of(MetricCatalogue.ViewerSeconds).ToDictionary(one => one.Key, one => one.ToList(), StringComparer.Ordinal);
        Each(MetricCatalogue.Viewers, (channel, series) => channel with
        {
            Voices = series.GroupBy(one => one.Labels[1], StringComparer.Ordinal).ToImmutableSortedDictionary(
                voice => voice.Key,
                voice => (
                    voice.Sum(one => one.Value),
                    (viewed.GetValueOrDefault(voice.First().Labels[0]) ?? []).Where(one => one.Labels[1] == voice.Key).Sum(one => one.Value)),
                StringComparer.Ordinal),
        });

        return new OpsReading(time.GetUtcNow(), time.GetElapsedTime(_started), Process(), channels.ToImmutable());

        LanguageReading Language(SeriesReading lag, (string Channel, string Language) key) => new(
            Histogram(MetricCatalogue.DubOnsetLag, lag),
            offsets.TryGetValue(key, out var offset) ? Histogram(MetricCatalogue.SyncOffset, offset) : Buckets.None(MetricCatalogue.SyncOffset.Edges),
            fallback.GetValueOrDefault(key).Value,
            dubbed.GetValueOrDefault(key).Value);

        // What is announced or forgotten between two of these is there at the next look.
        void Each(MetricDefinition metric, Func<ChannelReading, List<SeriesReading>, ChannelReading> add)
        {
            foreach (var one in Of(metric))
            {
                if (channels.TryGetValue(one.Key, out var channel))
                    channels[one.Key] = add(channel, [.. one]);
            }
        }
    }

    private static ImmutableSortedDictionary<string, Buckets> Histograms(MetricDefinition metric, IEnumerable<SeriesReading> series) =>
        series.Where(one => one.Labels[1] != MetricCatalogue.Other)
            .ToImmutableSortedDictionary(one => one.Labels[1], one => Histogram(metric, one), StringComparer.Ordinal);

    private static Buckets Histogram(MetricDefinition metric, SeriesReading series) => new(metric.Edges, series.Buckets);

    private IEnumerable<IGrouping<string, SeriesReading>> Of(MetricDefinition metric) =>
        exporter.Read(metric).GroupBy(series => series.Labels[0], StringComparer.Ordinal);

    private Dictionary<(string Channel, string Language), SeriesReading> ByLanguage(MetricDefinition metric) =>
        exporter.Read(metric).ToDictionary(series => (series.Labels[0], series.Labels[1]));

    private ProcessReading Process() => new(
        First(MetricCatalogue.CpuRatio),
        First(MetricCatalogue.MemoryRatio),
        First(MetricCatalogue.HealthFailures),
        exporter.Read(MetricCatalogue.Cost).Sum(one => one.Value),
        First(MetricCatalogue.MonthlyBudget))
    {
        ScratchFree = exporter.Read(MetricCatalogue.ScratchFree) is [var free, ..] ? free.Value : null,
    };

    private double First(MetricDefinition metric) => exporter.Read(metric) is [var one, ..] ? one.Value : 0;
}
