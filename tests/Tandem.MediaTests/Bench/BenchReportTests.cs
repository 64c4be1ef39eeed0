using System.Text.Json;
using Tandem.Workbench.Bench;
using Xunit;

namespace Tandem.MediaTests.Bench;

public sealed class BenchReportTests
{
    private static readonly Spread Any = new(1, 1, 1, 1, 1);

    [Fact]
    public void A_run_whose_own_timer_was_late_is_void_and_not_passed()
    {
        var jitter = new JitterResult(10.1, 40, 10);
        var report = Report(0.15) with { Jitter = jitter, Void = Benchmark.Void(new BenchOptions(), jitter) };
        Assert.False(report.Passed);
        Assert.Contains("late by 10.1 ms", Assert.Single(report.Complaints), StringComparison.Ordinal);
        Assert.Null(Benchmark.Void(new BenchOptions(), jitter with { P95Ms = 9.9 }));
        Assert.NotNull(Benchmark.Void(new BenchOptions { Quick = true }, jitter with { P95Ms = 9.9 }));
        Assert.NotNull(Benchmark.Void(new BenchOptions { Plant = 0.5 }, jitter with { P95Ms = 9.9 }));

        var (enough, less) = (new Spread(3e6, 3e6, 3e6, 2.9e6, 3e6), new Spread(3e6, 3e6, 3e6, 2.3e6, 3e6));
        var fanOut = new FanOutResult(1000, 5, Any, Any, Any, Any, enough, enough);
        Assert.Null(Benchmark.Void(new BenchOptions(), null, fanOut));
        Assert.Contains("viewers got 2.3", Benchmark.Void(new BenchOptions(), null, fanOut with { BitsPerSecondPerViewer = less }), StringComparison.Ordinal);
        Assert.Contains("nginx's", Benchmark.Void(new BenchOptions(), null, fanOut with { PeerBitsPerSecondPerViewer = less }), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0.2, 0.16, 50, null)]
    [InlineData(0.21, 0.16, 50, "media_cpu_ratio_1")]
    [InlineData(0.2, 0.17, 50, "media_cpu_ratio_8")]
    [InlineData(0.2, 0.16, 51, "lateness.p95_ms")]
    public void Each_bound_that_does_not_hold_is_named(double one, double eight, double late, string? named)
    {
        var report = Report(0) with
        {
            Bounds = [.. Benchmark.Bounds([Cpu(1, one, 20), Cpu(8, eight, 100), Cpu(32, 9, 400)], new LatenessResult(4, 8, 120, 1, late, late, late, 0.5))],
        };
        Assert.Equal(named is null, report.Passed);
        Assert.Equal(named is null ? [] : [named], report.Bounds.Where(bound => !bound.Holds).Select(bound => bound.Name));
        if (named is not null)
            Assert.StartsWith(named, Assert.Single(report.Complaints), StringComparison.Ordinal);
    }

    [Fact]
    public void Costs_are_a_line_through_few_and_many_languages()
    {
        // 2 s segments: 30 ms of CPU for one language, 650 ms for 32.
        var costs = CostTable.Of([Cpu(1, 0.1, 30), Cpu(8, 0.1, 170), Cpu(32, 0.1, 650)], sourceBytes: 750_000)!;
        Assert.Equal(0.010, costs.Language.CpuCoreSecondsPerSecond, 6);
        Assert.Equal(0.005, costs.Channel.CpuCoreSecondsPerSecond, 6);
        Assert.Equal(3_000_000, costs.Channel.SourceBitsPerSecond);
        Assert.Equal(128_000, costs.Viewer.VoiceBitsPerSecond);
        Assert.Equal(1000, costs.Language.MemoryBytes);
        Assert.Equal(50_000, costs.Channel.MemoryBytes);
        Assert.Null(CostTable.Of([Cpu(1, 0.1, 30)], 750_000));
    }

    [Fact]
    public void Every_key_of_the_report_is_described()
    {
        var described = File.ReadAllText(Path.Combine(Root(), "docs", "bench.md"));
        var report = Report(0.1) with
        {
            Void = "because",
            Jitter = new JitterResult(1, 2, 10),
            Cpu = [Cpu(1, 0.1, 30), Cpu(8, 0.1, 170)],
            Encode = new EncodeResult(10, Any, Any, Any),
            Throughput = new ThroughputResult(1, 16, 1, Any, 1),
            Start = new StartResult(7, Any, Any, Any, Any, Any),
            Lateness = new LatenessResult(4, 8, 120, 1, 2, 3, 4, 0.5),
            FanOut = new FanOutResult(1000, 5, Any, Any, Any, Any, Any, Any),
            Costs = CostTable.Of([Cpu(1, 0.1, 30), Cpu(8, 0.1, 170)], 750_000),
        };
        report = report with { Comparison = BenchComparison.Of(Baseline.Parse("b.json", (report with { Void = null }).ToFile()).Baseline!, report) };
        using var json = JsonDocument.Parse(report.ToJson());
        Assert.Equal(1, json.RootElement.GetProperty("schema").GetInt32());
        Assert.Equal(0.1, json.RootElement.GetProperty("media_cpu_ratio_1").GetDouble());
        Assert.Equal(JsonValueKind.Null, json.RootElement.GetProperty("media_cpu_ratio_32").ValueKind);
        var keys = Keys(json.RootElement).Distinct().ToList();
        Assert.True(keys.Count > 40, $"only {keys.Count} keys");
        Assert.DoesNotContain(keys, key => !described.Contains($"`{key}`", StringComparison.Ordinal));
    }

    private static IEnumerable<string> Keys(JsonElement element) => element.ValueKind switch
    {
        JsonValueKind.Object => element.EnumerateObject()
            .SelectMany(property => property.Name is "stage_ms_per_segment" ? [property.Name] : Keys(property.Value).Prepend(property.Name)),
        JsonValueKind.Array => element.EnumerateArray().SelectMany(Keys),
        _ => [],
    };

    private static BenchReport Report(double ratio) => new()
    {
        Date = new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero),
        Machine = new MachineFacts(2, "a processor", 1, "a kernel", "a runtime", "5.1", "5.1", "abc", 0),
        PeerCommands = [],
        Bounds = [.. Benchmark.Bounds([Cpu(1, ratio, 20)], null)],
    };

    private static CpuResult Cpu(int languages, double ratio, double msPerSegment) => new(
        languages,
        10,
        40,
        12,
        new Spread(ratio, ratio, ratio, ratio, ratio),
        [ratio],
        new Spread(msPerSegment / languages, 0, 0, 0, 0),
        Any,
        Any,
        new Dictionary<string, double> { ["mix"] = 1 },
        Any,
        Any,
        16_000,
        9_000 + (languages * 1000),
        41_000);

    private static string Root()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, "Tandem.slnx")))
            folder = folder.Parent!;
        return folder.FullName;
    }
}
