namespace Tandem.Server.Ops;

/// <summary>The course of some figures over the last hour, a value each half minute. Not safe on several threads.</summary>
internal sealed class Trend
{
    /// <summary>Time between values.</summary>
    public static readonly TimeSpan Step = TimeSpan.FromSeconds(30);

    /// <summary>Values that are kept: an hour.</summary>
    public const int Most = 120;

    private readonly Dictionary<string, Queue<double?>> _values = new(StringComparer.Ordinal);

    /// <summary>Adds a value to one figure; null where nothing was measured.</summary>
    public void Add(string figure, double? value)
    {
        if (!_values.TryGetValue(figure, out var values))
            _values[figure] = values = new Queue<double?>();

        // Drawn, not reckoned with.
        values.Enqueue(value is { } number && number != 0 ? Rounded(number) : value);
        if (values.Count > Most)
            values.Dequeue();
    }

    /// <summary>All of them, the newest value last.</summary>
    public IReadOnlyDictionary<string, IReadOnlyList<double?>> Read() =>
        _values.ToDictionary(pair => pair.Key, IReadOnlyList<double?> (pair) => [.. pair.Value], StringComparer.Ordinal);

    private static double Rounded(double value)
    {
        var scale = Math.Pow(10, 3 - Math.Floor(Math.Log10(Math.Abs(value))));
        return double.IsFinite(scale) ? Math.Round(value * scale) / scale : 0;
    }
}
