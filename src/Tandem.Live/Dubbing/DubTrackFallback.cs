using Tandem.Live.Timeline;

namespace Tandem.Live.Dubbing;

/// <summary>
/// Counts fallback: time in which a dub should have spoken, and the original was played at full level instead. Every instant counts
/// once, also when it is learnt afterwards that somebody spoke.
/// </summary>
internal sealed class DubTrackFallback
{
    private readonly List<Stretch> _wanted = [];
    private readonly StretchSet _counted = new();
    private ChannelTime? _downFrom;
    private bool _recovering;
    private ChannelTime _advancedTo;

    /// <summary>All of it so far.</summary>
    public SoundLength Total { get; private set; }

    /// <summary>Time in which the original is lowered for a dub, so far.</summary>
    public SoundLength Dubbed { get; private set; }

    /// <summary>A dub should cover this.</summary>
    public void Want(Stretch stretch) => _wanted.Add(stretch);

    /// <summary>The engine hears nothing from here on.</summary>
    public void EngineDown(ChannelTime from)
    {
        _downFrom ??= from;
        _recovering = false;
    }

    /// <summary>The engine works again; where it listens again is learnt from its next report.</summary>
    public void EngineUp() => _recovering = _downFrom is not null;

    /// <summary>The engine speaks of what it heard here.</summary>
    public void EngineHeard(ChannelTime time)
    {
        if (!_recovering || _downFrom is not { } from)
            return;
        Want(new Stretch(from, time));
        (_downFrom, _recovering) = (null, false);
    }

    /// <summary>Counts what became certain and returns it.</summary>
    /// <param name="upTo">What lies before does not change any more.</param>
    /// <param name="covered">Where the original is lowered under a dub.</param>
    public SoundLength Advance(ChannelTime upTo, StretchSet covered)
    {
        CountDubbed(upTo, covered);
        var before = Total;
        foreach (var wanted in _wanted)
            Count(wanted, upTo, covered);
        if (_downFrom is { } from)
            Count(new Stretch(from, upTo), upTo, covered);
        return Total - before;
    }

    /// <summary>Forgets what ended before.</summary>
    public void Trim(ChannelTime before)
    {
        _wanted.RemoveAll(stretch => stretch.End < before);
        _counted.Trim(before);
        if (_downFrom < before)
            _downFrom = before;
    }

    private void CountDubbed(ChannelTime upTo, StretchSet covered)
    {
        if (upTo <= _advancedTo)
            return;
        var whole = new Stretch(_advancedTo, upTo);
        Dubbed += whole.Length;
        foreach (var open in covered.Uncovered(whole))
            Dubbed -= open.Length;
        _advancedTo = upTo;
    }

    private void Count(Stretch wanted, ChannelTime upTo, StretchSet covered)
    {
        var certain = wanted with { End = ChannelTime.Min(wanted.End, upTo) };
        if (certain.End <= certain.Start)
            return;
        foreach (var part in covered.Uncovered(certain))
        {
            foreach (var fresh in _counted.Uncovered(part))
            {
                Total += fresh.Length;
                _counted.Add(fresh);
            }
        }
    }
}
