using System.Text.Json.Serialization;

namespace Tandem.Server.Api;

/// <summary>
/// A channel's settings as the API takes them: names, texts, defaults and ranges are those of docs/configuration.md. For the description; the
/// configuration's reader reads them, and takes numbers and truth values as well as their texts.
/// </summary>
public sealed record ChannelSettings
{
    /// <summary>1 to 64 of a–z A–Z 0–9 . _ -, not beginning with a dot; cannot be changed.</summary>
    [JsonPropertyName("id")]
    public string? Id { get; init; }

    /// <summary>Where the source comes from.</summary>
    [JsonPropertyName("input")]
    public string? Input { get; init; }

    /// <summary>The language that is spoken, BCP 47.</summary>
    [JsonPropertyName("from")]
    public string? From { get; init; }

    /// <summary>The languages that it is dubbed into, BCP 47.</summary>
    [JsonPropertyName("to")]
    public IReadOnlyList<string>? To { get; init; }

    /// <summary>How far the published timeline runs behind, such as <c>8s</c>.</summary>
    [JsonPropertyName("delay")]
    public string? Delay { get; init; }

    /// <summary>What turns speech into dubs.</summary>
    [JsonPropertyName("engine")]
    public string? Engine { get; init; }

    /// <summary><c>auto</c>, <c>reference</c> or <c>carry</c>.</summary>
    [JsonPropertyName("video")]
    public string? Video { get; init; }

    /// <summary>Whether browsers must be able to play.</summary>
    [JsonPropertyName("browsers")]
    public bool? Browsers { get; init; }

    /// <summary>Memory for carried pictures, such as <c>256MiB</c>.</summary>
    [JsonPropertyName("carry_memory")]
    public string? CarryMemory { get; init; }

    /// <summary>Up to which bit rate a variant is what viewers of WebSockets get, such as <c>3000kbit/s</c>.</summary>
    [JsonPropertyName("socket_bit_rate")]
    public string? SocketBitRate { get; init; }

    /// <summary>Whether an input that is a file begins again at its end.</summary>
    [JsonPropertyName("loop")]
    public bool? Loop { get; init; }

    /// <summary>Memory for files that are pushed, such as <c>128MiB</c>.</summary>
    [JsonPropertyName("push_memory")]
    public string? PushMemory { get; init; }

    /// <summary>Whether the source may be at loopback or private addresses.</summary>
    [JsonPropertyName("allow_private")]
    public bool? AllowPrivate { get; init; }

    /// <summary>HTTP headers for the source's host; never shown.</summary>
    [JsonPropertyName("headers")]
    public IReadOnlyDictionary<string, string>? Headers { get; init; }

    /// <summary>Level of the original under a dub, such as <c>-18dB</c>.</summary>
    [JsonPropertyName("background_level")]
    public string? BackgroundLevel { get; init; }

    /// <summary>A dub that would start later than this is dropped, such as <c>10s</c>.</summary>
    [JsonPropertyName("max_onset_lag")]
    public string? MaxOnsetLag { get; init; }

    /// <summary>Bit rate of a voice, such as <c>128kbit/s</c>.</summary>
    [JsonPropertyName("voice_bit_rate")]
    public string? VoiceBitRate { get; init; }

    /// <summary>The voice that players start with.</summary>
    [JsonPropertyName("default_voice")]
    public string? DefaultVoice { get; init; }

    /// <summary>Whether languages that the source has are dubbed all the same.</summary>
    [JsonPropertyName("dub_existing")]
    public bool? DubExisting { get; init; }

    /// <summary><c>dub</c> or <c>original</c>.</summary>
    [JsonPropertyName("ads")]
    public string? Ads { get; init; }

    /// <summary>Whether the viewers' page plays by WebSocket, for the shortest delay.</summary>
    [JsonPropertyName("shortest_delay")]
    public bool? ShortestDelay { get; init; }
}
