using System.Runtime.InteropServices;

namespace Tandem.Cli;

/// <summary>
/// SIGINT, SIGTERM and SIGHUP (a closed terminal): the first one asks for an orderly end, which has <see cref="Longest"/>; the second one, or
/// that time running out, ends the process at once. One that is ignored (nohup) stays so.
/// </summary>
internal sealed class StopSignals : IDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private readonly PosixSignalRegistration[] _registrations;
    private ITimer? _deadline;
    private int _received;

    public StopSignals() =>
        _registrations =
        [
            PosixSignalRegistration.Create(PosixSignal.SIGINT, Receive),
            PosixSignalRegistration.Create(PosixSignal.SIGTERM, Receive),
            PosixSignalRegistration.Create(PosixSignal.SIGHUP, Receive),
        ];

    /// <summary>What a process that a signal ended returns: 128 and the signal's number.</summary>
    public int ExitCode { get; private set; }

    /// <summary>How long an orderly end may take; 8 s where nothing else is said.</summary>
    public TimeSpan Longest { get; set; } = TimeSpan.FromSeconds(8);

    /// <summary>Cancelled by the first signal.</summary>
    public CancellationToken Token => _stop.Token;

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var registration in _registrations)
            registration.Dispose();
        _deadline?.Dispose();
        _stop.Dispose();
    }

    private void Receive(PosixSignalContext signal)
    {
        signal.Cancel = true;
        ExitCode = 128 + signal.Signal switch
        {
            PosixSignal.SIGHUP => 1,
            PosixSignal.SIGINT => 2,
            _ => 15,
        };
        if (Interlocked.Increment(ref _received) > 1)
            Environment.Exit(ExitCode);
        _deadline = TimeProvider.System.CreateTimer(_ => Environment.Exit(1), null, Longest, Timeout.InfiniteTimeSpan);

        // What is told may take its time; the handler must not.
        _ = _stop.CancelAsync();
    }
}
