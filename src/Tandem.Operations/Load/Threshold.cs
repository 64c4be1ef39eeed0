using System.Text.RegularExpressions;

namespace Tandem.Operations.Load;

/// <summary>A condition that fails a run, such as <c>delivery.p95>500ms</c>.</summary>
/// <param name="Expression">As it was written.</param>
/// <param name="Group">Whose figure: <c>all</c>, <c>ws</c> or <c>hls</c>.</param>
/// <param name="Figure">Which one.</param>
/// <param name="Operator">How it is compared.</param>
/// <param name="Limit">In the figure's own unit: s, bytes, a share, a count.</param>
public sealed partial record Threshold(string Expression, string Group, Figure Figure, string Operator, double Limit)
{
    /// <summary>Reads one; or says in one line what is wrong with it.</summary>
    public static (Threshold? Threshold, string? Problem) Parse(string text)
    {
        var match = Form().Match(text);
        if (!match.Success)
            return (null, $"\"{text}\" is no condition; write a figure, > or <, and a limit, such as delivery.p95>500ms");
        var (group, name) = Names(match.Groups["name"].Value);
        if (Figure.Find(name) is not { } figure)
            return (null, $"there is no figure \"{match.Groups["name"].Value}\"; there are {string.Join(", ", Figure.All.Select(known => known.Name))}");
        var limit = match.Groups["limit"].Value.Trim();
        var (value, example) = figure.Unit switch
        {
            FigureUnit.Time => (Quantity.Time(limit)?.TotalSeconds, "500ms or 2s"),
            FigureUnit.Bytes => (Quantity.Bytes(limit), "10MB"),
            FigureUnit.Share => (Quantity.Share(limit), "1%"),
            _ => (Quantity.Number(limit), "0"),
        };
        return value is { } number
            ? (new Threshold(text, group, figure, match.Groups["operator"].Value, number), null)
            : (null, $"\"{limit}\" is no limit for {name}; write it like {example}");
    }

    /// <summary>Whether a run has viewers that it is about.</summary>
    public bool Has(Via via) => Group switch
    {
        "ws" => via != Via.Hls,
        "hls" => via != Via.Ws,
        _ => true,
    };

    /// <summary>
    /// Whether it is broken: by what was not measured as well, since a gate that measured nothing must not pass. What never came is greater
    /// than any limit.
    /// </summary>
    public bool IsBroken(double? value) => value is not { } number || Operator switch
    {
        ">" => number > Limit,
        ">=" => number >= Limit,
        "<" => number < Limit,
        _ => number <= Limit,
    };

    private static (string Group, string Name) Names(string text) => text.Split('.', 2) switch
    {
        ["all" or "ws" or "hls", var name] => (text.Split('.')[0], name),
        _ => ("all", text),
    };

    [GeneratedRegex(@"^\s*(?<name>[a-z][a-z0-9._]*)\s*(?<operator>>=|<=|>|<)\s*(?<limit>\S.*?)\s*$",
        RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Form();
}
