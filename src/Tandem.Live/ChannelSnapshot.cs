using System.Collections.Immutable;
using System.Text.Json.Serialization;
using Tandem.Live.Ingest;
using Tandem.Live.Package;

namespace Tandem.Live;

/// <summary>What a channel is doing.</summary>
public enum ChannelState
{
    /// <summary>Nothing is published yet: the source is being found, or the delay is not over.</summary>
    [JsonStringEnumMemberName("starting")]
    Starting,

    /// <summary>The source grows and segments are published when they are due.</summary>
    [JsonStringEnumMemberName("live")]
    Live,

    /// <summary>The source has stopped growing or cannot be had; what is buffered plays out, and it is tried again.</summary>
    [JsonStringEnumMemberName("source_lost")]
    SourceLost,

    /// <summary>The source is there, but it cannot be dubbed (no sound, unknown codec, SAMPLE-AES, …); it is tried again.</summary>
    [JsonStringEnumMemberName("faulted")]
    Faulted,

    /// <summary>The source said EXT-X-ENDLIST and everything is published.</summary>
    [JsonStringEnumMemberName("ended")]
    Ended,

    /// <summary>The channel was stopped.</summary>
    [JsonStringEnumMemberName("stopped")]
    Stopped,
}

/// <summary>What a viewer of one voice hears.</summary>
public enum LanguageState
{
    /// <summary>Dubs are placed in time.</summary>
    [JsonStringEnumMemberName("dubbed")]
    Dubbed,

    /// <summary>There is speech without dubs: the original is heard instead.</summary>
    [JsonStringEnumMemberName("fallback")]
    Fallback,

    /// <summary>The original is meant to be heard: no speech so far, or none to dub.</summary>
    [JsonStringEnumMemberName("original")]
    Original,
}

/// <summary>One channel at one moment, as <c>/v1/channels</c> shows it. Holds no secrets: no query strings, credentials or headers.</summary>
public sealed record ChannelSnapshot
{
    /// <summary>The channel's id.</summary>
    public required string Id { get; init; }

    /// <summary>What it is doing.</summary>
    public required ChannelState State { get; init; }

    /// <summary>One line for people: why it is not live; null when it is.</summary>
    public string? Reason { get; init; }

    /// <summary>When it was taken, by the channel's own loop; null where no loop runs.</summary>
    [JsonIgnore]
    public DateTimeOffset? TakenAt { get; init; }

    /// <summary>How long nothing has moved although a segment was due or the source had told something.</summary>
    [JsonIgnore]
    public TimeSpan Stuck { get; init; }

    /// <summary>Address of the source without query and credentials; see <see cref="WithoutSecrets"/>.</summary>
    public required string Input { get; init; }

    /// <summary>BCP 47 tag of the source language.</summary>
    public required string From { get; init; }

    /// <summary>The configured delay, s.</summary>
    public required double DelaySeconds { get; init; }

    /// <summary>Source sound that is held and not published yet, s.</summary>
    public double BufferSeconds { get; init; }

    /// <summary>Time since the source last showed a new segment, s; null before the first one.</summary>
    public double? SourceAgeSeconds { get; init; }

    /// <summary>How the picture reaches viewers: <c>reference</c> or <c>carry</c>; <c>auto</c> while that is not known.</summary>
    public required string Video { get; init; }

    /// <summary>One line for people: why so; null while it is not known.</summary>
    public string? VideoReason { get; init; }

    /// <summary>The source's variants that are not carried for want of memory, each one line for people; empty where all can be had.</summary>
    public ImmutableArray<string> LeftOut { get; init; } = [];

    /// <summary>Whether viewers can have the source's own segments.</summary>
    public ReferenceSnapshot Reference { get; init; } = new(ReferenceState.Unproven);

    /// <summary>One line for people: why what a restart needs is not kept; null where it is.</summary>
    public string? RecordReason { get; init; }

    /// <summary>The engine.</summary>
    public required EngineSnapshot Engine { get; init; }

    /// <summary>The media worker.</summary>
    public WorkerSnapshot Worker { get; init; } = new(0, [], []);

    /// <summary>One entry a target language, in configured order.</summary>
    public ImmutableArray<LanguageSnapshot> Languages { get; init; } = [];

    /// <summary>What was counted since the channel started.</summary>
    public ChannelCounters Counters { get; init; } = new();

    /// <summary>The newest published segment; null before the first one.</summary>
    public PublishedSegment? LastPublished { get; init; }

    /// <summary><paramref name="address"/> as it may be shown and logged; see <see cref="SourceAddress.Shown"/>.</summary>
    public static string WithoutSecrets(Uri address) => SourceAddress.Shown(address);
}

/// <summary>Whether viewers can have the source's own segments for as long as playlists list them (design.md, section 3a, rule 8).</summary>
/// <param name="State">What is known.</param>
/// <param name="Reason">One line for people: why they cannot; null where they can or it is not known.</param>
public sealed record ReferenceSnapshot(ReferenceState State, string? Reason = null);

/// <summary>An engine at one moment.</summary>
/// <param name="Name">As configured.</param>
/// <param name="Healthy">Whether it works.</param>
/// <param name="Reason">One line for people; null when healthy.</param>
public sealed record EngineSnapshot(string Name, bool Healthy, string? Reason = null);

/// <summary>A media worker at one moment.</summary>
/// <param name="Restarts">How often it had to be started again.</param>
/// <param name="Sandbox">The restrictions in force, such as <c>network</c>, <c>files</c>, <c>memory</c>.</param>
/// <param name="Lacking">The restrictions that this host does not allow, each one line for people.</param>
public sealed record WorkerSnapshot(int Restarts, ImmutableArray<string> Sandbox, ImmutableArray<string> Lacking)
{
    /// <summary>Whether it is there and answers.</summary>
    [JsonIgnore]
    public bool Runs { get; init; } = true;
}

/// <summary>One voice at one moment.</summary>
/// <param name="Language">BCP 47 tag.</param>
/// <param name="State">What its viewers hear.</param>
public sealed record LanguageSnapshot(string Language, LanguageState State)
{
    /// <summary><see cref="Reason"/> of a language that the source has itself.</summary>
    public const string OfSource = "the source has this language; dub_existing dubs it all the same";

    /// <summary><see cref="Reason"/> during an advertisement that is left as it is.</summary>
    public const string Advertisement = "an advertisement, which ads=original leaves as it is";

    /// <summary><see cref="Reason"/> where the engine works and was not quick enough.</summary>
    public const string NotReady = "no dub is ready in time";

    /// <summary>One line for people: why it is not dubbed; null when it is.</summary>
    public string? Reason { get; init; }

    /// <summary>Median onset lag of the last dubs, s; null before the first one.</summary>
    public double? OnsetLagP50 { get; init; }

    /// <summary>95th percentile of the onset lag of the last dubs, s.</summary>
    public double? OnsetLagP95 { get; init; }

    /// <summary>Whether the onset lags are estimated, because the engine does not align its dubs.</summary>
    public bool OnsetLagEstimated { get; init; }

    /// <summary>Dubs by outcome; the words of <c>tandem_dubs_total</c>.</summary>
    public ImmutableSortedDictionary<string, long> Dubs { get; init; } = ImmutableSortedDictionary<string, long>.Empty;

    /// <summary>Speech that was heard in the original because no dub could be placed, s.</summary>
    public double FallbackSeconds { get; init; }
}

/// <summary>What a channel counts; each since the channel started.</summary>
public sealed record ChannelCounters
{
    /// <summary>Published segments of the heard playlist.</summary>
    public long Segments { get; init; }

    /// <summary>
    /// Segments that a media stage failed on, or that were not published when due, and faults of playlists; not what the engine could not
    /// dub.
    /// </summary>
    public long Failures { get; init; }

    /// <summary>Failures by stage, those of the engine's stages too, in the words of <c>tandem_segment_failures_total</c>.</summary>
    public ImmutableSortedDictionary<string, long> FailuresByStage { get; init; } = ImmutableSortedDictionary<string, long>.Empty;

    /// <summary>Epochs begun, the first one among them.</summary>
    public long Epochs { get; init; }

    /// <summary>Segments of the source that were gone before they could be had.</summary>
    public long Lost { get; init; }

    /// <summary>Segments published after they were due.</summary>
    public long Late { get; init; }

    /// <summary>Holes in the source's sound that were filled.</summary>
    public long Holes { get; init; }
}

/// <summary>A published segment.</summary>
/// <param name="Number">Its media sequence number in the heard playlist.</param>
/// <param name="At">When it was published.</param>
public sealed record PublishedSegment(long Number, DateTimeOffset At)
{
    /// <summary>Its end on the axis of EXT-X-PROGRAM-DATE-TIME.</summary>
    [JsonIgnore]
    public DateTimeOffset? Ends { get; init; }

    /// <summary>When it appeared in the source's playlist.</summary>
    [JsonIgnore]
    public DateTimeOffset? Appeared { get; init; }
}

/// <summary>Writes snapshots as JSON: camel case, states in lower case with underscores.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, UseStringEnumConverter = true)]
[JsonSerializable(typeof(ChannelSnapshot))]
public sealed partial class SnapshotJson : JsonSerializerContext;
