using System.Diagnostics;

namespace Tandem.Server.Demo;

/// <summary>How a run of a command-line tool ended.</summary>
/// <param name="Problem">Null when it succeeded, else one line that says what went wrong.</param>
/// <param name="Output">What it printed on standard output.</param>
internal sealed record ToolResult(string? Problem, string Output);

/// <summary>
/// Runs <c>ffmpeg</c> and <c>ffprobe</c> once, before the demo begins. Nothing live goes this way: live sound is decoded in the media
/// worker.
/// </summary>
internal static class FfmpegTool
{
    /// <summary>Runs a tool to its end.</summary>
    /// <param name="tool"><c>ffmpeg</c> or <c>ffprobe</c>.</param>
    /// <param name="arguments">Its arguments; no shell is involved.</param>
    /// <param name="cancel">Ends the tool.</param>
    public static async Task<ToolResult> RunAsync(string tool, IEnumerable<string> arguments, CancellationToken cancel)
    {
        var start = new ProcessStartInfo(tool, arguments)
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using var process = new Process { StartInfo = start };
        try
        {
            process.Start();
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return new($"{tool} is missing: install the Debian package ffmpeg (./run does)", "");
        }

        process.StandardInput.Close();
        try
        {
            var output = process.StandardOutput.ReadToEndAsync(cancel);
            var errors = process.StandardError.ReadToEndAsync(cancel);
            await process.WaitForExitAsync(cancel).ConfigureAwait(false);
            var problem = process.ExitCode == 0 ? null : LastLine(await errors.ConfigureAwait(false)) ?? $"{tool} ended with {process.ExitCode}";
            return new(problem, await output.ConfigureAwait(false));
        }
        finally
        {
            if (!process.HasExited)
            {
                process.Kill(entireProcessTree: true);
            }
        }
    }

    private static string? LastLine(string text) =>
        text.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries) is [.., var last] ? last : null;
}
