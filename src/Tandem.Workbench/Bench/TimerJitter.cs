using System.Diagnostics;

namespace Tandem.Workbench.Bench;

/// <summary>
/// How late this machine wakes a thread that wants to run every 5 ms: what a run on a machine that is busy with other things shows.
/// </summary>
internal sealed class TimerJitter : IDisposable
{
    private static readonly TimeSpan Period = TimeSpan.FromMilliseconds(5);

    private readonly ManualResetEventSlim _stop = new();
    private readonly Thread _thread;
    private readonly List<double> _late = [];

    /// <summary>Starts to measure.</summary>
    public TimerJitter()
    {
        _thread = new Thread(Run) { IsBackground = true, Name = "timer jitter" };
        _thread.Start();
    }

    /// <summary>Ends it and returns how late each wake-up was, ms, ascending.</summary>
    public IReadOnlyList<double> Stop()
    {
        _stop.Set();
        _thread.Join();
        _late.Sort();
        return _late;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Stop();
        _stop.Dispose();
    }

    private void Run()
    {
        var next = Stopwatch.GetTimestamp() + Ticks(Period);
        while (true)
        {
            var wait = Stopwatch.GetElapsedTime(Stopwatch.GetTimestamp(), next);
            if (_stop.Wait(wait > TimeSpan.Zero ? wait : TimeSpan.Zero))
                return;
            var late = Stopwatch.GetElapsedTime(next);

            // What a wait rounds up to a whole millisecond is no jitter of the machine's.
            _late.Add(Math.Max(0, late.TotalMilliseconds - 1));
            next = Math.Max(next + Ticks(Period), Stopwatch.GetTimestamp());
        }
    }

    private static long Ticks(TimeSpan time) => (long)(time.TotalSeconds * Stopwatch.Frequency);
}
