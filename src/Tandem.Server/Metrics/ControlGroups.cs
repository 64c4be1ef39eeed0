using System.Globalization;

namespace Tandem.Server.Metrics;

/// <summary>
/// Reads the limits that apply to this process from Linux control groups: the tightest one on the way from its own group to the root
/// (version 2: cpu.max, memory.max; version 1: cpu.cfs_quota_us, memory.limit_in_bytes).
/// </summary>
/// <param name="root">Where <c>proc</c> and <c>sys</c> lie.</param>
internal sealed class ControlGroups(string root)
{
    // "No limit" in version 1 is the largest multiple of a page in 63 bits.
    private const double NoLimit = 1L << 60;

    private readonly string _mount = Path.Combine(root, "sys/fs/cgroup");

    /// <summary>Cores that may be used, and how many CPU seconds were; null without limit.</summary>
    public (double Cores, Func<double> Seconds)? Cpu()
    {
        var limited = Levels("").Select(level => (level.Folder, Cores: Quota(level.Folder))).Where(level => level.Cores > 0).ToList();
        if (limited.Count > 0)
        {
            var (folder, cores) = limited.MinBy(level => level.Cores);
            return (cores, () => (Field(Path.Combine(folder, "cpu.stat"), "usage_usec") ?? 0) / 1e6);
        }

        var old = Levels("cpu").Select(level => (level.Path, Cores: OldQuota(level.Folder))).Where(level => level.Cores > 0).ToList();
        if (old.Count == 0)
            return null;
        var tightest = old.MinBy(level => level.Cores);
        var usage = Path.Combine(_mount, "cpuacct", tightest.Path, "cpuacct.usage");
        return File.Exists(usage) ? (tightest.Cores, () => (Number(usage) ?? 0) / 1e9) : null;
    }

    /// <summary>Bytes that may be used, and how many are; null without limit.</summary>
    public (double Bytes, Func<double> Used)? Memory() =>
        Memory("", "memory.max", "memory.current", "inactive_file")
        ?? Memory("memory", "memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file");

    private static double Quota(string folder)
    {
        var parts = Text(Path.Combine(folder, "cpu.max"))?.Split(' ');
        return parts is [var quota, var period] && double.TryParse(quota, CultureInfo.InvariantCulture, out var most)
            && double.TryParse(period, CultureInfo.InvariantCulture, out var each) && each > 0
            ? most / each
            : 0;
    }

    private static double OldQuota(string folder)
    {
        var quota = Number(Path.Combine(folder, "cpu.cfs_quota_us"));
        var period = Number(Path.Combine(folder, "cpu.cfs_period_us"));
        return quota > 0 && period > 0 ? quota.Value / period.Value : 0;
    }

    private static string? Text(string path)
    {
        try
        {
            return File.Exists(path) ? File.ReadAllText(path).Trim() : null;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    private static double? Number(string path) =>
        double.TryParse(Text(path), NumberStyles.Float, CultureInfo.InvariantCulture, out var number) ? number : null;

    private static double? Field(string path, string name)
    {
        var line = Text(path)?.Split('\n').FirstOrDefault(line => line.StartsWith(name + " ", StringComparison.Ordinal));
        return line is not null && double.TryParse(line[(name.Length + 1)..], CultureInfo.InvariantCulture, out var number) ? number : null;
    }

    private (double Bytes, Func<double> Used)? Memory(string controller, string limit, string used, string droppable)
    {
        var limited = Levels(controller)
            .Select(level => (level.Folder, Bytes: Number(Path.Combine(level.Folder, limit)) ?? 0))
            .Where(level => level.Bytes is > 0 and < NoLimit)
            .ToList();
        if (limited.Count == 0)
            return null;
        var (folder, bytes) = limited.MinBy(level => level.Bytes);
        return (bytes, () => Math.Max(0, (Number(Path.Combine(folder, used)) ?? 0) - (Field(Path.Combine(folder, "memory.stat"), droppable) ?? 0)));
    }

    /// <summary>The process's group of <paramref name="controller"/> (empty: version 2) and the groups above it, as they are mounted.</summary>
    private IEnumerable<(string Path, string Folder)> Levels(string controller)
    {
        var line = Text(Path.Combine(root, "proc/self/cgroup"))?.Split('\n').Select(line => line.Split(':', 3))
            .FirstOrDefault(parts => parts.Length == 3 && parts[1].Split(',').Contains(controller));
        for (var path = line?[2].Trim('/') ?? ""; ; path = Path.GetDirectoryName(path) ?? "")
        {
            var folder = Path.Combine(_mount, controller, path);
            if (Directory.Exists(folder))
                yield return (path, folder);
            if (path.Length == 0)
                yield break;
        }
    }
}
