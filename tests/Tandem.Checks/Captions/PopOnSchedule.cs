namespace Tandem.Checks.Captions;

/// <summary>A caption to be sent.</summary>
/// <param name="Start">When it is to show, s.</param>
/// <param name="End">When it is to go, s.</param>
/// <param name="Text">What it says; broken into lines of at most 32 columns.</param>
public sealed record SentCaption(double Start, double End, string Text);

/// <summary>Which pair each picture carries, so that pop-on captions show and go on time. One pair a picture, as in field 1.</summary>
public sealed class PopOnSchedule
{
    private const int Columns = 32;

    private readonly Dictionary<long, LinePair> _pairs = [];

    /// <summary>Plans captions that do not overlap and have room for their loading before them.</summary>
    /// <param name="captions">In order.</param>
    /// <param name="rate">Pictures a second.</param>
    /// <param name="channel">1 or 2.</param>
    public PopOnSchedule(IEnumerable<SentCaption> captions, double rate, int channel = 1)
    {
        var writer = new Cea608Writer(channel);
        foreach (var caption in captions)
        {
            Put((long)Math.Round(caption.Start * rate), writer.Show());
            Put((long)Math.Round(caption.End * rate), writer.Erase());
            var load = writer.PopOn(Lines(caption.Text)).Reverse().ToList();
            var at = (long)Math.Round(caption.Start * rate);
            foreach (var pair in load)
            {
                do
                    at--;
                while (_pairs.ContainsKey(at));
                _pairs[at] = pair;
            }
        }
    }

    /// <summary>The pair of a picture.</summary>
    public LinePair At(long picture) => _pairs.GetValueOrDefault(picture, LinePair.Padding);

    /// <summary>Words in lines that fit.</summary>
    public static IReadOnlyList<string> Lines(string text)
    {
        List<string> lines = [""];
        foreach (var word in text.Split(' '))
        {
            if (lines[^1].Length > 0 && lines[^1].Length + 1 + word.Length > Columns)
                lines.Add("");
            lines[^1] += (lines[^1].Length > 0 ? " " : "") + word;
        }

        return lines;
    }

    private void Put(long at, IEnumerable<LinePair> pairs)
    {
        foreach (var pair in pairs)
            _pairs[at++] = pair;
    }
}
