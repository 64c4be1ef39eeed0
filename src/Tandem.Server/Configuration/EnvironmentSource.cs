using System.Globalization;

namespace Tandem.Server.Configuration;

/// <summary>
/// Puts environment variables over what the file says: <c>TANDEM__PORT=80</c>, <c>TANDEM__CHANNELS__0__DELAY=5s</c>. Two underscores
/// lead one level down, list entries are numbered from 0, case does not matter.
/// </summary>
internal static class EnvironmentSource
{
    private const string Prefix = "TANDEM__";

    /// <summary>Overrides <paramref name="settings"/> by those of <paramref name="variables"/> that begin with <c>TANDEM__</c>.</summary>
    public static void Apply(ConfigMap settings, IEnumerable<KeyValuePair<string, string>> variables, List<Mistake> mistakes)
    {
        // In the order of their paths, so that entry 0 of a list comes before entry 1 (10 after 9).
        var ours = variables.Where(variable => variable.Key.StartsWith(Prefix, StringComparison.OrdinalIgnoreCase))
            .OrderBy(variable => variable.Key, StringComparer.Create(CultureInfo.InvariantCulture, CompareOptions.IgnoreCase | CompareOptions.NumericOrdering));
        foreach (var (name, value) in ours)
        {
            var path = name[Prefix.Length..].Split("__");
            if (path.Any(part => part.Length == 0))
                mistakes.Add(new Mistake(name, "names no setting; write it such as TANDEM__PORT or TANDEM__CHANNELS__0__DELAY"));
            else
                Set(settings, path, new ConfigText(value, name), mistakes);
        }
    }

    private static void Set(ConfigNode at, ReadOnlySpan<string> path, ConfigText value, List<Mistake> mistakes)
    {
        while (true)
        {
            var last = path.Length == 1;
            switch (at)
            {
                case ConfigMap map:
                    var key = path[0].ToLowerInvariant();
                    if (last || !map.Entries.TryGetValue(key, out var below) || below is ConfigText)
                        map.Entries[key] = below = last ? value : Container(path[1], value.Place);
                    at = below;
                    break;
                case ConfigList list:
                    if (!int.TryParse(path[0], NumberStyles.None, CultureInfo.InvariantCulture, out var index) || index > list.Items.Count)
                    {
                        mistakes.Add(new Mistake(value.Place, $"\"{path[0]}\" is no entry of the list; it has {list.Items.Count}, numbered from 0, and can be continued with {list.Items.Count}"));
                        return;
                    }

                    if (index == list.Items.Count)
                        list.Items.Add(last ? value : Container(path[1], value.Place));
                    else if (last || list.Items[index] is ConfigText)
                        list.Items[index] = last ? value : Container(path[1], value.Place);
                    at = list.Items[index];
                    break;
                default:
                    return;
            }

            if (last)
                return;
            path = path[1..];
        }
    }

    private static ConfigNode Container(string nextKey, string place) => nextKey.All(char.IsAsciiDigit) ? new ConfigList(place) : new ConfigMap(place);
}
