using System.ComponentModel;
using System.Diagnostics;

namespace Tandem.Workbench.Bench;

/// <summary>How one run of a tool ended.</summary>
/// <param name="Problem">Null where it succeeded, else one line.</param>
/// <param name="Output">What it wrote on standard output.</param>
internal sealed record ToolRun(string? Problem, byte[] Output)
{
    /// <summary>Runs a tool without a shell, to its end.</summary>
    /// <param name="tool">Its name.</param>
    /// <param name="arguments">Its arguments.</param>
    /// <param name="folder">Where it works.</param>
    /// <param name="cancel">Kills it.</param>
    public static async Task<ToolRun> RunAsync(string tool, IEnumerable<string> arguments, string folder, CancellationToken cancel)
    {
        using var process = new Process
        {
            StartInfo = new ProcessStartInfo(tool, arguments)
            {
                WorkingDirectory = folder,
                UseShellExecute = false,
                RedirectStandardInput = true,
                RedirectStandardOutput = true,
                RedirectStandardError = true,
            },
        };
        try
        {
            process.Start();
        }
        catch (Win32Exception)
        {
            return new ToolRun($"{tool} is missing: install the Debian package {(tool == "ffmpeg" ? "ffmpeg" : tool)} (./run does)", []);
        }

        process.StandardInput.Close();
        try
        {
            using var output = new MemoryStream();
            var copying = process.StandardOutput.BaseStream.CopyToAsync(output, cancel);
            var errors = await process.StandardError.ReadToEndAsync(cancel);
            await copying;
            await process.WaitForExitAsync(cancel);
            return new ToolRun(process.ExitCode == 0 ? null : $"{tool}: {LastLine(errors) ?? $"exit code {process.ExitCode}"}", output.ToArray());
        }
        finally
        {
            if (!process.HasExited)
                process.Kill(entireProcessTree: true);
        }
    }

    private static string? LastLine(string text) =>
        text.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries) is [.., var last] ? last : null;
}
