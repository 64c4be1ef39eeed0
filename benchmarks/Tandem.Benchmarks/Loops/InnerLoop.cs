namespace Tandem.Benchmarks.Loops;

/// <summary>Work that is done again and again while channels run: what benchmarks time and budgets bound.</summary>
/// <param name="Name">Stage and work, as in allocation-budgets.tsv.</param>
/// <param name="Run">Does it once. It may be called any number of times and does the same each time, on one thread at a time.</param>
public sealed record InnerLoop(string Name, Action Run);

/// <summary>The inner loops of one stage, with what they work on.</summary>
public interface ILoopSet : IDisposable
{
    /// <summary>Its loops.</summary>
    IReadOnlyList<InnerLoop> Loops { get; }
}

/// <summary>All inner loops.</summary>
public static class InnerLoops
{
    private static readonly Func<ILoopSet>[] s_makers =
    [
        () => new MixLoops(), () => new DubLoops(), () => new PackageLoops(),
        () => new IngestLoops(), () => new ViewerLoops(), () => new MetricLoops(),
    ];

    /// <summary>Their names.</summary>
    public static IReadOnlyList<string> Names { get; } =
    [
        .. MixLoops.Names, .. DubLoops.Names, .. PackageLoops.Names, .. IngestLoops.Names, .. ViewerLoops.Names, .. MetricLoops.Names,
    ];

    /// <summary>Makes every set; each is to be disposed of.</summary>
    public static IEnumerable<ILoopSet> Make() => s_makers.Select(make => make());
}
