using System.Globalization;

namespace Tandem.EndToEnd.Harness;

/// <summary>Who started whom, from /proc.</summary>
public static class ProcessTree
{
    /// <summary>Processes below <paramref name="root"/>, at any depth.</summary>
    public static IReadOnlyList<int> Below(int root)
    {
        var parents = new Dictionary<int, int>();
        foreach (var folder in Directory.EnumerateDirectories("/proc"))
        {
            if (int.TryParse(Path.GetFileName(folder), CultureInfo.InvariantCulture, out var id) && Stat(id) is { } stat)
                parents[id] = stat.Parent;
        }

        var found = new List<int>();
        var next = new Queue<int>([root]);
        while (next.TryDequeue(out var at))
        {
            foreach (var (child, _) in parents.Where(pair => pair.Value == at))
            {
                found.Add(child);
                next.Enqueue(child);
            }
        }

        return found;
    }

    /// <summary>Whether a process is there and no zombie.</summary>
    public static bool Runs(int id) => Stat(id) is { State: not 'Z' };

    /// <summary>Resident memory in bytes, and CPU time so far; null where the process is gone.</summary>
    public static (long Resident, TimeSpan Cpu)? Usage(int id)
    {
        try
        {
            var fields = File.ReadAllText($"/proc/{id}/stat") is var text ? text[(text.LastIndexOf(')') + 2)..].Split(' ') : [];
            var ticks = long.Parse(fields[11], CultureInfo.InvariantCulture) + long.Parse(fields[12], CultureInfo.InvariantCulture);
            var pages = long.Parse(fields[21], CultureInfo.InvariantCulture);
            return (pages * Environment.SystemPageSize, TimeSpan.FromSeconds(ticks / 100.0));
        }
        catch (IOException)
        {
            return null;
        }
    }

    /// <summary>Memory in bytes, pages that processes share counted in equal parts (Pss); 0 where the process is gone.</summary>
    public static long Share(int id)
    {
        try
        {
            var line = File.ReadLines($"/proc/{id}/smaps_rollup").First(text => text.StartsWith("Pss:", StringComparison.Ordinal));
            return long.Parse(line["Pss:".Length..].Replace("kB", "", StringComparison.Ordinal), CultureInfo.InvariantCulture) * 1024;
        }
        catch (Exception gone) when (gone is IOException or UnauthorizedAccessException)
        {
            return 0;
        }
    }

    private static (char State, int Parent)? Stat(int id)
    {
        try
        {
            var text = File.ReadAllText($"/proc/{id}/stat");
            var fields = text[(text.LastIndexOf(')') + 2)..].Split(' ');
            return (fields[0][0], int.Parse(fields[1], CultureInfo.InvariantCulture));
        }
        catch (IOException)
        {
            return null;
        }
    }
}
