using System.Threading.Tasks.Sources;

namespace Tandem.Server.WebSockets;

/// <summary>Wakes one waiting loop; wakes that come before it waits are kept as one. Costs no allocation a wake.</summary>
internal sealed class Signal : IValueTaskSource
{
    private readonly Lock _lock = new();
    private ManualResetValueTaskSourceCore<bool> _core = new() { RunContinuationsAsynchronously = true };
    private bool _set;
    private bool _waiting;

    /// <summary>Wakes the loop, now or when it next waits.</summary>
    public void Set()
    {
        lock (_lock)
        {
            if (_set)
                return;
            _set = true;
            if (!_waiting)
                return;
            _waiting = false;
        }

        _core.SetResult(true);
    }

    /// <summary>Waits for a wake; one loop only.</summary>
    public ValueTask WaitAsync()
    {
        lock (_lock)
        {
            if (_set)
            {
                _set = false;
                return ValueTask.CompletedTask;
            }

            _core.Reset();
            _waiting = true;
            return new ValueTask(this, _core.Version);
        }
    }

    void IValueTaskSource.GetResult(short token)
    {
        _core.GetResult(token);
        lock (_lock)
            _set = false;
    }

    ValueTaskSourceStatus IValueTaskSource.GetStatus(short token) => _core.GetStatus(token);

    void IValueTaskSource.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _core.OnCompleted(continuation, state, token, flags);
}
