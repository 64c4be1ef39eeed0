using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Tandem.EndToEnd.Harness;

namespace Tandem.EndToEnd.Load;

/// <summary>How <c>tandem load</c> ended.</summary>
/// <param name="Code">Its exit code.</param>
/// <param name="Output">What it wrote on stdout.</param>
/// <param name="Errors">What it wrote on stderr.</param>
public sealed record LoadResult(int Code, string Output, string Errors)
{
    /// <summary>Its report.</summary>
    public JsonElement Report { get; } = Output.StartsWith('{') ? JsonDocument.Parse(Output).RootElement : default;

    /// <summary>The figures of a group of viewers.</summary>
    public JsonElement Group(string name = "all") => Report.GetProperty("groups").EnumerateArray()
        .First(group => group.GetProperty("name").GetString() == name);

    /// <summary>
    /// A figure by its path, such as <c>delivery.p95</c>: infinite where it never came, not a number where it was not measured.
    /// </summary>
    public double Figure(string path, string group = "all")
    {
        var value = path.Split('.').Aggregate(Group(group), (element, name) => element.GetProperty(name));
        return value.ValueKind switch
        {
            JsonValueKind.Number => value.GetDouble(),
            JsonValueKind.String => double.PositiveInfinity,
            _ => double.NaN,
        };
    }

    /// <summary>All faults.</summary>
    public long Faults(string group = "all") => Group(group).GetProperty("faults").EnumerateObject().Sum(kind => kind.Value.GetInt64());

    /// <summary>What a failed test should say: figures, remarks and the first faults.</summary>
    public override string ToString() => Report.ValueKind == JsonValueKind.Object
        ? $"exit {Code}\n{Report.GetProperty("groups")}\n{Report.GetProperty("remarks")}\n{Report.GetProperty("thresholds")}\n{string.Join('\n', Report.GetProperty("faultLines").EnumerateArray().Take(12))}"
        : $"exit {Code}\n{Output}\n{Errors}";
}

/// <summary>The program <c>tandem load</c>, run as people run it.</summary>
public static class LoadProcess
{
    private static readonly TimeSpan _slack = TimeSpan.FromSeconds(60);

    /// <summary>Runs it to its end.</summary>
    /// <param name="seconds">What <c>--duration</c> says.</param>
    /// <param name="arguments">Further arguments.</param>
    public static async Task<LoadResult> RunAsync(double seconds, params IEnumerable<string> arguments)
    {
        using var process = Start(seconds, arguments);
        return await EndAsync(process, TimeSpan.FromSeconds(seconds) + _slack);
    }

    /// <summary>Runs it, and has it stop before its time with SIGINT once it has shown so many seconds.</summary>
    public static async Task<LoadResult> InterruptedAsync(int after, params IEnumerable<string> arguments)
    {
        using var process = Start(120, arguments);
        var errors = new List<string>();
        while (errors.Count < after && await process.StandardError.ReadLineAsync() is { } line)
            errors.Add(line);
        TandemServer.Signal(process.Id, "INT");
        var result = await EndAsync(process, _slack);
        return result with { Errors = string.Join('\n', errors) + "\n" + result.Errors };
    }

    private static Process Start(double seconds, IEnumerable<string> arguments)
    {
        var start = new ProcessStartInfo("dotnet")
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = Path.GetTempPath(),
        };
        string[] call = [Path.Combine(AppContext.BaseDirectory, "tandem.dll"), "load", "--duration",
            $"{seconds.ToString(CultureInfo.InvariantCulture)}s", .. arguments];
        foreach (var argument in call)
            start.ArgumentList.Add(argument);
        return Process.Start(start)!;
    }

    private static async Task<LoadResult> EndAsync(Process process, TimeSpan limit)
    {
        var (output, errors) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        try
        {
            await process.WaitForExitAsync().WaitAsync(limit);
        }
        catch (TimeoutException)
        {
            process.Kill(entireProcessTree: true);
            throw;
        }

        return new LoadResult(process.ExitCode, await output, await errors);
    }
}
