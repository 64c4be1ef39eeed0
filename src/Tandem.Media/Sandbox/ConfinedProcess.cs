using System.ComponentModel;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Tandem.Media.Sandbox;

/// <summary>
/// A child process whose thread of origin is confined before it starts it, so that the child inherits it; the rest of this process is
/// not touched.
/// </summary>
/// <remarks>
/// Not <see cref="System.Diagnostics.Process"/>: starting one runs much managed code, and any thread that the runtime happens to create
/// meanwhile would inherit the confinement for good. Here the confined thread makes a handful of system calls and then sleeps in one
/// until the child ends. That also keeps the child's parent-death signal right, which is sent when the thread of origin ends.
/// </remarks>
internal sealed unsafe class ConfinedProcess : IDisposable
{
    /// <summary>The child's number for what it inherits beyond its standard streams.</summary>
    public const int Inherited = 3;

    private const int StackSize = 256 * 1024;

    private readonly Lock _lock = new();
    private readonly SpawnPlan _plan;
    private readonly Thread _origin;
    private bool _reaped;

    private ConfinedProcess(int pid, SpawnPlan plan, Thread origin, SafeFileHandle input, SafeFileHandle output, SafeFileHandle errors)
    {
        Id = pid;
        _plan = plan;
        _origin = origin;
        Input = input;
        Output = output;
        Errors = errors;
    }

    /// <summary>Its process id.</summary>
    public int Id { get; }

    /// <summary>Writes to its standard input.</summary>
    public SafeFileHandle Input { get; }

    /// <summary>Reads its standard output.</summary>
    public SafeFileHandle Output { get; }

    /// <summary>Reads its standard error.</summary>
    public SafeFileHandle Errors { get; }

    /// <summary>Starts a child.</summary>
    /// <param name="command">Path of the program, and its arguments.</param>
    /// <param name="environment">All of its environment.</param>
    /// <param name="ruleset">A Landlock ruleset to put the child under; null for none.</param>
    /// <param name="more">What become its descriptors, from <see cref="Inherited"/> on.</param>
    /// <exception cref="Win32Exception">It cannot be started.</exception>
    public static ConfinedProcess Start(
        IReadOnlyList<string> command, IReadOnlyDictionary<string, string> environment, SafeFileHandle? ruleset, params IReadOnlyList<SafeHandle> more)
    {
        using var input = new Pipe();
        using var output = new Pipe();
        using var errors = new Pipe();
        var high = more.Select(High).ToList();
        var plan = new SpawnPlan(
            command,
            environment,
            [input.Reader, output.Writer, errors.Writer, .. high.Select(handle => (int)handle.DangerousGetHandle())],
            ruleset is null ? -1 : (int)ruleset.DangerousGetHandle());
        var origin = new Thread(plan.Run, StackSize) { IsBackground = true, Name = "media worker's origin" };
        origin.Start();
        try
        {
            return new ConfinedProcess(plan.Started(command[0]), plan, origin, input.TakeWriter(), output.TakeReader(), errors.TakeReader());
        }
        catch (Win32Exception)
        {
            origin.Join();
            plan.Dispose();
            throw;
        }
        finally
        {
            high.ForEach(handle => handle.Dispose());
        }
    }

    // Descriptors are put in place one after the other: none may stand where another is to come.
    private static SafeFileHandle High(SafeHandle handle)
    {
        const int BeyondAll = 64;
        var copy = Libc.fcntl((int)handle.DangerousGetHandle(), Libc.DuplicateFrom, BeyondAll);
        return copy >= 0 ? new SafeFileHandle(copy, ownsHandle: true) : throw new Win32Exception(Marshal.GetLastPInvokeError());
    }

    /// <summary>Whether it has ended; it may wait to be reaped.</summary>
    public bool HasEnded => !_origin.IsAlive;

    /// <summary>Kills it, at once, and with it what it may have started.</summary>
    public void Kill()
    {
        lock (_lock)
        {
            // Once it is reaped its number may be another's.
            if (_reaped)
                return;
            _ = Libc.kill(-Id, Libc.SigKill);
            _ = Libc.kill(Id, Libc.SigKill);
        }
    }

    /// <summary>Sends it a signal, if it is not reaped yet.</summary>
    public void Signal(int signal)
    {
        lock (_lock)
        {
            if (!_reaped)
                _ = Libc.kill(Id, signal);
        }
    }

    /// <summary>Waits for its end and reaps it. Returns how it ended, for people.</summary>
    public string Reap()
    {
        _origin.Join();
        lock (_lock)
        {
            if (_reaped)
                return "reaped before";
            _reaped = true;
            _plan.Dispose();
            int status;
            if (Libc.waitpid(Id, &status, 0) != Id)
                return "its end was not seen";
            return (status & 127) == 0 ? $"exit code {(status >> 8) & 255}" : $"signal {status & 127}";
        }
    }

    /// <summary>Closes the pipes.</summary>
    public void Dispose()
    {
        Input.Dispose();
        Output.Dispose();
        Errors.Dispose();
    }

    /// <summary>Both ends of a pipe that other children do not inherit by accident.</summary>
    private sealed class Pipe : IDisposable
    {
        private SafeFileHandle? _reader;
        private SafeFileHandle? _writer;

        public Pipe()
        {
            var ends = stackalloc int[2];
            if (Libc.pipe2(ends, Libc.CloseOnExec) != 0)
                throw new Win32Exception(Marshal.GetLastPInvokeError());
            _reader = new SafeFileHandle(ends[0], ownsHandle: true);
            _writer = new SafeFileHandle(ends[1], ownsHandle: true);
        }

        public int Reader => (int)_reader!.DangerousGetHandle();

        public int Writer => (int)_writer!.DangerousGetHandle();

        public SafeFileHandle TakeReader() => Interlocked.Exchange(ref _reader, null)!;

        public SafeFileHandle TakeWriter() => Interlocked.Exchange(ref _writer, null)!;

        public void Dispose()
        {
            _reader?.Dispose();
            _writer?.Dispose();
        }
    }
}
