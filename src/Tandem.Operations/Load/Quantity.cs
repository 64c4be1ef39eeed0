using System.Globalization;

namespace Tandem.Operations.Load;

/// <summary>Numbers with units, as people write them on the command line.</summary>
internal static class Quantity
{
    /// <summary><c>500ms</c>, <c>10s</c>, <c>3m</c>, <c>1h</c>; null for anything else.</summary>
    public static TimeSpan? Time(string text)
    {
        var (value, unit) = Split(text);
        double? seconds = unit switch
        {
            "ms" => value / 1000,
            "s" => value,
            "m" or "min" => value * 60,
            "h" => value * 3600,
            "" when value is 0 => 0,
            _ => null,
        };
        return seconds is >= 0 and < 1e7 ? TimeSpan.FromSeconds(seconds.Value) : null;
    }

    /// <summary>
    /// <c>500B</c>, <c>10KB</c>, <c>2MB</c>, <c>1GB</c> (of 1,000), or <c>KiB</c>, <c>MiB</c>, <c>GiB</c>; null for anything else.
    /// </summary>
    public static double? Bytes(string text)
    {
        var (value, unit) = Split(text);
        return unit switch
        {
            "b" => value,
            "kb" => value * 1e3,
            "mb" => value * 1e6,
            "gb" => value * 1e9,
            "kib" => value * 1024,
            "mib" => value * 1048576,
            "gib" => value * 1073741824,
            _ => null,
        };
    }

    /// <summary><c>5%</c> or <c>0.05</c>; null for anything else.</summary>
    public static double? Share(string text)
    {
        var (value, unit) = Split(text);
        return unit switch
        {
            "%" => value / 100,
            "" => value,
            _ => null,
        };
    }

    /// <summary>A number without unit; null for anything else.</summary>
    public static double? Number(string text) => Split(text) is (var value, "") ? value : null;

    private static (double? Value, string Unit) Split(string text)
    {
        var at = 0;
        while (at < text.Length && (char.IsAsciiDigit(text[at]) || text[at] == '.'))
            at++;
        return double.TryParse(text.AsSpan(0, at), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var value)
            ? (value, text[at..].Trim().ToLowerInvariant())
            : (null, "?");
    }
}
