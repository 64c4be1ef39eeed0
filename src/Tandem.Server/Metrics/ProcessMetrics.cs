using System.Diagnostics.Metrics;
using Tandem.Live;

namespace Tandem.Server.Metrics;

/// <summary>Makes the metrics that are looked at when they are asked for: what runs, and how much of the machine it uses.</summary>
internal static class ProcessMetrics
{
    /// <summary>Adds the instruments to <paramref name="meter"/>; they live as long as it does.</summary>
    public static void Add(TandemMeter meter, MachineShare share, string version, string ffmpeg, string revision = "")
    {
        Gauge(MetricCatalogue.CpuRatio, () => new(share.Cpu()));
        Gauge(MetricCatalogue.MemoryRatio, () => new(share.Memory()));
        Gauge(MetricCatalogue.BuildInfo, () => new(1, new KeyValuePair<string, object?>("version", version), new("ffmpeg", ffmpeg), new("revision", revision)));

        void Gauge(MetricDefinition metric, Func<Measurement<double>> observe) =>
            meter.Meter.CreateObservableGauge(metric.Name, observe, metric.Unit, metric.Help);
    }
}
