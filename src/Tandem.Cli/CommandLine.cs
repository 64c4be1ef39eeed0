using System.CommandLine;
using System.Globalization;
using Tandem.Server;

namespace Tandem.Cli;

/// <summary>All commands; a call that is wrong gets one line on stderr and exit code 2.</summary>
internal static class CommandLine
{
    // In design and tracker, but not in this program yet: whoever asks for one is told so.
    private static readonly string[] Planned = ["plan", "rollout", "report", "quality"];

    /// <summary>Runs what <paramref name="args"/> ask for; returns the exit code.</summary>
    public static async Task<int> RunAsync(string[] args)
    {
        CultureInfo.DefaultThreadCurrentCulture = CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
        CultureInfo.DefaultThreadCurrentUICulture = CultureInfo.CurrentUICulture = CultureInfo.InvariantCulture;
        var root = new RootCommand("Tandem dubs live video: a live channel goes in, the same channel comes out in other languages, in step.")
        {
            ServeCommand.Make(),
            DemoCommand.Make(),
            DubCommand.Make(),
            DoctorCommand.Make(),
            BenchCommand.Make(),
            LoadCommand.Make(),
        };
        root.Directives.Clear();

        // Arguments are meant as they stand: @name is no file of further arguments.
        var parsed = root.Parse(args.Length == 0 ? ["--help"] : args, new ParserConfiguration { ResponseFileTokenReplacer = null });
        var unknown = args.Length > 0 && !args[0].StartsWith('-') && root.Subcommands.All(command => command.Name != args[0]);
        if (unknown)
            return Refuse(WhatIsWrong(args, root, ""));
        if (parsed.Errors.Count > 0)
            return Refuse(WhatIsWrong(args, root, parsed.Errors[0].Message));
        var code = await parsed.InvokeAsync(new InvocationConfiguration { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = null });
        return args.Length == 0 ? ServerRun.WrongCall : code;
    }

    /// <summary>Writes one line about a wrong call and returns its exit code.</summary>
    public static int Refuse(string problem)
    {
        Console.Error.WriteLine($"tandem: {problem}");
        return ServerRun.WrongCall;
    }

    private static string WhatIsWrong(string[] args, RootCommand root, string message)
    {
        var names = root.Subcommands.Select(command => command.Name).ToList();
        var commands = string.Join(" and ", names is [.. var before, var last] ? [string.Join(", ", before), last] : names);
        var first = args[0];
        if (Planned.Contains(first, StringComparer.Ordinal))
            return $"{first} does not exist yet; there are {commands} (see --help)";
        if (!first.StartsWith('-') && root.Subcommands.All(command => command.Name != first))
            return $"there is no command \"{first}\"; there are {commands} (see --help)";
        return $"{message.ReplaceLineEndings(" ").TrimEnd('.')}; see {(first.StartsWith('-') ? "" : first + " ")}--help";
    }
}
