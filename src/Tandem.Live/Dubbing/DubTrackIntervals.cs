using Tandem.Live.Timeline;

namespace Tandem.Live.Dubbing;

/// <summary>A stretch of channel time.</summary>
/// <param name="Start">Its first sample.</param>
/// <param name="End">Just after its last.</param>
public readonly record struct Stretch(ChannelTime Start, ChannelTime End)
{
    /// <summary>How long it is.</summary>
    public SoundLength Length => End - Start;

    /// <summary>Whether the two share a sample.</summary>
    public bool Overlaps(Stretch other) => Start < other.End && other.Start < End;
}

/// <summary>A set of stretches, sorted, apart from each other.</summary>
internal sealed class StretchSet
{
    private readonly List<Stretch> _stretches = [];

    /// <summary>In order.</summary>
    public IReadOnlyList<Stretch> Stretches => _stretches;

    /// <summary>
    /// Adds a stretch. What touches is joined; so are gaps shorter than <paramref name="bridge"/>, if they begin at
    /// <paramref name="bridgeFrom"/> or later.
    /// </summary>
    public void Add(Stretch added, SoundLength bridge = default, ChannelTime bridgeFrom = default)
    {
        if (added.End <= added.Start)
            return;
        var at = _stretches.Count;
        while (at > 0 && _stretches[at - 1].Start > added.Start)
            at--;
        _stretches.Insert(at, added);
        for (var i = Math.Max(0, at - 1); i + 1 < _stretches.Count && i <= at + 1;)
        {
            var (left, right) = (_stretches[i], _stretches[i + 1]);
            var gap = right.Start - left.End;
            if (gap > SoundLength.Zero && (gap >= bridge || left.End < bridgeFrom))
            {
                i++;
                continue;
            }

            _stretches[i] = new Stretch(left.Start, ChannelTime.Max(left.End, right.End));
            _stretches.RemoveAt(i + 1);
        }
    }

    /// <summary>The parts of <paramref name="whole"/> that the set does not cover, in order.</summary>
    public List<Stretch> Uncovered(Stretch whole)
    {
        var parts = new List<Stretch>();
        var from = whole.Start;
        foreach (var covered in _stretches)
        {
            if (covered.End <= from)
                continue;
            if (covered.Start >= whole.End)
                break;
            if (covered.Start > from)
                parts.Add(new Stretch(from, covered.Start));
            from = covered.End;
        }

        if (from < whole.End)
            parts.Add(new Stretch(from, whole.End));
        return parts;
    }

    /// <summary>Whether a stretch shares a sample with the set.</summary>
    public bool Overlaps(Stretch stretch) => _stretches.Exists(stretch.Overlaps);

    /// <summary>Forgets what ended before <paramref name="before"/>.</summary>
    public void Trim(ChannelTime before) => _stretches.RemoveAll(stretch => stretch.End < before);
}
