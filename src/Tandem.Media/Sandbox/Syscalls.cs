using System.Runtime.InteropServices;

namespace Tandem.Media.Sandbox;

/// <summary>Numbers of system calls that a media worker has no use for, by architecture; −1 where one does not exist.</summary>
internal static class Syscalls
{
    // Name, x86-64, AArch64 (arch/x86/entry/syscalls/syscall_64.tbl and include/uapi/asm-generic/unistd.h).
    private static readonly (string Name, int X64, int Arm64)[] All =
    [
        // Sockets.
        ("socket", 41, 198), ("socketpair", 53, 199), ("connect", 42, 203), ("bind", 49, 200), ("listen", 50, 201),
        ("accept", 43, 202), ("accept4", 288, 242), ("sendto", 44, 206), ("sendmsg", 46, 211), ("sendmmsg", 307, 269),

        // Other programs and processes.
        ("execve", 59, 221), ("execveat", 322, 281), ("fork", 57, -1), ("vfork", 58, -1),
        ("ptrace", 101, 117), ("process_vm_readv", 310, 270), ("process_vm_writev", 311, 271), ("kcmp", 312, 272),
        ("pidfd_open", 434, 434), ("pidfd_getfd", 438, 438), ("pidfd_send_signal", 424, 424), ("process_madvise", 440, 440),
        ("rt_sigqueueinfo", 129, 138), ("tkill", 200, 130), ("process_mrelease", 448, 448),

        // Files: whatever makes, changes or removes.
        ("creat", 85, -1), ("openat2", 437, 437), ("open_by_handle_at", 304, 265), ("mkdir", 83, -1), ("mkdirat", 258, 34),
        ("rmdir", 84, -1), ("unlink", 87, -1), ("unlinkat", 263, 35), ("rename", 82, -1), ("renameat", 264, 38),
        ("renameat2", 316, 276), ("link", 86, -1), ("linkat", 265, 37), ("symlink", 88, -1), ("symlinkat", 266, 36),
        ("mknod", 133, -1), ("mknodat", 259, 33), ("truncate", 76, 45), ("ftruncate", 77, 46), ("fallocate", 285, 47),
        ("chmod", 90, -1), ("fchmod", 91, 52), ("fchmodat", 268, 53), ("fchmodat2", 452, 452), ("chown", 92, -1),
        ("fchown", 93, 55), ("lchown", 94, -1), ("fchownat", 260, 54), ("utime", 132, -1), ("utimes", 235, -1),
        ("utimensat", 280, 88), ("futimesat", 261, -1), ("setxattr", 188, 5), ("lsetxattr", 189, 6), ("fsetxattr", 190, 7),
        ("removexattr", 197, 14), ("lremovexattr", 198, 15), ("fremovexattr", 199, 16), ("memfd_create", 319, 279),
        ("memfd_secret", 447, 447), ("fanotify_init", 300, 262), ("quotactl", 179, 60),

        // Mounts and namespaces.
        ("mount", 165, 40), ("umount2", 166, 39), ("pivot_root", 155, 41), ("chroot", 161, 51), ("move_mount", 429, 429),
        ("open_tree", 428, 428), ("fsopen", 430, 430), ("fsconfig", 431, 431), ("fsmount", 432, 432), ("fspick", 433, 433),
        ("mount_setattr", 442, 442), ("unshare", 272, 97), ("setns", 308, 268),

        // Who this process is, and its limits.
        ("setuid", 105, 146), ("setgid", 106, 144), ("setreuid", 113, 145), ("setregid", 114, 143), ("setresuid", 117, 147),
        ("setresgid", 119, 149), ("setgroups", 116, 159), ("setfsuid", 122, 151), ("setfsgid", 123, 152), ("capset", 126, 91),
        ("setrlimit", 160, 164), ("personality", 135, 92),

        // Wide and little used doors into the kernel.
        ("io_uring_setup", 425, 425), ("io_uring_enter", 426, 426), ("io_uring_register", 427, 427), ("io_setup", 206, 0),
        ("io_submit", 209, 2), ("bpf", 321, 280), ("perf_event_open", 298, 241), ("userfaultfd", 323, 282), ("add_key", 248, 217),
        ("request_key", 249, 218), ("keyctl", 250, 219), ("shmget", 29, 194), ("shmat", 30, 196), ("msgget", 68, 186),
        ("semget", 64, 190), ("mq_open", 240, 180), ("vmsplice", 278, 75), ("modify_ldt", 154, -1), ("iopl", 172, -1),
        ("ioperm", 173, -1), ("init_module", 175, 105), ("finit_module", 313, 273), ("delete_module", 176, 106),
        ("kexec_load", 246, 104), ("kexec_file_load", 320, 294), ("reboot", 169, 142), ("swapon", 167, 224), ("swapoff", 168, 225),
        ("acct", 163, 89), ("settimeofday", 164, 170), ("clock_settime", 227, 112), ("adjtimex", 159, 171),
        ("clock_adjtime", 305, 266), ("sethostname", 170, 161), ("setdomainname", 171, 162), ("syslog", 103, 116),
        ("lookup_dcookie", 212, 18),
    ];

    /// <summary>Whether the numbers of this architecture are known.</summary>
    public static bool Known => RuntimeInformation.ProcessArchitecture is Architecture.X64 or Architecture.Arm64;

    /// <summary>AUDIT_ARCH_* of this architecture.</summary>
    public static uint AuditArchitecture => RuntimeInformation.ProcessArchitecture == Architecture.Arm64 ? 0xC00000B7 : 0xC000003E;

    /// <summary>seccomp.</summary>
    public static int Seccomp => Pick(317, 277);

    /// <summary>open; −1 where there is only openat.</summary>
    public static int Open => Pick(2, -1);

    public static int OpenAt => Pick(257, 56);

    public static int Clone => Pick(56, 220);

    public static int Clone3 => 435;

    public static int Kill => Pick(62, 129);

    public static int ThreadGroupKill => Pick(234, 131);

    public static int ThreadGroupSignal => Pick(297, 240);

    public static int LimitsOfProcess => Pick(302, 261);

    /// <summary>socket.</summary>
    public static int Socket => Pick(41, 198);

    /// <summary>sendto.</summary>
    public static int SendTo => Pick(44, 206);

    /// <summary>Numbers of all that are denied whatever their arguments, but for those that are named.</summary>
    public static IEnumerable<int> DeniedBut(params IReadOnlyCollection<string> names) =>
        All.Where(call => !names.Contains(call.Name)).Select(call => Pick(call.X64, call.Arm64)).Where(number => number >= 0);

    /// <summary>The table itself, for the test that compares it with the kernel's headers.</summary>
    internal static IReadOnlyList<(string Name, int X64, int Arm64)> Table => All;

    private static int Pick(int x64, int arm64) => RuntimeInformation.ProcessArchitecture == Architecture.Arm64 ? arm64 : x64;
}
