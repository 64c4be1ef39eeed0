using System.Text.Json;

namespace Tandem.Server.WebSockets;

/// <summary>A client's text message.</summary>
internal abstract record ClientMessage
{
    /// <summary>One that is ignored.</summary>
    public sealed record Unknown : ClientMessage;

    /// <summary>Another voice.</summary>
    public sealed record Select(string Language) : ClientMessage;

    /// <summary>A chunk has come.</summary>
    public sealed record Ack(int Track, long Sequence) : ClientMessage;

    /// <summary>The next sequences wanted.</summary>
    public sealed record Resume(long? Audio, long? Video) : ClientMessage;

    /// <summary>Reads one; null where it is no JSON object with a type. Members of the wrong kind count as missing.</summary>
    public static ClientMessage? Read(ReadOnlyMemory<byte> utf8)
    {
        try
        {
            using var document = JsonDocument.Parse(utf8, new JsonDocumentOptions { MaxDepth = 8 });
            var root = document.RootElement;
            if (root.ValueKind != JsonValueKind.Object || Text(root, "type") is not { } type)
                return null;
            return type switch
            {
                "select" when Text(root, "language") is { } language => new Select(language),
                "ack" when Number(root, "track") is { } track && Number(root, "sequence") is { } sequence => new Ack((int)Math.Min(track, 3), sequence),
                "resume" => new Resume(Number(root, "audio"), Number(root, "video")),
                _ => new Unknown(),
            };
        }
        catch (Exception error) when (error is JsonException or InvalidOperationException)
        {
            // The second: text that is no UTF-8 or half a surrogate.
            return null;
        }
    }

    private static string? Text(JsonElement root, string name) =>
        root.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    private static long? Number(JsonElement root, string name) =>
        root.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.Number && value.TryGetInt64(out var number) && number >= 0 ? number : null;
}
