using System.Security.Cryptography;
using System.Text;

namespace Tandem.Checks.Signals;

/// <summary>
/// Generated test material in the temporary folder, one folder a recipe. A recipe is text that names everything that shapes the result;
/// whoever finishes first wins, so that test processes can run side by side.
/// </summary>
public static class SignalCache
{
    /// <summary>Raise it when the code that makes signals changes what they hold.</summary>
    private const int Edition = 1;

    private static readonly Lock _gate = new();
    private static readonly Dictionary<string, Task<string>> _running = new(StringComparer.Ordinal);

    /// <summary>The folder of <paramref name="recipe"/>, filled by <paramref name="make"/> where it is not there yet.</summary>
    public static Task<string> FolderAsync(string recipe, Func<string, Task> make)
    {
        var key = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"{Edition}\n{recipe}")))[..24];
        lock (_gate)
        {
            if (!_running.TryGetValue(key, out var task) || task.IsFaulted)
                _running[key] = task = FillAsync(key, recipe, make);
            return task;
        }
    }

    private static async Task<string> FillAsync(string key, string recipe, Func<string, Task> make)
    {
        var root = Path.Combine(Path.GetTempPath(), $"tandem-signals-{Environment.UserName}");
        var folder = Path.Combine(root, key);
        if (Directory.Exists(folder))
            return folder;

        var draft = Path.Combine(root, $"{key}.{Environment.ProcessId}");
        Directory.CreateDirectory(draft);
        try
        {
            await make(draft);
            await File.WriteAllTextAsync(Path.Combine(draft, "recipe.txt"), recipe);
            Directory.Move(draft, folder);
        }
        catch (IOException) when (Directory.Exists(folder))
        {
            Directory.Delete(draft, recursive: true);
        }
        catch
        {
            Directory.Delete(draft, recursive: true);
            throw;
        }

        return folder;
    }
}
