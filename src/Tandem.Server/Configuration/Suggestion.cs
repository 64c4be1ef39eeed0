namespace Tandem.Server.Configuration;

/// <summary>Guesses what was meant by a name that is not known.</summary>
internal static class Suggestion
{
    /// <summary>" – did you mean …?" where a known name is near, else a list of them all.</summary>
    public static string For(string unknown, IReadOnlyCollection<string> known)
    {
        var near = known.Select(name => (Name: name, Distance: Distance(unknown.ToLowerInvariant().Replace('-', '_'), name))).MinBy(guess => guess.Distance);
        return near.Distance <= Math.Max(1, unknown.Length / 3) ? $"did you mean {near.Name}?" : $"known are {string.Join(", ", known)}";
    }

    /// <summary>Levenshtein's: letters to insert, leave out or change.</summary>
    private static int Distance(string left, string right)
    {
        var row = Enumerable.Range(0, right.Length + 1).ToArray();
        for (var i = 0; i < left.Length; i++)
        {
            var diagonal = row[0];
            row[0] = i + 1;
            for (var j = 0; j < right.Length; j++)
                (diagonal, row[j + 1]) = (row[j + 1], Math.Min(Math.Min(row[j], row[j + 1]) + 1, diagonal + (left[i] == right[j] ? 0 : 1)));
        }

        return row[^1];
    }
}
