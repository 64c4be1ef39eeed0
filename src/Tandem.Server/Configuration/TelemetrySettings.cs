using System.Collections.Immutable;
using System.Globalization;
using Tandem.Server.Telemetry;

namespace Tandem.Server.Configuration;

/// <summary>The settings below <c>telemetry</c>, and the standard environment variables of OpenTelemetry that mean the same.</summary>
internal static class TelemetrySettings
{
    public const string Key = "telemetry";

    private static readonly TelemetryOptions _defaults = TelemetryOptions.None;

    private static readonly Setting<Uri?> _endpoint = new("endpoint", "http or https address", Setting.None, "without query, user and password", null, Endpoint);
    private static readonly Setting<TelemetryProtocol> _protocol = new("protocol", "word", "http/protobuf", "http/protobuf, grpc", _defaults.Protocol, Protocol);
    private static readonly Setting<ImmutableDictionary<string, string>> _headers =
        new("headers", "names and values", Setting.None, "at most 32", _defaults.Headers, text => new Wrong("is a list of names and values; write them below it"));

    private static readonly Setting<bool> _metrics = new("metrics", "true or false", "true", "", _defaults.Metrics, Values.Flag);
    private static readonly Setting<TimeSpan> _interval = new(
        "metrics_interval", "duration", "60s", "1s to 10m", _defaults.MetricsInterval, text => Values.Duration(text, TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(10)));

    private static readonly Setting<double> _ratio = new("trace_ratio", "share", "0.01", "0 to 1", _defaults.TraceRatio, Share);
    private static readonly Setting<string> _name = new("service_name", "text", "tandem", "1 to 255 characters", _defaults.ServiceName, Name);
    private static readonly Setting<ImmutableDictionary<string, string>> _resource =
        new("resource", "names and values", Setting.None, "at most 32", _defaults.Resource, text => new Wrong("is a list of names and values; write them below it"));

    // As the specification names them (OpenTelemetry Environment Variable Specification, OTLP Exporter).
    private static readonly (string Variable, Setting Setting, bool IsList)[] _standard =
    [
        ("OTEL_EXPORTER_OTLP_ENDPOINT", _endpoint, false), ("OTEL_EXPORTER_OTLP_PROTOCOL", _protocol, false), ("OTEL_EXPORTER_OTLP_HEADERS", _headers, true),
        ("OTEL_SERVICE_NAME", _name, false), ("OTEL_RESOURCE_ATTRIBUTES", _resource, true),
    ];

    /// <summary>All of them.</summary>
    public static ImmutableArray<Setting> All => [_endpoint, _protocol, _headers, _metrics, _interval, _ratio, _name, _resource];

    /// <summary>Puts the standard variables over what the file says. What begins with <c>TANDEM__</c> comes after it.</summary>
    public static void ApplyStandard(ConfigMap settings, IEnumerable<KeyValuePair<string, string>> environment, List<Mistake> mistakes)
    {
        foreach (var (variable, value) in environment)
        {
            var known = Array.Find(_standard, standard => standard.Variable == variable);
            if (known.Variable is null || value.Length == 0)
                continue;
            switch (settings.Entries.GetValueOrDefault(Key))
            {
                case null or ConfigText { Text: null }:
                    settings.Entries[Key] = new ConfigMap(variable);
                    break;
                case not ConfigMap:
                    return;
            }

            ((ConfigMap)settings.Entries[Key]).Entries[known.Setting.Name] = known.IsList ? Pairs(value, variable, mistakes) : new ConfigText(value, variable);
        }
    }

    /// <summary>Reads <c>telemetry</c>.</summary>
    /// <param name="settings">The whole configuration.</param>
    /// <param name="environment">Where the platform says what it runs.</param>
    /// <param name="mistakes">Where mistakes go.</param>
    public static TelemetryOptions Read(ConfigMap settings, IEnumerable<KeyValuePair<string, string>> environment, List<Mistake> mistakes)
    {
        if (Section.Find(settings, Key, "endpoint: http://127.0.0.1:4318", mistakes) is not { } map)
            return _defaults;
        var reader = new SettingReader(map, mistakes, "telemetry: ");
        var options = new TelemetryOptions
        {
            Endpoint = reader.Read(_endpoint),
            Protocol = reader.Read(_protocol),
            Headers = reader.ReadHeaders(_headers),
            Metrics = reader.Read(_metrics),
            MetricsInterval = reader.Read(_interval),
            TraceRatio = reader.Read(_ratio),
            ServiceName = reader.Read(_name),
            Resource = TelemetryResource.OfPlatform(environment).SetItems(reader.ReadHeaders(_resource)),
        };

        // The name has a variable of its own, which goes before the one in the list.
        if (options.Resource.TryGetValue("service.name", out var name))
            options = options with { ServiceName = map.Entries.ContainsKey(_name.Name) ? options.ServiceName : name, Resource = options.Resource.Remove("service.name") };
        reader.RefuseOthers(All.Select(setting => setting.Name));
        return options;
    }

    /// <summary><c>name=value,name=value</c>, percent-encoded, as W3C Baggage writes it.</summary>
    private static ConfigMap Pairs(string text, string variable, List<Mistake> mistakes)
    {
        var pairs = new ConfigMap(variable);
        foreach (var pair in text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            var equals = pair.IndexOf('=', StringComparison.Ordinal);
            if (equals < 1)
                mistakes.Add(new Mistake(variable, "an entry is not of the form name=value; write name=value,name=value, with %2C for a comma in a value"));
            else
                pairs.Entries[Uri.UnescapeDataString(pair[..equals].Trim())] = new ConfigText(Uri.UnescapeDataString(pair[(equals + 1)..].Trim()), variable);
        }

        return pairs;
    }

    private static Parsed<Uri?> Endpoint(string text) =>
        Uri.TryCreate(text, UriKind.Absolute, out var address) && address is { Scheme: "http" or "https", Query: "", Fragment: "", UserInfo: "" } && address.Host.Length > 0
            ? address
            : new Wrong("is no address of a collector; write it whole and without query, user and password, such as http://127.0.0.1:4318 (secrets go into headers)");

    private static Parsed<TelemetryProtocol> Protocol(string text) => text.ToLowerInvariant() switch
    {
        "http/protobuf" => TelemetryProtocol.HttpProtobuf,
        "grpc" => TelemetryProtocol.Grpc,
        _ => new Wrong($"\"{text}\" is not known; use http/protobuf or grpc"),
    };

    private static Parsed<double> Share(string text) =>
        double.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var share) && share is >= 0 and <= 1
            ? share
            : new Wrong($"\"{text}\" is no share; use 0 to 1, such as 0.01 for one in a hundred");

    private static Parsed<string> Name(string text) => text.Length is > 0 and <= 255 ? text : new Wrong("has no letters, or more than 255");
}
