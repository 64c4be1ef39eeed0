using System.Runtime.InteropServices;

namespace Tandem.Media.Worker;

/// <summary>How to start this very program as a media worker.</summary>
internal static class WorkerCommand
{
    private const string Program = "tandem";

    /// <summary>
    /// Program and arguments. Under <c>dotnet tandem.dll</c>, in tests and in tools the program is found beside their own assembly.
    /// </summary>
    /// <param name="word">The hidden command: what kind of child it is.</param>
    /// <exception cref="FileNotFoundException">The program is not to be found.</exception>
    public static IReadOnlyList<string> Default(string word = "worker")
    {
        var own = Environment.ProcessPath;
        if (own is not null && Path.GetFileName(own) == Program)
            return [own, word];
        var library = Path.Combine(AppContext.BaseDirectory, Program + ".dll");
        return File.Exists(library) && DotnetRoot() is { } root
            ? [Path.Combine(root, "dotnet"), library, word]
            : throw new FileNotFoundException($"{library}, which runs as the media worker, is missing", library);
    }

    /// <summary>The folder of the .NET installation that this program runs on; null where it brings its own runtime.</summary>
    public static string? DotnetRoot()
    {
        // <root>/shared/Microsoft.NETCore.App/<version>/
        var framework = Path.GetDirectoryName(Path.TrimEndingDirectorySeparator(RuntimeEnvironment.GetRuntimeDirectory()));
        var shared = Path.GetDirectoryName(framework);
        return Path.GetFileName(framework) == "Microsoft.NETCore.App" && Path.GetFileName(shared) == "shared" ? Path.GetDirectoryName(shared) : null;
    }
}
