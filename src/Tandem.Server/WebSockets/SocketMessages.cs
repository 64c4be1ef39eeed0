using System.Text.Json;
using System.Text.Json.Serialization;

namespace Tandem.Server.WebSockets;

/// <summary>The first message: what the channel has, and what this viewer gets.</summary>
internal sealed record HelloMessage(
    string Protocol,
    string Channel,
    string Session,
    long DelayMs,
    string Media,
    string Language,
    IReadOnlyList<TrackDescription> Tracks,
    IReadOnlyList<RenditionDescription> Renditions,
    long SegmentMs,
    long ChunkMs,
    long ServerTime,
    int PingSeconds,
    long EndsInSeconds)
{
    /// <summary>Names the message.</summary>
    [JsonPropertyOrder(-1)]
    public string Type { get; init; } = "hello";
}

/// <summary>A track that binary messages come of.</summary>
internal sealed record TrackDescription(int Track, string Kind, string Mime)
{
    /// <summary>Pixels.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public int? Width { get; init; }

    /// <summary>Pixels.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public int? Height { get; init; }
}

/// <summary>A voice that can be selected.</summary>
internal sealed record RenditionDescription(int Rendition, string Language, string Name)
{
    /// <summary>Of the original: the source's language.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Source { get; init; }

    /// <summary>Of a voice: whether this viewer's token does not open it.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public bool? Locked { get; init; }

    /// <summary>Media type, where it is another than the sound track's.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Mime { get; init; }
}

/// <summary>What is heard now and why.</summary>
internal sealed record StatusMessage(
    string State,
    string? Reason,
    string Language,
    long? BehindLiveMs,
    int BufferHealth,
    long? OnsetLagMs,
    bool OnsetLagEstimated,
    string ChannelState,
    long ServerTime)
{
    /// <summary>Names the message.</summary>
    [JsonPropertyOrder(-1)]
    public string Type { get; init; } = "status";
}

/// <summary>A caption of the voice that is heard.</summary>
internal sealed record CaptionMessage(string Language, string Id, string Text, long Start, long End)
{
    /// <summary>Names the message.</summary>
    [JsonPropertyOrder(-1)]
    public string Type { get; init; } = "caption";
}

/// <summary>Something happened.</summary>
internal sealed record NoticeMessage(string Code, string Detail)
{
    /// <summary>Names the message.</summary>
    [JsonPropertyOrder(-1)]
    public string Type { get; init; } = "notice";

    /// <summary>The track that it is about.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public int? Track { get; init; }

    /// <summary>First chunk that was skipped.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public long? From { get; init; }

    /// <summary>Last chunk that was skipped.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public long? To { get; init; }

    /// <summary>The voice that was selected.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Language { get; init; }

    /// <summary>The first chunk of the new voice.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public long? FromSequence { get; init; }

    /// <summary>The new media type of a track.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Mime { get; init; }
}

/// <summary>The last message.</summary>
internal sealed record ByeMessage(string Reason, string Detail, bool Reconnect, long AfterMs)
{
    /// <summary>Names the message.</summary>
    [JsonPropertyOrder(-1)]
    public string Type { get; init; } = "bye";
}

/// <summary>Writes messages: camel case, all members but those that are marked.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(HelloMessage))]
[JsonSerializable(typeof(StatusMessage))]
[JsonSerializable(typeof(CaptionMessage))]
[JsonSerializable(typeof(NoticeMessage))]
[JsonSerializable(typeof(ByeMessage))]
internal sealed partial class SocketJson : JsonSerializerContext
{
    // As it stands in a text message: letters of all scripts, not escaped for HTML.
    private static readonly SocketJson s_plain = new(new JsonSerializerOptions
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    });

    /// <summary>A message in its frame.</summary>
    public static byte[] Frame<T>(T message) => ServerFrames.Text(JsonSerializer.SerializeToUtf8Bytes(message, typeof(T), s_plain));
}
