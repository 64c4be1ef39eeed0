using System.Text.Json.Serialization;

namespace Tandem.Server.Feedback;

/// <summary>What a viewer says.</summary>
/// <param name="At">When.</param>
/// <param name="Kind"><c>latency</c>, <c>quality</c> or <c>score</c>.</param>
/// <param name="Channel">The channel's id.</param>
/// <param name="Language">The voice that was heard: a target language or <c>original</c>; null where it was not told.</param>
/// <param name="Score">0 to 10, of a <c>score</c>; null for the others.</param>
/// <param name="Text">In the viewer's words, at most 1,000 characters; null for none.</param>
/// <param name="Session">What the page calls its session, to tell one viewer's reports from many viewers'; null where it was not told.</param>
public sealed record FeedbackEntry(DateTimeOffset At, string Kind, string Channel, string? Language, int? Score, string? Text, string? Session);

/// <summary>What viewers said of one voice.</summary>
/// <param name="Channel">The channel's id.</param>
/// <param name="Language">The voice; null for what named none.</param>
/// <param name="Latency">Reports of latency.</param>
/// <param name="Quality">Reports of quality.</param>
/// <param name="Scores">Scores given.</param>
/// <param name="MeanScore">Their mean, 0 to 10; null where there are none.</param>
public sealed record VoiceFeedback(string Channel, string? Language, int Latency, int Quality, int Scores, double? MeanScore);

/// <summary>What <c>GET /v1/feedback</c> answers.</summary>
/// <param name="Since">From when on.</param>
/// <param name="Total">How many there are.</param>
/// <param name="Stored"><c>state_dir</c>, or <c>memory</c> where that cannot be written and a restart forgets them.</param>
/// <param name="Voices">By channel and voice.</param>
/// <param name="Scores">How many gave 0, 1, … 10.</param>
/// <param name="Latest">The newest, at most 50, newest first.</param>
public sealed record FeedbackSummary(
    DateTimeOffset Since, int Total, string Stored, IReadOnlyList<VoiceFeedback> Voices, IReadOnlyList<int> Scores, IReadOnlyList<FeedbackEntry> Latest);

/// <summary>What <c>POST /v1/feedback</c> takes; for the API's description, the reader is stricter and says all that is wrong.</summary>
/// <param name="Kind"><c>latency</c>, <c>quality</c> or <c>score</c>.</param>
/// <param name="Channel">The channel's id.</param>
/// <param name="Language">The voice that is heard: a target language or <c>original</c>.</param>
/// <param name="Score">0 to 10, with kind <c>score</c> only.</param>
/// <param name="Text">At most 1,000 characters.</param>
/// <param name="Session">1 to 64 of a–z A–Z 0–9 _ -.</param>
public sealed record FeedbackRequest(
    string Kind,
    string Channel,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Language = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] int? Score = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Text = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Session = null);
