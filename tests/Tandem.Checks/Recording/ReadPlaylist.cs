using System.Globalization;
using System.Text.RegularExpressions;

namespace Tandem.Checks.Recording;

/// <summary>A rendition or variant in a master playlist.</summary>
/// <param name="Name">NAME of a rendition; <c>v0</c>, <c>v1</c>, … for variants in ascending order of bandwidth.</param>
/// <param name="Language">LANGUAGE; empty where there is none.</param>
/// <param name="Group">GROUP-ID of a rendition, AUDIO of a variant.</param>
/// <param name="Type"><c>VARIANT</c>, <c>AUDIO</c>, <c>SUBTITLES</c>.</param>
/// <param name="Address">Absolute; null for a rendition inside the variants.</param>
/// <param name="Attributes">All of them, unquoted.</param>
public sealed record MasterItem(
    string Name, string Language, string Group, string Type, Uri? Address, IReadOnlyDictionary<string, string> Attributes);

/// <summary>A segment in a media playlist, with what applies to it.</summary>
public sealed record ListedSegment(
    Uri Address,
    long Sequence,
    long Discontinuity,
    double Duration,
    DateTimeOffset? Date,
    bool Gap,
    (Uri Address, long? Offset, long? Length)? Init,
    (long Offset, long Length)? Range,
    (Uri Address, byte[] Iv)? Key);

/// <summary>Reads playlists as a simple player does; knows nothing of Tandem's own reader.</summary>
public static partial class ReadPlaylist
{
    /// <summary>Variants (ascending bandwidth), then renditions, of a master playlist.</summary>
    public static IReadOnlyList<MasterItem> Master(Uri address, string text)
    {
        var variants = new List<MasterItem>();
        var renditions = new List<MasterItem>();
        var variables = new Dictionary<string, string>(StringComparer.Ordinal);
        IReadOnlyDictionary<string, string>? pending = null;
        foreach (var raw in Lines(text))
        {
            Define(raw, variables, null);
            var line = Resolved(raw, variables);
            if (line.StartsWith("#EXT-X-STREAM-INF:", StringComparison.Ordinal))
            {
                pending = Attributes(line);
            }
            else if (line.StartsWith("#EXT-X-MEDIA:", StringComparison.Ordinal))
            {
                var own = Attributes(line);
                var uri = own.GetValueOrDefault("URI");
                renditions.Add(new MasterItem(
                    own["NAME"], own.GetValueOrDefault("LANGUAGE", ""), own["GROUP-ID"], own["TYPE"], uri is null ? null : new Uri(address, uri), own));
            }
            else if (!line.StartsWith('#') && pending is not null)
            {
                variants.Add(new MasterItem("", "", pending.GetValueOrDefault("AUDIO", ""), "VARIANT", new Uri(address, line), pending));
                pending = null;
            }
        }

        var ordered = variants.OrderBy(variant => long.Parse(variant.Attributes["BANDWIDTH"], CultureInfo.InvariantCulture));
        return [.. ordered.Select((variant, index) => variant with { Name = $"v{index}" }), .. renditions];
    }

    /// <summary>The master's variables, for media playlists that import them.</summary>
    public static IReadOnlyDictionary<string, string> Variables(string master)
    {
        var variables = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var line in Lines(master))
            Define(line, variables, null);
        return variables;
    }

    /// <summary>The segments of a media playlist.</summary>
    public static IReadOnlyList<ListedSegment> Media(Uri address, string text, IReadOnlyDictionary<string, string> imported)
    {
        var reader = new MediaReader(address);
        var variables = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var line in Lines(text))
        {
            Define(line, variables, imported);
            reader.Read(Resolved(line, variables));
        }

        return reader.Segments;
    }

    /// <summary>An attribute list, unquoted.</summary>
    public static IReadOnlyDictionary<string, string> Attributes(string line) =>
        AttributePattern().Matches(line[(line.IndexOf(':', StringComparison.Ordinal) + 1)..])
            .ToDictionary(match => match.Groups[1].Value, match => match.Groups[2].Value.Trim('"'), StringComparer.Ordinal);

    private static void Define(string line, Dictionary<string, string> variables, IReadOnlyDictionary<string, string>? imported)
    {
        if (!line.StartsWith("#EXT-X-DEFINE:", StringComparison.Ordinal))
            return;
        var attributes = Attributes(line);
        if (attributes.TryGetValue("NAME", out var name))
            variables[name] = attributes["VALUE"];
        else if (attributes.TryGetValue("IMPORT", out var import) && imported is not null)
            variables[import] = imported[import];
    }

    private static string Resolved(string line, Dictionary<string, string> variables) =>
        variables.Aggregate(line, (text, pair) => text.Replace($"{{${pair.Key}}}", pair.Value, StringComparison.Ordinal));

    private static IEnumerable<string> Lines(string text) =>
        text.Split('\n').Select(line => line.TrimEnd('\r')).Where(line => line.Length > 0);

    [GeneratedRegex("""([A-Z0-9-]+)=("[^"]*"|[^",]*)""")]
    private static partial Regex AttributePattern();

    private sealed class MediaReader(Uri address)
    {
        private readonly List<ListedSegment> _segments = [];
        private long _sequence;
        private long _discontinuity;
        private double _duration;
        private bool _gap;
        private DateTimeOffset? _date;
        private (Uri, long?, long?)? _init;
        private (long Offset, long Length)? _range;
        private IReadOnlyDictionary<string, string>? _key;

        public IReadOnlyList<ListedSegment> Segments => _segments;

        public void Read(string line)
        {
            var (tag, value) = line.IndexOf(':', StringComparison.Ordinal) is var colon and > 0 && line[0] == '#'
                ? (line[..colon], line[(colon + 1)..])
                : (line, "");
            switch (tag)
            {
                case "#EXT-X-MEDIA-SEQUENCE": _sequence = long.Parse(value, CultureInfo.InvariantCulture); break;
                case "#EXT-X-DISCONTINUITY-SEQUENCE": _discontinuity = long.Parse(value, CultureInfo.InvariantCulture); break;
                case "#EXT-X-DISCONTINUITY": _discontinuity++; break;
                case "#EXTINF": _duration = double.Parse(value.Split(',')[0], CultureInfo.InvariantCulture); break;
                case "#EXT-X-GAP": _gap = true; break;
                case "#EXT-X-PROGRAM-DATE-TIME": _date = DateTimeOffset.Parse(value, CultureInfo.InvariantCulture); break;
                case "#EXT-X-BYTERANGE": _range = Range(value); break;
                case "#EXT-X-KEY": _key = Attributes(line) is var key && key["METHOD"] == "NONE" ? null : key; break;
                case "#EXT-X-MAP": _init = Map(Attributes(line)); break;
                default:
                    if (!line.StartsWith('#'))
                        Add(line);
                    break;
            }
        }

        private void Add(string line)
        {
            (Uri, byte[])? key = null;
            if (_key is not null)
            {
                var iv = new byte[16];
                System.Buffers.Binary.BinaryPrimitives.WriteInt64BigEndian(iv.AsSpan(8), _sequence);
                key = (new Uri(address, _key["URI"]), _key.TryGetValue("IV", out var text) ? Convert.FromHexString(text[2..]) : iv);
            }

            _segments.Add(new ListedSegment(new Uri(address, line), _sequence, _discontinuity, _duration, _date, _gap, _init, _range, key));
            _sequence++;
            _date = _date?.AddSeconds(_duration);
            _gap = false;
            // A range without an offset goes on where this one ends.
            _range = null;
        }

        private (long, long) Range(string value)
        {
            var parts = value.Trim('"').Split('@');
            var length = long.Parse(parts[0], CultureInfo.InvariantCulture);
            var offset = parts.Length > 1
                ? long.Parse(parts[1], CultureInfo.InvariantCulture)
                : _segments[^1].Range is { } last ? last.Offset + last.Length : 0;
            return (offset, length);
        }

        private (Uri, long?, long?) Map(IReadOnlyDictionary<string, string> attributes)
        {
            if (!attributes.TryGetValue("BYTERANGE", out var value))
                return (new Uri(address, attributes["URI"]), null, null);
            var (offset, length) = Range(value);
            return (new Uri(address, attributes["URI"]), offset, length);
        }
    }
}
