using System.Globalization;

namespace Tandem.Server.Metrics;

/// <summary>What this process and all below it use, from <c>/proc</c> (proc(5)).</summary>
/// <param name="proc">Where proc is mounted.</param>
/// <param name="top">The process at the top.</param>
internal sealed class ProcessTree(string proc, int top)
{
    // Linux shows times to programs in hundredths of a second, whatever the kernel's own tick is.
    private const double TicksPerSecond = 100;

    /// <summary>CPU seconds so far, those of ended children among them, and resident bytes, shared pages counted for each process.</summary>
    public (double CpuSeconds, double ResidentBytes) Look()
    {
        var all = new Dictionary<int, (int Parent, double Seconds, double Bytes)>();
        foreach (var folder in Folders())
        {
            if (int.TryParse(Path.GetFileName(folder), CultureInfo.InvariantCulture, out var id) && Read(folder) is { } process)
                all[id] = process;
        }

        var (seconds, bytes) = (0d, 0d);
        foreach (var (id, process) in all)
        {
            if (!IsBelow(id, all))
                continue;
            seconds += process.Seconds;
            bytes += process.Bytes;
        }

        return (seconds, bytes);
    }

    /// <summary>The machine's memory; 0 where it cannot be told.</summary>
    public double MachineBytes()
    {
        try
        {
            var line = File.ReadLines(Path.Combine(proc, "meminfo")).FirstOrDefault(line => line.StartsWith("MemTotal:", StringComparison.Ordinal));
            return line is null ? 0 : double.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture) * 1024;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or FormatException)
        {
            return 0;
        }
    }

    private static (int Parent, double Seconds, double Bytes)? Read(string folder)
    {
        try
        {
            // The name of the program, in brackets, may hold spaces and brackets.
            var text = File.ReadAllText(Path.Combine(folder, "stat"));
            var fields = text[(text.LastIndexOf(')') + 2)..].Split(' ');
            var seconds = fields[11..15].Sum(field => long.Parse(field, CultureInfo.InvariantCulture)) / TicksPerSecond;
            return (int.Parse(fields[1], CultureInfo.InvariantCulture), seconds, long.Parse(fields[21], CultureInfo.InvariantCulture) * (double)Environment.SystemPageSize);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or FormatException or ArgumentOutOfRangeException)
        {
            // It ended while it was read.
            return null;
        }
    }

    private string[] Folders()
    {
        try
        {
            return Directory.GetDirectories(proc);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }

    private bool IsBelow(int id, Dictionary<int, (int Parent, double Seconds, double Bytes)> all)
    {
        // A depth no real tree has; processes that end meanwhile could leave a loop.
        for (var depth = 0; depth < 64; depth++)
        {
            if (id == top)
                return true;
            if (!all.TryGetValue(id, out var process))
                return false;
            id = process.Parent;
        }

        return false;
    }
}
