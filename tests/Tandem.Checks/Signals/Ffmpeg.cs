using System.Diagnostics;
using System.Globalization;

namespace Tandem.Checks.Signals;

/// <summary>What one run of the ffmpeg command left behind.</summary>
/// <param name="Output">Its standard output.</param>
/// <param name="Log">Its standard error.</param>
public sealed record FfmpegRun(byte[] Output, string Log);

/// <summary>The ffmpeg command failed: the arguments and the end of what it said.</summary>
public sealed class FfmpegFailedException(string message) : Exception(message);

/// <summary>Runs the ffmpeg command, an implementation of every format that shares no line with Tandem's own code around libav*.</summary>
public static class Ffmpeg
{
    /// <summary>Runs ffmpeg with <paramref name="arguments"/>; <paramref name="input"/> goes to its standard input.</summary>
    /// <exception cref="FfmpegFailedException">It exited with an error or took longer than <paramref name="timeout"/> (2 minutes).</exception>
    public static async Task<FfmpegRun> RunAsync(
        IEnumerable<string> arguments, ReadOnlyMemory<byte> input = default, TimeSpan? timeout = null, string? folder = null)
    {
        var start = new ProcessStartInfo("ffmpeg")
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = folder ?? "",
        };
        foreach (var argument in (IEnumerable<string>)["-hide_banner", "-nostats", "-y", .. arguments])
            start.ArgumentList.Add(argument);

        using var limit = new CancellationTokenSource(timeout ?? TimeSpan.FromMinutes(2));
        using var process = Process.Start(start) ?? throw new FfmpegFailedException("ffmpeg could not be started");
        try
        {
            var writing = FeedAsync(process, input, limit.Token);
            var log = process.StandardError.ReadToEndAsync(limit.Token);
            using var output = new MemoryStream();
            await process.StandardOutput.BaseStream.CopyToAsync(output, limit.Token);
            await writing;
            await process.WaitForExitAsync(limit.Token);
            if (process.ExitCode != 0)
                throw new FfmpegFailedException(Describe(start, await log));
            return new FfmpegRun(output.ToArray(), await log);
        }
        catch (OperationCanceledException)
        {
            throw new FfmpegFailedException("Took too long: " + Describe(start, ""));
        }
        finally
        {
            if (!process.HasExited)
                process.Kill();
        }
    }

    /// <summary>A number as ffmpeg's options want it.</summary>
    public static string Number(double value) => value.ToString("0.#########", CultureInfo.InvariantCulture);

    private static async Task FeedAsync(Process process, ReadOnlyMemory<byte> input, CancellationToken stop)
    {
        try
        {
            await process.StandardInput.BaseStream.WriteAsync(input, stop);
            process.StandardInput.Close();
        }
        catch (IOException)
        {
            // ffmpeg had enough: its exit code says whether that was an error.
        }
    }

    private static string Describe(ProcessStartInfo start, string log) =>
        $"ffmpeg {string.Join(' ', start.ArgumentList)}\n{log[Math.Max(0, log.Length - 2000)..]}";
}
