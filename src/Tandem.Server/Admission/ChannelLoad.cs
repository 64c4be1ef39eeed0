using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using Tandem.Live;

namespace Tandem.Server.Admission;

/// <summary>Adds up what the channels last measured of their segments in flight and of what waits in their queues.</summary>
internal sealed class ChannelLoad : IDisposable
{
    private readonly MeterListener _listener = new();
    private readonly ConcurrentDictionary<(string Channel, string Queue), double> _inFlight = new();
    private readonly ConcurrentDictionary<(string Channel, string Queue), double> _waiting = new();

    public ChannelLoad(TandemMeter meter)
    {
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (!ReferenceEquals(instrument.Meter, meter.Meter))
                return;
            if (instrument.Name == MetricCatalogue.SegmentsInFlight.Name)
                listener.EnableMeasurementEvents(instrument, _inFlight);
            else if (instrument.Name == MetricCatalogue.SegmentQueueDepth.Name)
                listener.EnableMeasurementEvents(instrument, _waiting);
        };
        _listener.SetMeasurementEventCallback<double>(static (_, value, tags, state) =>
        {
            var (channel, queue) = ("", "");
            foreach (var tag in tags)
            {
                if (tag.Key == "channel")
                    channel = tag.Value as string ?? "";
                else if (tag.Key == "queue")
                    queue = tag.Value as string ?? "";
            }

            // What waits for its time is as much as the delay holds, and in flight already.
            if (queue != "publish")
                ((ConcurrentDictionary<(string, string), double>)state!)[(channel, queue)] = value;
        });
        _listener.Start();
    }

    /// <summary>Segments between fetch and publication.</summary>
    public long SegmentsInFlight => (long)_inFlight.Values.Sum();

    /// <summary>What waits in queues.</summary>
    public long QueueDepth => (long)_waiting.Values.Sum();

    /// <summary>A channel is gone.</summary>
    public void Forget(string channel)
    {
        foreach (var table in new[] { _inFlight, _waiting })
        {
            foreach (var key in table.Keys.Where(key => key.Channel == channel))
                table.TryRemove(key, out _);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _listener.Dispose();
}
