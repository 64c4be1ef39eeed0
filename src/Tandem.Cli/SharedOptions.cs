using System.CommandLine;

namespace Tandem.Cli;

/// <summary>Options that several commands have.</summary>
internal static class SharedOptions
{
    public static Option<string?> Port() => new("--port") { Description = "HTTP port; PORT, else 8080, if not given. 0 takes a free one.", HelpName = "N" };

    public static Option<bool> Json(string description = "Says on stdout, as one line of JSON, where it listens.") => new("--json") { Description = description };
}
