using System.CommandLine;
using System.Globalization;
using Tandem.Server;
using Tandem.Workbench.Bench;

namespace Tandem.Cli;

/// <summary><c>bench</c>: measures what Tandem costs, against the two processes a segment that it replaces.</summary>
internal static class BenchCommand
{
    public static Command Make()
    {
        var quick = new Option<bool>("--quick") { Description = "Few pairs and short times, to see that it works; void for the record, so it ends with 1." };
        var only = new Option<string?>("--only") { Description = $"One part: {string.Join(", ", BenchOptions.Parts)}.", HelpName = "NAME" };
        only.AcceptOnlyFromAmong([.. BenchOptions.Parts]);
        var languages = new Option<int[]>("--languages")
        {
            Description = "Numbers of languages that CPU is measured for; 1, 8 and 32 if not given.",
            HelpName = "N",
            AllowMultipleArgumentsPerToken = true,
            DefaultValueFactory = _ => [.. new BenchOptions().Languages],
        };
        languages.Validators.Add(result =>
        {
            if (result.Tokens.Any(token => !int.TryParse(token.Value, CultureInfo.InvariantCulture, out var number) || number is < 1 or > 32))
                result.AddError("--languages takes numbers from 1 to 32");
        });
        var json = new Option<bool>("--json") { Description = "Prints the report as one line of JSON on stdout (docs/bench.md)." };
        var against = new Option<string?>("--against")
        {
            Description = "Compares with the run in this file (docs/bench.md); ends with 1 where a figure is worse by more than noise explains.",
            HelpName = "FILE",
        };
        var save = new Option<string?>("--save")
        {
            Description = "Writes the report into this file, for --against; a run that does not count is not written.",
            HelpName = "FILE",
        };
        var command = new Command("bench", "Measures CPU, throughput, start and lateness on this machine, CPU against ffmpeg processes; takes about fifteen minutes.")
        {
            only, quick, languages, json, against, save,
        };
        command.SetAction(parsed => RunAsync(
            new BenchOptions { Only = parsed.GetValue(only), Quick = parsed.GetValue(quick), Languages = [.. parsed.GetValue(languages)!.Distinct().Order()] },
            parsed.GetValue(against),
            parsed.GetValue(save),
            parsed.GetValue(json)));
        return command;
    }

    private static async Task<int> RunAsync(BenchOptions options, string? against, string? save, bool json)
    {
        if (against is not null)
        {
            var (baseline, problem) = Baseline.Read(against);
            if (problem is not null)
                return await UnusableAsync(problem);
            if (baseline!.WhyNot(options.Only) is { } unfit)
                return CommandLine.Refuse(unfit);
            options = options with { Against = baseline };
        }

        // A quarter of an hour later is too late to learn that there is no such folder.
        if (save is not null && (Directory.Exists(save) || !Directory.Exists(Path.GetDirectoryName(Path.GetFullPath(save)))))
            return await UnusableAsync($"--save {save}: give a file in a folder that exists");

        using var signals = new StopSignals();
        var planted = Environment.GetEnvironmentVariable(BenchOptions.PlantVariable);
        double? plant = null;
        if (planted is { Length: > 0 })
        {
            if (!double.TryParse(planted, CultureInfo.InvariantCulture, out var share) || share is not (>= 0.01 and <= 10))
                return CommandLine.Refuse($"{BenchOptions.PlantVariable} is \"{planted}\"; give a share from 0.01 to 10, or unset it");
            plant = share;
        }

        try
        {
            var (report, problem) = await Benchmark.RunAsync(options with { Plant = plant }, what => Console.Error.WriteLine($"tandem: {what}"), signals.Token);
            if (report is null)
                return await UnusableAsync(problem!);

            await Console.Out.WriteLineAsync(json ? report.ToJson() : BenchText.Of(report));
            foreach (var complaint in report.Complaints)
                await Console.Error.WriteLineAsync($"tandem: {complaint}");
            return (save is null || await SaveAsync(report, save)) && report.Passed ? ServerRun.Success : ServerRun.Unusable;
        }
        catch (OperationCanceledException) when (signals.Token.IsCancellationRequested)
        {
            await Console.Error.WriteLineAsync("tandem: stopped before the measurement was complete");
            return ServerRun.Unusable;
        }
    }

    private static async Task<int> UnusableAsync(string problem)
    {
        await Console.Error.WriteLineAsync($"tandem: {problem}");
        return ServerRun.Unusable;
    }

    private static async Task<bool> SaveAsync(BenchReport report, string file)
    {
        if (report.Void is not null)
        {
            await Console.Error.WriteLineAsync($"tandem: not written to {file}: a run that does not count is no baseline");
            return false;
        }

        try
        {
            var whole = file + ".new";
            await File.WriteAllTextAsync(whole, report.ToFile());
            File.Move(whole, file, overwrite: true);
            return true;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            await Console.Error.WriteLineAsync($"tandem: not written to {file}: {error.Message}");
            return false;
        }
    }
}
