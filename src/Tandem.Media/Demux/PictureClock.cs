namespace Tandem.Media.Demux;

/// <summary>First and last presentation time of a segment's pictures, whatever their decoding order.</summary>
internal sealed class PictureClock
{
    private readonly List<long> _times = [];

    /// <summary>Smallest time; null without pictures.</summary>
    public long? Start => _times.Count == 0 ? null : _times.Min();

    /// <summary>Largest time plus one picture's duration; null without pictures.</summary>
    /// <remarks>A picture lasts as long as pictures do on average, where the container does not say.</remarks>
    public long? End
    {
        get
        {
            if (_times.Count == 0)
                return null;
            var last = Latest!.Value;
            if (LastDuration is { } told)
                return last + told;
            var count = _times.Distinct().Count();
            return last + (count > 1 ? (last - _times.Min() + ((count - 1) / 2)) / (count - 1) : FallbackDuration);
        }
    }

    /// <summary>Duration of the last picture where the container says so.</summary>
    public long? LastDuration { get; set; }

    /// <summary>Assumed where a segment holds a single picture: 25 a second.</summary>
    public long FallbackDuration { get; set; } = 3600;

    /// <summary>The largest time so far; null without pictures.</summary>
    public long? Latest { get; private set; }

    /// <summary>How many pictures were seen.</summary>
    public int Count => _times.Count;

    /// <summary>Adds a picture's time, unwrapped.</summary>
    public void Add(long ticks)
    {
        _times.Add(ticks);
        Latest = Math.Max(Latest ?? ticks, ticks);
    }

    /// <summary>Starts a new segment.</summary>
    public void Clear()
    {
        _times.Clear();
        Latest = null;
        LastDuration = null;
    }
}
