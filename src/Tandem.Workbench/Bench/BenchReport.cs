using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Tandem.Workbench.Bench;

/// <summary>A bound of design.md, section 5, and whether it holds.</summary>
/// <param name="Name">Key of the figure that it bounds.</param>
/// <param name="Value">What was measured.</param>
/// <param name="Limit">The most that it may be.</param>
/// <param name="Holds">Whether it is no more.</param>
public sealed record Bound(string Name, double Value, double Limit, bool Holds)
{
    internal static Bound Of(string name, double value, double limit) => new(name, value, limit, value <= limit);
}

/// <summary>How late the bench's own timer was while bounded figures were measured.</summary>
/// <param name="P95Ms">95 of 100 wake-ups were no later, ms.</param>
/// <param name="GreatestMs">The latest, ms.</param>
/// <param name="LimitMs">A run beyond this p95 is void.</param>
public sealed record JitterResult(double P95Ms, double GreatestMs, double LimitMs);

/// <summary>Everything that a run measured; parts that were not asked for are null. docs/bench.md describes each key.</summary>
public sealed record BenchReport
{
    /// <summary>The form that this program writes.</summary>
    public const int CurrentSchema = 1;

    /// <summary>Version of this form; grows when a key changes its meaning or goes away.</summary>
    public int Schema { get; } = CurrentSchema;

    /// <summary>Why the run does not count; null when it does.</summary>
    public string? Void { get; init; }

    /// <summary>When the run began.</summary>
    public required DateTimeOffset Date { get; init; }

    /// <summary>Where and with what.</summary>
    public required MachineFacts Machine { get; init; }

    /// <summary>The timer's lateness; null where nothing bounded was measured.</summary>
    public JitterResult? Jitter { get; init; }

    /// <summary>What the peer ran.</summary>
    public required IReadOnlyList<string> PeerCommands { get; init; }

    /// <summary>Tandem's CPU by the peer's for one language, median of all pairs.</summary>
    [JsonPropertyName("media_cpu_ratio_1")]
    public double? MediaCpuRatio1 => Ratio(1);

    /// <summary>The same for each of 8 languages.</summary>
    [JsonPropertyName("media_cpu_ratio_8")]
    public double? MediaCpuRatio8 => Ratio(8);

    /// <summary>The same for each of 32 languages.</summary>
    [JsonPropertyName("media_cpu_ratio_32")]
    public double? MediaCpuRatio32 => Ratio(32);

    /// <summary>The encoder alone by a process that encodes.</summary>
    public double? EncodeCpuRatio => Encode?.Ratio.Median;

    /// <summary>CPU in detail.</summary>
    public IReadOnlyList<CpuResult>? Cpu { get; init; }

    /// <summary>The encoder alone.</summary>
    public EncodeResult? Encode { get; init; }

    /// <summary>Segments a second, and 16 at once.</summary>
    public ThroughputResult? Throughput { get; init; }

    /// <summary>How long starting takes.</summary>
    public StartResult? Start { get; init; }

    /// <summary>Publication against the time when it was due.</summary>
    public LatenessResult? Lateness { get; init; }

    /// <summary>Viewers of a socket.</summary>
    public FanOutResult? FanOut { get; init; }

    /// <summary>What things cost, for admission and planning; null unless CPU was measured for 1 and for more languages.</summary>
    public CostTable? Costs { get; init; }

    /// <summary>The bounds of what was measured.</summary>
    public required IReadOnlyList<Bound> Bounds { get; init; }

    /// <summary>Against an earlier run; null where none was given.</summary>
    public BenchComparison? Comparison { get; init; }

    /// <summary>Whether the run counts, every bound holds, and it is no worse than the run that it was compared with.</summary>
    public bool Passed => Void is null && Bounds.All(bound => bound.Holds) && Comparison is null or { Verdict: BenchVerdict.Passed };

    /// <summary>One line for each reason why it did not pass.</summary>
    [JsonIgnore]
    public IEnumerable<string> Complaints => Bounds.Where(bound => !bound.Holds)
        .Select(bound => string.Create(CultureInfo.InvariantCulture, $"{bound.Name} is {bound.Value:F3}, more than {bound.Limit:F3} (design.md, section 5)"))
        .Prepend(Void is null ? null : $"void: {Void}")
        .Append(Comparison?.Complaint)
        .OfType<string>();

    /// <summary>As JSON, one line.</summary>
    public string ToJson() => JsonSerializer.Serialize(this, BenchJson.Default.BenchReport);

    /// <summary>As a baseline's file: JSON in lines, without a comparison of its own.</summary>
    public string ToFile() => JsonSerializer.Serialize(this with { Comparison = null }, BenchFileJson.Default.BenchReport) + "\n";

    private double? Ratio(int languages) => Cpu?.FirstOrDefault(result => result.Languages == languages)?.Ratio.Median;
}

/// <summary>JSON of a report.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(BenchReport))]
internal sealed partial class BenchJson : JsonSerializerContext;

/// <summary>JSON of a baseline, for people who look at its changes.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, WriteIndented = true)]
[JsonSerializable(typeof(BenchReport))]
internal sealed partial class BenchFileJson : JsonSerializerContext;
