using System.Collections.Immutable;
using System.Globalization;
using System.Net;
using System.Text.RegularExpressions;
using Microsoft.Extensions.Logging;
using Tandem.Live;

namespace Tandem.Server.Configuration;

/// <summary>Reads the values of settings. Problems say what is wrong and what to write instead.</summary>
internal static partial class Values
{
    private const int MostLanguages = 32;
    private const int MostKeys = 64;

    public static Parsed<TimeSpan> Duration(string text, TimeSpan least, TimeSpan most)
    {
        const string Remedy = "write a number and a unit, such as 500ms, 8s or 2m";
        if (Split(text) is not var (number, unit))
            return new Wrong($"\"{text}\" is no duration; {Remedy}");
        if (unit.Length == 0)
            return new Wrong($"\"{text}\" has no unit; {Remedy}");
        var seconds = unit switch { "ms" => number / 1000, "s" => number, "m" or "min" => number * 60, "h" => number * 3600, _ => double.NaN };
        if (double.IsNaN(seconds))
            return new Wrong($"\"{unit}\" is no unit of time; {Remedy}");
        return seconds < least.TotalSeconds || seconds > most.TotalSeconds
            ? new Wrong($"{text} is out of range; use {Show(least)} to {Show(most)}")
            : TimeSpan.FromSeconds(seconds);
    }

    public static Parsed<double> Decibels(string text, double least, double most)
    {
        if (Split(text) is not var (number, unit) || !(unit.Length == 0 || unit.Equals("dB", StringComparison.OrdinalIgnoreCase)))
            return new Wrong($"\"{text}\" is no level; write dB, such as -18dB");
        return number < least || number > most ? new Wrong($"{text} is out of range; use {least}dB to {most}dB") : number;
    }

    /// <summary>US dollars, from 0.</summary>
    public static Parsed<double> Dollars(string text, double most)
    {
        if (Split(text) is not var (number, unit) || !(unit.Length == 0 || unit.Equals("USD", StringComparison.OrdinalIgnoreCase)))
            return new Wrong($"\"{text}\" is no sum; write US dollars, such as 500USD");
        return number < 0 || number > most ? new Wrong($"{text} is out of range; use 0USD to {most}USD") : number;
    }

    /// <summary>Bits a second; the bounds are in kbit/s.</summary>
    public static Parsed<int> BitRate(string text, int least, int most)
    {
        var scale = Split(text)?.Unit switch { "bit/s" => 1, "k" or "kbit/s" => 1000, _ => 0 };
        if (scale == 0)
            return new Wrong($"\"{text}\" is no bit rate; write kbit/s, such as 128kbit/s");
        var bits = Split(text)!.Value.Number * scale;
        return bits < least * 1000 || bits > most * 1000
            ? new Wrong($"{text} is out of range; use {least}kbit/s to {most}kbit/s")
            : (int)Math.Round(bits);
    }

    /// <summary>Bytes.</summary>
    public static Parsed<long> Size(string text, long least, long most)
    {
        var scale = Split(text)?.Unit switch { "KiB" => 1L << 10, "MiB" => 1L << 20, "GiB" => 1L << 30, _ => 0 };
        if (scale == 0)
            return new Wrong($"\"{text}\" is no size; write a number and KiB, MiB or GiB, such as 256MiB");
        var bytes = Split(text)!.Value.Number * scale;
        return bytes < least || bytes > most
            ? new Wrong($"{text} is out of range; use {ShowSize(least)} to {ShowSize(most)}")
            : (long)Math.Round(bytes);
    }

    public static Parsed<bool> Flag(string text) => text.ToLowerInvariant() switch
    {
        "true" => true,
        "false" => false,
        _ => new Wrong($"\"{text}\" is neither true nor false"),
    };

    public static Parsed<int> Port(string text) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var port) && port <= IPEndPoint.MaxPort
            ? port
            : new Wrong($"\"{text}\" is no port; use a number from 0 to {IPEndPoint.MaxPort}");

    public static Parsed<IPAddress> Address(string text) =>
        text.Equals("localhost", StringComparison.OrdinalIgnoreCase) ? IPAddress.Loopback
        : IPAddress.TryParse(text, out var address) ? address
        : new Wrong($"\"{text}\" is no IP address; use one of this machine's, such as 127.0.0.1, or 0.0.0.0 for all");

    /// <summary>SHA-256 hashes of keys, joined by <c>+</c>. Messages show none of them: a key may stand there by mistake.</summary>
    public static Parsed<ImmutableArray<ImmutableArray<byte>>> KeyHashes(string text)
    {
        const string Prefix = "sha256:";
        var hashes = ImmutableArray.CreateBuilder<ImmutableArray<byte>>();
        foreach (var (index, part) in text.Split('+', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).Index())
        {
            var hex = part.StartsWith(Prefix, StringComparison.OrdinalIgnoreCase) ? part[Prefix.Length..] : "";
            if (hex.Length != 64 || !hex.All(char.IsAsciiHexDigit))
            {
                return new Wrong(
                    $"entry {index + 1} is no hash of a key; write sha256: and 64 hexadecimal digits, as printf %s KEY | sha256sum prints them");
            }

            hashes.Add([.. Convert.FromHexString(hex)]);
        }

        return hashes.Count is 0 or > MostKeys
            ? new Wrong($"names {hashes.Count} keys; give 1 to {MostKeys}, or leave the setting out")
            : hashes.ToImmutable();
    }

    public static Parsed<Uri?> PublicUrl(string text) =>
        WebAddress(text) is { Query: "", Fragment: "", UserInfo: "" } address
            ? address.AbsoluteUri.EndsWith('/') ? address : new Uri(address.AbsoluteUri + "/")
            : new Wrong($"\"{Shown(text)}\" is no address that viewers can use; write it whole and without query, such as https://dub.example.com/");

    public static Parsed<LogLevel> LogLevel(string text) => text.ToLowerInvariant() switch
    {
        "debug" => Microsoft.Extensions.Logging.LogLevel.Debug,
        "information" => Microsoft.Extensions.Logging.LogLevel.Information,
        "warning" => Microsoft.Extensions.Logging.LogLevel.Warning,
        "error" => Microsoft.Extensions.Logging.LogLevel.Error,
        _ => new Wrong($"\"{text}\" is not known; use debug, information, warning or error"),
    };

    public static Parsed<VideoMode> Video(string text) => text.ToLowerInvariant() switch
    {
        "auto" => VideoMode.Auto,
        "reference" => VideoMode.Reference,
        "carry" => VideoMode.Carry,
        _ => new Wrong($"\"{text}\" is not known; use auto, reference or carry"),
    };

    public static Parsed<AdSpeech> Ads(string text) => text.ToLowerInvariant() switch
    {
        "dub" => AdSpeech.Dub,
        "original" => AdSpeech.Original,
        _ => new Wrong($"\"{text}\" is not known; use dub or original"),
    };

    public static Parsed<string> Id(string text) =>
        IdShape().IsMatch(text) ? text : new Wrong($"\"{text}\" is no id; use 1 to 64 of a–z A–Z 0–9 . _ -, not beginning with a dot");

    public static Parsed<string> Language(string text) => LanguageNames.Read(text);

    public static Parsed<ImmutableArray<string>> Languages(string text)
    {
        var languages = text.Split('+', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).Select(LanguageNames.Read).ToList();
        var problems = languages.Where(language => language.Problem is not null).Select(language => language.Problem).ToList();
        if (problems.Count > 0)
            return new Wrong(string.Join("; ", problems));
        if (languages.Count is 0 or > MostLanguages)
            return new Wrong($"names {languages.Count} languages; give 1 to {MostLanguages}, such as es+fr");
        var twice = languages.GroupBy(language => language.Value, StringComparer.Ordinal).FirstOrDefault(group => group.Count() > 1);
        return twice is null ? ImmutableArray.CreateRange(languages.Select(language => language.Value)) : new Wrong($"names {twice.Key} twice; give each language once");
    }

    public static Parsed<string?> Voice(string text)
    {
        if (text == "original")
            return text;
        var language = LanguageNames.Read(text);
        return new(language.Value, language.Problem);
    }

    /// <summary>An address as messages may show it: secrets are in its query or before the host.</summary>
    public static string Shown(string address)
    {
        var end = address.AsSpan().IndexOfAny('?', '#');
        var shown = end < 0 ? address : address[..end] + "?…";
        return Credentials().Replace(shown, "//…@");
    }

    private static Uri? WebAddress(string text) =>
        Uri.TryCreate(text, UriKind.Absolute, out var address) && address.Scheme is "http" or "https" && address.Host.Length > 0 ? address : null;

    private static string Show(TimeSpan time) =>
        time.TotalMinutes >= 2 ? string.Create(CultureInfo.InvariantCulture, $"{time.TotalMinutes}m") : string.Create(CultureInfo.InvariantCulture, $"{time.TotalSeconds}s");

    private static string ShowSize(long bytes) => bytes >> 30 > 0 ? $"{bytes >> 30}GiB" : $"{bytes >> 20}MiB";

    private static (double Number, string Unit)? Split(string text)
    {
        var match = NumberAndUnit().Match(text);
        return match.Success && double.TryParse(match.Groups["number"].ValueSpan, NumberStyles.Float, CultureInfo.InvariantCulture, out var number)
            ? (number, match.Groups["unit"].Value)
            : null;
    }

    [GeneratedRegex(@"^(?<number>[-+]?\d{1,9}(\.\d{1,9})?) ?(?<unit>[a-zA-Z/]*)$", RegexOptions.ExplicitCapture | RegexOptions.NonBacktracking)]
    private static partial Regex NumberAndUnit();

    [GeneratedRegex("^[a-zA-Z0-9_-][a-zA-Z0-9._-]{0,63}$", RegexOptions.NonBacktracking)]
    private static partial Regex IdShape();

    [GeneratedRegex("//[^/]*@", RegexOptions.NonBacktracking)]
    private static partial Regex Credentials();
}
