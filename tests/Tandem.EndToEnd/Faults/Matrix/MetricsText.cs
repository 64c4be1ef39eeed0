using System.Globalization;

namespace Tandem.EndToEnd.Faults.Matrix;

/// <summary>What <c>/metrics</c> said at one moment.</summary>
/// <param name="text">Prometheus text.</param>
internal sealed class MetricsText(string text)
{
    private readonly string[] _lines = text.Split('\n');

    /// <summary>The sum of a metric's series whose labels contain all of <paramref name="labels"/>.</summary>
    public double Sum(string name, params IEnumerable<string> labels) => _lines
        .Where(line => line.StartsWith(name + "{", StringComparison.Ordinal) && labels.All(label => line.Contains(label, StringComparison.Ordinal)))
        .Sum(line => double.Parse(line[(line.LastIndexOf(' ') + 1)..], CultureInfo.InvariantCulture));
}
