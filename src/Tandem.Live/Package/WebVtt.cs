using System.Globalization;
using System.Text;
using Tandem.Live.Timeline;

namespace Tandem.Live.Package;

/// <summary>A caption, timed to its dub.</summary>
/// <param name="Start">When it appears.</param>
/// <param name="End">When it goes; same epoch.</param>
/// <param name="Text">Plain text; line breaks are kept, nothing in it is markup.</param>
public sealed record CaptionCue(MediaTime Start, MediaTime End, string Text);

/// <summary>WebVTT segments (RFC 8216, section 3.5).</summary>
public static class WebVtt
{
    /// <summary>
    /// The map moves on this often within an epoch, and <c>LOCAL</c> with it: a cue's own times stay what they were, and no player has to
    /// see past half of the 26.5 hours after which MPEGTS repeats.
    /// </summary>
    private const long Stretch = 12L * 3600 * MediaTime.Rate;

    /// <summary>
    /// Writes the segment from <paramref name="start"/> to <paramref name="end"/>: every cue that is visible in it, whole. A cue that
    /// crosses a cut is written the same in both segments. Without cues it is an empty segment with its map.
    /// </summary>
    /// <param name="origin">Where the epoch begins: cue times count from here.</param>
    /// <param name="start">First instant of the segment.</param>
    /// <param name="end">First instant after it.</param>
    /// <param name="cues">Any cues; those of other epochs or times are left out.</param>
    public static byte[] Segment(MediaTime origin, MediaTime start, MediaTime end, IEnumerable<CaptionCue> cues)
    {
        var local = Math.Max(0, start.Ticks - origin.Ticks) / Stretch * Stretch;
        var text = new StringBuilder("WEBVTT\n");
        text.Append(CultureInfo.InvariantCulture, $"X-TIMESTAMP-MAP=MPEGTS:{new MediaTime(origin.Epoch, origin.Ticks + local).Wrapped},");
        text.Append("LOCAL:").Append(Stamp(local)).Append('\n');
        foreach (var cue in cues)
        {
            if (cue.Start.Epoch != start.Epoch || cue.Start.Ticks >= end.Ticks || cue.End.Ticks <= start.Ticks)
                continue;
            var payload = Escape(cue.Text);
            if (payload.Length == 0)
                continue;

            // A cue may begin before its epoch's first picture; players drop negative times.
            var from = Math.Max(0, cue.Start.Ticks - origin.Ticks);
            var to = Math.Max(from + (MediaTime.Rate / 1000), cue.End.Ticks - origin.Ticks);
            text.Append('\n').Append(Stamp(from)).Append(" --> ").Append(Stamp(to)).Append('\n').Append(payload).Append('\n');
        }

        return Encoding.UTF8.GetBytes(text.ToString());
    }

    /// <summary>Cue text (W3C WebVTT, 4.2.2): no markup, no blank lines, which would end the cue, no control characters.</summary>
    private static string Escape(string text)
    {
        var escaped = new StringBuilder(text.Length + 16);
        foreach (var line in text.ReplaceLineEndings("\n").AsSpan().EnumerateLines())
        {
            var start = escaped.Length;
            foreach (var letter in line)
                Append(escaped, letter);
            while (escaped.Length > start && char.IsWhiteSpace(escaped[^1]))
                escaped.Length--;
            if (escaped.Length > start)
                escaped.Append('\n');
        }

        return escaped.ToString(0, Math.Max(0, escaped.Length - 1));

        static void Append(StringBuilder escaped, char letter)
        {
            var isFirst = escaped.Length == 0 || escaped[^1] == '\n';
            if ((isFirst && char.IsWhiteSpace(letter)) || (letter != '\t' && char.IsControl(letter)))
                return;
            _ = letter switch
            {
                '&' => escaped.Append("&amp;"),
                '<' => escaped.Append("&lt;"),
                '>' => escaped.Append("&gt;"),
                _ => escaped.Append(letter),
            };
        }
    }

    private static string Stamp(long ticks)
    {
        var milliseconds = (ticks + 45) / 90;
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{milliseconds / 3_600_000:D2}:{milliseconds / 60_000 % 60:D2}:{milliseconds / 1000 % 60:D2}.{milliseconds % 1000:D3}");
    }
}
