using System.Globalization;
using System.Text;
using Tandem.Live.Timeline;

namespace Tandem.Live.Dubbing;

/// <summary>Cuts a dub's text into captions of at most two lines, each timed by its share of the text.</summary>
internal static class DubTrackCaptions
{
    /// <summary>Columns a line; 42 is what broadcasters' style guides ask for. Wide East Asian characters take two.</summary>
    public const int LineWidth = 42;

    /// <summary>
    /// Columns a second at which a dub of unknown length is taken to speak; a published cue may not change afterwards, so its end must
    /// be guessed. About 15 characters a second is what espeak-ng and human narrators speak.
    /// </summary>
    private const double GuessedRate = 15;

    /// <summary>The captions of one dub, in order, without gaps between them.</summary>
    /// <param name="start">Start of the dub.</param>
    /// <param name="length">Its length; null where it is not known yet.</param>
    /// <param name="text">What it says.</param>
    public static IEnumerable<Caption> Of(ChannelTime start, SoundLength? length, string text)
    {
        var pieces = Pieces(text);
        if (pieces.Count == 0)
            yield break;
        var total = pieces.Sum(piece => piece.Width);
        var spoken = length ?? SoundLength.OfSeconds(Math.Max(1, total / GuessedRate));
        var lines = Balanced(pieces);
        var cues = (lines.Count + 1) / 2;
        var at = start;
        var width = 0;
        for (var cue = 0; cue < cues; cue++)
        {
            // Lines are spread evenly, so that the last cue is not one short line that flashes by.
            var (from, to) = (lines.Count * cue / cues, lines.Count * (cue + 1) / cues);
            width += lines[from..to].Sum(line => line.Width);
            var end = start + new SoundLength((long)(spoken.Samples * (width / (double)total)));
            if (end > at)
                yield return new Caption(at, end, string.Join('\n', lines[from..to].Select(line => line.Text)));
            at = end;
        }
    }

    /// <summary>Words, and of words longer than a line the parts that fit.</summary>
    private static List<Line> Pieces(string text)
    {
        var pieces = new List<Line>();
        var piece = new StringBuilder();
        var width = 0;
        var afterSpace = false;
        var elements = StringInfo.GetTextElementEnumerator(text);
        while (elements.MoveNext())
        {
            var element = elements.GetTextElement();
            var blank = element.All(c => char.IsWhiteSpace(c) || char.IsControl(c));
            var columns = IsWide(element) ? 2 : 1;

            // Scripts that are written without spaces may break before any of their characters.
            if (piece.Length > 0 && (blank || columns == 2 || width + columns > LineWidth))
                Flush();
            if (blank)
            {
                afterSpace = pieces.Count > 0;
                continue;
            }

            piece.Append(element);
            width += columns;
        }

        Flush();
        return pieces;

        void Flush()
        {
            if (piece.Length > 0)
                pieces.Add(new Line(piece.ToString(), width, afterSpace));
            piece.Clear();
            (width, afterSpace) = (0, false);
        }
    }

    /// <summary>As few lines as possible, and those as even as possible.</summary>
    private static List<Line> Balanced(List<Line> pieces)
    {
        var lines = Wrap(pieces, LineWidth);
        var (low, high) = (1, LineWidth);
        while (low < high)
        {
            var middle = (low + high) / 2;
            if (Wrap(pieces, middle).Count <= lines.Count)
                high = middle;
            else
                low = middle + 1;
        }

        return Wrap(pieces, high);
    }

    private static List<Line> Wrap(List<Line> pieces, int limit)
    {
        var lines = new List<Line>();
        var text = new StringBuilder();
        var (columns, width) = (0, 0);
        foreach (var piece in pieces)
        {
            var space = piece.AfterSpace && columns > 0 ? 1 : 0;
            if (columns > 0 && columns + space + piece.Width > limit)
            {
                lines.Add(new Line(text.ToString(), width, true));
                text.Clear();
                (columns, width, space) = (0, 0, 0);
            }

            text.Append(space > 0 ? " " : "").Append(piece.Text);
            columns += space + piece.Width;
            width += piece.Width;
        }

        if (columns > 0)
            lines.Add(new Line(text.ToString(), width, true));
        return lines;
    }

    /// <summary>Han, kana, hangul and full-width forms (Unicode Standard Annex 11), coarsely.</summary>
    private static bool IsWide(string element) => char.ConvertToUtf32(Valid(element), 0) is
        (>= 0x1100 and <= 0x115F) or (>= 0x2E80 and <= 0xA4CF) or (>= 0xAC00 and <= 0xD7A3) or (>= 0xF900 and <= 0xFAFF)
        or (>= 0xFF00 and <= 0xFF60) or (>= 0x1F300 and <= 0x1FAFF) or (>= 0x20000 and <= 0x3FFFD);

    private static string Valid(string element) =>
        char.IsSurrogate(element[0]) && !(element.Length > 1 && char.IsSurrogatePair(element[0], element[1])) ? "?" : element;

    private readonly record struct Line(string Text, int Width, bool AfterSpace);
}
