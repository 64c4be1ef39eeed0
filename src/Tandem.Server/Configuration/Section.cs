namespace Tandem.Server.Configuration;

/// <summary>A group of settings below one key.</summary>
internal static class Section
{
    /// <summary>The group; null where it is not there, or is no group, which is a mistake.</summary>
    /// <param name="settings">The whole configuration.</param>
    /// <param name="key">The group's key.</param>
    /// <param name="example">One of its settings, as it would be written.</param>
    /// <param name="mistakes">Where the mistake goes.</param>
    public static ConfigMap? Find(ConfigMap settings, string key, string example, List<Mistake> mistakes)
    {
        switch (settings.Entries.GetValueOrDefault(key))
        {
            case null or ConfigText { Text: null }:
                return null;
            case ConfigMap map:
                return map;
            case var other:
                mistakes.Add(new Mistake(other.Place, $"{key}: is no list of settings; write them below it, such as \"{example}\""));
                return null;
        }
    }
}
