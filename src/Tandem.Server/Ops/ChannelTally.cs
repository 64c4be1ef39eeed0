using System.Collections.Immutable;
using Tandem.Live;

namespace Tandem.Server.Ops;

/// <summary>What happened on one channel in a window, or on several together; and what it comes to. Immutable.</summary>
internal sealed record ChannelTally
{
    private ChannelTally()
    {
    }

    /// <summary>Nothing.</summary>
    public static ChannelTally None { get; } = new();

    /// <summary>Time that each stage took for a segment.</summary>
    public ImmutableSortedDictionary<string, Buckets> Processing { get; private init; } = ImmutableSortedDictionary<string, Buckets>.Empty;

    /// <summary>How late segments were published.</summary>
    public Buckets Lateness { get; private init; } = Buckets.None(MetricCatalogue.PublishLateness.Edges);

    /// <summary>How long chunks took to viewers.</summary>
    public Buckets Delivery { get; private init; } = Buckets.None(MetricCatalogue.WebSocketDelivery.Edges);

    /// <summary>Sizes of messages.</summary>
    public Buckets Messages { get; private init; } = Buckets.None(MetricCatalogue.WebSocketMessage.Edges);

    /// <summary>Segments published.</summary>
    public double Segments { get; private init; }

    /// <summary>Failures.</summary>
    public ImmutableDictionary<Failing, double> Failures { get; private init; } = ImmutableDictionary<Failing, double>.Empty;

    /// <summary>Failed segments of those published.</summary>
    public double? ErrorRatio => OpsRules.ErrorRatio(
        Failures.Where(pair => ChannelReading.MediaStages.Contains(pair.Key.Stage, StringComparer.Ordinal)).Sum(pair => pair.Value), Segments);

    /// <summary>Of one channel.</summary>
    public static ChannelTally Of(OpsWindow window, string channel, ChannelReading now) => new()
    {
        Processing = now.Processing.ToImmutableSortedDictionary(
            pair => pair.Key,
            pair => window.Increase(channel, MetricCatalogue.SegmentProcessing.Edges, one => one.Processing.GetValueOrDefault(pair.Key)),
            StringComparer.Ordinal),
        Lateness = window.Increase(channel, MetricCatalogue.PublishLateness.Edges, one => one.Lateness),
        Delivery = window.Increase(channel, MetricCatalogue.WebSocketDelivery.Edges, one => one.Delivery),
        Messages = window.Increase(channel, MetricCatalogue.WebSocketMessage.Edges, one => one.Messages),
        Segments = window.Increase(channel, one => one.Segments),
        Failures = now.Failures.Keys.Select(kind => KeyValuePair.Create(kind, window.Increase(channel, one => one.Failures.GetValueOrDefault(kind))))
            .Where(pair => pair.Value > 0).ToImmutableDictionary(),
    };

    /// <summary>Both together.</summary>
    public static ChannelTally operator +(ChannelTally one, ChannelTally other) => new()
    {
        Processing = one.Processing.SetItems(other.Processing.Select(pair =>
            KeyValuePair.Create(pair.Key, one.Processing.TryGetValue(pair.Key, out var known) ? known + pair.Value : pair.Value))),
        Lateness = one.Lateness + other.Lateness,
        Delivery = one.Delivery + other.Delivery,
        Messages = one.Messages + other.Messages,
        Segments = one.Segments + other.Segments,
        Failures = one.Failures.SetItems(other.Failures.Select(pair => KeyValuePair.Create(pair.Key, one.Failures.GetValueOrDefault(pair.Key) + pair.Value))),
    };
}
