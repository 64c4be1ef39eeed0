using System.Diagnostics;
using System.Globalization;
using Tandem.EndToEnd.Harness;

namespace Tandem.EndToEnd.Figures;

/// <summary>
/// Files under docs/results/ that hold what was measured, with commit, date and command. Written by <c>./test --full</c> alone, which names
/// the folder in TANDEM_RESULTS_DIR; elsewhere figures are only printed by the tests.
/// </summary>
public static class FigureFile
{
    private static readonly Lock _lock = new();
    private static readonly HashSet<string> _begun = [];

    private static readonly Dictionary<string, string> _heads = new(StringComparer.Ordinal)
    {
        ["sync-hour"] = """
            # An hour of source time

            Beep against flash, what Tandem publishes (`echo`) minus the source itself; played 12 times faster than real time.
            Bounds: median 5 ms, each 10 ms, last minus first 2 ms. Command: `./test --full --filter An_hour_does_not_drift`.

            | packing | median, first minutes | median, after an hour | worst, first | worst, after an hour |
            |---|---|---|---|---|
            """,
        ["fault-matrix"] = """
            # The matrix of faults

            Each fault on four channels of one server (delay 8 s, segments of 2 s); a fifth channel beside them must not notice. Read off what was
            published, by a viewer who polls twice a second. *Original*: speech heard in the original for want of a dub. *Silence*: sound that was
            missing in the voice. *No picture*: listed and not to be had, or no picture. *Standstill*: the longest time without a new segment beyond
            a segment's length. *Whole again*: from the end of the fault until all that is published is dubbed and whole; the delay is part of
            it. What is promised stands in [faults.md](../faults.md). Command: `./test --full --filter Fault_ends_as_promised`.

            | fault | video | container | original | silence | no picture | standstill | whole again |
            |---|---|---|---|---|---|---|---|
            """,
        ["first-figures"] = """
            # First figures

            CPU of the server and all its children for channels of `echo` (2 s segments, 48 kHz, voices at 128 kbit/s), publication lateness
            from `tandem_publish_lateness_seconds` (appearance at the source + delay → fetchable), memory of the server and of its media
            workers (Pss). Source, checker and server share the machine. Command: `./test --full --filter First_figures`.

            | channels × languages | CPU, of one core | CPU a channel-language | lateness p50 | p95 | p99 | memory, server | memory, workers |
            |---|---|---|---|---|---|---|---|
            """,
        ["telemetry-cost"] = """
            # What metrics and traces to a collector cost

            CPU of the server and all its children at 4 channels of 8 languages (`echo`, 2 s segments), of one core: without a collector, and
            with OTLP over HTTP to one on the same machine, metrics every 10 s (by default every 60 s) and 1 % of traces. Pairs take turns in who
            is first; source, collector and server share the machine. Bound: median of the ratios 1.10.
            Command: `./test --full --filter Telemetry_costs_little`.

            | pair | without | with | ratio |
            |---|---|---|---|
            """,
        ["viewers"] = """
            # Viewers

            What viewers by WebSocket went through (docs/load.md); source, server and load share the machine. Undelivered ones count as infinitely
            late. Command: `./test --full --filter ViewerScale`.

            | viewers | join p95 | delivery p50 | p95 | p99 | undelivered | faults | stalls | load's CPU | server | note |
            |---|---|---|---|---|---|---|---|---|---|---|
            """,
    };

    /// <summary>Adds a line to a file; the first of a run begins the file anew.</summary>
    /// <param name="name">Of the file, without extension.</param>
    /// <param name="key">Order of lines: they stand in the order of their keys.</param>
    /// <param name="line">A row of its table.</param>
    public static Task AddAsync(string name, string key, string line)
    {
        Xunit.TestContext.Current.TestOutputHelper?.WriteLine(line);
        if (Environment.GetEnvironmentVariable("TANDEM_RESULTS_DIR") is not { Length: > 0 } folder)
            return Task.CompletedTask;
        lock (_lock)
        {
            Directory.CreateDirectory(folder);
            var path = Path.Combine(folder, name + ".md");
            var head = $"{_heads[name]}\n";
            var rows = _begun.Add(name) || !File.Exists(path)
                ? []
                : File.ReadAllLines(path).Where(text => text.StartsWith("| ", StringComparison.Ordinal)).Skip(1).ToList();
            rows.RemoveAll(row => row.StartsWith($"| {key} |", StringComparison.Ordinal));
            rows.Add(line);
            File.WriteAllText(path, $"{head}{string.Join('\n', rows.Order(StringComparer.Ordinal))}\n\n{Where()}\n");
        }

        return Task.CompletedTask;
    }

    private static string Where()
    {
        var model = File.Exists("/proc/cpuinfo")
            ? File.ReadLines("/proc/cpuinfo").FirstOrDefault(line => line.StartsWith("model name", StringComparison.Ordinal))?.Split(':')[1].Trim()
            : null;
        return string.Create(
            CultureInfo.InvariantCulture,
            $"Commit {Commit()}, {TimeProvider.System.GetUtcNow():yyyy-MM-dd}, {Environment.ProcessorCount} cores ({model ?? "unknown"}).");
    }

    private static string Commit()
    {
        using var git = Process.Start(new ProcessStartInfo("git", ["rev-parse", "--short", "HEAD"])
        {
            WorkingDirectory = Checkout.Root,
            UseShellExecute = false,
            RedirectStandardOutput = true,
        });
        return git?.StandardOutput.ReadToEnd().Trim() is { Length: > 0 } commit ? commit : "unknown";
    }
}
