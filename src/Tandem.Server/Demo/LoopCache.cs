namespace Tandem.Server.Demo;

/// <summary>What a demo is to loop: the folder with its material, or why there is none.</summary>
/// <param name="Folder">Where the pieces are.</param>
/// <param name="Loop">What they are.</param>
/// <param name="Problem">One line for the person who started the demo; null when all is well.</param>
internal sealed record Material(string Folder, Loop? Loop, string? Problem);

/// <summary>
/// Keeps made loops from one start to the next, in the user's cache folder if that can be written to, else in the folder for temporary
/// files. A loop is made beside its place and moved there whole, so that two demos that start at once do not disturb each other.
/// </summary>
internal static class LoopCache
{
    /// <summary>What is in the cache under a name, made if it is not there yet.</summary>
    /// <param name="key">A name that changes with what goes into the loop.</param>
    /// <param name="make">Makes it in an empty folder; returns what went wrong, or null.</param>
    /// <param name="making">Called once when something has to be made: that takes a while.</param>
    /// <param name="cancel">Gives up.</param>
    public static async Task<Material> GetAsync(string key, Func<string, Task<string?>> make, Action making, CancellationToken cancel)
    {
        foreach (var root in Roots())
        {
            var kept = Path.Combine(root, key);
            if (Loop.Read(kept) is { } loop)
            {
                MarkUsed(kept);
                return new(kept, loop, null);
            }
        }

        if (Writable() is not { } cache)
        {
            return new("", null, "no folder can be written to for the demo's picture and sound; set XDG_CACHE_HOME or TMPDIR to one that can");
        }

        making();
        var place = Path.Combine(cache, key);
        var beside = Path.Combine(cache, string.Create(null, $"{key}.{Environment.ProcessId}"));
        try
        {
            Directory.CreateDirectory(beside);
            if (await make(beside).ConfigureAwait(false) is { } problem)
            {
                return new("", null, problem);
            }

            cancel.ThrowIfCancellationRequested();
            Forget(cache);
            if (Loop.Read(place) is null)
            {
                Remove(place);
                Directory.Move(beside, place);
            }
        }
        catch (IOException e) when (Loop.Read(place) is null)
        {
            return new("", null, $"the demo's picture and sound could not be written: {e.Message}");
        }
        catch (IOException)
        {
            // Another demo was faster; what it made is as good.
        }
        finally
        {
            Remove(beside);
        }

        return Loop.Read(place) is { } made ? new(place, made, null) : new("", null, $"the demo's picture and sound cannot be read back from {place}");
    }

    private static IEnumerable<string> Roots()
    {
        var home = Environment.GetEnvironmentVariable("HOME");
        var cache = Environment.GetEnvironmentVariable("XDG_CACHE_HOME") is { Length: > 0 } set ? set
            : home is { Length: > 0 } ? Path.Combine(home, ".cache")
            : null;
        if (cache is not null && Path.IsPathRooted(cache))
        {
            yield return Path.Combine(cache, "tandem");
        }

        // A folder of one's own: what others can write to is not to be trusted.
        yield return Path.Combine(Path.GetTempPath(), "tandem-" + Environment.UserName);
    }

    private static string? Writable()
    {
        foreach (var root in Roots())
        {
            try
            {
                Directory.CreateDirectory(root);
                var trial = Path.Combine(root, string.Create(null, $".trial.{Environment.ProcessId}"));
                File.WriteAllBytes(trial, []);
                File.Delete(trial);
                return root;
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // The next one.
            }
        }

        return null;
    }

    private static void MarkUsed(string folder)
    {
        try
        {
            File.SetLastWriteTimeUtc(Path.Combine(folder, Loop.RecordName), TimeProvider.System.GetUtcNow().UtcDateTime);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // A cache that is only read stays as it is.
        }
    }

    /// <summary>Removes what nobody has started a demo with for two weeks.</summary>
    private static void Forget(string cache)
    {
        var old = TimeProvider.System.GetUtcNow().UtcDateTime.AddDays(-14);
        foreach (var folder in Directory.EnumerateDirectories(cache).Where(f => Directory.GetLastWriteTimeUtc(f) < old))
        {
            var record = Path.Combine(folder, Loop.RecordName);
            if (!File.Exists(record) || File.GetLastWriteTimeUtc(record) < old)
            {
                Remove(folder);
            }
        }
    }

    private static void Remove(string folder)
    {
        try
        {
            Directory.Delete(folder, recursive: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // It was not there, or is not ours.
        }
    }
}
