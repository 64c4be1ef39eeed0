using Tandem.Live.Timeline;

namespace Tandem.Live.Dubbing;

/// <summary>
/// Makes utterances of captions in order of their starts: what a caption repeats of the one before is said once, cues that break within a
/// sentence are joined, up to 10 s. Pure but for its memory, which is bounded.
/// </summary>
internal sealed class CueSpeech
{
    /// <summary>An utterance lasts this long at most (design.md, section 2).</summary>
    public static readonly SoundLength Longest = SoundLength.OfSeconds(10);

    // A sentence goes on in the next cue only if that follows so soon.
    private static readonly SoundLength Gap = SoundLength.OfSeconds(1);

    // What shows on without a pause is the same caption, or one that has scrolled.
    private static readonly SoundLength Adjacent = SoundLength.OfSeconds(0.5);

    private static readonly SoundLength Same = SoundLength.OfSeconds(0.05);

    private const int LongestText = 1_000;
    private const int Remembered = 32;

    private readonly Queue<SourceCue> _recent = new();
    private string[] _shown = [];
    private ChannelTime _shownUntil;
    private Utterance? _open;
    private long _id;

    /// <summary>Where the sentence begins that may still go on; null where none does.</summary>
    public ChannelTime? Open => _open?.Start;

    /// <summary>Takes the next cue and returns what is complete.</summary>
    public IReadOnlyList<Utterance> Add(SourceCue cue)
    {
        var done = new List<Utterance>();
        if (_recent.Any(known => known.Text == cue.Text && Math.Abs((known.Start - cue.Start).Samples) <= Same.Samples))
            return done;
        _recent.Enqueue(cue);
        if (_recent.Count > Remembered)
            _recent.Dequeue();

        var lines = CueText.Lines(cue.Text);
        var (fresh, isWithin) = cue.Start <= _shownUntil + Adjacent ? CueText.Fresh(_shown, lines) : (lines, false);
        _shown = lines;
        _shownUntil = ChannelTime.Max(_shownUntil, cue.End);
        var text = CueText.Spoken(fresh);
        if (text.Length == 0)
        {
            // The same words show on: the sentence lasts as long.
            if (_open is { } same && fresh.Length == 0 && lines.Length > 0)
                _open = same with { End = ChannelTime.Min(ChannelTime.Max(same.End, cue.End), same.Start + Longest) };
            return done;
        }

        if (_open is { } open && (cue.Start > open.End + Gap || cue.End - open.Start > Longest || CueText.IsAnotherSpeaker(fresh)
            || open.Text.Length + text.Length > LongestText))
            Close(done);
        var end = ChannelTime.Max(cue.Start, cue.End);
        _open = _open is { } before
            ? before with { End = ChannelTime.Max(before.End, end), Text = before.Text + (isWithin ? "" : " ") + text }
            : new Utterance(++_id, cue.Start, ChannelTime.Min(end, cue.Start + Longest), text.Length > LongestText ? text[..LongestText] : text);
        if (CueText.EndsSentence(_open.Text))
            Close(done);
        return done;
    }

    /// <summary>No cue that begins before a time will come any more.</summary>
    public IReadOnlyList<Utterance> Advance(ChannelTime upTo)
    {
        var done = new List<Utterance>();
        if (_open is { } open && upTo > open.End + Gap)
            Close(done);
        return done;
    }

    /// <summary>Nothing goes on: what is open is complete.</summary>
    public IReadOnlyList<Utterance> Flush()
    {
        var done = new List<Utterance>();
        Close(done);
        _shown = [];
        return done;
    }

    private void Close(List<Utterance> done)
    {
        if (_open is { } open)
            done.Add(open);
        _open = null;
    }
}
