using System.Globalization;
using System.Runtime.InteropServices;
using Tandem.Media.Worker;

namespace Tandem.Media.Sandbox;

/// <summary>Limits that a child puts on itself (setrlimit). They hold on every kernel and for every user.</summary>
internal static unsafe class ResourceLimits
{
    private const int FileSize = 1;
    private const int Data = 2;
    private const int CoreSize = 4;
    private const int OpenFiles = 7;
    private const int MessageQueues = 12;
    private const int MostOpenFiles = 64;

    /// <summary>Sets them.</summary>
    /// <param name="memory">What may be taken for data: heap, libraries' memory, stacks; bytes.</param>
    public static Confinement Apply(long memory)
    {
        // Not RLIMIT_AS: libav* reserves address space by the gigabyte. Not RLIMIT_CPU: it adds up over a healthy life.
        var failed = new List<string>();
        Set(failed, "data", Data, (ulong)memory);
        Set(failed, "open files", OpenFiles, MostOpenFiles);
        Set(failed, "core", CoreSize, 0);
        Set(failed, "file size", FileSize, 0);
        Set(failed, "message queues", MessageQueues, 0);
        return failed.Count == 0
            ? new Confinement(true, string.Create(CultureInfo.InvariantCulture, $"{memory >> 20} MiB of data, {MostOpenFiles} open files"))
            : new Confinement(false, "not to be set: " + string.Join(", ", failed));
    }

    private static void Set(List<string> failed, string name, int resource, ulong value)
    {
        var limit = new Libc.ResourceLimit { Soft = value, Hard = value };
        if (Libc.setrlimit(resource, &limit) != 0)
            failed.Add($"{name} ({Marshal.GetPInvokeErrorMessage(Marshal.GetLastPInvokeError())})");
    }
}
