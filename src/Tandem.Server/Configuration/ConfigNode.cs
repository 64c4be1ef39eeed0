namespace Tandem.Server.Configuration;

/// <summary>A piece of configuration before it is understood, with the place where it stands.</summary>
/// <param name="Place">As messages show it.</param>
internal abstract record ConfigNode(string Place);

/// <summary>A text; null where a key stands without value.</summary>
internal sealed record ConfigText(string? Text, string Place) : ConfigNode(Place);

/// <summary>Values by key; keys compare without case, as environment variables do.</summary>
internal sealed record ConfigMap(string Place) : ConfigNode(Place)
{
    public Dictionary<string, ConfigNode> Entries { get; } = new(StringComparer.OrdinalIgnoreCase);
}

/// <summary>Values in order.</summary>
internal sealed record ConfigList(string Place) : ConfigNode(Place)
{
    public List<ConfigNode> Items { get; } = [];
}
