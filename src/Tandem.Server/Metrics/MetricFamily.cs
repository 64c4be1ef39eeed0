using System.Collections.Immutable;
using System.Diagnostics.Metrics;
using System.Globalization;
using System.Text;
using Tandem.Live;

namespace Tandem.Server.Metrics;

/// <summary>One series as it stands.</summary>
/// <param name="Labels">Values of its labels, in the order of the exposition: those of its scope first. Empty for one of the process without others.</param>
/// <param name="Value">What was set, or added up.</param>
/// <param name="Buckets">Of a histogram: observations in each bucket, not those below it; what lies above the last edge comes last. Else empty.</param>
internal readonly record struct SeriesReading(ImmutableArray<string> Labels, double Value, ImmutableArray<long> Buckets);

/// <summary>All series of one declared metric. Safe on any thread; one lock a metric, held for the length of an addition.</summary>
internal sealed class MetricFamily
{
    private const char Separator = '\0';

    private readonly Lock _lock = new();
    private readonly SortedDictionary<string, Series> _series = new(StringComparer.Ordinal);
    private readonly HashSet<string> _declared;
    private readonly HashSet<string> _scopes = new(StringComparer.Ordinal);

    public MetricFamily(MetricDefinition definition)
    {
        Definition = definition;
        _declared = definition.LabelValues.Select(values => string.Join(Separator, values)).ToHashSet(StringComparer.Ordinal);
        if (definition.Scope == MetricScope.Process)
            AddScope("", []);
    }

    public MetricDefinition Definition { get; }

    /// <summary>Makes the series of a channel exist, at zero; those that exist keep their value.</summary>
    public void Announce(MeteredChannel channel)
    {
        switch (Definition.Scope)
        {
            case MetricScope.Channel:
                AddScope(Label("channel", channel.Id), [channel.Id]);
                break;
            case MetricScope.Language:
                foreach (var language in channel.Languages)
                    AddScope(Label("channel", channel.Id) + "," + Label("lang", language), [channel.Id, language]);
                break;
            case MetricScope.Voice:
                foreach (var voice in channel.Languages.Prepend(VoiceSet.Original))
                    AddScope(Label("channel", channel.Id) + "," + Label("lang", voice), [channel.Id, voice]);
                break;
            default:
                break;
        }
    }

    /// <summary>Takes the series of a channel away; what is measured for it afterwards is ignored.</summary>
    public void Forget(string channel)
    {
        if (Definition.Scope == MetricScope.Process)
            return;
        var label = Label("channel", channel);
        lock (_lock)
        {
            _scopes.RemoveWhere(Of);
            foreach (var key in _series.Keys.Where(Of).ToList())
                _series.Remove(key);
        }

        bool Of(string labels) => labels == label || labels.StartsWith(label + ",", StringComparison.Ordinal);
    }

    /// <summary>Takes a measurement in. One for a channel that was never announced is ignored.</summary>
    /// <param name="value">Added to counters and up-down counters, observed by histograms, set in gauges.</param>
    /// <param name="adds">Whether it adds up, as in counters and up-down counters, or replaces what was there.</param>
    /// <param name="tags">Labels by name, in any order.</param>
    public void Record(double value, bool adds, ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        if (!double.IsFinite(value))
            return;
        var scope = ScopeOf(tags);
        var labels = Definition.Labels.Length == 0 ? "" : LabelsOf(tags);
        lock (_lock)
        {
            if (!_scopes.Contains(scope))
                return;
            if (!_series.TryGetValue(Key(scope, labels), out var series))
                _series[Key(scope, labels)] = series = new Series(Definition.Edges.Length, []);
            series.Record(Definition, value, adds);
        }
    }

    /// <summary>Writes the family as Prometheus text; nothing where it has no series.</summary>
    public void Write(StringBuilder text)
    {
        lock (_lock)
        {
            if (_series.Count == 0)
                return;
            text.Append("# HELP ").Append(Definition.Name).Append(' ').Append(PrometheusText.Help(Definition.Help)).Append('\n');
            text.Append("# TYPE ").Append(Definition.Name).Append(' ').Append(PrometheusText.Type(Definition.Kind)).Append('\n');
            foreach (var (labels, series) in _series)
                series.Write(text, Definition, labels);
        }
    }

    /// <summary>Every series as it stands.</summary>
    public IReadOnlyList<SeriesReading> Read()
    {
        lock (_lock)
            return [.. _series.Values.Select(series => series.Read())];
    }

    /// <summary>The values of a counter or gauge by series, as they are now.</summary>
    public IReadOnlyList<Measurement<double>> Measurements()
    {
        lock (_lock)
            return [.. _series.Select(series => series.Value.Measure(series.Key))];
    }

    private static string Label(string name, string value) => $"{name}=\"{PrometheusText.LabelValue(value)}\"";

    private static string Key(string scope, string labels) => scope.Length == 0 || labels.Length == 0 ? scope + labels : scope + "," + labels;

    private static string Find(ReadOnlySpan<KeyValuePair<string, object?>> tags, string name)
    {
        foreach (var tag in tags)
        {
            if (tag.Key == name)
                return Convert.ToString(tag.Value, CultureInfo.InvariantCulture) ?? "";
        }

        return "";
    }

    private void AddScope(string scope, ImmutableArray<string> scopes)
    {
        lock (_lock)
        {
            if (!_scopes.Add(scope))
                return;
            foreach (var values in Definition.LabelValues)
                _series.TryAdd(Key(scope, Join(values)), new Series(Definition.Edges.Length, scopes.AddRange(values)));
        }
    }

    private string ScopeOf(ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        if (Definition.Scope == MetricScope.Process)
            return "";
        var channel = Label("channel", Find(tags, "channel"));
        return Definition.Scope == MetricScope.Channel ? channel : channel + "," + Label("lang", Find(tags, "lang"));
    }

    /// <summary>The labels beside the scope, with values that are not declared replaced from the last one on.</summary>
    private string LabelsOf(ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        var values = new string[Definition.Labels.Length];
        for (var index = 0; index < values.Length; index++)
            values[index] = Find(tags, Definition.Labels[index]);

        // No declared values: they come from Tandem itself (build info), not from outside.
        if (_declared.Count == 0)
            return Join(values);
        for (var index = values.Length - 1; index >= 0 && !_declared.Contains(string.Join(Separator, values)); index--)
            values[index] = MetricCatalogue.Other;
        return Join(values);
    }

    private string Join(IReadOnlyList<string> values) => string.Join(',', values.Select((value, index) => Label(Definition.Labels[index], value)));

    private sealed class Series(int edges, ImmutableArray<string> labels)
    {
        private readonly long[] _buckets = new long[edges];
        private double _value;
        private long _count;
        private KeyValuePair<string, object?>[]? _tags;

        public void Record(MetricDefinition definition, double value, bool adds)
        {
            if (definition.Kind == MetricKind.Histogram)
            {
                var bucket = definition.Edges.AsSpan().BinarySearch(value);
                bucket = bucket < 0 ? ~bucket : bucket;
                if (bucket < _buckets.Length)
                    _buckets[bucket]++;
                _count++;
            }

            _value = adds ? _value + value : value;
        }

        public SeriesReading Read() => new(labels, _value, _buckets.Length == 0 ? [] : [.. _buckets, _count - _buckets.Sum()]);

        public Measurement<double> Measure(string key) => new(_value, _tags ??= PrometheusText.Labels(key));

        public void Write(StringBuilder text, MetricDefinition definition, string labels)
        {
            if (definition.Kind != MetricKind.Histogram)
            {
                PrometheusText.Sample(text, definition.Name, "", labels, _value);
                return;
            }

            long below = 0;
            for (var index = 0; index < _buckets.Length; index++)
            {
                below += _buckets[index];
                PrometheusText.Sample(text, definition.Name, "_bucket", PrometheusText.WithEdge(labels, definition.Edges[index]), below);
            }

            PrometheusText.Sample(text, definition.Name, "_bucket", PrometheusText.WithEdge(labels, double.PositiveInfinity), _count);
            PrometheusText.Sample(text, definition.Name, "_sum", labels, _value);
            PrometheusText.Sample(text, definition.Name, "_count", labels, _count);
        }
    }
}
