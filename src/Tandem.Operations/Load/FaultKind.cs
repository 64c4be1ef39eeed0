using System.Text.Json.Serialization;

namespace Tandem.Operations.Load;

/// <summary>What a viewer can find wrong with what it got. Each names itself in reports and thresholds (<c>faults.time</c>).</summary>
public enum FaultKind
{
    /// <summary>A number was left out without notice, went back, or a listed segment could not be had.</summary>
    [JsonStringEnumMemberName("missing")]
    Missing,

    /// <summary>The same came twice.</summary>
    [JsonStringEnumMemberName("repeated")]
    Repeated,

    /// <summary>Source time or media time does not go on where it ended.</summary>
    [JsonStringEnumMemberName("time")]
    Time,

    /// <summary>Picture and voice put different media times to the same source time.</summary>
    [JsonStringEnumMemberName("sync")]
    Sync,

    /// <summary>Bytes that are not what the container demands.</summary>
    [JsonStringEnumMemberName("structure")]
    Structure,

    /// <summary>Other bytes than another viewer got under the same name.</summary>
    [JsonStringEnumMemberName("content")]
    Content,

    /// <summary>A message or playlist that its specification forbids.</summary>
    [JsonStringEnumMemberName("protocol")]
    Protocol,

    /// <summary>ffmpeg could not decode a sample.</summary>
    [JsonStringEnumMemberName("undecodable")]
    Undecodable,
}
