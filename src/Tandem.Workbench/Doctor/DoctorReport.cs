using System.Text.Json;
using System.Text.Json.Serialization;

namespace Tandem.Workbench.Doctor;

/// <summary>What <c>doctor --json</c> prints.</summary>
/// <param name="Version">Tandem's version.</param>
/// <param name="Ok">Whether nothing failed.</param>
/// <param name="Checks">Every finding, in order.</param>
public sealed record DoctorReport(string Version, bool Ok, IReadOnlyList<Finding> Checks)
{
    /// <summary>One line of JSON.</summary>
    public string ToJson() => JsonSerializer.Serialize(this, DoctorJson.Default.DoctorReport);
}

/// <summary>Writes <see cref="DoctorReport"/>.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, Converters = [typeof(StateWords)])]
[JsonSerializable(typeof(DoctorReport))]
internal sealed partial class DoctorJson : JsonSerializerContext;

/// <summary><c>ok</c>, <c>warning</c>, <c>failed</c>.</summary>
internal sealed class StateWords() : JsonStringEnumConverter<CheckState>(JsonNamingPolicy.CamelCase);
