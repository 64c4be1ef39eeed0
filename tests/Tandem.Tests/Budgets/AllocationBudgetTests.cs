using System.Globalization;
using Tandem.Benchmarks.Loops;
using Tandem.Tests.Server;
using Xunit;

namespace Tandem.Tests.Budgets;

/// <summary>
/// What inner loops allocate, against benchmarks/allocation-budgets.tsv. Bytes on this thread are counted, which is exact, whatever else the
/// machine does; code that is not optimised yet may allocate more than it will, so a loop is run until it keeps to its budget, or has had every
/// chance to.
/// </summary>
public sealed class AllocationBudgetTests
{
    private const int Warm = 40;
    private const int Batch = 20;

    // Optimised code comes from a thread of its own, which waits for as long as other tests bring new methods; half a minute is given to it.
    private const int MostBatches = 1200;

    [Fact]
    public void No_inner_loop_allocates_more_than_its_budget()
    {
        var budgets = Budgets();
        var used = Measure(name => budgets.GetValueOrDefault(name));
        Assert.Equal(InnerLoops.Names.Order(StringComparer.Ordinal), budgets.Keys.Order(StringComparer.Ordinal));
        None(used.Where(loop => loop.Value > budgets[loop.Key]).Select(loop => Told(loop, "more than")));

        // Under a budget of twice what is used, a new allocation would go unseen.
        None(used.Where(loop => loop.Value < budgets[loop.Key] / 2).Select(loop => Told(loop, "less than half of")));

        string Told(KeyValuePair<string, double> loop, string how) => string.Create(
            CultureInfo.InvariantCulture, $"{loop.Key} allocates {loop.Value:F0} bytes each time, {how} its {budgets[loop.Key]} (benchmarks/allocation-budgets.tsv)");

        static void None(IEnumerable<string> wrong) => Assert.True(!wrong.Any(), string.Join('\n', wrong));
    }

    [Fact]
    public void An_allocation_more_is_seen()
    {
        byte[]? kept = null;
        Assert.Equal(0, Least(() => kept?.AsSpan().Clear(), 0));
        Assert.Equal(1024, Least(() => kept = new byte[1000], 1024));
        Assert.NotNull(kept);
    }

    /// <summary>Bytes of each loop each time.</summary>
    private static Dictionary<string, double> Measure(Func<string, long> budgetOf)
    {
        var used = new Dictionary<string, double>(StringComparer.Ordinal);
        foreach (var set in InnerLoops.Make())
        {
            using (set)
            {
                foreach (var loop in set.Loops)
                    used[loop.Name] = Least(loop.Run, budgetOf(loop.Name));
            }
        }

        foreach (var (name, bytes) in used)
            TestContext.Current.TestOutputHelper?.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{name}\t{bytes:F0}"));
        return used;
    }

    /// <summary>The least that a batch allocated, a run; the first batch that keeps to the budget ends it.</summary>
    private static double Least(Action run, long budget)
    {
        for (var time = 0; time < Warm; time++)
            run();
        var least = double.MaxValue;
        for (var batch = 0; batch < MostBatches && least > budget; batch++)
        {
            if (batch > 0)
                TestContext.Current.CancellationToken.WaitHandle.WaitOne(TimeSpan.FromMilliseconds(25));
            var before = GC.GetAllocatedBytesForCurrentThread();
            for (var time = 0; time < Batch; time++)
                run();
            least = Math.Min(least, (GC.GetAllocatedBytesForCurrentThread() - before) / (double)Batch);
        }

        return least;
    }

    private static Dictionary<string, long> Budgets() => File.ReadLines(Path.Combine(Checkout.Root, "benchmarks", "allocation-budgets.tsv"))
        .Where(line => line.Length > 0 && line[0] != '#')
        .Select(line => line.Split('\t'))
        .ToDictionary(fields => fields[0], fields => long.Parse(fields[1], CultureInfo.InvariantCulture), StringComparer.Ordinal);
}
