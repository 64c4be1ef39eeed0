using System.Collections.Immutable;

namespace Tandem.Server.Configuration;

/// <summary>Reads declared settings from one map and collects what is wrong with them.</summary>
/// <param name="map">The map.</param>
/// <param name="mistakes">Where mistakes go.</param>
/// <param name="subject">Stands before the setting's name in messages, such as <c>channel news: </c>.</param>
internal sealed class SettingReader(ConfigMap map, List<Mistake> mistakes, string subject)
{
    private const int MostHeaders = 32;

    private readonly HashSet<string> _wrong = new(StringComparer.Ordinal);

    /// <summary>The setting's value, or its default where it is not set or wrong.</summary>
    public T Read<T>(Setting<T> setting)
    {
        if (Find(setting) is not { } node)
        {
            if (setting.DefaultText == Setting.Required)
                Wrong(setting, map.Place, $"is missing; give {setting.Unit}");
            return setting.Default;
        }

        if (TextOf(node) is not { } text)
        {
            Wrong(setting, node.Place, $"is no single value; give {setting.Unit}");
            return setting.Default;
        }

        var parsed = setting.Parse(text.Trim());
        if (parsed.Problem is null)
            return parsed.Value;
        Wrong(setting, node.Place, parsed.Problem);
        return setting.Default;
    }

    /// <summary>HTTP headers. Messages name them but never show a value.</summary>
    public ImmutableDictionary<string, string> ReadHeaders(Setting<ImmutableDictionary<string, string>> setting)
    {
        var headers = ImmutableDictionary.CreateBuilder<string, string>(StringComparer.OrdinalIgnoreCase);
        if (Find(setting) is not { } node)
            return headers.ToImmutable();
        if (node is not ConfigMap entries)
        {
            Wrong(setting, node.Place, "is no list of names and values; write them below it, such as \"User-Agent: Tandem\"");
            return headers.ToImmutable();
        }

        if (entries.Entries.Count > MostHeaders)
            Wrong(setting, node.Place, $"has {entries.Entries.Count} entries; {MostHeaders} can be sent");
        foreach (var (name, value) in entries.Entries)
        {
            if (!name.All(IsTokenCharacter))
                Wrong(setting, value.Place, $"\"{name}\" is no name of a header; use letters, digits and -");
            else if (value is not ConfigText { Text: { } text } || text.Any(char.IsControl))
                Wrong(setting, value.Place, $"the value of {name} is no single line of text");
            else
                headers[name] = text;
        }

        return headers.ToImmutable();
    }

    /// <summary>Says what is wrong with a setting as a whole.</summary>
    public void Wrong(Setting setting, string place, string problem)
    {
        _wrong.Add(setting.Name);
        mistakes.Add(new Mistake(place, $"{subject}{setting.Name}: {problem}"));
    }

    /// <summary>Whether nothing was found wrong with any of <paramref name="settings"/>.</summary>
    public bool Fine(params ReadOnlySpan<Setting> settings)
    {
        foreach (var setting in settings)
        {
            if (_wrong.Contains(setting.Name))
                return false;
        }

        return true;
    }

    /// <summary>Where a setting stands; the map's place where it does not.</summary>
    public string PlaceOf(Setting setting) => Find(setting)?.Place ?? map.Place;

    /// <summary>Reports the keys that no setting has.</summary>
    public void RefuseOthers(IEnumerable<string> known)
    {
        var names = known.ToList();
        foreach (var (key, value) in map.Entries)
        {
            if (!names.Contains(key, StringComparer.OrdinalIgnoreCase))
                mistakes.Add(new Mistake(value.Place, $"{subject}{key} is no setting; {Suggestion.For(key, names)}"));
        }
    }

    // RFC 9110, section 5.6.2.
    private static bool IsTokenCharacter(char character) => char.IsAsciiLetterOrDigit(character) || "!#$%&'*+-.^_`|~".Contains(character, StringComparison.Ordinal);

    private static string? TextOf(ConfigNode node) => node switch
    {
        ConfigText text => text.Text,

        // Languages may be a YAML list as well as es+fr.
        ConfigList list when list.Items.All(item => item is ConfigText { Text: not null }) => string.Join('+', list.Items.Select(item => ((ConfigText)item).Text)),
        _ => null,
    };

    private ConfigNode? Find(Setting setting) =>
        map.Entries.TryGetValue(setting.Name, out var node) && node is not ConfigText { Text: null } ? node : null;
}
