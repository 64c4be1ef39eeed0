using System.Runtime.InteropServices;

namespace Tandem.Media.Worker;

/// <summary>How to start this very program as a media worker.</summary>
internal static class WorkerCommand
{
    private const string Program = "tandem";

    /// <summary>
    /// Program and arguments. Under <c>dotnet tandem.dll</c>, in tests and in tools the program is found beside their own assembly.
    /// </summary>
    public static IReadOnlyList<string> Default()
    {
        var own = Environment.ProcessPath;
        if (own is not null && Path.GetFileName(own) == Program)
            return [own, "worker"];
        var library = Path.Combine(AppContext.BaseDirectory, Program + ".dll");
        return File.Exists(library)
            ? [DotnetHost(own), library, "worker"]
            : throw new FileNotFoundException($"{library}, which runs as the media worker, is missing", library);
    }

    private static string DotnetHost(string? own)
    {
        if (own is not null && Path.GetFileName(own) == "dotnet")
            return own;

        // <root>/shared/Microsoft.NETCore.App/<version>/ is where the running framework lies.
        return Path.GetFullPath(Path.Combine(RuntimeEnvironment.GetRuntimeDirectory(), "..", "..", "..", "dotnet"));
    }
}
