namespace Tandem.Server.Configuration;

/// <summary>Reads a channel given whole on the command line: <c>id=news,input=URL,from=en,to=es+fr,delay=8s</c>.</summary>
internal static class ChannelArgument
{
    /// <summary>The channel's settings. Values may hold <c>=</c>; a comma in an address is written <c>%2C</c>.</summary>
    public static ConfigMap Parse(string argument, List<Mistake> mistakes)
    {
        var parts = argument.Split(',').Select(part => part.Split('=', 2)).ToList();
        var id = parts.FirstOrDefault(part => part is ["id", _])?[1];
        var place = PlaceOf(id);
        var map = new ConfigMap(place);
        string? before = null;
        foreach (var part in parts)
        {
            // What follows a comma may be the rest of a signed address: it is not shown.
            if (part is not [var key, var value])
                mistakes.Add(new Mistake(place, $"{(before is null ? "the first part" : $"the part after {before}=…")} is not of the form name=value; a comma within an address is written %2C"));
            else if (!map.Entries.TryAdd(key.Trim(), new ConfigText(value, place)))
                mistakes.Add(new Mistake(place, $"{key} stands there twice; keep one"));
            before = part is [var name, _] ? name.Trim() : before;
        }

        return map;
    }

    /// <summary>Where the settings of such a channel stand.</summary>
    public static string PlaceOf(string? id) => id is null ? "--channel" : $"--channel {id}";
}
