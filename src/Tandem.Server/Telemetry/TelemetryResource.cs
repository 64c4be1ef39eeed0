using System.Collections.Immutable;
using OpenTelemetry.Resources;

namespace Tandem.Server.Telemetry;

/// <summary>Says who sends: attributes as OpenTelemetry's semantic conventions name them.</summary>
internal static class TelemetryResource
{
    /// <summary>What a platform tells a process about itself, by its environment; Cloud Run sets <c>K_SERVICE</c> and <c>K_REVISION</c>.</summary>
    public static ImmutableDictionary<string, string> OfPlatform(IEnumerable<KeyValuePair<string, string>> environment)
    {
        var known = ImmutableDictionary.CreateBuilder<string, string>(StringComparer.Ordinal);
        foreach (var (name, value) in environment.Where(variable => variable.Value.Length > 0))
        {
            if (name == "K_SERVICE")
                known["faas.name"] = value;
            if (name == "K_REVISION")
                known["faas.version"] = value;
        }

        if (known.Count > 0)
        {
            known["cloud.provider"] = "gcp";
            known["cloud.platform"] = "gcp_cloud_run";
        }

        return known.ToImmutable();
    }

    /// <summary>The resource of this process. What is configured goes before what was found.</summary>
    /// <param name="options">The settings.</param>
    /// <param name="version">Tandem's.</param>
    /// <param name="instance">Tells this process from all others, before and beside it.</param>
    public static ResourceBuilder Of(TelemetryOptions options, string version, string instance)
    {
        var attributes = new Dictionary<string, object>(StringComparer.Ordinal)
        {
            ["service.name"] = options.ServiceName,
            ["service.version"] = version,
            ["service.instance.id"] = instance,
        };
        foreach (var (name, value) in options.Resource)
            attributes[name] = value;

        // Not CreateDefault: that would read the environment once more, past the configuration.
        return ResourceBuilder.CreateEmpty().AddTelemetrySdk().AddAttributes(attributes);
    }
}
