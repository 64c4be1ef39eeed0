namespace Tandem.Live;

/// <summary>Onset lags of the last hundred dubs.</summary>
public sealed class LagWindow
{
    private const int Size = 100;

    private readonly Lock _lock = new();
    private readonly Queue<double> _lags = new();

    /// <summary>Adds one, s.</summary>
    public void Add(double seconds)
    {
        lock (_lock)
        {
            _lags.Enqueue(seconds);
            if (_lags.Count > Size)
                _lags.Dequeue();
        }
    }

    /// <summary>Median and 95th percentile, s, to the millisecond; null before the first.</summary>
    public (double? P50, double? P95) Percentiles()
    {
        double[] sorted;
        lock (_lock)
            sorted = [.. _lags.Order()];
        if (sorted.Length == 0)
            return (null, null);
        return (Math.Round(sorted[(sorted.Length - 1) / 2], 3), Math.Round(sorted[(int)Math.Ceiling((sorted.Length - 1) * 0.95)], 3));
    }
}
