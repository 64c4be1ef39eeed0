using System.Globalization;
using System.Text.RegularExpressions;

namespace Tandem.Checks.Recording;

/// <summary>A cue on the media time line, unwrapped.</summary>
/// <param name="Start">s.</param>
/// <param name="End">s.</param>
/// <param name="Text">Its lines.</param>
public sealed record Cue(double Start, double End, string Text);

/// <summary>Reads WebVTT segments (RFC 8216, section 3.5).</summary>
public static partial class ReadCaptions
{
    /// <summary>The cues of consecutive segments; one that stands in several counts once.</summary>
    public static IReadOnlyList<Cue> Cues(IEnumerable<string> segments)
    {
        const double wrap = (1L << 33) / 90_000.0;
        var cues = new List<Cue>();
        double? last = null;
        foreach (var segment in segments)
        {
            if (MapPattern().Match(segment) is not { Success: true } map)
                throw new FormatException($"No X-TIMESTAMP-MAP in {segment[..Math.Min(200, segment.Length)]}");
            var ticks = long.Parse((map.Groups[1].Success ? map.Groups[1] : map.Groups[4]).Value, CultureInfo.InvariantCulture);
            var local = Seconds((map.Groups[2].Success ? map.Groups[2] : map.Groups[3]).Value);
            var offset = (ticks / 90_000.0) - local;
            foreach (Match match in CuePattern().Matches(segment))
            {
                var start = Seconds(match.Groups[1].Value) + offset;
                var turns = last is { } before ? Math.Round((before - start) / wrap) * wrap : 0;
                last = start + turns;
                cues.Add(new Cue(start + turns, Seconds(match.Groups[2].Value) + offset + turns, match.Groups[3].Value.Trim()));
            }
        }

        return [.. cues.DistinctBy(cue => (Math.Round(cue.Start, 2), cue.Text)).OrderBy(cue => cue.Start)];
    }

    private static double Seconds(string time) =>
        time.Split(':').Aggregate(0.0, (sum, part) => (sum * 60) + double.Parse(part, CultureInfo.InvariantCulture));

    [GeneratedRegex(@"X-TIMESTAMP-MAP=(?:MPEGTS:(\d+),LOCAL:([\d:.]+)|LOCAL:([\d:.]+),MPEGTS:(\d+))")]
    private static partial Regex MapPattern();

    [GeneratedRegex(@"([\d:.]+) --> ([\d:.]+)[^\n]*\n((?:[^\n]+\n?)+)")]
    private static partial Regex CuePattern();
}
