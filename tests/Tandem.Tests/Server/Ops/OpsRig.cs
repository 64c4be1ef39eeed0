using System.Collections.Immutable;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;
using Tandem.Live;
using Tandem.Server.Metrics;
using Tandem.Server.Ops;

namespace Tandem.Tests.Server.Ops;

/// <summary>The board over a real meter and exporter, on a clock that a test moves.</summary>
internal sealed class OpsRig : IDisposable
{
    private readonly OpsReader _reader;
    private OpsBoard? _board;

    public OpsRig(double cpu = 0)
    {
        Exporter = new PrometheusExporter(Meter);
        Cpu = cpu;
        Observe(MetricCatalogue.CpuRatio, () => Cpu);
        Observe(MetricCatalogue.MemoryRatio, () => 0.25);
        Observe(MetricCatalogue.ScratchFree, () => 1e9);
        Observe(MetricCatalogue.MonthlyBudget, () => Budget);
        Meter.Meter.CreateObservableCounter(MetricCatalogue.Cost.Name, () => new System.Diagnostics.Metrics.Measurement<double>(Dollars, new KeyValuePair<string, object?>("kind", "cpu")));
        _reader = new OpsReader(Exporter, Time);
    }

    public FakeTimeProvider Time { get; } = new(new DateTimeOffset(2026, 11, 22, 12, 0, 0, TimeSpan.Zero));

    public TandemMeter Meter { get; } = new();

    public PrometheusExporter Exporter { get; }

    public double Cpu { get; set; }

    public double Budget { get; set; }

    public double Dollars { get; set; }

    public List<ChannelSnapshot> Channels { get; } = [];

    /// <summary>Looks first when it is first asked for.</summary>
    public OpsBoard Board => _board ??= new OpsBoard(_reader.Read, () => [.. Channels], Time, new Loud());

    public static ChannelSnapshot Channel(string id, ChannelState state = ChannelState.Live, string? reason = null, params string[] languages) => new()
    {
        Id = id,
        State = state,
        Reason = reason,
        Input = "https://source.example/master.m3u8",
        From = "en",
        DelaySeconds = 8,
        Video = "reference",
        Engine = new EngineSnapshot("tone", Healthy: true),
        Languages = [.. languages.Select(language => new LanguageSnapshot(language, LanguageState.Dubbed))],
    };

    public OpsReading Read() => _reader.Read();

    /// <summary>Moves the clock, a look at a time; something may happen before each look.</summary>
    public void Run(TimeSpan time, Action? each = null)
    {
        _ = Board;
        for (var passed = TimeSpan.Zero; passed < time; passed += OpsHistory.Step)
        {
            each?.Invoke();
            Time.Advance(OpsHistory.Step);
        }
    }

    public OpsState State(double seconds = 300) => Board.State(TimeSpan.FromSeconds(seconds));

    public void Dispose()
    {
        _board?.Dispose();
        Exporter.Dispose();
        Meter.Dispose();
    }

    /// <summary>A reading of one channel, for what is reckoned without a meter.</summary>
    public static OpsReading Reading(double seconds, params (string Id, ChannelReading Channel)[] channels) => new(
        new DateTimeOffset(2026, 11, 22, 12, 0, 0, TimeSpan.Zero) + TimeSpan.FromSeconds(seconds),
        TimeSpan.FromSeconds(seconds),
        new ProcessReading(0, 0, 0, 0, 0),
        channels.ToImmutableSortedDictionary(pair => pair.Id, pair => pair.Channel, StringComparer.Ordinal));

    private void Observe(MetricDefinition metric, Func<double> value) => Meter.Meter.CreateObservableGauge(metric.Name, value);

    /// <summary>Tells a test of a look that failed, which the board would try again.</summary>
    private sealed class Loud : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            throw new InvalidOperationException(formatter(state, exception), exception);
    }
}
