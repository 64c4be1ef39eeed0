using System.Globalization;

namespace Tandem.Live.Package;

/// <summary>Gives renditions names that no other rendition of their groups has (RFC 8216, section 4.3.4.1.1).</summary>
internal sealed class RenditionNames(IEnumerable<string> taken)
{
    private readonly HashSet<string> _taken = new(taken, StringComparer.Ordinal);

    /// <summary>The name itself, or the name with the first number that makes it unique.</summary>
    public string Take(string name)
    {
        var unique = name;
        for (var number = 2; !_taken.Add(unique); number++)
            unique = string.Create(CultureInfo.InvariantCulture, $"{name} {number}");
        return unique;
    }
}
