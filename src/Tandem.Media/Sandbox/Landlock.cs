using System.Globalization;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Tandem.Media.Sandbox;

/// <summary>
/// Landlock (Linux 5.13): confines a thread, and what it starts, to a few places of the file system, which it may only read. Later
/// kernels add TCP, sockets in the abstract namespace, and signals.
/// </summary>
internal static unsafe class Landlock
{
    /// <summary>Number of landlock_restrict_self, on every architecture.</summary>
    public const nint RestrictSelf = 446;

    private const nint CreateRuleset = 444;
    private const nint AddRule = 445;
    private const int AskVersion = 1;
    private const int PathBeneath = 1;
    private const int NetPort = 2;

    private const ulong Execute = 1 << 0;
    private const ulong ReadFile = 1 << 2;
    private const ulong ReadFolder = 1 << 3;

    // Every access to files that ABI 1 knows; then REFER of ABI 2, TRUNCATE of ABI 3, IOCTL_DEV of ABI 5.
    private const ulong FirstAccesses = (1 << 13) - 1;
    private const ulong Refer = 1 << 13;
    private const ulong Truncate = 1 << 14;
    private const ulong DeviceControl = 1 << 15;

    // ABI 4: bind and connect of TCP. ABI 6: sockets in the abstract namespace, and signals, to outside.
    private const ulong Tcp = 3;
    private const ulong BindTcp = 1;
    private const ulong Scopes = 3;

    /// <summary>Version of the kernel's Landlock; 0 with the reason where there is none.</summary>
    public static int Version(out string missing)
    {
        missing = "";
        var version = (int)Libc.syscall(CreateRuleset, 0, 0, AskVersion, 0, 0);
        if (version > 0)
            return version;
        missing = $"no Landlock: {Marshal.GetPInvokeErrorMessage(Marshal.GetLastSystemError())}";
        return 0;
    }

    /// <summary>Makes a ruleset under which nothing is allowed but to read, list and run what lies beneath some paths.</summary>
    /// <param name="paths">Folders and files; those that do not exist are left out.</param>
    /// <param name="detail">The version, or why there is no ruleset.</param>
    /// <param name="tcpPort">The only TCP port that may be bound (since ABI 4; older ones restrict no TCP); null for none.</param>
    public static SafeFileHandle? Readable(IEnumerable<string> paths, out string detail, int? tcpPort = null)
    {
        var version = Version(out detail);
        if (version == 0)
            return null;
        var accesses = FirstAccesses | (version >= 2 ? Refer : 0) | (version >= 3 ? Truncate : 0) | (version >= 5 ? DeviceControl : 0);
        var attributes = stackalloc ulong[3] { accesses, version >= 4 ? Tcp : 0, version >= 6 ? Scopes : 0 };
        var size = version >= 6 ? 24 : version >= 4 ? 16 : 8;
        var descriptor = (int)Libc.syscall(CreateRuleset, (nint)attributes, size, 0, 0, 0);
        if (descriptor < 0)
        {
            detail = $"no Landlock: {Marshal.GetPInvokeErrorMessage(Marshal.GetLastSystemError())}";
            return null;
        }

        var ruleset = new SafeFileHandle(descriptor, ownsHandle: true);
        foreach (var path in paths)
            Allow(descriptor, path);
        if (tcpPort is { } port && version >= 4)
        {
            var rule = stackalloc ulong[2] { BindTcp, (ulong)port };
            _ = Libc.syscall(AddRule, descriptor, NetPort, (nint)rule, 0, 0);
        }

        detail = string.Create(CultureInfo.InvariantCulture, $"Landlock, ABI {version}");
        return ruleset;
    }

    private static void Allow(int ruleset, string path)
    {
        var folder = Directory.Exists(path);
        if (!folder && !File.Exists(path))
            return;
        int descriptor;
        fixed (byte* name = System.Text.Encoding.UTF8.GetBytes(path + '\0'))
            descriptor = Libc.open(name, Libc.PathOnly | Libc.CloseOnExec);
        if (descriptor < 0)
            return;

        // struct landlock_path_beneath_attr is packed.
        var rule = stackalloc byte[12];
        *(ulong*)rule = Execute | ReadFile | (folder ? ReadFolder : 0);
        *(int*)(rule + 8) = descriptor;
        _ = Libc.syscall(AddRule, ruleset, PathBeneath, (nint)rule, 0, 0);
        _ = Libc.close(descriptor);
    }
}
