using Microsoft.Win32.SafeHandles;
using Tandem.Live.Captions;
using Tandem.Media;

namespace Tandem.Live.Film;

/// <summary>The open files that a film is read from: its own, or what was fetched of a playlist.</summary>
public sealed class FilmSources : IDisposable
{
    private FilmSources(IReadOnlyList<SafeFileHandle> files, IReadOnlyList<VttFile>? captions)
    {
        Files = files;
        Captions = captions;
    }

    /// <summary>Open for reading.</summary>
    public IReadOnlyList<SafeFileHandle> Files { get; }

    /// <summary>The playlist's captions in the source language, where they were wanted and there is such a rendition; otherwise null.</summary>
    public IReadOnlyList<VttFile>? Captions { get; }

    /// <summary>Opens them; null with the reason, one line with the remedy.</summary>
    /// <param name="job">Names the input.</param>
    /// <param name="folder">Where what is fetched has room.</param>
    /// <param name="services">For fetching.</param>
    /// <param name="stop">Gives it up.</param>
    public static async Task<(FilmSources? Sources, string? Problem)> OpenAsync(FilmJob job, string folder, FilmServices services, CancellationToken stop)
    {
        if (!job.IsPlaylist)
        {
            var (file, problem) = Open(job.Input);
            return file is null ? (null, problem) : (new FilmSources([file], null), null);
        }

        var (files, captions, fault) = await VodFetcher.FetchAsync(job, folder, services, stop);
        return files is null ? (null, fault) : (new FilmSources(files, captions), null);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var file in Files)
            file.Dispose();
    }

    private static (SafeFileHandle? File, string? Problem) Open(string path)
    {
        if (Directory.Exists(path))
            return (null, $"{path} is a folder; name a file in it");
        if (!File.Exists(path))
            return (null, $"{path} does not exist");
        try
        {
            if (RegularFile.IsNone(path))
                return (null, $"{path} is no regular file; a film is read twice");
            var file = File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            if (RandomAccess.GetLength(file) > 0)
                return (file, null);
            file.Dispose();
            return (null, $"{path} is empty");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or NotSupportedException)
        {
            return (null, $"{path} cannot be read: {FilmOutput.Reason(e)}");
        }
    }
}
