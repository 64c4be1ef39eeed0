using System.Diagnostics;
using Tandem.Workbench.Bench;
using Xunit;

namespace Tandem.MediaTests.Bench;

/// <summary>The gate: what makes a run fail against an earlier one, and what does not.</summary>
public sealed class BenchComparisonTests
{
    private static readonly MachineFacts Here = new(2, "a processor", 1, "a kernel", "a runtime", "5.1", "5.1", "abc1234", 0);

    [Theory]
    [InlineData(1.00, BenchVerdict.Passed, FigureState.Same)]
    [InlineData(1.05, BenchVerdict.Passed, FigureState.Same)]
    [InlineData(1.30, BenchVerdict.Regressed, FigureState.Regressed)]
    [InlineData(0.70, BenchVerdict.Passed, FigureState.Improved)]
    public void Noise_passes_a_slow_down_by_a_third_does_not(double times, BenchVerdict verdict, FigureState state)
    {
        var compared = BenchComparison.Of(Saved(Report(0.15)), Report(0.15 * times));
        Assert.Equal(verdict, compared.Verdict);
        Assert.Equal(state, Figure(compared, "media_cpu_ratio_1").State);
        Assert.Equal(times - 1, Figure(compared, "media_cpu_ratio_1").Change!.Value, 3);
        Assert.Equal(verdict == BenchVerdict.Passed, compared.Reason is null);
        Assert.Equal(verdict == BenchVerdict.Passed, (Report(0.15 * times) with { Comparison = compared }).Passed);
        if (verdict == BenchVerdict.Regressed)
            Assert.Contains("media_cpu_ratio_1 0.15 → 0.195 (+30.0", compared.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void What_is_allowed_is_the_slack_and_what_both_runs_scatter()
    {
        // Quartiles ±5 % about the median, 10 pairs: 1.57 × 0.1 / √10 = 4.96 % each.
        var allowed = Figure(BenchComparison.Of(Saved(Report(0.15, scatter: 0.05)), Report(0.15, scatter: 0.05)), "media_cpu_ratio_1").Allowed!.Value;
        Assert.Equal(0.05 + (2 * 1.57 * 0.1 / Math.Sqrt(10)), allowed, 3);

        // The same growth is a regression where the runs are steady, and noise where they are not.
        Assert.Equal(BenchVerdict.Regressed, BenchComparison.Of(Saved(Report(0.15)), Report(0.165)).Verdict);
        Assert.Equal(BenchVerdict.Passed, BenchComparison.Of(Saved(Report(0.15, scatter: 0.05)), Report(0.165, scatter: 0.05)).Verdict);
    }

    [Fact]
    public void A_run_that_scatters_so_much_that_a_slow_down_could_hide_is_neither_passed_nor_failed()
    {
        var report = Report(0.16, scatter: 0.15);
        report = report with { Comparison = BenchComparison.Of(Saved(Report(0.15, scatter: 0.15)), report) };
        Assert.Equal(BenchVerdict.Unclear, report.Comparison.Verdict);
        Assert.False(report.Passed);
        Assert.Contains("cannot be compared", Assert.Single(report.Complaints), StringComparison.Ordinal);

        // What is worse beyond all noise is worse for all that.
        Assert.Equal(BenchVerdict.Regressed, BenchComparison.Of(Saved(Report(0.15, scatter: 0.15)), Report(0.3, scatter: 0.15)).Verdict);
    }

    [Fact]
    public void A_run_that_does_not_count_is_neither_passed_nor_failed_whatever_its_figures()
    {
        foreach (var ratio in (double[])[0.15, 0.3])
        {
            var report = Report(ratio) with { Void = "the timer was late" };
            report = report with { Comparison = BenchComparison.Of(Saved(Report(0.15)), report) };
            Assert.Equal((BenchVerdict.Void, "the timer was late"), (report.Comparison.Verdict, report.Comparison.Reason));
            Assert.False(report.Passed);
            Assert.Equal("void: the timer was late", Assert.Single(report.Complaints));
        }
    }

    [Fact]
    public void Each_kind_of_figure_is_watched()
    {
        var before = Full();
        (string Name, BenchReport Worse)[] cases =
        [
            ("media_cpu_ratio_8", before with { Cpu = [Cpu(1, 0.15), Cpu(8, 0.21)] }),
            ("allocated_bytes_per_segment_1", before with { Cpu = [Cpu(1, 0.15) with { AllocatedBytesPerSegment = Around(1_100_000) }, Cpu(8, 0.16)] }),
            ("encode_cpu_ratio", before with { Encode = new EncodeResult(10, Around(0.5), Around(20), Around(40)) }),
            ("start.worker_ratio", before with { Start = before.Start! with { WorkerRatio = Around(1.4) } }),
            ("start.channel_ratio", before with { Start = before.Start! with { ChannelRatio = Around(14) } }),
            ("fan_out.ratio", before with { FanOut = before.FanOut! with { Ratio = Around(2.0) } }),
            ("fan_out.bytes_per_viewer", before with { FanOut = before.FanOut! with { BytesPerViewer = Around(40_000) } }),
        ];
        Assert.Equal(BenchVerdict.Passed, BenchComparison.Of(Saved(before), before).Verdict);
        foreach (var (name, worse) in cases)
        {
            var compared = BenchComparison.Of(Saved(before), worse);
            Assert.Equal(BenchVerdict.Regressed, compared.Verdict);
            Assert.Equal([name], compared.Figures.Where(figure => figure.State == FigureState.Regressed).Select(figure => figure.Name));
        }
    }

    [Fact]
    public void A_whole_run_does_not_pass_over_a_figure_that_it_has_lost()
    {
        var compared = BenchComparison.Of(Saved(Full()), Report(0.15), whole: true);
        Assert.Equal(BenchVerdict.Unclear, compared.Verdict);
        Assert.Contains("fan_out.ratio", compared.Reason, StringComparison.Ordinal);
        Assert.Equal(BenchVerdict.Passed, BenchComparison.Of(Saved(Full()), Full(), whole: true).Verdict);
        Assert.Equal(BenchVerdict.Passed, BenchComparison.Of(Saved(Report(0.15)), Full(), whole: true).Verdict);
    }

    [Fact]
    public void What_only_one_of_both_has_is_told_and_decides_nothing()
    {
        var compared = BenchComparison.Of(Saved(Full()), Report(0.15));
        Assert.Equal(BenchVerdict.Passed, compared.Verdict);
        Assert.Equal(FigureState.NotMeasured, Figure(compared, "fan_out.ratio").State);
        Assert.Equal(1.5, Figure(compared, "fan_out.ratio").Before);
        compared = BenchComparison.Of(Saved(Report(0.15)), Full());
        Assert.Equal(FigureState.New, Figure(compared, "fan_out.ratio").State);
        Assert.Equal(BenchVerdict.Unclear, BenchComparison.Of(Saved(Report(0.15)), Full() with { Cpu = null }).Verdict);
    }

    [Fact]
    public void Another_machine_is_named()
    {
        Assert.Empty(BenchComparison.Of(Saved(Report(0.15)), Report(0.15)).Warnings);
        var elsewhere = Report(0.15) with { Machine = Here with { Cores = 8, Model = "another", Commit = "def", LoadBefore = 3, MemoryBytes = 2 } };
        var compared = BenchComparison.Of(Saved(Report(0.15)), elsewhere);
        Assert.Equal(BenchVerdict.Passed, compared.Verdict);
        Assert.Equal(2, compared.Warnings.Count);
        Assert.Contains(compared.Warnings, warning => warning.Contains("2 → 8", StringComparison.Ordinal));
        Assert.Contains(compared.Warnings, warning => warning.Contains("a processor → another", StringComparison.Ordinal));
    }

    [Fact]
    public void The_table_says_what_the_verdict_says()
    {
        var report = Report(0.195);
        report = report with { Comparison = BenchComparison.Of(Saved(Full()), report) };
        var text = BenchText.Of(report);
        Assert.Contains("against b.json: commit abc1234, 2026-01-01", text, StringComparison.Ordinal);
        Assert.Contains("0.150      0.195   +30.0 %", text, StringComparison.Ordinal);
        Assert.Contains("REGRESSED", text, StringComparison.Ordinal);
        Assert.Contains("not measured", text, StringComparison.Ordinal);
        Assert.EndsWith("verdict: regressed: " + report.Comparison.Reason, text, StringComparison.Ordinal);
        Assert.Contains("\"verdict\":\"regressed\"", report.ToJson(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("", "is no JSON (line 1)")]
    [InlineData("{\"schema\":1,", "is no JSON")]
    [InlineData("[]", "no report of bench")]
    [InlineData("{\"a\":1}", "no report of bench")]
    [InlineData("{\"schema\":\"1\"}", "no report of bench")]
    [InlineData("{\"schema\":2}", "has schema 2, this bench writes 1: measure the baseline again")]
    [InlineData("{\"schema\":1,\"void\":\"busy\"}", "does not count (busy)")]
    [InlineData("{\"schema\":1,\"void\":null,\"cpu\":[{\"languages\":1}],\"encode\":7}", "no figure that can be compared")]
    [InlineData("{\"schema\":1,\"encode\":{\"pairs\":3,\"ratio\":{\"median\":0,\"lower_quartile\":0,\"upper_quartile\":0}}}", "no figure")]
    public void What_is_no_baseline_is_refused_in_one_line_with_the_remedy(string text, string named)
    {
        var (baseline, problem) = Baseline.Parse("b.json", text);
        Assert.Null(baseline);
        Assert.NotNull(problem);
        Assert.StartsWith("b.json ", problem, StringComparison.Ordinal);
        Assert.Contains(named, problem, StringComparison.Ordinal);
        Assert.Contains("bench --save", problem, StringComparison.Ordinal);
        Assert.Single(problem.Split('\n'));
    }

    [Fact]
    public void A_part_without_figures_is_refused_before_anything_is_measured()
    {
        Assert.Null(Saved(Full()).WhyNot(null));
        Assert.Null(Saved(Full()).WhyNot("fanout"));
        Assert.Contains("no figures of fanout", Saved(Report(0.15)).WhyNot("fanout"), StringComparison.Ordinal);
        Assert.Contains("--only lateness has no figures that are compared", Saved(Full()).WhyNot("lateness"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--against", "no-such-file.json", "the baseline cannot be read")]
    [InlineData("--against", "tandem.dll", "is no JSON")]
    [InlineData("--save", "no-such-folder/b.json", "give a file in a folder that exists")]
    public async Task A_file_that_cannot_be_used_ends_the_command_at_once(string option, string file, string named)
    {
        var start = new ProcessStartInfo("dotnet", [Path.Combine(AppContext.BaseDirectory, "tandem.dll"), "bench", option, file])
        {
            WorkingDirectory = AppContext.BaseDirectory,
            UseShellExecute = false,
            RedirectStandardError = true,
        };
        using var process = Process.Start(start)!;

        // Unrefused it would measure for a quarter of an hour.
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        patience.CancelAfter(TimeSpan.FromMinutes(1));
        string error;
        try
        {
            error = await process.StandardError.ReadToEndAsync(patience.Token);
            await process.WaitForExitAsync(patience.Token);
        }
        finally
        {
            if (!process.HasExited)
                process.Kill(entireProcessTree: true);
        }

        Assert.Equal(1, process.ExitCode);
        Assert.StartsWith("tandem: ", error, StringComparison.Ordinal);
        Assert.Contains(named, error, StringComparison.Ordinal);
        Assert.Single(error.Split('\n', StringSplitOptions.RemoveEmptyEntries));
    }

    /// <summary>The one in the repository, once it has been measured.</summary>
    [Fact]
    public void The_repository_s_own_baseline_can_be_compared_with()
    {
        var file = Path.Combine(Root(), "benchmarks", "baseline.json");
        Assert.SkipUnless(File.Exists(file), "not measured yet: bench --save benchmarks/baseline.json");
        var (baseline, problem) = Baseline.Read(file);
        Assert.True(baseline is not null, problem);
        Assert.NotNull(baseline.Date);
        Assert.DoesNotContain("dirty", baseline.Commit, StringComparison.Ordinal);
        Assert.Equal([], BenchFigure.Parts.Where(part => baseline.Figures.All(figure => figure.Part != part)));
    }

    private static ComparedFigure Figure(BenchComparison compared, string name) => Assert.Single(compared.Figures, figure => figure.Name == name);

    private static Baseline Saved(BenchReport report)
    {
        var (baseline, problem) = Baseline.Parse("b.json", report.ToFile());
        Assert.True(baseline is not null, problem);
        return baseline;
    }

    private static BenchReport Report(double ratio, double scatter = 0.01) => new()
    {
        Date = new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero),
        Machine = Here,
        PeerCommands = [],
        Bounds = [],
        Cpu = [Cpu(1, ratio, scatter)],
    };

    private static BenchReport Full() => Report(0.15) with
    {
        Cpu = [Cpu(1, 0.15), Cpu(8, 0.16)],
        Encode = new EncodeResult(10, Around(0.35), Around(14), Around(40)),
        Start = new StartResult(7, Around(100), Around(1000), Around(100), Around(1), Around(10)),
        FanOut = new FanOutResult(1000, 5, Around(0.45), Around(0.3), Around(1.5), Around(25_000), Around(3e6), Around(3e6)),
    };

    private static CpuResult Cpu(int languages, double ratio, double scatter = 0.01) => new(
        languages, 10, 40, 12, Around(ratio, scatter), [ratio], Around(20), Around(130), Around(7), new Dictionary<string, double>(), Around(20), Around(1_000_000), 16_000, 9_000, 41_000);

    private static Spread Around(double median, double scatter = 0.01) =>
        new(median, median * (1 - scatter), median * (1 + scatter), median * (1 - (2 * scatter)), median * (1 + (2 * scatter)));

    private static string Root()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, "Tandem.slnx")))
            folder = folder.Parent!;
        return folder.FullName;
    }
}
