using System.Diagnostics;

namespace Tandem.EndToEnd.Faults.Matrix;

/// <summary>A volume of two megabytes in memory, mounted for one test: it can be filled and be made read-only.</summary>
internal sealed class ScratchDisk : IDisposable
{
    private readonly string _ballast;
    private bool _mounted;

    private ScratchDisk(string folder)
    {
        Folder = folder;
        _ballast = Path.Combine(folder, "ballast");
    }

    /// <summary>Where it is mounted.</summary>
    public string Folder { get; }

    /// <summary>Mounts one.</summary>
    /// <param name="why">Why it cannot be; empty where it is.</param>
    public static ScratchDisk? Mount(out string why)
    {
        var disk = new ScratchDisk(Directory.CreateTempSubdirectory("tandem-disk-").FullName);
        why = Run("mount", "-t", "tmpfs", "-o", "size=2m", "tandem-test", disk.Folder);
        disk._mounted = why.Length == 0;
        if (disk._mounted)
            return disk;
        disk.Dispose();
        why = $"A tmpfs cannot be mounted here, which takes root: {why}";
        return null;
    }

    /// <summary>Leaves no byte free.</summary>
    public void Fill()
    {
        using var ballast = new FileStream(_ballast, FileMode.Append, FileAccess.Write, FileShare.None, bufferSize: 0);
        foreach (var size in new[] { 65_536, 4096, 1 })
        {
            try
            {
                while (true)
                    ballast.Write(new byte[size]);
            }
            catch (IOException)
            {
                // Full, for this size.
            }
        }
    }

    /// <summary>Gives all of it free again.</summary>
    public void Empty() => File.Delete(_ballast);

    /// <summary>From now on nothing can be written, or again.</summary>
    /// <exception cref="InvalidOperationException">mount refuses.</exception>
    public void ReadOnly(bool on)
    {
        // It refuses while a file is open for writing; records are written in milliseconds.
        var why = "";
        for (var attempt = 0; attempt < 20; attempt++)
        {
            if ((why = Run("mount", "-o", on ? "remount,ro" : "remount,rw", Folder)).Length == 0)
                return;
        }

        throw new InvalidOperationException(why);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_mounted)
            Run("umount", "-l", Folder);
        _mounted = false;
        Directory.Delete(Folder, recursive: true);
    }

    private static string Run(string program, params string[] arguments)
    {
        try
        {
            using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardError = true, UseShellExecute = false })!;
            var said = process.StandardError.ReadToEnd().Trim();
            process.WaitForExit();
            return process.ExitCode == 0 ? "" : said.Length > 0 ? said : $"{program} ended with {process.ExitCode}";
        }
        catch (System.ComponentModel.Win32Exception error)
        {
            return error.Message;
        }
    }
}
