using System.Diagnostics;

namespace Tandem.EndToEnd.Pages;

/// <summary>Stands before espeak-ng on the PATH of a server, and works or crashes as it is told: an engine that can be stopped and comes back.</summary>
public sealed class StandInVoice : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("tandem-voice-").FullName;

    /// <summary>A voice that works.</summary>
    public StandInVoice()
    {
        Works = true;
        var program = Path.Combine(_folder, "espeak-ng");
        File.WriteAllText(program, $"""
            #!/bin/sh
            case "$*" in *--voices*) exec /usr/bin/espeak-ng "$@" ;; esac
            [ "$(cat {_folder}/mode)" = works ] || exit 1
            exec /usr/bin/espeak-ng "$@"
            """);
        using var change = Process.Start("chmod", ["+x", program]);
        change.WaitForExit();
    }

    /// <summary>Whether it speaks; otherwise it crashes.</summary>
    public bool Works
    {
        set => File.WriteAllText(Path.Combine(_folder, "mode"), value ? "works" : "crashes");
    }

    /// <summary>The environment of a server that finds it.</summary>
    public IReadOnlyDictionary<string, string> Environment =>
        new Dictionary<string, string> { ["PATH"] = $"{_folder}:{System.Environment.GetEnvironmentVariable("PATH")}" };

    /// <inheritdoc/>
    public void Dispose() => Directory.Delete(_folder, recursive: true);
}
