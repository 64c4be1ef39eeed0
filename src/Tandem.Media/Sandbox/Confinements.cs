using System.Runtime.InteropServices;
using Tandem.Media.Worker;

namespace Tandem.Media.Sandbox;

/// <summary>What a media worker does to itself before it reads a single byte of media.</summary>
internal static unsafe class Confinements
{
    private const int SetParentDeathSignal = 1;
    private const int TcpRules = 4;

    /// <summary>Asks the kernel to end this process with its parent; false when the parent is gone already.</summary>
    public static bool DieWithParent(int parent)
    {
        _ = Libc.prctl(SetParentDeathSignal, Libc.SigKill, 0, 0, 0);
        return Libc.getppid() == parent;
    }

    /// <summary>Confines this process as far as the kernel allows, and says how far that is.</summary>
    /// <param name="memory">Bytes of data that it may have.</param>
    /// <param name="landlock">What the parent says of the Landlock ruleset that it started this process under; null for none.</param>
    /// <param name="filterCalls">Whether to filter system calls.</param>
    /// <param name="sockets">What it may do with sockets.</param>
    public static SandboxReport Apply(long memory, string? landlock, bool filterCalls, SocketUse sockets = SocketUse.None)
    {
        // Limits first: the filter denies to set them.
        var limits = ResourceLimits.Apply(memory);
        var missing = filterCalls ? SeccompFilter.Install(sockets) : "not asked for";
        var calls = missing is null ? new Confinement(true, "seccomp") : new Confinement(false, missing);

        // Believed when seen: the root folder is nobody's business here.
        var seen = CanList("/");
        var files = landlock is not null && !seen ? new Confinement(true, landlock)
            : new Confinement(false, (landlock ?? "no Landlock") + (calls.Active ? "; nothing can be written (seccomp), but reading is not confined" : ""));
        return new SandboxReport(files, Network(calls, sockets, landlock is not null && !seen), calls, limits);
    }

    private static Confinement Network(Confinement calls, SocketUse sockets, bool landlocked) => sockets switch
    {
        _ when !calls.Active => calls,
        SocketUse.TcpListener when landlocked && Landlock.Version(out _) >= TcpRules => new Confinement(true, "one TCP port to listen on (Landlock), no connections to elsewhere (seccomp)"),
        SocketUse.TcpListener => new Confinement(true, "no connections to elsewhere (seccomp), but it may listen on any TCP port: no Landlock of ABI 4"),
        SocketUse.Datagrams => new Confinement(false, "it answers SRT callers, so it may send UDP to anywhere; no TCP, no connections (seccomp)"),
        _ => calls,
    };

    private static bool CanList(string folder)
    {
        fixed (byte* name = System.Text.Encoding.UTF8.GetBytes(folder + '\0'))
        {
            var descriptor = Libc.open(name, Libc.CloseOnExec);
            if (descriptor >= 0)
                _ = Libc.close(descriptor);
            return descriptor >= 0 || Marshal.GetLastPInvokeError() != Libc.AccessDenied;
        }
    }
}
