using System.Runtime.InteropServices;
using Tandem.Media;

namespace Tandem.Workbench.Bench;

/// <summary>Where and with what was measured.</summary>
/// <param name="Cores">That this process may use.</param>
/// <param name="Model">Of the processor, as the kernel names it.</param>
/// <param name="MemoryBytes">Of the machine.</param>
/// <param name="Kernel">Name and release.</param>
/// <param name="Runtime">Of .NET.</param>
/// <param name="Ffmpeg">Version of the libraries in this process.</param>
/// <param name="PeerFfmpeg">Version of the program that is the peer.</param>
/// <param name="Commit">What the program was built of; <c>unknown</c> where that is no checkout.</param>
/// <param name="LoadBefore">Load of the last minute before the run (proc(5), loadavg).</param>
public sealed record MachineFacts(
    int Cores, string Model, long MemoryBytes, string Kernel, string Runtime, string Ffmpeg, string PeerFfmpeg, string Commit, double LoadBefore)
{
    internal static async Task<MachineFacts> ReadAsync(CancellationToken cancel)
    {
        var version = await ToolRun.RunAsync("ffmpeg", ["-version"], Path.GetTempPath(), cancel);
        if (version.Problem is { } problem)
            throw new BenchException(problem);
        return new MachineFacts(
            Environment.ProcessorCount,
            Line("/proc/cpuinfo", "model name") ?? "unknown",
            GC.GetGCMemoryInfo().TotalAvailableMemoryBytes,
            RuntimeInformation.OSDescription,
            RuntimeInformation.FrameworkDescription,
            MediaLibraries.Check().FFmpeg ?? "unknown",
            System.Text.Encoding.UTF8.GetString(version.Output).Split('\n')[0].Split(' ') is [_, _, var number, ..] ? number : "unknown",
            await CommitAsync(cancel),
            double.Parse(File.ReadAllText("/proc/loadavg").Split(' ')[0], System.Globalization.CultureInfo.InvariantCulture));
    }

    private static string? Line(string file, string name) => File.Exists(file)
        ? File.ReadLines(file).FirstOrDefault(line => line.StartsWith(name, StringComparison.Ordinal))?.Split(':', 2)[1].Trim()
        : null;

    private static async Task<string> CommitAsync(CancellationToken cancel)
    {
        var asked = await ToolRun.RunAsync("git", ["describe", "--always", "--dirty", "--exclude=*"], AppContext.BaseDirectory, cancel);
        return asked.Problem is null ? System.Text.Encoding.UTF8.GetString(asked.Output).Trim() : "unknown";
    }
}
