using System.ComponentModel;
using System.Reflection;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;

namespace Tandem.Media.Sandbox;

/// <summary>Everything that starting one child takes, laid out in native memory beforehand, so that the confined thread only calls.</summary>
internal sealed unsafe class SpawnPlan : IDisposable
{
    private const int Pending = -1;
    private const int NoChild = 10;
    private const int SetNoNewPrivileges = 38;
    private const int DropFromBoundingSet = 24;
    private const int Capabilities = 64;
    private const int ReadSearchCapability = 2;

    // posix_spawn_file_actions_t has 80 bytes, posix_spawnattr_t 336, sigset_t and siginfo_t 128 with glibc.
    private const int Opaque = 512;
    private const short SetProcessGroup = 0x02;
    private const short SetSignalDefaults = 0x04;
    private const short SetSignalMask = 0x08;

    private readonly List<nint> _memory = [];
    private readonly byte* _path;
    private readonly byte** _arguments;
    private readonly byte** _environment;
    private readonly void* _actions;
    private readonly void* _attributes;
    private readonly void* _info;
    private readonly int _ruleset;
    private int _error = Pending;
    private int _pid;

    /// <summary>Lays out a start.</summary>
    /// <param name="command">Path of the program, and its arguments.</param>
    /// <param name="environment">All of the child's environment.</param>
    /// <param name="descriptors">What become its standard input, output and error, and what else it inherits, from 3 on.</param>
    /// <param name="ruleset">Descriptor of a Landlock ruleset; −1 for none.</param>
    public SpawnPlan(
        IReadOnlyList<string> command, IReadOnlyDictionary<string, string> environment, ReadOnlySpan<int> descriptors, int ruleset)
    {
        Prelink();
        _ruleset = ruleset;
        _path = Text(command[0]);
        _arguments = Texts([.. command]);
        _environment = Texts([.. environment.Select(pair => $"{pair.Key}={pair.Value}")]);
        _info = Allocate(Opaque);
        _actions = Allocate(Opaque);
        _attributes = Allocate(Opaque);
        var signals = Allocate(Opaque);

        Check(Libc.posix_spawn_file_actions_init(_actions));
        for (var i = 0; i < descriptors.Length; i++)
            Check(Libc.posix_spawn_file_actions_adddup2(_actions, descriptors[i], i));
        Check(Libc.posix_spawn_file_actions_addclosefrom_np(_actions, descriptors.Length));
        Check(Libc.posix_spawn_file_actions_addchdir_np(_actions, Text("/")));

        // A group of its own: a terminal's interrupt is for the parent to answer. This runtime ignores and blocks signals; the child's
        // own shall find them as they are at first.
        Check(Libc.posix_spawnattr_init(_attributes));
        Check(Libc.posix_spawnattr_setflags(_attributes, SetSignalDefaults | SetSignalMask | SetProcessGroup));
        _ = Libc.sigemptyset(signals);
        Check(Libc.posix_spawnattr_setsigmask(_attributes, signals));
        _ = Libc.sigfillset(signals);
        Check(Libc.posix_spawnattr_setsigdefault(_attributes, signals));
    }

    /// <summary>
    /// The whole life of the confined thread: confine, start, sleep until the child ends. Fully compiled at once and never again; calls
    /// the C library only and allocates nothing, so that the runtime has no occasion to create a thread that would be confined too.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Run()
    {
        if (_ruleset >= 0)
        {
            // If the kernel refuses, the child finds out and reports it. Root's child keeps one of root's powers: to read its own
            // program in a folder that belongs to somebody else.
            for (nuint capability = 0; capability < Capabilities; capability++)
            {
                if (capability != ReadSearchCapability)
                    _ = Libc.prctl(DropFromBoundingSet, capability, 0, 0, 0);
            }

            _ = Libc.prctl(SetNoNewPrivileges, 1, 0, 0, 0);
            _ = Libc.syscall(Landlock.RestrictSelf, _ruleset, 0, 0, 0, 0);
        }

        int pid;
        var error = Libc.posix_spawn(&pid, _path, _actions, _attributes, _arguments, _environment);
        _pid = pid;
        Volatile.Write(ref _error, error);

        // The child is left unreaped, so that nobody else gets its number before it is known to be dead.
        while (error == 0 && Libc.waitid(Libc.ProcessId, pid, _info, Libc.WaitExited | Libc.WaitKeep) != 0)
        {
            if (Marshal.GetLastSystemError() == NoChild)
                return;
        }
    }

    /// <summary>Waits until <see cref="Run"/> has started the child. Returns its process id.</summary>
    /// <exception cref="Win32Exception">It could not be started.</exception>
    public int Started(string program)
    {
        // Looked for, not signalled: waking a thread by managed means is more than the confined thread may do.
        var spin = default(SpinWait);
        int error;
        while ((error = Volatile.Read(ref _error)) == Pending)
            spin.SpinOnce();
        return error == 0 ? _pid : throw new Win32Exception(error, $"{program} cannot be started: {Marshal.GetPInvokeErrorMessage(error)}");
    }

    /// <summary>Frees the layout; only once <see cref="Run"/> has returned.</summary>
    public void Dispose()
    {
        _ = Libc.posix_spawn_file_actions_destroy(_actions);
        _ = Libc.posix_spawnattr_destroy(_attributes);
        foreach (var memory in _memory)
            NativeMemory.Free((void*)memory);
        _memory.Clear();
    }

    // What the confined thread calls is bound beforehand, so that the runtime has nothing to look up there.
    private static void Prelink()
    {
        _ = Marshal.GetLastSystemError();
        foreach (var name in (ReadOnlySpan<string>)[nameof(Libc.prctl), nameof(Libc.syscall), nameof(Libc.posix_spawn), nameof(Libc.waitid)])
        {
            if (typeof(Libc).GetMethod(name, BindingFlags.Public | BindingFlags.Static) is { } method)
                Marshal.Prelink(method);
        }
    }

    private static void Check(int error)
    {
        if (error != 0)
            throw new Win32Exception(error);
    }

    private byte* Text(string text)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        var native = (byte*)Allocate(bytes.Length + 1);
        bytes.CopyTo(new Span<byte>(native, bytes.Length));
        return native;
    }

    private byte** Texts(string[] texts)
    {
        var native = (byte**)Allocate((texts.Length + 1) * sizeof(byte*));
        for (var i = 0; i < texts.Length; i++)
            native[i] = Text(texts[i]);
        return native;
    }

    private void* Allocate(int bytes)
    {
        var memory = NativeMemory.AllocZeroed((nuint)bytes);
        _memory.Add((nint)memory);
        return memory;
    }
}
