using System.Diagnostics.Metrics;
using Tandem.Live;
using Tandem.Server.Metrics;

namespace Tandem.Server.Telemetry;

/// <summary>
/// The gauges as <c>/metrics</c> has them, on a meter of their own with the same name, observed when they are sent. The SDK would keep the
/// last value of a gauge for ever: a channel that was deleted would go on to have a stale source.
/// </summary>
internal sealed class OtlpGauges : IDisposable
{
    public OtlpGauges(PrometheusExporter exporter)
    {
        foreach (var family in exporter.Families.Where(family => family.Definition.Kind == MetricKind.Gauge))
        {
            var definition = family.Definition;
            Meter.CreateObservableGauge(definition.Name, () => Read(exporter, family), definition.Unit, definition.Help);
        }
    }

    /// <summary>Their meter.</summary>
    public Meter Meter { get; } = new(TandemMeter.Name);

    /// <inheritdoc/>
    public void Dispose() => Meter.Dispose();

    private static IReadOnlyList<Measurement<double>> Read(PrometheusExporter exporter, MetricFamily family)
    {
        if (family.Definition.Scope == MetricScope.Process)
            exporter.Observe();
        return family.Measurements();
    }
}
