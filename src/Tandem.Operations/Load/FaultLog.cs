namespace Tandem.Operations.Load;

/// <summary>One fault that was found.</summary>
/// <param name="Second">Since the run began.</param>
/// <param name="Viewer">Who found it, such as <c>ws 12</c>.</param>
/// <param name="Kind">What kind.</param>
/// <param name="What">One line.</param>
public sealed record FaultLine(double Second, string Viewer, FaultKind Kind, string What);

/// <summary>The first faults of a run in words; all are counted elsewhere.</summary>
internal sealed class FaultLog(RunClock clock)
{
    private const int Limit = 100;
    private const int LimitOfKind = 25;

    private readonly Lock _lock = new();
    private readonly List<FaultLine> _lines = [];

    /// <summary>Those that were kept.</summary>
    public IReadOnlyList<FaultLine> Lines
    {
        get
        {
            lock (_lock)
                return [.. _lines];
        }
    }

    /// <summary>Keeps it while there are few.</summary>
    public void Add(string viewer, FaultKind kind, string what)
    {
        lock (_lock)
        {
            if (_lines.Count < Limit && _lines.Count(line => line.Kind == kind) < LimitOfKind)
                _lines.Add(new FaultLine(Math.Round((clock.Now - clock.Began) / 1e6, 3), viewer, kind, what));
        }
    }
}
