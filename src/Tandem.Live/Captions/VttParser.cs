using System.Collections.Immutable;
using System.Globalization;
using System.Text;

namespace Tandem.Live.Captions;

/// <summary>
/// Reads WebVTT (W3C Recommendation candidate, section 6) as it comes from sources: whatever the bytes are, it ends in time proportional to
/// them, and what it cannot make sense of is passed over.
/// </summary>
public static class VttParser
{
    /// <summary>The largest file, bytes: subtitles of a whole film are 200 KB.</summary>
    public const int Largest = 4 << 20;

    /// <summary>Cues of a file at most.</summary>
    public const int MostCues = 20_000;

    /// <summary>The longest text of a cue; what is beyond is left out.</summary>
    public const int LongestText = 2_000;

    // A cue whose end is missing shows this long, or until the next begins.
    private static readonly TimeSpan s_assumed = TimeSpan.FromSeconds(5);

    // 33 bits of 90 kHz are 26.5 hours; clocks of encoders that have run for years show more.
    private static readonly TimeSpan s_latest = TimeSpan.FromDays(3650);

    /// <summary>Reads a file; null with the reason, one line, where it is none. An empty file has no cues.</summary>
    public static (VttFile? File, string? Problem) Parse(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length > Largest)
            return (null, $"{bytes.Length} bytes of WebVTT; {Largest} are read at most");
        if (bytes.StartsWith((ReadOnlySpan<byte>)[0xEF, 0xBB, 0xBF]))
            bytes = bytes[3..];
        if (bytes.IsEmpty)
            return (new VttFile(null, []), null);
        var lines = new Lines(Encoding.UTF8.GetString(bytes));
        if (!IsSignature(lines.Next()))
            return (null, "no WebVTT: it does not begin with WEBVTT");
        var map = ReadHeader(lines);
        var cues = ImmutableArray.CreateBuilder<VttCue>();
        while (!lines.AtEnd && cues.Count < MostCues)
            ReadBlock(lines, cues, ref map);
        return (new VttFile(map, Ended(cues)), null);
    }

    /// <summary>A time as WebVTT writes it, hours optional; a comma for the point is taken, too.</summary>
    public static TimeSpan? Time(ReadOnlySpan<char> text)
    {
        Span<Range> parts = stackalloc Range[4];
        var count = text.Split(parts, ':');
        if (count is not (2 or 3))
            return null;
        long hours = 0;
        if (count == 3 && !Number(text[parts[0]], 9, out hours))
            return null;
        var rest = text[parts[count - 1]];
        var point = rest.IndexOfAny('.', ',');
        if (point < 0 || rest.Length - point is < 2 or > 10 || !Number(text[parts[count - 2]], 2, out var minutes)
            || !Number(rest[..point], 2, out var seconds) || !Number(rest[(point + 1)..], 9, out var fraction) || minutes > 59 || seconds > 59)
            return null;
        var ticks = fraction * Math.Pow(10, 7 - (rest.Length - point - 1));
        var time = TimeSpan.FromSeconds((hours * 3600.0) + (minutes * 60) + seconds) + TimeSpan.FromTicks((long)ticks);
        return time <= s_latest ? time : null;
    }

    private static bool IsSignature(ReadOnlySpan<char> line) =>
        line.StartsWith("WEBVTT", StringComparison.Ordinal) && (line.Length == 6 || line[6] is ' ' or '\t');

    private static VttMap? ReadHeader(Lines lines)
    {
        VttMap? map = null;
        while (!lines.AtEnd && !lines.Peek().IsEmpty && !lines.Peek().Contains("-->", StringComparison.Ordinal))
            map = ReadMap(lines.Next()) ?? map;
        return map;
    }

    private static VttMap? ReadMap(ReadOnlySpan<char> line)
    {
        const string Name = "X-TIMESTAMP-MAP=";
        if (!line.StartsWith(Name, StringComparison.Ordinal))
            return null;
        long? ticks = null;
        TimeSpan? local = null;
        foreach (var range in line[Name.Length..].Split(','))
        {
            var part = line[Name.Length..][range].Trim();
            if (part.StartsWith("MPEGTS:", StringComparison.OrdinalIgnoreCase) && Number(part[7..], 18, out var number))
                ticks = number & ((1L << 33) - 1);
            else if (part.StartsWith("LOCAL:", StringComparison.OrdinalIgnoreCase))
                local = Time(part[6..]);
        }

        return ticks is { } media && local is { } clock ? new VttMap(media, clock) : null;
    }

    private static void ReadBlock(Lines lines, ImmutableArray<VttCue>.Builder cues, ref VttMap? map)
    {
        var first = lines.Next();
        if (first.IsEmpty)
            return;
        if (!first.Contains("-->", StringComparison.Ordinal))
        {
            if (IsComment(first))
            {
                while (!lines.AtEnd && !lines.Next().IsEmpty)
                {
                    // NOTE, STYLE and REGION last until an empty line.
                }

                return;
            }

            // Some packagers write the map behind an empty line.
            map ??= ReadMap(first);
            if (lines.AtEnd || !lines.Peek().Contains("-->", StringComparison.Ordinal))
                return;
            first = lines.Next();
        }

        var times = ReadTimes(first);
        var text = new StringBuilder();
        while (!lines.AtEnd && !lines.Peek().IsEmpty && !lines.Peek().Contains("-->", StringComparison.Ordinal))
        {
            var line = lines.Next();
            if (text.Length < LongestText)
                text.Append(text.Length > 0 ? "\n" : "").Append(line[..Math.Min(line.Length, LongestText - text.Length)]);
        }

        if (times is var (start, end))
            cues.Add(new VttCue(start, end ?? TimeSpan.MinValue, VttText.Plain(text.ToString())));
    }

    private static bool IsComment(ReadOnlySpan<char> line)
    {
        foreach (var word in (ReadOnlySpan<string>)["NOTE", "STYLE", "REGION"])
        {
            if (line.StartsWith(word, StringComparison.Ordinal) && (line.Length == word.Length || char.IsWhiteSpace(line[word.Length])))
                return true;
        }

        return false;
    }

    private static (TimeSpan Start, TimeSpan? End)? ReadTimes(ReadOnlySpan<char> line)
    {
        var arrow = line.IndexOf("-->", StringComparison.Ordinal);
        if (Time(line[..arrow].Trim()) is not { } start)
            return null;
        var rest = line[(arrow + 3)..].Trim();

        // Settings follow the end.
        var space = rest.IndexOfAny(' ', '\t');
        var end = Time(space < 0 ? rest : rest[..space]);
        return end <= start ? null : (start, end);
    }

    /// <summary>Gives an end to the cues that have none.</summary>
    private static ImmutableArray<VttCue> Ended(ImmutableArray<VttCue>.Builder cues)
    {
        for (var index = 0; index < cues.Count; index++)
        {
            var cue = cues[index];
            if (cue.End > cue.Start)
                continue;
            var end = cue.Start + s_assumed;
            if (index + 1 < cues.Count && cues[index + 1].Start > cue.Start && cues[index + 1].Start < end)
                end = cues[index + 1].Start;
            cues[index] = cue with { End = end };
        }

        cues.Capacity = cues.Count;
        return cues.MoveToImmutable();
    }

    private static bool Number(ReadOnlySpan<char> text, int digits, out long value)
    {
        value = 0;
        return text.Length >= 1 && text.Length <= digits && long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out value);
    }

    /// <summary>Lines that end with CR, LF or both.</summary>
    private sealed class Lines(string text)
    {
        private int _at;

        public bool AtEnd => _at >= text.Length;

        public ReadOnlySpan<char> Peek()
        {
            var rest = text.AsSpan(_at);
            var end = rest.IndexOfAny('\r', '\n');
            return end < 0 ? rest : rest[..end];
        }

        public ReadOnlySpan<char> Next()
        {
            var line = Peek();
            _at += line.Length;
            if (_at < text.Length && text[_at++] == '\r' && _at < text.Length && text[_at] == '\n')
                _at++;
            return line;
        }
    }
}
