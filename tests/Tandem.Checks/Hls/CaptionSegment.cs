using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace Tandem.Checks.Hls;

/// <summary>One cue.</summary>
/// <param name="Start">90 kHz on the source's clock, unwrapped from its segment's map.</param>
/// <param name="End">The same.</param>
/// <param name="Written">Timing line and text as written.</param>
public sealed record WrittenCue(double Start, double End, string Written);

/// <summary>A WebVTT segment.</summary>
/// <param name="Zero">90 kHz: what cue time zero is on the source's clock.</param>
/// <param name="Cues">In order.</param>
public sealed partial record CaptionSegment(double Zero, IReadOnlyList<WrittenCue> Cues)
{
    /// <summary>Reads a segment; null and a reason where it breaks RFC 8216, section 3.5, or WebVTT.</summary>
    public static CaptionSegment? Read(ReadOnlySpan<byte> bytes, out string fault)
    {
        string text;
        try
        {
            text = new UTF8Encoding(false, throwOnInvalidBytes: true).GetString(bytes).TrimStart('\ufeff').ReplaceLineEndings("\n");
        }
        catch (ArgumentException)
        {
            fault = "it is not UTF-8";
            return null;
        }

        var blocks = text.Split("\n\n");
        if (!blocks[0].StartsWith("WEBVTT", StringComparison.Ordinal))
        {
            fault = "it does not begin with WEBVTT";
            return null;
        }

        var map = Map().Match(blocks[0]);
        if (!map.Success || !ulong.TryParse(map.Groups["ticks"].Value, CultureInfo.InvariantCulture, out var ticks) || ticks >= 1UL << 33)
        {
            fault = "it has no X-TIMESTAMP-MAP with 33 bits in its header";
            return null;
        }

        var zero = ticks - (Seconds(map.Groups["local"].Value) * 90_000);
        var cues = new List<WrittenCue>();
        foreach (var block in blocks.Skip(1).Select(block => block.Trim('\n')).Where(block => block.Length > 0))
        {
            var timing = Timing().Match(block);
            if (!timing.Success || block.IndexOf("-->", timing.Length, StringComparison.Ordinal) >= 0)
            {
                fault = $"no cue: \"{block.Replace("\n", "\\n", StringComparison.Ordinal)}\"";
                return null;
            }

            var start = Seconds(timing.Groups["start"].Value);
            var end = Seconds(timing.Groups["end"].Value);
            if (end <= start || block.Length == timing.Length)
            {
                fault = $"a cue without length or text: \"{timing.Value}\"";
                return null;
            }

            cues.Add(new WrittenCue(zero + (start * 90_000), zero + (end * 90_000), block));
        }

        fault = "";
        return new CaptionSegment(zero, cues);
    }

    private static double Seconds(string stamp) =>
        stamp.Split(':').Aggregate(0.0, (sum, part) => (sum * 60) + double.Parse(part, CultureInfo.InvariantCulture));

    [GeneratedRegex(@"^X-TIMESTAMP-MAP=MPEGTS:(?<ticks>\d+),LOCAL:(?<local>(\d{2,}:)?\d\d:\d\d\.\d{3})$|^X-TIMESTAMP-MAP=LOCAL:(?<local>(\d{2,}:)?\d\d:\d\d\.\d{3}),MPEGTS:(?<ticks>\d+)$", RegexOptions.Multiline | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Map();

    [GeneratedRegex(@"\A([^\n]*\n)??(?<start>(\d{2,}:)?\d\d:\d\d\.\d{3}) --> (?<end>(\d{2,}:)?\d\d:\d\d\.\d{3})[^\n]*\n?", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Timing();
}
