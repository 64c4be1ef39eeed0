using System.Globalization;

namespace Tandem.Workbench.Bench;

/// <summary>CPU time that processes have used, user and system together.</summary>
internal static class CpuTimes
{
    // Linux shows times to programs in hundredths of a second, whatever the kernel's own tick is (proc(5)).
    private const double TicksPerSecond = 100;

    /// <summary>This process's own, from getrusage: microseconds.</summary>
    public static TimeSpan Own => Environment.CpuUsage.TotalTime;

    /// <summary>That of all children of this process that have ended, from <c>/proc</c>: hundredths of a second.</summary>
    public static TimeSpan EndedChildren
    {
        get
        {
            var fields = Stat(Environment.ProcessId);
            return TimeSpan.FromSeconds((Number(fields[13]) + Number(fields[14])) / TicksPerSecond);
        }
    }

    /// <summary>A running child's, by its threads as the scheduler counts them: nanoseconds. Zero where it is gone.</summary>
    public static TimeSpan Of(int process)
    {
        try
        {
            var nanoseconds = Directory.EnumerateDirectories($"/proc/{process}/task")
                .Sum(thread => long.Parse(File.ReadAllText(Path.Combine(thread, "schedstat")).Split(' ')[0], CultureInfo.InvariantCulture));
            return TimeSpan.FromTicks(nanoseconds / 100);
        }
        catch (IOException)
        {
            return TimeSpan.Zero;
        }
    }

    /// <summary>Processes that this one has started and that have not ended.</summary>
    public static IEnumerable<int> Children() => Directory.EnumerateDirectories("/proc/self/task")
        .SelectMany(thread => File.ReadAllText(Path.Combine(thread, "children")).Split(' ', StringSplitOptions.RemoveEmptyEntries))
        .Select(id => int.Parse(id, CultureInfo.InvariantCulture));

    /// <summary>Memory of a process in bytes, pages that processes share counted in equal parts (Pss); 0 where it is gone.</summary>
    public static long Memory(int process)
    {
        try
        {
            var line = File.ReadLines($"/proc/{process}/smaps_rollup").First(text => text.StartsWith("Pss:", StringComparison.Ordinal));
            return Number(line["Pss:".Length..].Replace("kB", "", StringComparison.Ordinal)) * 1024;
        }
        catch (Exception gone) when (gone is IOException or UnauthorizedAccessException)
        {
            return 0;
        }
    }

    // The program's name, in brackets, may hold spaces and brackets.
    private static string[] Stat(int process) =>
        File.ReadAllText($"/proc/{process}/stat") is var text ? text[(text.LastIndexOf(')') + 2)..].Split(' ') : [];

    private static long Number(string text) => long.Parse(text, CultureInfo.InvariantCulture);
}
