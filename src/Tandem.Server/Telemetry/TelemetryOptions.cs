using System.Collections.Immutable;

namespace Tandem.Server.Telemetry;

/// <summary>How telemetry is written on the wire (OTLP 1.x).</summary>
public enum TelemetryProtocol
{
    /// <summary>Protobuf in HTTP requests to <c>/v1/metrics</c> and <c>/v1/traces</c> below the endpoint.</summary>
    HttpProtobuf,

    /// <summary>gRPC.</summary>
    Grpc,
}

/// <summary>Where metrics and traces are sent. Immutable; docs/configuration.md has defaults and ranges.</summary>
public sealed record TelemetryOptions
{
    /// <summary>Nothing is sent.</summary>
    public static TelemetryOptions None { get; } = new();

    /// <summary>The collector; null where nothing is sent.</summary>
    public Uri? Endpoint { get; init; }

    /// <summary>How it is spoken to.</summary>
    public TelemetryProtocol Protocol { get; init; }

    /// <summary>Headers of every request; secrets, never shown.</summary>
    public ImmutableDictionary<string, string> Headers { get; init; } = ImmutableDictionary.Create<string, string>(StringComparer.OrdinalIgnoreCase);

    /// <summary>Whether metrics are sent.</summary>
    public bool Metrics { get; init; } = true;

    /// <summary>Time from one sending of all metrics to the next.</summary>
    public TimeSpan MetricsInterval { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>Share of segments, and of utterances, that a trace is made of; 0 for none.</summary>
    public double TraceRatio { get; init; } = 0.01;

    /// <summary><c>service.name</c>.</summary>
    public string ServiceName { get; init; } = "tandem";

    /// <summary>What else is said of the sender.</summary>
    public ImmutableDictionary<string, string> Resource { get; init; } = ImmutableDictionary.Create<string, string>(StringComparer.Ordinal);
}
