using System.Diagnostics.Metrics;
using Tandem.Live;

namespace Tandem.Server.Telemetry;

/// <summary>
/// Makes the series of counters exist at zero for listeners that know no declarations: an alert on a rate needs no first event. Adding
/// nothing changes no count. Histograms begin with their first observation.
/// </summary>
internal static class ZeroCounters
{
    /// <summary>Does so for the process, for every channel that there is, and for each that comes.</summary>
    public static void Follow(TandemMeter meter)
    {
        var counters = MetricCatalogue.All.Where(metric => metric.Kind == MetricKind.Counter)
            .Select(metric => (Metric: metric, Instrument: meter.Find(metric.Name))).Where(known => known.Instrument is not null).ToList();
        foreach (var (metric, instrument) in counters.Where(known => known.Metric.Scope == MetricScope.Process))
            AddNothing(instrument!, metric, []);
        meter.Follow(channel =>
        {
            foreach (var (metric, instrument) in counters)
            {
                foreach (var scope in metric.ScopesOf(channel))
                    AddNothing(instrument!, metric, scope);
            }
        });
    }

    private static void AddNothing(Instrument instrument, MetricDefinition metric, IReadOnlyList<KeyValuePair<string, object?>> scope)
    {
        foreach (var values in metric.LabelValues)
        {
            KeyValuePair<string, object?>[] tags = [.. scope, .. values.Select((value, index) => new KeyValuePair<string, object?>(metric.Labels[index], value))];
            if (instrument is Counter<long> whole)
                whole.Add(0, tags);
            else if (instrument is Counter<double> real)
                real.Add(0, tags);
        }
    }
}
