using System.Text.Json;
using Tandem.Server.Configuration;

namespace Tandem.Server.Api;

/// <summary>
/// A channel's settings as JSON, with the names and the texts of the configuration: the same reader takes them, so that the same mistakes are
/// found. Places are JSON pointers (RFC 6901).
/// </summary>
internal static class JsonSettings
{
    private const int MostLevels = 8;

    /// <summary>Reads a body; the mistakes say why it is no settings.</summary>
    public static ConfigMap? Read(ReadOnlyMemory<byte> body, List<Mistake> mistakes)
    {
        try
        {
            using var document = JsonDocument.Parse(body, new JsonDocumentOptions { MaxDepth = MostLevels });
            if (document.RootElement.ValueKind == JsonValueKind.Object)
                return (ConfigMap)Convert(document.RootElement, "", mistakes);
            mistakes.Add(new Mistake("/", """is no object; send the channel's settings, such as {"id":"news","input":"https://…","from":"en","to":["es"]}"""));
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            // The other one is for texts that are no Unicode.
            mistakes.Add(new Mistake("/", $"is no JSON: {exception.Message.ReplaceLineEndings(" ")}"));
        }

        return null;
    }

    /// <summary>What was kept, with changes over it: a null takes a setting away (RFC 7396, for the settings themselves).</summary>
    public static ConfigMap Merge(ConfigMap kept, ConfigMap changes)
    {
        var merged = new ConfigMap(changes.Place);
        foreach (var (name, value) in kept.Entries)
            merged.Entries[name] = value;
        foreach (var (name, value) in changes.Entries)
        {
            if (value is ConfigText { Text: null })
                merged.Entries.Remove(name);
            else
                merged.Entries[name] = value;
        }

        return merged;
    }

    /// <summary>Writes settings as JSON, to be read by <see cref="Read"/> again.</summary>
    public static void Write(Utf8JsonWriter writer, ConfigNode node)
    {
        switch (node)
        {
            case ConfigMap map:
                writer.WriteStartObject();
                foreach (var (name, value) in map.Entries)
                {
                    writer.WritePropertyName(name);
                    Write(writer, value);
                }

                writer.WriteEndObject();
                break;
            case ConfigList list:
                writer.WriteStartArray();
                foreach (var item in list.Items)
                    Write(writer, item);
                writer.WriteEndArray();
                break;
            default:
                writer.WriteStringValue((node as ConfigText)?.Text);
                break;
        }
    }

    private static ConfigNode Convert(JsonElement element, string place, List<Mistake> mistakes)
    {
        var shown = place.Length == 0 ? "/" : place;
        switch (element.ValueKind)
        {
            case JsonValueKind.Object:
                var map = new ConfigMap(shown);
                foreach (var property in element.EnumerateObject())
                {
                    var below = $"{place}/{property.Name.Replace("~", "~0", StringComparison.Ordinal).Replace("/", "~1", StringComparison.Ordinal)}";
                    if (!map.Entries.TryAdd(property.Name, Convert(property.Value, below, mistakes)))
                        mistakes.Add(new Mistake(below, "stands there twice; keep one"));
                }

                return map;
            case JsonValueKind.Array:
                var list = new ConfigList(shown);
                foreach (var (index, item) in element.EnumerateArray().Index())
                    list.Items.Add(Convert(item, $"{place}/{index}", mistakes));
                return list;
            case JsonValueKind.Null:
                return new ConfigText(null, shown);
            case JsonValueKind.String:
                return new ConfigText(element.GetString(), shown);
            default:
                return new ConfigText(element.GetRawText(), shown);
        }
    }
}
