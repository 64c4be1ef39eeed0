using System.Globalization;

namespace Tandem.Server.Metrics;

/// <summary>Memory that this process may use.</summary>
/// <param name="Bytes">The container's limit where there is one, else the machine's memory; 0 where neither can be told.</param>
/// <param name="Free">Of it; what the kernel can drop at once counts as free.</param>
/// <param name="OfContainer">Whether a control group sets the limit.</param>
public sealed record MachineMemory(long Bytes, long Free, bool OfContainer)
{
    /// <summary>Looks at the control groups, version 2 or 1, and at the machine.</summary>
    /// <param name="root">Where <c>proc</c> and <c>sys</c> lie; another folder in tests.</param>
    public static MachineMemory Look(string root = "/")
    {
        var machine = new MachineMemory(Kibibytes(root, "MemTotal:"), Kibibytes(root, "MemAvailable:"), OfContainer: false);
        if (new ControlGroups(root).Memory() is not { } group)
            return machine;

        // A limit above what the machine has limits nothing.
        return machine.Bytes > 0 && group.Bytes >= machine.Bytes
            ? machine
            : new MachineMemory((long)group.Bytes, (long)Math.Max(0, group.Bytes - group.Used()), OfContainer: true);
    }

    private static long Kibibytes(string root, string name)
    {
        try
        {
            var line = File.ReadLines(Path.Combine(root, "proc/meminfo")).FirstOrDefault(line => line.StartsWith(name, StringComparison.Ordinal));
            return line is null ? 0 : long.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture) * 1024;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or FormatException)
        {
            return 0;
        }
    }
}
