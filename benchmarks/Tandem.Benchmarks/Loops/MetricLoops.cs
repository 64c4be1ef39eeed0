using Tandem.Live;
using Tandem.Server.Metrics;

namespace Tandem.Benchmarks.Loops;

/// <summary>What metrics cost: 4 channels of 8 languages.</summary>
public sealed class MetricLoops : ILoopSet
{
    private static readonly string[] s_languages = ["es", "fr", "de", "it", "pt", "nl", "pl", "sv"];

    private readonly TandemMeter _meter = new();
    private readonly PrometheusExporter _exporter;
    private readonly ViewerMetrics _viewers;

    public MetricLoops()
    {
        _exporter = new PrometheusExporter(_meter);
        for (var channel = 0; channel < 4; channel++)
            _ = new ChannelMetrics(_meter, $"channel{channel}", [.. s_languages]);
        _viewers = new ViewerMetrics(_meter, "channel0");
        Loops = [new(Names[0], () => _exporter.Write()), new(Names[1], () => _viewers.MessageSent(150_040))];
    }

    /// <summary>Names of its loops.</summary>
    public static IReadOnlyList<string> Names { get; } = ["metrics.text", "metrics.message"];

    /// <inheritdoc/>
    public IReadOnlyList<InnerLoop> Loops { get; }

    /// <inheritdoc/>
    public void Dispose()
    {
        _exporter.Dispose();
        _meter.Dispose();
    }
}
