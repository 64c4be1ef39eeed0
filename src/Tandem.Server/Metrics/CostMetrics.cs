using System.Diagnostics.Metrics;
using Tandem.Live;

namespace Tandem.Server.Metrics;

/// <summary>What this instance costs at list prices, and what all together may cost.</summary>
internal sealed class CostMetrics
{
    private const double Gibibyte = 1L << 30;

    // What is sent to viewers, whoever sends it; a metric that does not exist counts nothing.
    private static readonly string[] Sent = [MetricCatalogue.HttpSentBytes.Name, "tandem_websocket_message_bytes"];

    private readonly MachineShare _share;
    private readonly TimeProvider _time;
    private readonly long _started;
    private double _sentBytes;

    private CostMetrics(MachineShare share, TimeProvider time) => (_share, _time, _started) = (share, time, time.GetTimestamp());

    /// <summary>Adds the instruments to <paramref name="meter"/>; they live as long as it does, and count from now on.</summary>
    /// <param name="meter">The process's meter.</param>
    /// <param name="share">What the instance may use.</param>
    /// <param name="budget">US dollars a month; 0 for no limit.</param>
    /// <param name="time">The clock.</param>
    public static void Add(TandemMeter meter, MachineShare share, double budget, TimeProvider time)
    {
        var cost = new CostMetrics(share, time);
        cost.Listen(meter);
        var (spent, most) = (MetricCatalogue.Cost, MetricCatalogue.MonthlyBudget);
        meter.Meter.CreateObservableCounter(spent.Name, cost.Observe, spent.Unit, spent.Help);
        meter.Meter.CreateObservableGauge(most.Name, () => budget, most.Unit, most.Help);
    }

    private static Measurement<double> Of(string kind, double dollars) => new(dollars, new KeyValuePair<string, object?>("kind", kind));

    // Kept alive by the meter that it listens to.
    private void Listen(TandemMeter meter)
    {
        var listener = new MeterListener
        {
            InstrumentPublished = (instrument, listener) =>
            {
                if (ReferenceEquals(instrument.Meter, meter.Meter) && Sent.Contains(instrument.Name, StringComparer.Ordinal))
                    listener.EnableMeasurementEvents(instrument);
            },
        };
        listener.SetMeasurementEventCallback<long>((_, bytes, _, _) => Count(bytes));
        listener.SetMeasurementEventCallback<double>((_, bytes, _, _) => Count(bytes));
        listener.Start();
    }

    private void Count(double bytes)
    {
        var before = Volatile.Read(ref _sentBytes);
        while (true)
        {
            var seen = Interlocked.CompareExchange(ref _sentBytes, before + bytes, before);
            if (seen.Equals(before))
                return;
            before = seen;
        }
    }

    private IEnumerable<Measurement<double>> Observe()
    {
        var seconds = _time.GetElapsedTime(_started).TotalSeconds;
        return
        [
            Of("cpu", seconds * _share.Cores * ListPrices.CoreSecond),
            Of("memory", seconds * _share.MemoryBytes / Gibibyte * ListPrices.GibibyteSecond),
            Of("egress", Volatile.Read(ref _sentBytes) / Gibibyte * ListPrices.GibibyteSent),
        ];
    }
}
