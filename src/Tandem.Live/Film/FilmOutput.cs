using System.Text;
using Microsoft.Win32.SafeHandles;

namespace Tandem.Live.Film;

/// <summary>
/// The film's file, under another name in its folder until it is whole: whoever finds the name finds all of the film.
/// </summary>
public sealed class FilmOutput : IDisposable
{
    // NAME_MAX of Linux's file systems, bytes.
    private const int LongestName = 255;

    private readonly string _path;
    private readonly string _part;
    private readonly bool _overwrite;
    private bool _kept;

    private FilmOutput(string path, string part, SafeFileHandle file, bool overwrite)
    {
        _path = path;
        _part = part;
        _overwrite = overwrite;
        File = file;

        // A second Ctrl-C ends the process without disposing of anything.
        AppDomain.CurrentDomain.ProcessExit += Forget;
    }

    /// <summary>Where to write.</summary>
    public SafeFileHandle File { get; }

    /// <summary>The folder.</summary>
    public string Folder => Path.GetDirectoryName(_path)!;

    /// <summary>Opens it; null with the reason where it cannot be.</summary>
    /// <param name="path">The film's file.</param>
    /// <param name="overwrite">Whether one that is there is replaced, once the new one is whole.</param>
    /// <param name="problem">One line with the remedy.</param>
    public static FilmOutput? Open(string path, bool overwrite, out string problem)
    {
        var full = Path.GetFullPath(path);
        problem = Directory.Exists(full) ? $"{path} is a folder; name a file"
            : System.IO.File.Exists(full) && !overwrite ? $"{path} exists already; choose another name or add --overwrite"
            : !Directory.Exists(Path.GetDirectoryName(full)) ? $"{path}: there is no folder {Path.GetDirectoryName(full)}; make it first"
            : Encoding.UTF8.GetByteCount(Path.GetFileName(full)) > LongestName ? $"{path}: its name is longer than {LongestName} bytes; choose a shorter one"
            : "";
        if (problem.Length > 0)
            return null;
        var part = Path.Combine(Path.GetDirectoryName(full)!, $".tandem-{Guid.NewGuid():N}.part");
        try
        {
            return new FilmOutput(full, part, System.IO.File.OpenHandle(part, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.None), overwrite);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            problem = $"{path} cannot be written: {Reason(e)}; choose a folder that this user may write to";
            return null;
        }
    }

    /// <summary>What is wrong with a file, without the paths that .NET adds.</summary>
    public static string Reason(Exception error)
    {
        const int NoSpace = 28;
        var code = error.HResult & 0xFFFF;
        if (error is UnauthorizedAccessException)
            return "permission denied";
        return code == NoSpace || error.Message.Contains("No space left", StringComparison.Ordinal)
            ? "no space left on the device"
            : error.Message.Split(" : '")[0].ReplaceLineEndings(" ").TrimEnd('.');
    }

    /// <summary>Gives it its name.</summary>
    /// <exception cref="IOException">It cannot be: another one came meanwhile, or what was written did not reach the disk.</exception>
    public void Keep()
    {
        RandomAccess.FlushToDisk(File);
        System.IO.File.Move(_part, _path, _overwrite);
        _kept = true;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        AppDomain.CurrentDomain.ProcessExit -= Forget;
        File.Dispose();
        Forget(null, EventArgs.Empty);
    }

    private void Forget(object? sender, EventArgs happened)
    {
        if (_kept)
            return;
        try
        {
            System.IO.File.Delete(_part);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // The folder went away.
        }
    }
}
