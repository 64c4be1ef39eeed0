using BenchmarkDotNet.Attributes;
using Tandem.Benchmarks.Loops;

namespace Tandem.Benchmarks;

/// <summary>Times each inner loop, and counts what it allocates.</summary>
[MemoryDiagnoser(displayGenColumns: false)]
public class InnerLoopBenchmarks
{
    private List<ILoopSet> _sets = [];
    private Action _run = () => { };

    /// <summary>The loop.</summary>
    [ParamsSource(nameof(Names))]
    public string Loop { get; set; } = "";

    /// <summary>All of them.</summary>
    public static IEnumerable<string> Names => InnerLoops.Names;

    /// <summary>Makes what they work on.</summary>
    [GlobalSetup]
    public void Setup()
    {
        _sets = [.. InnerLoops.Make()];
        _run = _sets.SelectMany(set => set.Loops).Single(loop => loop.Name == Loop).Run;
    }

    /// <summary>Lets go of it.</summary>
    [GlobalCleanup]
    public void Cleanup() => _sets.ForEach(set => set.Dispose());

    /// <summary>The loop once.</summary>
    [Benchmark]
    public void Run() => _run();
}
