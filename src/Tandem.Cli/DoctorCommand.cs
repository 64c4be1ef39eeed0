using System.CommandLine;
using Microsoft.Extensions.Logging;
using Tandem.Live.Dubbing;
using Tandem.Server;
using Tandem.Server.Configuration;
using Tandem.Workbench.Doctor;

namespace Tandem.Cli;

/// <summary><c>doctor</c>: whether this machine has all that Tandem needs.</summary>
internal static class DoctorCommand
{
    public static Command Make()
    {
        var config = new Option<string?>("--config") { Description = "Settings file; tandem.yaml in the working directory if not given.", HelpName = "PATH" };
        var strict = new Option<bool>("--strict") { Description = "Another version of FFmpeg than the tested one is a failure, not a warning." };
        var (port, json) = (SharedOptions.Port(), SharedOptions.Json("Prints the findings on stdout, as one line of JSON."));
        var command = new Command("doctor", "Tries everything that Tandem needs of this machine, and says what to do about what fails.") { config, strict, port, json };
        command.SetAction(parsed => RunAsync(parsed.GetValue(config), parsed.GetValue(port), parsed.GetValue(strict), parsed.GetValue(json)));
        return command;
    }

    private static async Task<int> RunAsync(string? config, string? port, bool strict, bool json)
    {
        using var signals = new StopSignals();
        var sources = new ConfigurationSources { File = config, Port = port, Environment = Serving.Environment(), NeedsChannels = false };

        // Whether the engines can be had is one of the things to find out, not a mistake in the settings.
        var (server, mistakes) = ConfigurationLoader.Load(sources, (_, _, _) => new EngineChoice(null, null));
        foreach (var mistake in mistakes)
            await Console.Error.WriteLineAsync($"tandem: {mistake}");
        if (server is null)
            return ServerRun.WrongCall;

        using var logs = ServerRun.Logs(LogLevel.Warning);
        try
        {
            var findings = await Examination.RunAsync(
                DoctorOptions.Of(server) with { Strict = strict },
                TimeProvider.System,
                logs.CreateLogger("Tandem.Doctor"),
                finding => Tell(finding, json),
                signals.Token);
            var report = new DoctorReport(ProgramVersion.Text, findings.All(finding => finding.State != CheckState.Failed), findings);
            Console.WriteLine(json ? report.ToJson() : Sum(findings));
            return report.Ok ? ServerRun.Success : ServerRun.Unusable;
        }
        catch (OperationCanceledException) when (signals.Token.IsCancellationRequested)
        {
            return ServerRun.Unusable;
        }
    }

    /// <summary>The table is what is asked for; with <c>--json</c> it is progress.</summary>
    private static void Tell(Finding finding, bool json)
    {
        var to = json ? Console.Error : Console.Out;
        to.WriteLine($"{Word(finding.State),-8} {finding.Name,-19} {finding.Found}");
        if (finding.Remedy is not null)
            to.WriteLine($"{"",-28} -> {finding.Remedy}");
    }

    private static string Sum(IReadOnlyList<Finding> findings) => string.Join(
        ", ", Enum.GetValues<CheckState>().Select(state => $"{findings.Count(finding => finding.State == state)} {Word(state)}"));

    private static string Word(CheckState state) => state switch
    {
        CheckState.Ok => "ok",
        CheckState.Warning => "warning",
        _ => "FAILED",
    };
}
