using System.Collections.Immutable;
using System.Globalization;
using Tandem.Server.Access;
using Tandem.Server.Admission;

namespace Tandem.Server.Configuration;

/// <summary>The settings below <c>limits</c> (what one address or token may ask for) and <c>admission</c> (what an instance takes on).</summary>
internal static class LimitSettings
{
    public const string LimitsKey = "limits";
    public const string AdmissionKey = "admission";

    private const string Auto = "auto";

    private static readonly LimitOptions _defaults = new();

    private static readonly Setting<int> _addressRequests = Limit("address_requests", "number a second", _defaults.AddressRequests, 100_000);
    private static readonly Setting<int> _addressConnections = Limit("address_connections", "number", _defaults.AddressConnections, 100_000);
    private static readonly Setting<int> _tokenRequests = Limit("token_requests", "number a second", _defaults.TokenRequests, 100_000);
    private static readonly Setting<int> _tokenConnections = Limit("token_connections", "number", _defaults.TokenConnections, 100_000);

    private static readonly Setting<int?> _channels = Most("max_channels", 10_000);
    private static readonly Setting<int?> _languages = Most("max_languages", 100_000);
    private static readonly Setting<int?> _viewers = Most("max_viewers", 1_000_000);
    private static readonly Setting<int?> _segments = Most("max_segments_in_flight", 1_000_000);
    private static readonly Setting<int?> _queue = Most("max_queue_depth", 1_000_000);

    /// <summary>Those below <c>limits</c>.</summary>
    public static ImmutableArray<Setting> OfLimits => [_addressRequests, _addressConnections, _tokenRequests, _tokenConnections];

    /// <summary>Those below <c>admission</c>.</summary>
    public static ImmutableArray<Setting> OfAdmission => [_channels, _languages, _viewers, _segments, _queue];

    /// <summary>Reads <c>limits</c>.</summary>
    public static LimitOptions ReadLimits(ConfigMap settings, List<Mistake> mistakes)
    {
        if (Section.Find(settings, LimitsKey, "address_requests: 100", mistakes) is not { } map)
            return _defaults;
        var reader = new SettingReader(map, mistakes, "limits: ");
        var options = new LimitOptions
        {
            AddressRequests = reader.Read(_addressRequests),
            AddressConnections = reader.Read(_addressConnections),
            TokenRequests = reader.Read(_tokenRequests),
            TokenConnections = reader.Read(_tokenConnections),
        };
        reader.RefuseOthers(OfLimits.Select(setting => setting.Name));
        return options;
    }

    /// <summary>Reads <c>admission</c>.</summary>
    public static AdmissionOptions ReadAdmission(ConfigMap settings, List<Mistake> mistakes)
    {
        if (Section.Find(settings, AdmissionKey, "max_viewers: 1000", mistakes) is not { } map)
            return new AdmissionOptions();
        var reader = new SettingReader(map, mistakes, "admission: ");
        var options = new AdmissionOptions
        {
            Channels = reader.Read(_channels),
            Languages = reader.Read(_languages),
            Viewers = reader.Read(_viewers),
            SegmentsInFlight = reader.Read(_segments),
            QueueDepth = reader.Read(_queue),
        };
        reader.RefuseOthers(OfAdmission.Select(setting => setting.Name));
        return options;
    }

    private static Setting<int> Limit(string name, string unit, int value, int most) => new(
        name, unit, value.ToString(CultureInfo.InvariantCulture), $"0 to {most}; 0 for no limit", value, text => Number(text, most));

    private static Setting<int?> Most(string name, int most) => new(
        name,
        "number",
        Auto,
        $"0 to {most}, or {Auto}",
        null,
        text => text.Equals(Auto, StringComparison.OrdinalIgnoreCase) ? (int?)null
            : Number(text, most) is { Problem: { } problem } ? new Wrong($"{problem}, or {Auto}")
            : Number(text, most).Value);

    private static Parsed<int> Number(string text, int most) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number <= most
            ? number
            : new Wrong($"\"{text}\" is out of range or no number; use 0 to {most}");
}
