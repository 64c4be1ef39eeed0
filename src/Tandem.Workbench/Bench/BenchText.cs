using System.Globalization;
using System.Text;

namespace Tandem.Workbench.Bench;

/// <summary>A report for people.</summary>
public static class BenchText
{
    /// <summary>Several lines, without a newline at the end.</summary>
    public static string Of(BenchReport report)
    {
        var text = new StringBuilder();
        var machine = report.Machine;
        Line(text, $"{machine.Model}, {machine.Cores} cores, {machine.Kernel}, FFmpeg {machine.Ffmpeg}, {machine.Runtime}");
        Line(text, $"commit {machine.Commit}, {report.Date:yyyy-MM-dd HH:mm} UTC, load before {machine.LoadBefore:F2}");
        if (report.Cpu is { } cpu)
            Cpu(text, cpu);
        if (report.Encode is { } encode)
        {
            Line(text, $"");
            Line(text, $"encode alone: {encode.TandemMsPerSegment.Median:F1} ms a segment, peer {encode.PeerMsPerSegment.Median:F1} ms, ratio {Of(encode.Ratio, 3)}");
        }

        if (report.Throughput is { } through)
        {
            Line(text, $"throughput: {through.SegmentsPerSecond:F1} segments/s of one channel and language");
            Line(text, $"  {through.Channels} at once: {through.SegmentsPerSecondAtOnce:F1} segments/s, each {through.SegmentMsAtOnce.Median:F0} ms, p95 {through.SegmentP95MsAtOnce:F0} ms");
        }

        if (report.Start is { } start)
            Line(text, $"start: worker {start.WorkerMs.Median:F0} ms, channel to first published segment {start.ChannelMs.Median:F0} ms");
        if (report.Start is { } by)
            Line(text, $"  peer's process for one segment {by.PeerMs.Median:F0} ms, ratios {Of(by.WorkerRatio, 2)} and {Of(by.ChannelRatio, 2)}");
        if (report.Lateness is { } late)
            Line(text, $"lateness: {late.Channels} × {late.Languages} languages due together: p50 {late.P50Ms:F1} ms, p95 {late.P95Ms:F1} ms, p99 {late.P99Ms:F1} ms, greatest {late.GreatestMs:F1} ms; CPU {late.CpuCoreSecondsPerSecond:F2} cores");
        if (report.FanOut is { } fanOut)
        {
            Line(text, $"fan-out: {fanOut.Viewers} viewers of 3 Mbit/s, {fanOut.Pairs} pairs: {fanOut.TandemCpuSecondsPerGigabyte.Median:F2} CPU-s a GB, nginx {fanOut.PeerCpuSecondsPerGigabyte.Median:F2}, ratio {Of(fanOut.Ratio, 2)}; {fanOut.BytesPerViewer.Median / 1024:F0} KiB a viewer");
            Line(text, $"  each got {fanOut.BitsPerSecondPerViewer.Median / 1e6:F2} Mbit/s, of nginx {fanOut.PeerBitsPerSecondPerViewer.Median / 1e6:F2}");
            Line(text, $"  peer: {FanOutMeasure.PeerCommand}");
        }

        if (report.Costs is { } costs)
            Costs(text, costs);
        Line(text, $"");
        if (report.Jitter is { } jitter)
            Line(text, $"own timer: late by {jitter.P95Ms:F1} ms p95 (limit {jitter.LimitMs:F0}), {jitter.GreatestMs:F1} ms at most");
        foreach (var bound in report.Bounds)
            Line(text, $"{(bound.Holds ? "holds" : "FAILS")}: {bound.Name} {bound.Value:F3} ≤ {bound.Limit:F3}");
        if (report.Cpu is not null || report.Encode is not null)
        {
            Line(text, $"the peer's commands: one a segment, one a segment and language, and the one that encode alone is compared with");
            foreach (var command in report.PeerCommands)
                Line(text, $"  {command}");
        }

        if (report.Comparison is { } comparison)
            Comparison(text, comparison);
        return text.ToString().TrimEnd();
    }

    private static void Comparison(StringBuilder text, BenchComparison comparison)
    {
        var baseline = comparison.Baseline;
        Line(text, $"");
        Line(text, $"against {baseline.File}: commit {baseline.Commit}, {baseline.Date:yyyy-MM-dd}");
        foreach (var warning in comparison.Warnings)
            Line(text, $"  warning: {warning}");
        var widest = comparison.Figures.Max(figure => figure.Name.Length);
        Line(text, $"  {"figure".PadRight(widest)}   baseline        now    change   allowed");
        foreach (var figure in comparison.Figures)
        {
            Line(text, $"  {figure.Name.PadRight(widest)} {Amount(figure.Before),10} {Amount(figure.Now),10} {Share(figure.Change),9} {Share(figure.Allowed),9}   {Word(figure.State)}");
        }

        Line(text, $"verdict: {comparison.Verdict switch
        {
            BenchVerdict.Passed => "passed",
            BenchVerdict.Regressed => "regressed",
            BenchVerdict.Unclear => "unclear, neither passed nor failed",
            _ => "void, neither passed nor failed",
        }}{(comparison.Reason is { } reason ? ": " + reason : "")}");

        static string Amount(double? value) => value?.ToString(value >= 1000 ? "F0" : "F3", CultureInfo.InvariantCulture) ?? "–";
        static string Share(double? value) => value?.ToString("+0.0 %;-0.0 %", CultureInfo.InvariantCulture) ?? "–";
    }

    private static string Word(FigureState state) => state switch
    {
        FigureState.Same => "same",
        FigureState.Improved => "improved",
        FigureState.Regressed => "REGRESSED",
        FigureState.Unclear => "unclear: noise",
        FigureState.New => "not in the baseline",
        _ => "not measured",
    };

    private static void Cpu(StringBuilder text, IReadOnlyList<CpuResult> cpu)
    {
        Line(text, $"");
        Line(text, $"CPU against the peer, for each 2 s segment and language (all processes; median of pairs, quartiles, extremes)");
        foreach (var result in cpu)
        {
            Line(text, $"  {result.Languages,2} languages, {result.Pairs} pairs: {result.TandemMsPerSegmentLanguage.Median,6:F1} ms, peer {result.PeerMsPerSegmentLanguage.Median,6:F1} ms, ratio {Of(result.Ratio, 3)}");
            var stages = string.Join(", ", result.StageMsPerSegment.OrderBy(stage => stage.Key, StringComparer.Ordinal)
                .Select(stage => string.Create(CultureInfo.InvariantCulture, $"{stage.Key} {stage.Value:F1}")));
            Line(text, $"     stages, ms a segment: {stages}; worker's CPU {result.WorkerMsPerSegment.Median:F1}; allocated {result.AllocatedBytesPerSegment.Median / 1024:F0} KiB a segment");
        }
    }

    private static void Costs(StringBuilder text, CostTable costs)
    {
        Line(text, $"");
        Line(text, $"costs      CPU, of a core   memory       bandwidth");
        Line(text, $"  channel  {costs.Channel.CpuCoreSecondsPerSecond,10:P2}     {costs.Channel.MemoryBytes / 1048576,6:F1} MiB   {costs.Channel.SourceBitsPerSecond / 1e6:F2} Mbit/s in");
        Line(text, $"  language {costs.Language.CpuCoreSecondsPerSecond,10:P2}     {costs.Language.MemoryBytes / 1048576,6:F1} MiB");
        Line(text, $"  viewer                                {costs.Viewer.VoiceBitsPerSecond / 1000:F0} kbit/s out");
    }

    private static string Of(Spread spread, int digits)
    {
        var form = "F" + digits.ToString(CultureInfo.InvariantCulture);
        string Text(double value) => value.ToString(form, CultureInfo.InvariantCulture);
        return $"{Text(spread.Median)} [{Text(spread.LowerQuartile)}–{Text(spread.UpperQuartile)}; {Text(spread.Least)}–{Text(spread.Greatest)}]";
    }

    private static void Line(StringBuilder text, FormattableString line) => text.AppendLine(line.ToString(CultureInfo.InvariantCulture));
}
