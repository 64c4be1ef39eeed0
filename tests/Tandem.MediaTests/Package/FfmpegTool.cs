using System.Diagnostics;
using System.Globalization;
using Xunit;

namespace Tandem.MediaTests.Package;

/// <summary>FFmpeg's programs as readers and makers of test files, apart from the library that Tandem binds.</summary>
internal static class FfmpegTool
{
    public static async Task<(string Out, string Error)> Run(string program, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { UseShellExecute = false, RedirectStandardOutput = true, RedirectStandardError = true })!;
        using var timeout = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        try
        {
            var output = process.StandardOutput.ReadToEndAsync(timeout.Token);
            var error = process.StandardError.ReadToEndAsync(timeout.Token);
            await process.WaitForExitAsync(timeout.Token);
            Assert.True(process.ExitCode == 0, $"{program}: {await error}");
            return (await output, await error);
        }
        finally
        {
            if (!process.HasExited)
                process.Kill(entireProcessTree: true);
        }
    }

    /// <summary>Makes a file of <paramref name="seconds"/> s of a sine with FFmpeg's own encoder and muxer.</summary>
    public static async Task<byte[]> Sine(string folder, string name, int seconds, params string[] options)
    {
        var path = Path.Combine(folder, name);
        await Run("ffmpeg", ["-v", "error", "-y", "-f", "lavfi", "-i", $"sine=frequency=997:sample_rate=48000:duration={seconds}", .. options, path]);
        return await File.ReadAllBytesAsync(path);
    }

    /// <summary>Reads a file completely, decoding it; returns what FFmpeg complained about.</summary>
    public static async Task<string> Decode(string path, params string[] output)
    {
        var (_, error) = await Run("ffmpeg", ["-v", "warning", "-xerror", "-y", "-i", path, .. output.Length > 0 ? output : ["-f", "null", "-"]]);
        return error;
    }

    /// <summary>Time stamp of every packet, in the stream's time base.</summary>
    public static async Task<List<long>> Packets(string path)
    {
        var (text, error) = await Run("ffprobe", "-v", "warning", "-show_entries", "packet=pts", "-of", "csv=p=0", path);
        Assert.Equal("", error);
        return [.. text.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => long.Parse(line.Trim(','), CultureInfo.InvariantCulture))];
    }
}
