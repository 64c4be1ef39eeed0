using System.Runtime.InteropServices;
using Tandem.Media.Worker;

namespace Tandem.Media.Sandbox;

/// <summary>What a media worker does to itself before it reads a single byte of media.</summary>
internal static unsafe class Confinements
{
    private const int SetParentDeathSignal = 1;

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
    public static SandboxReport Apply(long memory, string? landlock, bool filterCalls)
    {
        // Limits first: the filter denies to set them.
        var limits = ResourceLimits.Apply(memory);
        var missing = filterCalls ? SeccompFilter.Install() : "not asked for";
        var calls = missing is null ? new Confinement(true, "seccomp") : new Confinement(false, missing);

        // Believed when seen: the root folder is nobody's business here.
        var seen = CanList("/");
        var files = landlock is not null && !seen ? new Confinement(true, landlock)
            : new Confinement(false, (landlock ?? "no Landlock") + (calls.Active ? "; nothing can be written (seccomp), but reading is not confined" : ""));
        return new SandboxReport(files, calls, calls, limits);
    }

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
