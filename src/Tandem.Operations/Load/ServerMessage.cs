using System.Text.Json;

namespace Tandem.Operations.Load;

/// <summary>
/// A text message of the server (docs/protocol.md): the members that a viewer heeds. Members that are missing or of another kind are null,
/// and what is not known is ignored.
/// </summary>
internal readonly record struct ServerMessage(
    string Type, string? Reason, string? Code, string? Detail, long? ServerTime, long? ChunkMs, long? SegmentMs, int? Track, ulong? From,
    ulong? To, bool? Reconnect, long? AfterMs, int? Tracks)
{
    /// <summary>Reads one; null where it is no JSON object with a <c>type</c>.</summary>
    public static ServerMessage? Read(ReadOnlySpan<byte> message)
    {
        try
        {
            var reader = new Utf8JsonReader(message);
            using var json = JsonDocument.ParseValue(ref reader);
            var root = json.RootElement;
            return root.ValueKind == JsonValueKind.Object && Text(root, "type") is { } type
                ? new ServerMessage(
                    type,
                    Text(root, "reason"),
                    Text(root, "code"),
                    Text(root, "detail"),
                    Whole(root, "serverTime"),
                    Whole(root, "chunkMs"),
                    Whole(root, "segmentMs"),
                    (int?)Whole(root, "track"),
                    Number(root, "from"),
                    Number(root, "to"),
                    Flag(root, "reconnect"),
                    Whole(root, "afterMs"),
                    TracksOf(root))
                : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    /// <summary>Numbers of the tracks as a set: 1 for picture, 2 for voice, 3 for both; null where none are named.</summary>
    private static int? TracksOf(JsonElement root)
    {
        if (!root.TryGetProperty("tracks", out var tracks) || tracks.ValueKind != JsonValueKind.Array)
            return null;
        var set = 0;
        foreach (var track in tracks.EnumerateArray())
        {
            if (track.ValueKind == JsonValueKind.Object && Whole(track, "track") is 1 or 2)
                set |= (int)Whole(track, "track")!.Value;
        }

        return set;
    }

    private static string? Text(JsonElement root, string name) =>
        root.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    private static long? Whole(JsonElement root, string name) =>
        root.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.Number && value.TryGetInt64(out var number) ? number
            : null;

    private static ulong? Number(JsonElement root, string name) =>
        root.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.Number && value.TryGetUInt64(out var number) ? number
            : null;

    private static bool? Flag(JsonElement root, string name) =>
        root.TryGetProperty(name, out var value) && value.ValueKind is JsonValueKind.True or JsonValueKind.False ? value.GetBoolean()
            : null;
}
