namespace Tandem.Server.Metrics;

/// <summary>
/// How much of what it may use Tandem uses: of the container's limits where there are some (control groups, version 2 or 1), else of the
/// machine, its child processes included.
/// </summary>
internal sealed class MachineShare
{
    // Between two looks at the CPU: a shorter stretch says more about who looked than about the load. /metrics and /ops look by turns.
    private static readonly TimeSpan LeastInterval = TimeSpan.FromSeconds(5);

    private readonly TimeProvider _time;
    private readonly Lock _lock = new();
    private readonly Func<double> _cpuSeconds;
    private readonly Func<double> _memoryBytes;
    private readonly double _cores;
    private readonly double _memoryLimit;
    private long _lastLook;
    private double _lastSeconds;
    private double _cpu;

    /// <param name="time">Clock.</param>
    /// <param name="root">Where <c>proc</c> and <c>sys</c> lie; another folder in tests.</param>
    public MachineShare(TimeProvider time, string root = "/")
    {
        _time = time;
        var groups = new ControlGroups(root);
        var tree = new ProcessTree(Path.Combine(root, "proc"), Environment.ProcessId);
        (_cores, _cpuSeconds) = groups.Cpu() ?? (Environment.ProcessorCount, () => tree.Look().CpuSeconds);
        (_memoryLimit, _memoryBytes) = groups.Memory() ?? (tree.MachineBytes(), () => tree.Look().ResidentBytes);
        _lastLook = time.GetTimestamp();
        _lastSeconds = _cpuSeconds();
    }

    /// <summary>Cores that may be used.</summary>
    public double Cores => _cores;

    /// <summary>Bytes of memory that may be used; 0 where that cannot be told.</summary>
    public double MemoryBytes => _memoryLimit;

    /// <summary>0 to 1, and a little above where a limit is enforced in slices; over the time since the last look.</summary>
    public double Cpu()
    {
        lock (_lock)
        {
            var elapsed = _time.GetElapsedTime(_lastLook);
            if (elapsed < LeastInterval)
                return _cpu;
            var seconds = _cpuSeconds();

            // The sum shrinks when a child process ends whose time nobody has asked for.
            _cpu = Math.Max(0, seconds - _lastSeconds) / (elapsed.TotalSeconds * _cores);
            _lastLook = _time.GetTimestamp();
            _lastSeconds = seconds;
            return _cpu;
        }
    }

    /// <summary>0 to 1; what the kernel can drop at once is not counted.</summary>
    public double Memory() => _memoryLimit > 0 ? _memoryBytes() / _memoryLimit : 0;
}
