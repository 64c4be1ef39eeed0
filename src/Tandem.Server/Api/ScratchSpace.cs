namespace Tandem.Server.Api;

/// <summary>Whether there is room for what is written: <c>state_dir</c>, and the folder for temporary files.</summary>
internal static class ScratchSpace
{
    /// <summary>Records are some KiB, the store of feedback some MiB; `doctor` warns at the same size.</summary>
    public const long Wanted = 16L << 20;

    /// <summary>Looks at the file systems; nothing is written.</summary>
    public static HealthPart Look(string stateDirectory) => Judge(Folders(stateDirectory));

    /// <summary>Bytes that are free in the fuller of the folders; 0 where one is not there.</summary>
    public static long Least(string stateDirectory) => Folders(stateDirectory).Min(folder => folder.Free ?? 0);

    /// <summary>The part for what was found. A restart would lose little, and viewers lose nothing: never worse than degraded.</summary>
    /// <param name="folders">What each is for, where it is, and the bytes that are free; null where it is not there or cannot be asked.</param>
    public static HealthPart Judge(IEnumerable<(string Name, string Folder, long? Free)> folders)
    {
        var wrong = folders.Where(folder => folder.Free is null or < Wanted).Select(folder => folder.Free is { } free
            ? $"{folder.Name} {folder.Folder} has {free >> 20} MiB free, and {Wanted >> 20} MiB are the least: make room"
            : $"{folder.Name} {folder.Folder} is not there or cannot be used");
        return string.Join("; ", wrong) is { Length: > 0 } reason
            ? new HealthPart("scratch", null, HealthStatus.Degraded, reason)
            : new HealthPart("scratch", null, HealthStatus.Ready, null);
    }

    private static (string Name, string Folder, long? Free)[] Folders(string stateDirectory) =>
        [("state_dir", stateDirectory, Free(stateDirectory)), ("TMPDIR", Path.GetTempPath(), Free(Path.GetTempPath()))];

    private static long? Free(string folder)
    {
        try
        {
            var full = Path.GetFullPath(folder);
            return Directory.Exists(full) ? new DriveInfo(full).AvailableFreeSpace : null;
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            return null;
        }
    }
}
