using System.Globalization;
using System.Runtime.InteropServices;
using Tandem.Media.Sandbox;

namespace Tandem.Media.Worker;

/// <summary>Starts a worker's child: its environment, and what it may reach.</summary>
internal static class WorkerStart
{
    private static readonly string[] Always =
    [
        "/lib", "/lib64", "/usr/lib", "/usr/lib64", "/usr/local/lib",
        "/etc/ld.so.cache", "/etc/os-release", "/etc/dotnet", "/etc/localtime",
        "/proc", "/sys/fs/cgroup", "/sys/devices/system/cpu", "/sys/devices/system/node",
        "/dev/null", "/dev/zero", "/dev/random", "/dev/urandom",
    ];

    /// <summary>Starts a child.</summary>
    /// <param name="options">Its command and limits.</param>
    /// <param name="variables">More of its environment.</param>
    /// <param name="more">What become its descriptors from 3 on.</param>
    /// <exception cref="System.ComponentModel.Win32Exception">It cannot be started.</exception>
    public static ConfinedProcess Start(
        MediaWorkerOptions options, IReadOnlyDictionary<string, string>? variables = null, params IReadOnlyList<SafeHandle> more)
    {
        var environment = Environment(options);
        foreach (var (name, value) in variables ?? new Dictionary<string, string>())
            environment[name] = value;
        if (!options.Confined)
        {
            environment[WorkerProcess.UnfilteredVariable] = "1";
            return ConfinedProcess.Start(options.Command!, environment, ruleset: null, more);
        }

        using var ruleset = Landlock.Readable(Readable(options.Command!), out var detail);
        environment[WorkerProcess.LandlockVariable] = detail;
        return ConfinedProcess.Start(options.Command!, environment, ruleset, more);
    }

    /// <summary>Starts a child of another kind than a media worker, confined alike.</summary>
    /// <param name="command">Program and arguments.</param>
    /// <param name="memory">Bytes of data that it may have.</param>
    /// <param name="confined">Whether it is confined beyond resource limits.</param>
    /// <param name="probes">Whether it obeys probes.</param>
    /// <param name="inherited">A file or socket that it gets; null for none.</param>
    /// <param name="tcpPort">The TCP port that it may bind; null for none.</param>
    /// <exception cref="System.ComponentModel.Win32Exception">It cannot be started.</exception>
    public static ConfinedProcess Start(
        IReadOnlyList<string> command, long memory, bool confined, bool probes, SafeHandle? inherited, int? tcpPort)
    {
        var environment = Environment(new MediaWorkerOptions { MemoryLimit = memory, AllowProbes = probes });
        if (!confined)
        {
            environment[WorkerProcess.UnfilteredVariable] = "1";
            return ConfinedProcess.Start(command, environment, ruleset: null, inherited is null ? [] : [inherited]);
        }

        using var ruleset = Landlock.Readable(Readable(command), out var detail, tcpPort);
        environment[WorkerProcess.LandlockVariable] = detail;
        return ConfinedProcess.Start(command, environment, ruleset, inherited is null ? [] : [inherited]);
    }

    /// <summary>What the child may read: the program, the runtime, the system's libraries, and where both learn of the machine.</summary>
    private static IEnumerable<string> Readable(IReadOnlyList<string> command)
    {
        // The program's own folder, and that of the library which `dotnet` runs.
        foreach (var part in command.Where(Path.IsPathRooted))
            yield return Path.GetDirectoryName(part)!;
        if (WorkerCommand.DotnetRoot() is { } root)
            yield return root;
        foreach (var path in Always)
            yield return path;
        foreach (var path in (System.Environment.GetEnvironmentVariable("LD_LIBRARY_PATH") ?? "").Split(':').Where(Path.IsPathRooted))
            yield return path;
    }

    /// <summary>All of the child's environment: nothing of the parent's but where libraries are found, so no secret either.</summary>
    private static Dictionary<string, string> Environment(MediaWorkerOptions options)
    {
        var all = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            [WorkerProcess.ParentVariable] = System.Environment.ProcessId.ToString(CultureInfo.InvariantCulture),
            [WorkerProcess.LargestVariable] = (options.LargestSegment + WireRequest.Overhead).ToString(CultureInfo.InvariantCulture),

            [WorkerProcess.MemoryVariable] = options.MemoryLimit.ToString(CultureInfo.InvariantCulture),

            // One small heap, compacted by the thread that fills it; no sockets or files for debuggers; no second mapping of code, which
            // would need a file in memory.
            ["DOTNET_GCHeapHardLimit"] = (options.MemoryLimit * 5 / 8).ToString("X", CultureInfo.InvariantCulture),
            ["DOTNET_gcServer"] = "0",
            ["DOTNET_gcConcurrent"] = "0",
            ["DOTNET_GCgen0size"] = "400000",
            ["DOTNET_EnableDiagnostics"] = "0",
            ["DOTNET_EnableWriteXorExecute"] = "0",

            // Starting matters more than peak speed: nearly all of the work is libav*'s.
            ["DOTNET_TieredPGO"] = "0",
            ["DOTNET_SYSTEM_GLOBALIZATION_INVARIANT"] = "1",
            ["DOTNET_NOLOGO"] = "1",
        };
        if (WorkerCommand.DotnetRoot() is { } root)
            all["DOTNET_ROOT"] = root;
        if (System.Environment.GetEnvironmentVariable("LD_LIBRARY_PATH") is { Length: > 0 } path)
            all["LD_LIBRARY_PATH"] = path;
        if (options.AllowProbes)
            all[WorkerProcess.ProbesVariable] = "1";
        return all;
    }
}
