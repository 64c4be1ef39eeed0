using System.Text.Json.Serialization;
using Tandem.Live;
using Tandem.Server.Feedback;
using Tandem.Server.Ops;
using Tandem.Server.Pages;

namespace Tandem.Server.Api;

/// <summary>All channels, as <c>/v1/channels</c> shows them.</summary>
/// <param name="Channels">In configured order.</param>
public sealed record ChannelList(IReadOnlyList<ChannelSnapshot> Channels);

/// <summary>Writes the API's answers: camel case, states in lower case with underscores.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, UseStringEnumConverter = true)]
[JsonSerializable(typeof(ChannelList))]
[JsonSerializable(typeof(ChannelSnapshot))]
[JsonSerializable(typeof(HealthReport))]
[JsonSerializable(typeof(LiveReport))]
[JsonSerializable(typeof(Problem))]
[JsonSerializable(typeof(ChannelSettings))]
[JsonSerializable(typeof(FeedbackRequest))]
[JsonSerializable(typeof(FeedbackSummary))]
[JsonSerializable(typeof(PublicChannels))]
[JsonSerializable(typeof(PublicState))]
[JsonSerializable(typeof(OpsState))]
internal sealed partial class ApiJson : JsonSerializerContext;
