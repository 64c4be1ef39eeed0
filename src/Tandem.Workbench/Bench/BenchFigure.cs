using System.Globalization;
using System.Text.Json;

namespace Tandem.Workbench.Bench;

/// <summary>
/// One figure of a report that two builds can be compared by, whatever the machine's speed: a ratio to a peer of the same run, or an amount
/// that does not depend on time. All are the better the smaller.
/// </summary>
/// <param name="Name">Its key in the report, with the number of languages where there is one each.</param>
/// <param name="Part">The part of the run that measures it, one of <see cref="BenchOptions.Parts"/>.</param>
/// <param name="Value">Median of the pairs; more than 0.</param>
/// <param name="Noise">Half the width of the interval that the median lies in, as a share of it.</param>
/// <param name="Slack">What two runs of the same build may differ by beyond their spread, as a share.</param>
internal sealed record BenchFigure(string Name, string Part, double Value, double Noise, double Slack)
{
    // McGill, Tukey and Larsen (1978), "Variations of box plots": about 95 % for the median of so many values with these quartiles.
    private const double Notch = 1.57;

    // Chosen, not measured: how code lies in memory and what else a machine does moves CPU by some percent from run to run; wall time and
    // a kernel full of sockets by more; amounts of memory hardly.
    private const double CpuSlack = 0.05;
    private const double FanOutSlack = 0.10;
    private const double StartSlack = 0.15;
    private const double AllocationSlack = 0.03;

    /// <summary>The parts that have such figures.</summary>
    public static IReadOnlyList<string> Parts { get; } = ["cpu", "encode", "start", "fanout"];

    /// <summary>All that a report holds; what is missing in it, or is no number, is left out.</summary>
    /// <param name="report">As docs/bench.md describes it.</param>
    public static IReadOnlyList<BenchFigure> Of(JsonElement report)
    {
        var figures = new List<BenchFigure>();
        if (Member(report, "cpu") is { ValueKind: JsonValueKind.Array } cpus)
        {
            foreach (var cpu in cpus.EnumerateArray())
                AddCpu(figures, cpu);
        }

        Add(figures, Member(report, "encode"), "ratio", "encode_cpu_ratio", "encode", CpuSlack);
        Add(figures, Member(report, "start"), "worker_ratio", "start.worker_ratio", "start", StartSlack);
        Add(figures, Member(report, "start"), "channel_ratio", "start.channel_ratio", "start", StartSlack);
        Add(figures, Member(report, "fan_out"), "ratio", "fan_out.ratio", "fanout", FanOutSlack);
        Add(figures, Member(report, "fan_out"), "bytes_per_viewer", "fan_out.bytes_per_viewer", "fanout", FanOutSlack);
        return figures;
    }

    /// <summary>A member of an object; an undefined element where there is none.</summary>
    public static JsonElement Member(JsonElement from, string name) =>
        from.ValueKind == JsonValueKind.Object && from.TryGetProperty(name, out var member) ? member : default;

    /// <summary>A string of an object; null where there is none.</summary>
    public static string? Text(JsonElement from, string name) =>
        Member(from, name) is { ValueKind: JsonValueKind.String } text ? text.GetString() : null;

    /// <summary>A finite number of an object; null where there is none.</summary>
    public static double? Number(JsonElement from, string name) =>
        Member(from, name) is { ValueKind: JsonValueKind.Number } number && number.TryGetDouble(out var value) && double.IsFinite(value)
            ? value
            : null;

    private static void AddCpu(List<BenchFigure> figures, JsonElement cpu)
    {
        if (Number(cpu, "languages") is not { } languages)
            return;
        var name = languages.ToString(CultureInfo.InvariantCulture);
        Add(figures, cpu, "ratio", $"media_cpu_ratio_{name}", "cpu", CpuSlack);
        Add(figures, cpu, "allocated_bytes_per_segment", $"allocated_bytes_per_segment_{name}", "cpu", AllocationSlack);
    }

    private static void Add(List<BenchFigure> figures, JsonElement part, string key, string name, string of, double slack)
    {
        var spread = Member(part, key);
        if (Number(part, "pairs") is not ({ } pairs and >= 1) || Number(spread, "median") is not ({ } median and > 0)
            || Number(spread, "lower_quartile") is not { } lower || Number(spread, "upper_quartile") is not { } upper || upper < lower)
            return;
        figures.Add(new BenchFigure(name, of, median, Notch * (upper - lower) / Math.Sqrt(pairs) / median, slack));
    }
}
