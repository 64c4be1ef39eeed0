using System.Runtime.InteropServices;

namespace Tandem.Media.Speech;

/// <summary>How to start this very program as a recogniser.</summary>
public static class RecogniserCommand
{
    /// <summary>Program and arguments; under <c>dotnet tandem.dll</c> and in tests the program is found beside their own assembly.</summary>
    /// <param name="model">Folder of the model.</param>
    public static IReadOnlyList<string> For(string model)
    {
        var own = Environment.ProcessPath;
        if (own is not null && Path.GetFileName(own) == "tandem")
            return [own, "recognise", model];
        var library = Path.Combine(AppContext.BaseDirectory, "tandem.dll");
        var host = own is not null && Path.GetFileName(own) == "dotnet"
            ? own
            : Path.GetFullPath(Path.Combine(RuntimeEnvironment.GetRuntimeDirectory(), "..", "..", "..", "dotnet"));
        return [host, library, "recognise", model];
    }
}
