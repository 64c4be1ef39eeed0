using System.Text.Json.Serialization;

namespace Tandem.Server.Ops;

/// <summary>Who is told of an alert.</summary>
public enum AlertSeverity
{
    /// <summary>For the next working day.</summary>
    [JsonStringEnumMemberName("warning")]
    Warning,

    /// <summary>For whoever is on duty, now.</summary>
    [JsonStringEnumMemberName("critical")]
    Critical,
}

/// <summary>One thing that a rule holds for.</summary>
/// <param name="Channel">Id of the channel; null for the instance.</param>
/// <param name="Part">The language or queue; null for the whole.</param>
/// <param name="Value">What was measured, in the rule's unit.</param>
/// <param name="Summary">One line for people.</param>
internal sealed record Finding(string? Channel, string? Part, double Value, string Summary);

/// <summary>An alert of deploy/prometheus/tandem.alerts.yml as the server itself judges it, on what it knows of itself.</summary>
/// <param name="Name">As there.</param>
/// <param name="Severity">As there.</param>
/// <param name="For">As there: how long the condition must hold.</param>
/// <param name="Section">Of docs/runbooks.md, the part behind the #.</param>
/// <param name="Judge">What the condition holds for now.</param>
internal sealed record OpsRule(string Name, AlertSeverity Severity, TimeSpan For, string Section, Func<OpsHistory, IEnumerable<Finding>> Judge);
