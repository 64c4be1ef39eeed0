using System.Diagnostics;
using System.Globalization;

namespace Tandem.MediaTests.Media;

/// <summary>Media that tests make for themselves with the ffmpeg command, in a folder that goes with them.</summary>
public sealed class Generated : IDisposable
{
    public string Folder { get; } = Directory.CreateTempSubdirectory("tandem-media-").FullName;

    /// <summary>Shared recordings; null where the folder is missing.</summary>
    public static string? Shared
    {
        get
        {
            var told = Environment.GetEnvironmentVariable("TANDEM_TEST_MEDIA");
            var root = AppContext.BaseDirectory;
            while (root is not null && !File.Exists(Path.Combine(root, "Tandem.slnx")))
                root = Path.GetDirectoryName(root);
            var folder = told ?? (root is null ? null : Path.GetFullPath(Path.Combine(root, "../shared/media")));
            return Directory.Exists(folder) ? folder : null;
        }
    }

    /// <summary>A file of the shared recordings; skips the test where they are missing.</summary>
    public static string SharedFile(string path)
    {
        Xunit.Assert.SkipWhen(Shared is null, "no shared media");
        return Path.Combine(Shared!, path);
    }

    public string this[string name] => Path.Combine(Folder, name);

    public byte[] Bytes(string name) => File.ReadAllBytes(this[name]);

    public byte[][] All(string pattern) =>
        [.. Directory.GetFiles(Folder, pattern).Order(StringComparer.Ordinal).Select(File.ReadAllBytes)];

    /// <summary>Runs ffmpeg in the folder.</summary>
    public Generated FFmpeg(string arguments)
    {
        Run("ffmpeg", "-hide_banner -nostdin -loglevel error -y " + arguments, Folder);
        return this;
    }

    public static string Run(string program, string arguments, string? folder = null)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments)
        {
            UseShellExecute = false,
            WorkingDirectory = folder ?? Path.GetTempPath(),
            RedirectStandardError = true,
            RedirectStandardOutput = true,
        })!;
        var errors = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        if (process.ExitCode != 0)
            throw new InvalidOperationException(string.Create(CultureInfo.InvariantCulture, $"{program} {arguments}: {process.ExitCode}\n{errors.Result}"));
        return output;
    }

    public void Dispose() => Directory.Delete(Folder, recursive: true);
}
