using System.Globalization;

namespace Tandem.Checks.Telemetry;

/// <summary>One point of a metric as it arrived.</summary>
/// <param name="Metric">Name.</param>
/// <param name="Unit">UCUM unit.</param>
/// <param name="Kind"><c>gauge</c>, <c>sum</c> (monotonic, cumulative) or <c>histogram</c> (cumulative); another word for what is neither.</param>
/// <param name="Labels">By name.</param>
/// <param name="Value">Of a gauge or sum; the sum of a histogram.</param>
/// <param name="Count">Observations of a histogram.</param>
/// <param name="Edges">Upper edges of a histogram's buckets.</param>
/// <param name="Buckets">Observations in each bucket, the one above the last edge too.</param>
public sealed record OtlpPoint(
    string Metric, string Unit, string Kind, SortedDictionary<string, string> Labels, double Value, ulong Count, IReadOnlyList<double> Edges, IReadOnlyList<ulong> Buckets)
{
    /// <summary>Name and labels, for people and comparisons.</summary>
    public string Series => $"{Metric}{{{string.Join(',', Labels.Select(label => $"{label.Key}={label.Value}"))}}}";
}

/// <summary>One span as it arrived.</summary>
public sealed record OtlpSpan(
    string Trace, string Id, string Parent, string Name, DateTimeOffset Start, DateTimeOffset End, SortedDictionary<string, string> Attributes, bool Failed);

/// <summary>
/// Reads OTLP requests by the field numbers of the published opentelemetry-proto (collector/metrics/v1, collector/trace/v1, metrics/v1,
/// trace/v1, common/v1, resource/v1).
/// </summary>
public static class OtlpReceived
{
    /// <summary>The attributes of each resource in a request.</summary>
    public static IEnumerable<SortedDictionary<string, string>> Resources(byte[] request) =>
        WireMessage.Parse(request).All(1).Select(resource => resource.One(1) is { } named ? Attributes(named, 1) : []);

    /// <summary>The points of an ExportMetricsServiceRequest.</summary>
    public static IEnumerable<OtlpPoint> Points(byte[] request) =>
        WireMessage.Parse(request).All(1).SelectMany(resource => resource.All(2)).SelectMany(scope => scope.All(2)).SelectMany(Points);

    /// <summary>The spans of an ExportTraceServiceRequest.</summary>
    public static IEnumerable<OtlpSpan> Spans(byte[] request) =>
        WireMessage.Parse(request).All(1).SelectMany(resource => resource.All(2)).SelectMany(scope => scope.All(2)).Select(Span);

    private static IEnumerable<OtlpPoint> Points(WireMessage metric)
    {
        var (name, unit) = (metric.Text(1), metric.Text(3));
        if (metric.One(5) is { } gauge)
            return gauge.All(1).Select(point => Number(point, name, unit, "gauge"));
        if (metric.One(7) is { } sum)
            return sum.All(1).Select(point => Number(point, name, unit, sum.Number(2) == 2 && sum.Number(3) == 1 ? "sum" : "other sum"));
        if (metric.One(9) is { } histogram)
        {
            return histogram.All(1).Select(point => new OtlpPoint(
                name,
                unit,
                histogram.Number(2) == 2 ? "histogram" : "other histogram",
                Attributes(point, 9),
                point.Real(5),
                point.Number(4),
                [.. point.Fixed(7).Select(BitConverter.UInt64BitsToDouble)],
                point.Fixed(6)));
        }

        return [new OtlpPoint(name, unit, "unknown", [], 0, 0, [], [])];
    }

    private static OtlpPoint Number(WireMessage point, string name, string unit, string kind) =>
        new(name, unit, kind, Attributes(point, 7), point.Has(4) ? point.Real(4) : (long)point.Number(6), 0, [], []);

    private static OtlpSpan Span(WireMessage span) => new(
        Convert.ToHexString(span.Bytes(1)),
        Convert.ToHexString(span.Bytes(2)),
        Convert.ToHexString(span.Bytes(4)),
        span.Text(5),
        Time(span.Number(7)),
        Time(span.Number(8)),
        Attributes(span, 9),
        span.One(15)?.Number(3) == 2);

    private static DateTimeOffset Time(ulong nanoseconds) => DateTimeOffset.UnixEpoch.AddTicks((long)(nanoseconds / 100));

    private static SortedDictionary<string, string> Attributes(WireMessage of, int field) =>
        new(of.All(field).ToDictionary(pair => pair.Text(1), pair => Value(pair.One(2))), StringComparer.Ordinal);

    private static string Value(WireMessage? value) => value switch
    {
        null => "",
        _ when value.Has(1) => value.Text(1),
        _ when value.Has(2) => value.Number(2) == 1 ? "true" : "false",
        _ when value.Has(3) => ((long)value.Number(3)).ToString(CultureInfo.InvariantCulture),
        _ when value.Has(4) => value.Real(4).ToString("R", CultureInfo.InvariantCulture),
        _ => "?",
    };
}
