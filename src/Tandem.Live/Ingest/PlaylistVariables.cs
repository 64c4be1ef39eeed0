using System.Collections.Immutable;
using System.Text;

namespace Tandem.Live.Ingest;

/// <summary>How a replacement of variables went.</summary>
internal enum ReplaceResult
{
    /// <summary>All replaced, or none there.</summary>
    Done,

    /// <summary>A variable without a value (a parser must fail then, section 4.3 of the draft).</summary>
    Undefined,

    /// <summary>The values add up to more than a playlist may hold.</summary>
    TooLarge,
}

/// <summary>EXT-X-DEFINE and the variables it gives (draft-pantos-hls-rfc8216bis, sections 4.3 and 4.4.2.3).</summary>
internal sealed class PlaylistVariables(Uri address, ImmutableDictionary<string, string> imports)
{
    private const int MaxVariables = 1_000;

    // A variable of a megabyte named ten thousand times is a few kilobytes of text: what comes out is bounded, not what goes in.
    private int _budget = PlaylistParser.MaxText;

    public ImmutableDictionary<string, string> All { get; private set; } = ImmutableDictionary<string, string>.Empty;

    public bool TryDefine(AttributeList attributes, out string problem)
    {
        problem = string.Empty;
        string? name;
        string? value;
        if (attributes["NAME"] is { } own)
        {
            name = own;
            value = attributes["VALUE"] ?? string.Empty;
        }
        else if (attributes["IMPORT"] is { } import)
        {
            name = import;
            value = imports.GetValueOrDefault(import);
            if (value is null)
                problem = "EXT-X-DEFINE imports a variable that the master playlist does not have";
        }
        else if (attributes["QUERYPARAM"] is { } parameter)
        {
            name = parameter;
            value = QueryParameter(parameter);
            if (value is null)
                problem = "EXT-X-DEFINE names a query parameter that the playlist's address does not have";
        }
        else
        {
            problem = "EXT-X-DEFINE has neither NAME, IMPORT nor QUERYPARAM";
            return false;
        }

        if (value is not null && All.Count >= MaxVariables)
            problem = "more variables than any playlist needs";
        if (problem.Length > 0 || value is null)
            return false;
        All = All.SetItem(name, value);
        return true;
    }

    public ReplaceResult TryReplace(string text, out string replaced)
    {
        replaced = text;
        var open = text.IndexOf("{$", StringComparison.Ordinal);
        if (open < 0)
            return ReplaceResult.Done;
        var result = new StringBuilder();
        var position = 0;
        while (open >= 0)
        {
            var close = EndOfName(text, open + 2);
            if (close == open + 2 || close == text.Length || text[close] != '}')
            {
                // Not a reference (section 4.3 allows only names of letters, digits, - and _): text like any other.
                open = text.IndexOf("{$", close, StringComparison.Ordinal);
                continue;
            }

            if (!All.TryGetValue(text[(open + 2)..close], out var value))
                return ReplaceResult.Undefined;
            result.Append(text, position, open - position).Append(value);
            position = close + 1;
            open = text.IndexOf("{$", position, StringComparison.Ordinal);
            _budget -= value.Length;
            if (_budget < 0)
                return ReplaceResult.TooLarge;
        }

        replaced = result.Append(text, position, text.Length - position).ToString();
        return ReplaceResult.Done;
    }

    private static int EndOfName(string text, int start)
    {
        var end = start;
        while (end < text.Length && (char.IsAsciiLetterOrDigit(text[end]) || text[end] is '-' or '_'))
            end++;
        return end;
    }

    // After redirects the address is the one redirected to, as the draft wants it.
    private string? QueryParameter(string name)
    {
        foreach (var pair in address.Query.TrimStart('?').Split('&'))
        {
            var equals = pair.IndexOf('=', StringComparison.Ordinal);
            if (equals > 0 && equals < pair.Length - 1 && Uri.UnescapeDataString(pair[..equals]) == name)
            {
                // What no quoted string may hold would break out of the place that it is put into.
                var value = Uri.UnescapeDataString(pair[(equals + 1)..]);
                return value.AsSpan().ContainsAny("\"\r\n") ? null : value;
            }
        }

        return null;
    }
}
