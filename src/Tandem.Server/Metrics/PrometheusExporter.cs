using System.Diagnostics.Metrics;
using System.Text;
using Tandem.Live;

namespace Tandem.Server.Metrics;

/// <summary>
/// Keeps what the process's meter measures and writes it as Prometheus text. Made before the first channel, because a listener hears
/// nothing of what was measured earlier. Our own, because the declared series must exist at zero, histograms too.
/// </summary>
internal sealed class PrometheusExporter : IDisposable
{
    private readonly MeterListener _listener = new();
    private readonly List<MetricFamily> _families = [.. MetricCatalogue.All.Select(definition => new MetricFamily(definition))];

    public PrometheusExporter(TandemMeter meter)
    {
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (ReferenceEquals(instrument.Meter, meter.Meter) && _families.Find(family => family.Definition.Name == instrument.Name) is { } found)
                listener.EnableMeasurementEvents(instrument, found);
        };
        _listener.SetMeasurementEventCallback<long>((instrument, value, tags, family) => Record(instrument, value, tags, family));
        _listener.SetMeasurementEventCallback<double>(Record);
        _listener.Start();
        meter.Follow(channel => _families.ForEach(family => family.Announce(channel)));
        meter.FollowGone(channel => _families.ForEach(family => family.Forget(channel)));
    }

    /// <summary>Looks at what is measured only when it is asked for.</summary>
    public void Observe() => _listener.RecordObservableInstruments();

    /// <summary>One metric's series, as they stand and as <see cref="Write"/> would write them.</summary>
    public IReadOnlyList<SeriesReading> Read(MetricDefinition metric) => _families.Find(family => family.Definition == metric)?.Read() ?? [];

    /// <summary>Every metric with its series.</summary>
    public IReadOnlyList<MetricFamily> Families => _families;

    /// <summary>The whole exposition.</summary>
    public string Write()
    {
        Observe();
        var text = new StringBuilder(64 * 1024);
        foreach (var family in _families)
            family.Write(text);
        return text.ToString();
    }

    /// <inheritdoc/>
    public void Dispose() => _listener.Dispose();

    private static void Record(Instrument instrument, double value, ReadOnlySpan<KeyValuePair<string, object?>> tags, object? family) =>
        ((MetricFamily)family!).Record(value, adds: !instrument.IsObservable && instrument is not Gauge<double>, tags);
}
