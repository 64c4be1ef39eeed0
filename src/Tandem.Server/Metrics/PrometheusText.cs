using System.Globalization;
using System.Text;
using Tandem.Live;

namespace Tandem.Server.Metrics;

/// <summary>Prometheus's text format 0.0.4, the parts that Tandem writes.</summary>
internal static class PrometheusText
{
    /// <summary>The format's media type.</summary>
    public const string ContentType = "text/plain; version=0.0.4; charset=utf-8";

    /// <summary>A help text, escaped.</summary>
    public static string Help(string text) => text.Replace("\\", @"\\", StringComparison.Ordinal).Replace("\n", @"\n", StringComparison.Ordinal);

    /// <summary>A label's value, escaped, without its quotation marks.</summary>
    public static string LabelValue(string value) => Help(value).Replace("\"", "\\\"", StringComparison.Ordinal);

    /// <summary>Labels as they stand in a line, by name; the reverse of what writes them.</summary>
    public static KeyValuePair<string, object?>[] Labels(string labels)
    {
        var read = new List<KeyValuePair<string, object?>>();
        var value = new StringBuilder();
        for (var at = 0; at < labels.Length;)
        {
            var equals = labels.IndexOf('=', at);
            var name = labels[at..equals];
            value.Clear();
            for (at = equals + 2; labels[at] != '"'; at++)
            {
                if (labels[at] == '\\')
                    at++;
                value.Append(labels[at - 1] == '\\' && labels[at] == 'n' ? '\n' : labels[at]);
            }

            read.Add(new(name, value.ToString()));

            // The quotation mark, and the comma behind it.
            at += 2;
        }

        return [.. read];
    }

    /// <summary>The word after <c># TYPE</c>.</summary>
    public static string Type(MetricKind kind) => kind switch
    {
        MetricKind.Counter => "counter",
        MetricKind.Gauge => "gauge",
        MetricKind.Histogram => "histogram",
        _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, null),
    };

    /// <summary>A bucket's labels.</summary>
    public static string WithEdge(string labels, double edge) => (labels.Length == 0 ? "le=\"" : labels + ",le=\"") + Number(edge) + '"';

    /// <summary>Writes one line.</summary>
    public static void Sample(StringBuilder text, string name, string suffix, string labels, double value)
    {
        text.Append(name).Append(suffix);
        if (labels.Length > 0)
            text.Append('{').Append(labels).Append('}');
        text.Append(' ').Append(Number(value)).Append('\n');
    }

    private static string Number(double value) => double.IsPositiveInfinity(value) ? "+Inf" : value.ToString("R", CultureInfo.InvariantCulture);
}
