using System.CommandLine;
using Tandem.Operations.Load;
using Tandem.Server;

namespace Tandem.Cli;

/// <summary><c>load</c>: lets viewers watch a channel, and says what they went through.</summary>
internal static class LoadCommand
{
    public static Command Make()
    {
        var url = Text("--url", "URL", "The server's root, /live/{channel}/master.m3u8 or /ws/live/{channel}.");
        var channel = Text("--channel", "ID", "Which channel, if the address names none and there are several.");
        var viewers = Text("--viewers", "N", "How many watch; 100 if not given.");
        var duration = Text("--duration", "TIME", "How long, the ramp among it; 60s if not given.");
        var ramp = Text("--ramp", "TIME", "Viewers come spread over so long; 10s, or a third of a short run, if not given.");
        var language = Text("--lang", "LANGUAGES",
            "What they hear, such as es, es+fr (in turn) or original; the channel's default if not given.");
        var via = Text("--via", "WAY", "ws, hls or mix; ws if not given.");
        var media = Text("--media", "WHAT", "av, or audio for the voice alone; av if not given.");
        var token = Text("--token", "TOKEN", "A viewer's token, where access is configured; TANDEM_TOKEN in the environment if not given.");
        var fail = new Option<string[]>("--fail")
        {
            Description = "Exit 1 if this holds, such as 'delivery.p95>500ms'; may be repeated. Names: docs/load.md.",
            HelpName = "CONDITION",
            AllowMultipleArgumentsPerToken = true,
            DefaultValueFactory = _ => [],
        };
        var frozen = Text("--frozen", "N", "So many more, reported apart, that read nothing.");
        var slow = Text("--slow", "N:RATE", "So many more, reported apart, that read slowly, such as 1:10KB/s.");
        var buffer = Text("--buffer", "TIME", "What a player buffers before it begins; 1s (ws) or one segment (hls) if not given.");
        var decode = Text("--decode", "HOW", "ffmpeg: decodes a sample of what one viewer got.");
        var seed = Text("--seed", "N", "Chooses who comes when; 1 if not given.");
        var html = Text("--html", "FILE", "Writes a report with plots.");
        var json = SharedOptions.Json("Prints the report as one line of JSON on stdout (docs/load.md).");
        var command = new Command("load", "Lets viewers watch a channel in real time, checks all that they get, and measures how it went.")
        {
            url, channel, viewers, duration, ramp, language, via, media, token, fail, frozen, slow, buffer, decode, seed, html, json,
        };
        command.SetAction(parsed => RunAsync(
            new LoadArguments
            {
                Url = parsed.GetValue(url),
                Channel = parsed.GetValue(channel),
                Viewers = parsed.GetValue(viewers),
                Duration = parsed.GetValue(duration),
                Ramp = parsed.GetValue(ramp),
                Language = parsed.GetValue(language),
                Via = parsed.GetValue(via),
                Media = parsed.GetValue(media),
                Token = parsed.GetValue(token) ?? Environment.GetEnvironmentVariable("TANDEM_TOKEN"),
                Fail = parsed.GetValue(fail) ?? [],
                Frozen = parsed.GetValue(frozen),
                Slow = parsed.GetValue(slow),
                Buffer = parsed.GetValue(buffer),
                Decode = parsed.GetValue(decode),
                Seed = parsed.GetValue(seed),
            },
            parsed.GetValue(html),
            parsed.GetValue(json)));
        return command;
    }

    private static Option<string?> Text(string name, string help, string description) =>
        new(name) { Description = description, HelpName = help };

    private static async Task<int> RunAsync(LoadArguments arguments, string? html, bool json)
    {
        var (options, mistakes) = arguments.Read();
        if (options is null)
        {
            foreach (var mistake in mistakes)
                await Console.Error.WriteLineAsync($"tandem: {mistake}");
            return ServerRun.WrongCall;
        }

        using var signals = new StopSignals();
        using var progress = new LoadProgress(Console.Error, !Console.IsErrorRedirected, options.Viewers);
        var outcome = await LoadRun.RunAsync(options, TimeProvider.System, progress.Show, signals.Token);
        progress.Clear();
        if (outcome.Report is not { } report)
        {
            await Console.Error.WriteLineAsync($"tandem: {outcome.Problem}");
            return outcome.WrongCall ? ServerRun.WrongCall : signals.Token.IsCancellationRequested ? signals.ExitCode : ServerRun.Unusable;
        }

        await Console.Out.WriteLineAsync(json ? report.ToJson() : LoadText.Of(report));
        if (html is not null && await WriteAsync(html, LoadHtml.Of(report)) is { } problem)
        {
            await Console.Error.WriteLineAsync($"tandem: --html: {problem}");
            return ServerRun.Unusable;
        }

        foreach (var threshold in report.Thresholds.Where(threshold => threshold.Broken))
            await Console.Error.WriteLineAsync($"tandem: {threshold.Expression}: {LoadText.Measured(threshold)}");
        return !report.Passed ? ServerRun.Unusable : signals.Token.IsCancellationRequested ? signals.ExitCode : ServerRun.Success;
    }

    private static async Task<string?> WriteAsync(string path, string text)
    {
        try
        {
            await File.WriteAllTextAsync(path, text);
            return null;
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException or ArgumentException)
        {
            return $"{path} cannot be written: {fault.Message}";
        }
    }
}
