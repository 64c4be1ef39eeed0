using System.CommandLine;
using Tandem.Server;
using Tandem.Server.Configuration;
using Tandem.Server.Demo;

namespace Tandem.Cli;

/// <summary><c>demo</c>: a live source of its own, dubbed, with a page to watch it on.</summary>
internal static class DemoCommand
{
    // Beside the server's own default, so that the source keeps its address when the demo is started again.
    private const int SourcePort = 8081;

    public static Command Make()
    {
        var input = new Option<string?>("--input") { Description = "A file to loop instead of the demo's own programme.", HelpName = "FILE" };
        var (port, json) = (SharedOptions.Port(), SharedOptions.Json());
        var command = new Command("demo", "Starts a live source of its own and dubs it; open the address that it prints.") { input, port, json };
        command.SetAction(parsed => RunAsync(parsed.GetValue(input), parsed.GetValue(port), parsed.GetValue(json)));
        return command;
    }

    private static async Task<int> RunAsync(string? input, string? port, bool json)
    {
        using var signals = new StopSignals();
        try
        {
            var (source, problem) = await DemoSource.StartAsync(input, SourcePort, text => Console.Error.WriteLine($"tandem: {text}"), TimeProvider.System, signals.Token);
            if (source is null)
            {
                await Console.Error.WriteLineAsync($"tandem: {problem}");
                return ServerRun.Unusable;
            }

            await using (source)
            {
                return await Serving.RunAsync(
                    new ConfigurationSources
                    {
                        LookForFile = false,
                        Channels = [$"id=demo,input={source.Master.AbsoluteUri},from=en,to=es,engine=offline,allow_private=true,video=reference"],
                        Port = port,
                        Environment = Serving.Environment(),
                    },
                    json,
                    signals);
            }
        }
        catch (OperationCanceledException) when (signals.Token.IsCancellationRequested)
        {
            return ServerRun.Success;
        }
    }
}
