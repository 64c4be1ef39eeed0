using System.Globalization;
using System.Net;
using System.Text;

namespace Tandem.Operations.Load;

/// <summary>A line of a plot.</summary>
/// <param name="Name">What it shows.</param>
/// <param name="Points">In order of x; breaks where y is not a number.</param>
internal sealed record PlotLine(string Name, IReadOnlyList<(double X, double Y)> Points);

/// <summary>Draws lines over two axes as SVG that stands in an HTML page; colours are the page's classes <c>l0</c> to <c>l3</c>.</summary>
internal static class SvgPlot
{
    private const int Width = 860;
    private const int Height = 260;
    private const int Left = 62;
    private const int Right = 14;
    private const int Top = 14;
    private const int Bottom = 34;
    private const int MostPoints = 1500;

    /// <summary>Draws it.</summary>
    /// <param name="title">For those who cannot see it.</param>
    /// <param name="xUnit">At the end of the x axis.</param>
    /// <param name="yUnit">At the top of the y axis.</param>
    /// <param name="lines">At least one.</param>
    /// <param name="logarithmic">Whether x grows by factors.</param>
    public static string Draw(string title, string xUnit, string yUnit, IReadOnlyList<PlotLine> lines, bool logarithmic = false)
    {
        var points = lines.SelectMany(line => line.Points).Where(point => double.IsFinite(point.Y) && double.IsFinite(point.X)).ToList();
        if (points.Count == 0)
            return "<p>Nothing was measured.</p>";
        double Of(double x) => logarithmic ? Math.Log10(Math.Max(x, 1e-4)) : x;
        // Where a line has nothing to show, its axis goes on all the same: plots of one run stand under each other.
        var places = lines.SelectMany(line => line.Points).Where(point => double.IsFinite(point.X)).Select(point => Of(point.X)).ToList();
        var (from, to) = (places.Min(), places.Max());
        var greatest = points.Max(point => point.Y);
        var top = greatest <= 0 ? 1 : Step(greatest) * Math.Ceiling(greatest / Step(greatest));
        to = to <= from ? from + 1 : to;
        string X(double x) => Text(Left + ((Of(x) - from) / (to - from) * (Width - Left - Right)));
        string Y(double y) => Text(Height - Bottom - (y / top * (Height - Top - Bottom)));

        var svg = new StringBuilder();
        svg.Append(CultureInfo.InvariantCulture,
            $"<svg viewBox=\"0 0 {Width} {Height}\" role=\"img\" aria-label=\"{WebUtility.HtmlEncode(title)}\">\n");
        for (var y = 0.0; y <= top * 1.0001; y += Step(top))
        {
            svg.Append(CultureInfo.InvariantCulture,
                $"<line class=\"grid\" x1=\"{Left}\" x2=\"{Width - Right}\" y1=\"{Y(y)}\" y2=\"{Y(y)}\"/>");
            svg.Append(CultureInfo.InvariantCulture,
                $"<text x=\"{Left - 6}\" y=\"{Y(y)}\" dy=\"4\" text-anchor=\"end\">{y:0.###}</text>\n");
        }

        foreach (var x in Marks(from, to, logarithmic))
            svg.Append(CultureInfo.InvariantCulture,
                $"<text x=\"{X(x)}\" y=\"{Height - Bottom + 16}\" text-anchor=\"middle\">{x:0.####}</text>\n");
        svg.Append(CultureInfo.InvariantCulture,
            $"<text x=\"{Width - Right}\" y=\"{Height - 4}\" text-anchor=\"end\">{xUnit}</text><text x=\"{Left + 4}\" y=\"11\">{yUnit}</text>\n");
        for (var index = 0; index < lines.Count; index++)
            svg.Append(CultureInfo.InvariantCulture, $"<path class=\"l{index}\" d=\"{Path(lines[index].Points, X, Y)}\"/>\n");
        return svg.Append("</svg>").ToString();
    }

    private static string Path(IReadOnlyList<(double X, double Y)> points, Func<double, string> x, Func<double, string> y)
    {
        var path = new StringBuilder();
        var pen = false;
        var each = Math.Max(1, points.Count / MostPoints);
        for (var index = 0; index < points.Count; index += each)
        {
            // Of several points that share a place the highest is drawn: peaks are what one looks for.
            var point = points.Skip(index).Take(each).MaxBy(one => one.Y);
            if (!double.IsFinite(point.Y))
            {
                pen = false;
                continue;
            }

            path.Append(pen ? 'L' : 'M').Append(x(point.X)).Append(' ').Append(y(point.Y));
            pen = true;
        }

        return path.ToString();
    }

    private static IEnumerable<double> Marks(double from, double to, bool logarithmic)
    {
        if (logarithmic)
        {
            for (var power = (int)Math.Ceiling(from); power <= to; power++)
                yield return Math.Pow(10, power);
            yield break;
        }

        var step = Step(to - from);
        for (var x = Math.Ceiling(from / step) * step; x <= to; x += step)
            yield return x;
    }

    /// <summary>1, 2 or 5 times a power of ten: about five of them make up the whole.</summary>
    private static double Step(double whole)
    {
        var power = Math.Pow(10, Math.Floor(Math.Log10(whole / 5)));
        var factor = whole / 5 / power;
        return power * (factor <= 1 ? 1 : factor <= 2 ? 2 : factor <= 5 ? 5 : 10);
    }

    private static string Text(double value) => value.ToString("0.#", CultureInfo.InvariantCulture);
}
