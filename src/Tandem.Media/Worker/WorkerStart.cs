using System.Globalization;
using Tandem.Media.Sandbox;

namespace Tandem.Media.Worker;

/// <summary>Starts a worker's child: its environment, and what it may reach.</summary>
internal static class WorkerStart
{
    /// <summary>Starts a child.</summary>
    /// <exception cref="System.ComponentModel.Win32Exception">It cannot be started.</exception>
    public static ConfinedProcess Start(MediaWorkerOptions options) => ConfinedProcess.Start(options.Command!, Environment(options), ruleset: null);

    /// <summary>All of the child's environment: nothing of the parent's but where libraries are found, so no secret either.</summary>
    private static Dictionary<string, string> Environment(MediaWorkerOptions options)
    {
        var all = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            [WorkerProcess.ParentVariable] = System.Environment.ProcessId.ToString(CultureInfo.InvariantCulture),
            [WorkerProcess.LargestVariable] = (options.LargestSegment + WireRequest.Overhead).ToString(CultureInfo.InvariantCulture),

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
        foreach (var name in (ReadOnlySpan<string>)["DOTNET_ROOT", "LD_LIBRARY_PATH"])
        {
            if (System.Environment.GetEnvironmentVariable(name) is { Length: > 0 } value)
                all[name] = value;
        }

        return all;
    }
}
