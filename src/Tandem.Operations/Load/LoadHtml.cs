using System.Globalization;
using System.Net;
using System.Text;

namespace Tandem.Operations.Load;

/// <summary>A report as one HTML file that needs nothing else.</summary>
public static class LoadHtml
{
    private const string Style = """
        :root{color-scheme:light dark;--l0:#2563eb;--l1:#d97706;--l2:#dc2626;--l3:#059669;--grid:#8884}
        body{font:15px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem}
        table{border-collapse:collapse;margin:1rem 0}th,td{padding:.2rem .8rem;text-align:end;border-bottom:1px solid var(--grid)}
        th:first-child,td:first-child{text-align:start}
        svg{width:100%;height:auto;font-size:12px}svg text{fill:currentColor}svg path{fill:none;stroke-width:1.6}
        .grid{stroke:var(--grid)}.l0{stroke:var(--l0)}.l1{stroke:var(--l1)}.l2{stroke:var(--l2)}.l3{stroke:var(--l3)}
        .k0{color:var(--l0)}.k1{color:var(--l1)}.k2{color:var(--l2)}.k3{color:var(--l3)}
        .broken{color:var(--l2);font-weight:600}pre{white-space:pre-wrap}
        """;

    /// <summary>The page.</summary>
    public static string Of(LoadReport report)
    {
        var page = new StringBuilder();
        var title = $"{report.Options.Viewers} viewers of {report.Url}";
        page.Append(CultureInfo.InvariantCulture,
            $"<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>{Text(title)}</title>\n<meta name=\"viewport\" content=\"width=device-width\">\n<style>{Style}</style></head><body>\n");
        page.Append(CultureInfo.InvariantCulture,
            $"<h1>{Text(title)}</h1>\n<p>{report.Date:yyyy-MM-dd HH:mm:ss} UTC, {report.Seconds:F0} s, via {Text(report.Options.Via)}, {Text(report.Options.Media)}. ");
        page.Append(report.Passed ? "Passed.</p>\n" : "<span class=\"broken\">Failed.</span></p>\n");
        Thresholds(page, report);
        Summary(page, report);
        Plots(page, report);
        Lists(page, report);
        return page.Append("</body></html>\n").ToString();
    }

    private static void Thresholds(StringBuilder page, LoadReport report)
    {
        if (report.Thresholds.Count == 0)
            return;
        page.Append("<table><tr><th>threshold</th><th>measured</th><th></th></tr>\n");
        foreach (var threshold in report.Thresholds)
        {
            page.Append(CultureInfo.InvariantCulture,
                $"<tr><td>{Text(threshold.Expression)}</td><td>{(threshold.Value is null ? "not measured" : LoadText.Number(threshold.Value))}</td><td>{(threshold.Broken ? "<span class=\"broken\">broken</span>" : "ok")}</td></tr>\n");
        }

        page.Append("</table>\n");
    }

    private static void Summary(StringBuilder page, LoadReport report)
    {
        page.Append("<table>\n");
        var head = true;
        foreach (var row in LoadText.Rows(report))
        {
            var cell = head ? "th" : "td";
            page.Append("<tr>").Append(string.Concat(row.Select(text => $"<{cell}>{Text(text)}</{cell}>"))).Append("</tr>\n");
            head = false;
        }

        page.Append("</table>\n");
    }

    private static void Plots(StringBuilder page, LoadReport report)
    {
        PlotLine Of(string name, Func<SecondReport, double?> value, double factor = 1) =>
            new(name, [.. report.Series.Select(second => ((double)second.Second, (value(second) ?? double.NaN) * factor))]);
        Plot(page, "Viewers", "s", "", [Of("connected", second => second.Connected), Of("playing", second => second.Playing),
            Of("stalled", second => second.Stalled)]);
        Plot(page, "Delivery in each second", "s", "ms",
            [Of("p50", second => second.DeliveryP50, 1000), Of("p95", second => second.DeliveryP95, 1000)]);
        Plot(page, "Delivery of all", "ms", "%",
            [new PlotLine("came within", [.. report.DeliveryCurve.Select(point => (point.Seconds * 1000, point.Share * 100))])],
            logarithmic: true);
        Plot(page, "Behind live", "s", "s", [Of("median", second => second.Delay)]);
        Plot(page, "Rate", "s", "Mbit/s", [Of("received", second => second.Bytes, 8e-6)]);
        Plot(page, "Faults and disconnects so far", "s", "",
            [Of("faults", second => second.Faults), Of("disconnects", second => second.Disconnects)]);
    }

    private static void Plot(StringBuilder page, string title, string xUnit, string yUnit, IReadOnlyList<PlotLine> lines,
        bool logarithmic = false)
    {
        page.Append(CultureInfo.InvariantCulture, $"<h2>{title}</h2>\n<p>");
        page.Append(string.Join(" · ", lines.Select((line, index) => $"<span class=\"k{index}\">{Text(line.Name)}</span>")));
        page.Append("</p>\n").Append(SvgPlot.Draw(title, xUnit, yUnit, lines, logarithmic)).Append('\n');
    }

    private static void Lists(StringBuilder page, LoadReport report)
    {
        if (report.Remarks.Count > 0)
            page.Append("<h2>Remarks</h2><ul>").Append(string.Concat(report.Remarks.Select(remark => $"<li>{Text(remark)}</li>")))
                .Append("</ul>\n");
        if (report.FaultLines.Count == 0)
            return;
        page.Append("<h2>Faults, the first</h2><pre>");
        foreach (var fault in report.FaultLines)
            page.Append(CultureInfo.InvariantCulture,
                $"{fault.Second,8:F1} s  {Text(fault.Viewer)}  {Figure.NameOf(fault.Kind)}: {Text(fault.What)}\n");
        page.Append("</pre>\n");
    }

    private static string Text(string text) => WebUtility.HtmlEncode(text);
}
