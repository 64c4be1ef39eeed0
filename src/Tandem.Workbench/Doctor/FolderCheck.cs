namespace Tandem.Workbench.Doctor;

/// <summary>Whether folders can be written, by writing.</summary>
internal static class FolderCheck
{
    private const int Sample = 1 << 20;
    private const long LeastScratch = 256L << 20;
    private const long LeastState = 16L << 20;

    public static Task<IReadOnlyList<Finding>> ScratchAsync(CheckSurroundings around, CancellationToken cancellation) =>
        WriteAsync("scratch", around.Options.ScratchDirectory, LeastScratch, "set TMPDIR to a folder that can be written", cancellation);

    public static Task<IReadOnlyList<Finding>> StateAsync(CheckSurroundings around, CancellationToken cancellation) => WriteAsync(
        "state_dir", around.Options.StateDirectory, LeastState, "let Tandem's user write there, or set state_dir to a folder on a writable volume", cancellation);

    private static async Task<IReadOnlyList<Finding>> WriteAsync(string name, string folder, long least, string remedy, CancellationToken cancellation)
    {
        var isNew = !Directory.Exists(folder);
        try
        {
            var full = Path.GetFullPath(folder);
            Directory.CreateDirectory(full);
            var bytes = new byte[Sample];
            Random.Shared.NextBytes(bytes);
            var read = new byte[Sample];
            var file = new FileStream(
                Path.Combine(full, $".{Guid.NewGuid():N}"), FileMode.CreateNew, FileAccess.ReadWrite, FileShare.None, 4096, FileOptions.DeleteOnClose);
            await using (file)
            {
                await file.WriteAsync(bytes, cancellation);
                file.Flush(flushToDisk: true);
                file.Position = 0;
                await file.ReadExactlyAsync(read, cancellation);
            }

            if (!read.AsSpan().SequenceEqual(bytes))
                return [Finding.Failed(name, $"{full} gives back other bytes than were written", "replace the disk, or use another folder")];
            var free = new DriveInfo(full).AvailableFreeSpace;

            // Looking leaves nothing behind.
            if (isNew)
                Directory.Delete(full);
            var found = $"{full} can be written, {free >> 20} MiB free";
            return [free < least ? Finding.Warning(name, found, $"make room: {least >> 20} MiB at least") : Finding.Ok(name, found)];
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            return [Finding.Failed(name, $"{folder} cannot be used: {problem.Message}", remedy)];
        }
    }
}
