using System.CommandLine;
using Tandem.Server.Configuration;

namespace Tandem.Cli;

/// <summary><c>serve</c>: dubs the configured channels until it is stopped.</summary>
internal static class ServeCommand
{
    public static Command Make()
    {
        var config = new Option<string?>("--config") { Description = "Settings file; tandem.yaml in the working directory if not given.", HelpName = "PATH" };
        var channels = new Option<string[]>("--channel")
        {
            Description = "A channel, beside those of the file: id=news,input=URL,from=en,to=es+fr,delay=8s,engine=offline. May be repeated.",
            HelpName = "NAME=VALUE,…",
            DefaultValueFactory = _ => [],
        };
        var (port, json) = (SharedOptions.Port(), SharedOptions.Json());
        var command = new Command("serve", "Dubs live channels and serves them as HLS. Settings: docs/configuration.md.") { config, channels, port, json };
        command.SetAction(parsed => Serving.RunAsync(
            new ConfigurationSources
            {
                File = parsed.GetValue(config),
                Channels = parsed.GetValue(channels) ?? [],
                Port = parsed.GetValue(port),
                Environment = Serving.Environment(),
            },
            parsed.GetValue(json)));
        return command;
    }
}
