using System.Globalization;
using System.Text;

namespace Tandem.Operations.Load;

/// <summary>A report, and its progress, for people.</summary>
public static class LoadText
{
    /// <summary>One second in one line.</summary>
    /// <param name="now">The second.</param>
    /// <param name="wanted">How many are to come.</param>
    public static string Of(SecondReport now, int wanted) => string.Create(
        CultureInfo.InvariantCulture,
        $"{now.Second,4} s  {now.Connected}/{wanted} connected, {now.Playing} play, {now.Stalled} stalled; delivery {Time(now.DeliveryP50)} p50, {Time(now.DeliveryP95)} p95; {Time(now.Delay)} behind; {now.Bytes * 8 / 1e6:F1} Mbit/s; {now.Faults} faults, {now.Disconnects} disconnects");

    /// <summary>The whole, several lines, without a newline at the end.</summary>
    public static string Of(LoadReport report)
    {
        var text = new StringBuilder();
        var options = report.Options;
        Line(text, $"{report.Url}: {options.Viewers} viewers via {options.Via}, {options.Media}, {(options.Languages.Count == 0 ? "default voice" : string.Join(" ", options.Languages))}; {report.Seconds:F0} s");
        Line(text, $"");
        foreach (var row in Rows(report))
            Line(text, $"{row[0],-24}{string.Concat(row.Skip(1).Select(cell => cell.PadLeft(14)))}");
        foreach (var group in report.Groups.Skip(1))
        {
            if (group.Disconnects.ByReason.Count > 0)
                Line(text, $"disconnects of {group.Name}: {Counts(group.Disconnects.ByReason)}");
            if (group.Refusals.Count > 0)
                Line(text, $"refused of {group.Name}: {Counts(group.Refusals)}");
        }

        Line(text, $"");
        foreach (var fault in report.FaultLines.Take(10))
            Line(text, $"{Figure.NameOf(fault.Kind)}, {fault.Viewer}, {fault.Second:F1} s: {fault.What}");
        if (report.FaultLines.Count > 10)
            Line(text, $"… more in --json");
        foreach (var remark in report.Remarks)
            Line(text, $"{remark}");
        Line(text, $"load itself: {report.Own.CpuShare:P0} of a core, {report.Own.PeakMemoryBytes >> 20} MiB, timer {Time(report.Own.TimerP95)} late (p95)");
        foreach (var threshold in report.Thresholds)
            Line(text, $"{(threshold.Broken ? "FAILS" : "ok   ")}: {threshold.Expression}, {Measured(threshold)}");
        return text.ToString().TrimEnd();
    }

    /// <summary>The summary as rows: a name and a cell for each group; the first row is the head.</summary>
    public static IReadOnlyList<IReadOnlyList<string>> Rows(LoadReport report)
    {
        List<(string Name, Func<GroupReport, string> Of)> rows =
        [
            ("viewers", group => Number(group.Viewers.Wanted)),
            ("joined", group => Number(group.Viewers.Joined)),
            ("refused / unjoined", group => $"{group.Viewers.Refused} / {group.Viewers.Unjoined}"),
            ("join p50", group => Time(group.Join.P50)),
            ("join p95", group => Time(group.Join.P95)),
            ("delivery p50", group => Time(group.Delivery.P50)),
            ("delivery p95", group => Time(group.Delivery.P95)),
            ("delivery p99", group => Time(group.Delivery.P99)),
            ("expected", group => Number(group.Expected)),
            ("undelivered", group => Number(group.Undelivered)),
            ("of these skipped", group => Number(group.Skipped)),
            ("live delay p50", group => Time(group.Delay.P50)),
            ("live delay p95", group => Time(group.Delay.P95)),
            ("stalls", group => Number(group.Stalls)),
            ("stall time", group => Time(group.StallSeconds)),
            ("disconnects planned", group => Number(group.Disconnects.Planned)),
            ("disconnects unplanned", group => Number(group.Disconnects.Unplanned)),
            ("reconnect p95", group => Time(group.Reconnect.P95)),
            .. Enum.GetValues<FaultKind>().Select(Figure.NameOf)
                .Select(name => ($"faults: {name}", (Func<GroupReport, string>)(group => Number(group.Faults[name])))),
            ("MB", group => (group.Bytes / 1e6).ToString("F1", CultureInfo.InvariantCulture)),
        ];
        return [["", .. report.Groups.Select(group => group.Name)],
            .. rows.Select(row => (IReadOnlyList<string>)[row.Name, .. report.Groups.Select(row.Of)])];
    }

    /// <summary>A time in s as people read it.</summary>
    public static string Time(double? seconds) => seconds switch
    {
        null => "–",
        double.PositiveInfinity => "never",
        < 1 => string.Create(CultureInfo.InvariantCulture, $"{seconds * 1000:F1} ms"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{seconds:F2} s"),
    };

    /// <summary>What a threshold found, such as <c>it is 0.2</c> or <c>not measured</c>.</summary>
    public static string Measured(ThresholdReport threshold) => threshold.Value is null ? "not measured" : $"it is {Number(threshold.Value)}";

    /// <summary>A figure in its own unit; infinite is <c>never</c>, what was not measured a dash.</summary>
    public static string Number(double? value) => value switch
    {
        null => "–",
        double.PositiveInfinity => "never",
        { } number => number.ToString("0.######", CultureInfo.InvariantCulture),
    };

    private static string Counts(IReadOnlyDictionary<string, long> counts) =>
        string.Join(", ", counts.Select(pair => $"{pair.Value} × {pair.Key}"));

    private static void Line(StringBuilder text, FormattableString line) => text.AppendLine(line.ToString(CultureInfo.InvariantCulture));
}
