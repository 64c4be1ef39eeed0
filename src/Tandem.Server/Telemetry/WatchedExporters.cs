using System.Diagnostics;
using OpenTelemetry;
using OpenTelemetry.Exporter;
using OpenTelemetry.Metrics;

namespace Tandem.Server.Telemetry;

/// <summary>Sends metrics, and tells how that went. The SDK itself tells nobody.</summary>
internal sealed class WatchedMetricExporter(OtlpExporterOptions options, ExportWatch watch) : OtlpMetricExporter(options)
{
    /// <inheritdoc/>
    public override ExportResult Export(in Batch<Metric> metrics)
    {
        var result = base.Export(metrics);
        watch.Sent(result == ExportResult.Success);
        return result;
    }
}

/// <summary>Sends spans, and tells how that went.</summary>
internal sealed class WatchedTraceExporter(OtlpExporterOptions options, ExportWatch watch) : OtlpTraceExporter(options)
{
    /// <inheritdoc/>
    public override ExportResult Export(in Batch<Activity> activityBatch)
    {
        var result = base.Export(activityBatch);
        watch.Sent(result == ExportResult.Success);
        return result;
    }
}
