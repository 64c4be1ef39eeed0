using System.Diagnostics;

namespace Tandem.Live.Dubbing;

/// <summary>A child process that an engine talks to over its standard input and output; started when it is needed, ended with its input.</summary>
/// <param name="command">Program and arguments.</param>
internal sealed class EngineProcess(IReadOnlyList<string> command) : IDisposable
{
    private readonly Lock _lock = new();
    private Process? _process;
    private bool _disposed;

    /// <summary>The running process and whether it was started by this call.</summary>
    /// <exception cref="IOException">It cannot be started.</exception>
    public (Process Process, bool Fresh) Get()
    {
        lock (_lock)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            if (_process is { HasExited: false } running)
                return (running, false);
            _process?.Dispose();
            var start = new ProcessStartInfo(command[0])
            {
                RedirectStandardInput = true,
                RedirectStandardOutput = true,
                RedirectStandardError = true,
                UseShellExecute = false,
            };
            foreach (var argument in command.Skip(1))
                start.ArgumentList.Add(argument);
            try
            {
                _process = Process.Start(start) ?? throw new IOException($"{command[0]} did not start");
            }
            catch (System.ComponentModel.Win32Exception error)
            {
                throw new IOException($"{command[0]} cannot be started: {error.Message}", error);
            }

            // What it says on its error output is not for viewers' logs; left unread it would block the process.
            _process.ErrorDataReceived += (_, _) => { };
            _process.BeginErrorReadLine();
            return (_process, true);
        }
    }

    /// <summary>Ends the process and its children at once; who asks next gets another, also while this one takes its time to die.</summary>
    public void Kill()
    {
        lock (_lock)
        {
            if (_process is not { } dying)
                return;
            _process = null;
            try
            {
                dying.Kill(entireProcessTree: true);
            }
            catch (InvalidOperationException)
            {
                // It has ended by itself.
            }

            // Whoever still reads its output finds the end there.
            _ = dying.WaitForExitAsync().ContinueWith(_ => dying.Dispose(), TaskScheduler.Default);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Kill();
        lock (_lock)
        {
            _disposed = true;
            _process?.Dispose();
            _process = null;
        }
    }
}
