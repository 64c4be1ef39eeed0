using System.Runtime.InteropServices;

namespace Tandem.Media.Sandbox;

/// <summary>The few functions of the C library that starting and confining a child takes. Linux, 64 bits, glibc.</summary>
internal static unsafe partial class Libc
{
    public const int SigKill = 9;
    public const int SigStop = 19;
    public const int Interrupted = 4;
    public const int AccessDenied = 13;
    public const int PathOnly = 0x200000;
    public const int SigPipe = 13;
    public const int CloseOnExec = 0x80000;

    /// <summary>F_DUPFD_CLOEXEC: duplicates to the first free number from the argument on.</summary>
    public const int DuplicateFrom = 1030;
    public const int ProcessId = 1;
    public const int WaitExited = 4;
    public const int WaitKeep = 0x01000000;

    private const string Name = "libc.so.6";

    [LibraryImport(Name, SetLastError = true)]
    public static partial int pipe2(int* ends, int flags);

    [LibraryImport(Name, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int statx(int folder, string path, int flags, uint mask, byte* into);

    [LibraryImport(Name, SetLastError = true)]
    public static partial int kill(int pid, int signal);

    [LibraryImport(Name, SetLastError = true)]
    public static partial int waitpid(int pid, int* status, int options);

    // No SetLastError on what runs in a confined thread: nothing but the call itself may happen there.
    [LibraryImport(Name)]
    public static partial int waitid(int kind, int pid, void* info, int options);

    [LibraryImport(Name)]
    public static partial int prctl(int option, nuint second, nuint third, nuint fourth, nuint fifth);

    [LibraryImport(Name)]
    public static partial int posix_spawn(int* pid, byte* path, void* actions, void* attributes, byte** arguments, byte** environment);

    [LibraryImport(Name)]
    public static partial int posix_spawn_file_actions_init(void* actions);

    [LibraryImport(Name)]
    public static partial int posix_spawn_file_actions_adddup2(void* actions, int from, int to);

    [LibraryImport(Name)]
    public static partial int posix_spawn_file_actions_addclosefrom_np(void* actions, int from);

    [LibraryImport(Name)]
    public static partial int posix_spawn_file_actions_addchdir_np(void* actions, byte* path);

    [LibraryImport(Name)]
    public static partial int posix_spawn_file_actions_destroy(void* actions);

    [LibraryImport(Name)]
    public static partial int posix_spawnattr_init(void* attributes);

    [LibraryImport(Name)]
    public static partial int posix_spawnattr_setflags(void* attributes, short flags);

    [LibraryImport(Name)]
    public static partial int posix_spawnattr_setsigdefault(void* attributes, void* signals);

    [LibraryImport(Name)]
    public static partial int posix_spawnattr_setsigmask(void* attributes, void* signals);

    [LibraryImport(Name)]
    public static partial int posix_spawnattr_destroy(void* attributes);

    [LibraryImport(Name)]
    public static partial int sigemptyset(void* signals);

    [LibraryImport(Name)]
    public static partial int sigfillset(void* signals);

    [LibraryImport(Name, SetLastError = true)]
    public static partial int open(byte* path, int flags);

    [LibraryImport(Name, SetLastError = true)]
    public static partial int close(int descriptor);

    [LibraryImport(Name, SetLastError = true)]
    public static partial nint read(int descriptor, byte* to, nuint count);

    [LibraryImport(Name, SetLastError = true)]
    public static partial int fcntl(int descriptor, int command, nint argument);

    [LibraryImport(Name, SetLastError = true)]
    public static partial nint pread(int descriptor, byte* to, nuint count, long offset);

    [LibraryImport(Name, SetLastError = true)]
    public static partial long lseek(int descriptor, long offset, int whence);

    [LibraryImport(Name, SetLastError = true)]
    public static partial nint write(int descriptor, byte* from, nuint count);

    [LibraryImport(Name, SetLastError = true)]
    public static partial int poll(PollEntry* entries, CULong count, int milliseconds);

    [LibraryImport(Name)]
    public static partial int socket(int family, int kind, int protocol);

    [LibraryImport(Name)]
    public static partial int getpeername(int descriptor, void* address, int* length);

    [LibraryImport(Name, SetLastError = true)]
    public static partial int unlink(byte* path);

    [LibraryImport(Name)]
    public static partial int getppid();

    [LibraryImport(Name)]
    public static partial void _exit(int code);

    [LibraryImport(Name, SetLastError = true)]
    public static partial int setrlimit(int resource, ResourceLimit* limit);

    [LibraryImport(Name)]
    public static partial nint syscall(nint number, nint first, nint second, nint third, nint fourth, nint fifth);

    /// <summary>struct pollfd.</summary>
    [StructLayout(LayoutKind.Sequential)]
    public struct PollEntry
    {
        /// <summary>POLLIN.</summary>
        public const short Readable = 1;

        public int Descriptor;
        public short Wanted;
        public short Found;
    }

    /// <summary>struct rlimit.</summary>
    [StructLayout(LayoutKind.Sequential)]
    public struct ResourceLimit
    {
        public ulong Soft;
        public ulong Hard;
    }
}
