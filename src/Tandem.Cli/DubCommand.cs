using System.CommandLine;
using System.Text.Json;
using Microsoft.Extensions.Logging;
using Tandem.Live.Film;
using Tandem.Media;
using Tandem.Server;
using Tandem.Server.Configuration;

namespace Tandem.Cli;

/// <summary><c>dub</c>: dubs a file or a playlist that has an end to a new file.</summary>
internal static class DubCommand
{
    public static Command Make()
    {
        var input = new Argument<string>("INPUT") { Description = "A film or a recording, or the address of an HLS playlist that has an end." };
        var from = new Option<string>("--from") { Description = "Language that is spoken in it, such as en.", HelpName = "LANGUAGE", Required = true };
        var to = new Option<string>("--to") { Description = "Languages to dub it into, such as es+fr.", HelpName = "LANGUAGES", Required = true };
        var output = new Option<string>("--output", "-o") { Description = "The dubbed film; ends in .mp4 or .mkv.", HelpName = "FILE", Required = true };
        var engine = new Option<string?>("--engine") { Description = "offline if not given; echo, tone, or recogniser+translator+voice.", HelpName = "NAME" };
        var level = new Option<string?>("--background-level") { Description = "Level of the original under a dub; -18dB if not given.", HelpName = "DB" };
        var lag = new Option<string?>("--max-onset-lag") { Description = "A dub that could only start later is dropped; 10s if not given.", HelpName = "TIME" };
        var rate = new Option<string?>("--voice-bit-rate") { Description = "Bit rate of each voice; 128kbit/s if not given.", HelpName = "RATE" };
        var captions = new Option<string?>("--captions") { Description = "WebVTT with what is said, for the recogniser captions; the film's own if not given.", HelpName = "FILE" };
        var allowPrivate = new Option<bool>("--allow-private") { Description = "A playlist may be at, and lead to, loopback and private addresses." };
        var overwrite = new Option<bool>("--overwrite") { Description = "Replaces the output if it is there, once the new one is whole." };
        var json = new Option<bool>("--json") { Description = "Prints the summary on stdout as JSON." };
        var command = new Command("dub", "Dubs a file or an HLS playlist: picture as it is, a sound track and captions for each language.")
        {
            input, from, to, output, engine, level, lag, rate, captions, allowPrivate, overwrite, json,
        };
        command.SetAction(parsed => RunAsync(
            new FilmArguments(parsed.GetValue(input)!, parsed.GetValue(output)!, parsed.GetValue(from)!, parsed.GetValue(to)!)
            {
                Engine = parsed.GetValue(engine),
                BackgroundLevel = parsed.GetValue(level),
                MaxOnsetLag = parsed.GetValue(lag),
                VoiceBitRate = parsed.GetValue(rate),
                Captions = parsed.GetValue(captions),
                AllowPrivate = parsed.GetValue(allowPrivate),
                Overwrite = parsed.GetValue(overwrite),
            },
            parsed.GetValue(json)));
        return command;
    }

    private static async Task<int> RunAsync(FilmArguments arguments, bool json)
    {
        var (job, mistakes) = arguments.Read();
        if (job is null)
        {
            foreach (var mistake in mistakes)
                await Console.Error.WriteLineAsync($"tandem: {mistake}");
            return ServerRun.WrongCall;
        }

        if (MediaLibraries.Check().Problem is { } missing)
            return await FailAsync(missing);
        using var signals = new StopSignals();
        using var logs = ServerRun.Logs(LogLevel.Warning);
        using var progress = new ProgressLines(Console.Error, !Console.IsErrorRedirected, TimeProvider.System);
        try
        {
            var (summary, problem) = await FilmDub.RunAsync(
                job, new FilmServices(TimeProvider.System, logs.CreateLogger("Tandem.Dub"), progress.Show), signals.Token);
            progress.Clear();
            if (summary is null)
                return await FailAsync(problem!);
            if (json)
                Console.WriteLine(JsonSerializer.Serialize(summary, CliJson.Default.FilmSummary));
            else
                Console.Write(FilmSummaryText.Of(summary));
            return ServerRun.Success;
        }
        catch (OperationCanceledException) when (signals.Token.IsCancellationRequested)
        {
            progress.Clear();
            await Console.Error.WriteLineAsync($"tandem: stopped; {job.Output} was not made");
            return signals.ExitCode;
        }
    }

    private static async Task<int> FailAsync(string problem)
    {
        await Console.Error.WriteLineAsync($"tandem: {problem}");
        return ServerRun.Unusable;
    }
}
