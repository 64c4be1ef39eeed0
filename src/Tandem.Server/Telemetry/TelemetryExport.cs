using System.Diagnostics.Metrics;
using Microsoft.Extensions.Logging;
using OpenTelemetry;
using OpenTelemetry.Exporter;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;
using Tandem.Live;
using Tandem.Live.Ingest;
using Tandem.Server.Metrics;

namespace Tandem.Server.Telemetry;

/// <summary>
/// Sends metrics and traces to a collector (OTLP), on threads of its own and out of bounded queues: a collector that is slow or away costs
/// what would have been sent, and nothing else.
/// </summary>
internal sealed class TelemetryExport : IDisposable
{
    // Part of the 8 s that a shutdown may take.
    private static readonly TimeSpan FlushLimit = TimeSpan.FromSeconds(1);

    // A request that takes longer is given up; the next sending of metrics is an interval later.
    private const int RequestMilliseconds = 5_000;

    // Spans that wait; beyond it they are dropped. At 1 % of 32 channel-languages' segments there are about 2 a second.
    private const int MostSpans = 2_048;
    private const int MostSpansOnce = 512;
    private const int SpanMilliseconds = 2_000;

    // Labels are closed lists; channels are bounded by admission. Beyond it the SDK folds series into one, and says so by a label.
    private const int MostSeries = 20_000;

    private readonly List<IDisposable> _providers = [];
    private readonly OtlpGauges? _gauges;
    private TimeSpan _flushLimit;

    private TelemetryExport(TelemetryOptions options, TandemMeter meter, PrometheusExporter exporter, TimeProvider time, ILogger log)
    {
        var resource = TelemetryResource.Of(options, ProgramVersion.Text, Guid.NewGuid().ToString());
        var collector = ShownAddress.Of(options.Endpoint!);
        if (options.Metrics)
        {
            var watch = new ExportWatch("metrics", collector, time, log);
            _gauges = new OtlpGauges(exporter);
            _providers.Add(Metrics(options, resource, watch, MetricReaderTemporalityPreference.Cumulative, instrument => ViewOf(instrument, meter)));

            // A delta reader sends only what was observed this time, so that series that are gone are gone; gauges have no temporality.
            var gauges = _gauges.Meter;
            _providers.Add(Metrics(options, resource, watch, MetricReaderTemporalityPreference.Delta, instrument =>
                ReferenceEquals(instrument.Meter, gauges) ? new MetricStreamConfiguration { CardinalityLimit = MostSeries } : MetricStreamConfiguration.Drop));
            ZeroCounters.Follow(meter);
        }

        if (options.TraceRatio > 0)
            _providers.Add(Traces(options, resource, new ExportWatch("traces", collector, time, log)));
    }

    /// <summary>Begins to send; null where nothing is to be sent.</summary>
    /// <param name="options">Where, and what.</param>
    /// <param name="meter">The process's instruments. Made before its channels: what was measured earlier is not sent.</param>
    /// <param name="exporter">What <c>/metrics</c> says.</param>
    /// <param name="time">The clock.</param>
    /// <param name="log">Told when the collector is away.</param>
    /// <param name="flushLimit">How long the last sending may take, 1 s without it.</param>
    public static TelemetryExport? Start(TelemetryOptions options, TandemMeter meter, PrometheusExporter exporter, TimeProvider time, ILogger log, TimeSpan? flushLimit = null) =>
        options.Endpoint is null || (!options.Metrics && options.TraceRatio <= 0)
            ? null
            : new TelemetryExport(options, meter, exporter, time, log) { _flushLimit = flushLimit ?? FlushLimit };

    /// <summary>Where a signal is sent to.</summary>
    /// <param name="options">The settings.</param>
    /// <param name="signal"><c>metrics</c> or <c>traces</c>.</param>
    public static Uri Address(TelemetryOptions options, string signal)
    {
        var endpoint = options.Endpoint!;
        if (options.Protocol == TelemetryProtocol.Grpc)
            return endpoint;
        return new Uri(endpoint.AbsoluteUri.TrimEnd('/') + "/v1/" + signal);
    }

    /// <summary>Sends what there is, within its limit, and ends; twice that where the collector does not answer.</summary>
    public void Dispose()
    {
        var limit = (int)_flushLimit.TotalMilliseconds;

        // Threads of their own: the pool's may all be at work on what else ends now.
        var ending = _providers.Select(provider => Task.Factory.StartNew(
            () =>
            {
                if (provider is MeterProvider metrics)
                    metrics.Shutdown(limit);
                else
                    ((TracerProvider)provider).Shutdown(limit);
                provider.Dispose();
            },
            CancellationToken.None,
            TaskCreationOptions.LongRunning,
            TaskScheduler.Default));

        // One that waits for its collector all the same is left to end by itself.
        Task.WaitAll([.. ending], _flushLimit + _flushLimit);
        _gauges?.Dispose();
    }

    /// <summary>Counters and histograms as they are; gauges come from elsewhere, and other meters of the process are not ours.</summary>
    private static MetricStreamConfiguration ViewOf(Instrument instrument, TandemMeter meter)
    {
        if (!ReferenceEquals(instrument.Meter, meter.Meter) || MetricCatalogue.Find(instrument.Name) is not { Kind: not MetricKind.Gauge } metric)
            return MetricStreamConfiguration.Drop;
        return metric.Kind == MetricKind.Histogram
            ? new ExplicitBucketHistogramConfiguration { Boundaries = [.. metric.Edges], RecordMinMax = false, CardinalityLimit = MostSeries }
            : new MetricStreamConfiguration { CardinalityLimit = MostSeries };
    }

    private static MeterProvider Metrics(
        TelemetryOptions options, ResourceBuilder resource, ExportWatch watch, MetricReaderTemporalityPreference temporality, Func<Instrument, MetricStreamConfiguration> view) =>
        Sdk.CreateMeterProviderBuilder()
            .SetResourceBuilder(resource)
            .AddMeter(TandemMeter.Name)
            .AddView(view)
            .AddReader(new PeriodicExportingMetricReader(
                new WatchedMetricExporter(Exporter(options, "metrics"), watch), (int)options.MetricsInterval.TotalMilliseconds, RequestMilliseconds)
            {
                TemporalityPreference = temporality,
            })
            .Build();

    private static TracerProvider Traces(TelemetryOptions options, ResourceBuilder resource, ExportWatch watch) =>
        Sdk.CreateTracerProviderBuilder()
            .SetResourceBuilder(resource)
            .AddSource(Tracing.SourceName)
            .SetSampler(new TraceIdRatioBasedSampler(options.TraceRatio))
            .AddProcessor(new BatchActivityExportProcessor(
                new WatchedTraceExporter(Exporter(options, "traces"), watch), MostSpans, SpanMilliseconds, RequestMilliseconds, MostSpansOnce))
            .Build();

    private static OtlpExporterOptions Exporter(TelemetryOptions options, string signal) => new()
    {
        // What the environment says is in the options already; set here, so that the SDK does not read it again.
        Endpoint = Address(options, signal),
        Protocol = options.Protocol == TelemetryProtocol.Grpc ? OtlpExportProtocol.Grpc : OtlpExportProtocol.HttpProtobuf,
        Headers = "",
        TimeoutMilliseconds = RequestMilliseconds,
        HttpClientFactory = () => Client(options),
    };

    // The SDK's own headers cannot hold a comma in a value.
    private static HttpClient Client(TelemetryOptions options)
    {
        var client = new HttpClient { Timeout = TimeSpan.FromMilliseconds(RequestMilliseconds) };
        foreach (var (name, value) in options.Headers)
            client.DefaultRequestHeaders.TryAddWithoutValidation(name, value);
        return client;
    }
}
