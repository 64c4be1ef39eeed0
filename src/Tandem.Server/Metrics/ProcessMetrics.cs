using System.Diagnostics.Metrics;
using Tandem.Live;
using Tandem.Server.Api;

namespace Tandem.Server.Metrics;

/// <summary>Makes the metrics that are looked at when they are asked for: what runs, and how much of the machine it uses.</summary>
internal static class ProcessMetrics
{
    /// <summary>Adds the instruments to <paramref name="meter"/>; they live as long as it does.</summary>
    /// <param name="meter">The process's instruments.</param>
    /// <param name="share">How much of the machine is in use.</param>
    /// <param name="stateDirectory">Where records are kept.</param>
    /// <param name="version">Of the program.</param>
    /// <param name="ffmpeg">Version of its libraries.</param>
    /// <param name="revision">As Cloud Run names it; empty elsewhere.</param>
    public static void Add(TandemMeter meter, MachineShare share, string stateDirectory, string version, string ffmpeg, string revision = "")
    {
        Gauge(MetricCatalogue.CpuRatio, () => new(share.Cpu()));
        Gauge(MetricCatalogue.MemoryRatio, () => new(share.Memory()));
        Gauge(MetricCatalogue.ScratchFree, () => new(ScratchSpace.Least(stateDirectory)));
        Gauge(MetricCatalogue.BuildInfo, () => new(1, new KeyValuePair<string, object?>("version", version), new("ffmpeg", ffmpeg), new("revision", revision)));

        void Gauge(MetricDefinition metric, Func<Measurement<double>> observe) =>
            meter.Meter.CreateObservableGauge(metric.Name, observe, metric.Unit, metric.Help);
    }
}
