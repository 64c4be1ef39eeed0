using System.Collections.Immutable;
using System.Text.Json.Serialization;
using Tandem.Live;

namespace Tandem.Server.Pages;

/// <summary>Why viewers of a voice hear what they hear, where it is not a dub.</summary>
public enum HeardWhy
{
    /// <summary>The engine does not work at the moment.</summary>
    [JsonStringEnumMemberName("engine_away")]
    EngineAway,

    /// <summary>The engine works, but failed at what is being said.</summary>
    [JsonStringEnumMemberName("engine_failed")]
    EngineFailed,

    /// <summary>The engine works, but was not quick enough for what is being said.</summary>
    [JsonStringEnumMemberName("not_ready")]
    NotReady,

    /// <summary>Nobody has spoken so far.</summary>
    [JsonStringEnumMemberName("no_speech")]
    NoSpeech,

    /// <summary>An advertisement, which is left as it is.</summary>
    [JsonStringEnumMemberName("advertisement")]
    Advertisement,

    /// <summary>The source has this language itself.</summary>
    [JsonStringEnumMemberName("of_source")]
    OfSource,
}

/// <summary>What is heard of a voice from a moment of the programme on.</summary>
/// <param name="Since">ms since 1970 on the axis of EXT-X-PROGRAM-DATE-TIME.</param>
/// <param name="State">What is heard.</param>
/// <param name="Why">Why it is no dub; null where it is one.</param>
public sealed record HeardSince(long Since, LanguageState State, HeardWhy? Why);

/// <summary>One voice, as viewers may know of it.</summary>
/// <param name="Language">BCP 47 tag.</param>
/// <param name="State">What is heard where the published timeline ends.</param>
/// <param name="Why">Why it is no dub; null where it is one.</param>
/// <param name="OnsetLagSeconds">How much later than the speaker its last dubs began, median, s; null before the first one.</param>
/// <param name="OnsetLagEstimated">Whether that is estimated.</param>
/// <param name="Heard">The changes of the last three minutes, oldest first: a player is behind the end of what is published.</param>
public sealed record PublicVoice(
    string Language, LanguageState State, HeardWhy? Why, double? OnsetLagSeconds, bool OnsetLagEstimated, ImmutableArray<HeardSince> Heard);

/// <summary>Where the published timeline ends.</summary>
/// <param name="Date">ms since 1970 on the axis of EXT-X-PROGRAM-DATE-TIME.</param>
/// <param name="AppearedAt">ms since 1970 on the server's clock: when the source showed the segment that ends there.</param>
public sealed record PublicEdge(long Date, long AppearedAt);

/// <summary>What viewers may know of a channel: no address, no name of a machine or a service, no operator's detail.</summary>
/// <param name="Channel">Its id.</param>
/// <param name="State">What it is doing.</param>
/// <param name="From">BCP 47 tag of the source language.</param>
/// <param name="DelaySeconds">The configured delay, s.</param>
/// <param name="ShortestDelay">Whether the page should play by WebSocket.</param>
/// <param name="Demonstration">Whether the engine is one that is good enough to show and not to sell.</param>
/// <param name="ServerTime">The server's clock, ms since 1970.</param>
/// <param name="Edge">Where the published timeline ends; null while nothing is published.</param>
/// <param name="Voices">One entry a target language, in configured order.</param>
public sealed record PublicState(
    string Channel,
    ChannelState State,
    string From,
    double DelaySeconds,
    bool ShortestDelay,
    bool Demonstration,
    long ServerTime,
    PublicEdge? Edge,
    ImmutableArray<PublicVoice> Voices);

/// <summary>The channels that the page offers.</summary>
/// <param name="Channels">In configured order.</param>
public sealed record PublicChannels(ImmutableArray<PublicChannel> Channels);

/// <summary>A channel that the page offers.</summary>
/// <param name="Channel">Its id.</param>
public sealed record PublicChannel(string Channel);
