using System.Collections.Immutable;

namespace Tandem.Workbench.Bench;

/// <summary>What is to be measured.</summary>
public sealed record BenchOptions
{
    /// <summary>The parts of a run, in the order in which they are measured.</summary>
    public static ImmutableArray<string> Parts { get; } = ["cpu", "encode", "throughput", "start", "lateness", "fanout"];

    /// <summary>
    /// Environment variable that plants a slow-down, to see that the bench sees it: the share of the encode stage that is done in vain.
    /// </summary>
    public const string PlantVariable = "TANDEM_BENCH_PLANT_ENCODE";

    /// <summary>Few pairs and short times: to see that it works, void for the record.</summary>
    public bool Quick { get; init; }

    /// <summary>One of <see cref="Parts"/>; null for all.</summary>
    public string? Only { get; init; }

    /// <summary>Numbers of languages that CPU is measured for.</summary>
    public ImmutableArray<int> Languages { get; init; } = [1, 8, 32];

    /// <summary>Share of the encode stage that is done in vain, in tests; null for none.</summary>
    public double? Plant { get; init; }

    /// <summary>An earlier run to compare with; null for none.</summary>
    public Baseline? Against { get; init; }

    /// <summary>Whether everything is measured, for the usual numbers of languages.</summary>
    internal bool IsWhole => Only is null && Languages.SequenceEqual(new BenchOptions().Languages);

    internal bool Wants(string part) => Only is null || Only == part;
}

/// <summary>Told what is being done now.</summary>
public delegate void BenchTold(string what);
