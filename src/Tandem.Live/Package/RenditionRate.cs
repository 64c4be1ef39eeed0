namespace Tandem.Live.Package;

/// <summary>
/// The bit rate of what a rendition published in the last ten minutes, for BANDWIDTH and AVERAGE-BANDWIDTH (RFC 8216, section 4.3.4.2).
/// What it once was must not keep players from a variant for good.
/// </summary>
public sealed class RenditionRate
{
    // The window is this one and what there is of the next.
    private static readonly TimeSpan HalfWindow = TimeSpan.FromMinutes(5);

    private Half _older;
    private Half _newer;
    private long _bits;
    private TimeSpan _length;

    /// <summary>
    /// Largest rate of any stretch of about a segment, bit/s; 0 before the first. A segment that a splice has cut short counts together with
    /// the one after it, since players hold more than a sliver.
    /// </summary>
    public int Peak => Math.Max(_older.Peak, _newer.Peak);

    /// <summary>Average rate, bit/s.</summary>
    public int Average => Rate(_older.Bits + _newer.Bits, _older.Length + _newer.Length);

    /// <summary>Counts a segment.</summary>
    public void Add(int bytes, TimeSpan duration)
    {
        if (_newer.Length >= HalfWindow)
            (_older, _newer) = (_newer, default);
        _newer.Bits += bytes * 8L;
        _newer.Length += duration;
        _newer.Longest = duration > _newer.Longest ? duration : _newer.Longest;
        _bits += bytes * 8L;
        _length += duration;

        // The standard's peak is that of stretches from half a target duration on.
        var longest = _older.Longest > _newer.Longest ? _older.Longest : _newer.Longest;
        if (_length * 2 < longest)
            return;
        _newer.Peak = Math.Max(_newer.Peak, Rate(_bits, _length));
        (_bits, _length) = (0, TimeSpan.Zero);
    }

    private static int Rate(long bits, TimeSpan length) =>
        length > TimeSpan.Zero ? (int)Math.Min(int.MaxValue, bits / length.TotalSeconds) : 0;

    private struct Half
    {
        public long Bits;
        public TimeSpan Length;
        public TimeSpan Longest;
        public int Peak;
    }
}
