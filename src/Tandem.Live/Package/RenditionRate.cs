namespace Tandem.Live.Package;

/// <summary>The bit rate of what a rendition published, for BANDWIDTH and AVERAGE-BANDWIDTH (RFC 8216, section 4.3.4.2).</summary>
public sealed class RenditionRate
{
    private long _bits;
    private double _seconds;

    /// <summary>Largest rate of any segment, bit/s; 0 before the first.</summary>
    public int Peak { get; private set; }

    /// <summary>Average rate, bit/s.</summary>
    public int Average => _seconds > 0 ? (int)(_bits / _seconds) : 0;

    /// <summary>Counts a segment.</summary>
    public void Add(int bytes, TimeSpan duration)
    {
        // A sliver of a segment says nothing about the stream.
        if (duration < TimeSpan.FromSeconds(0.2))
            return;
        _bits += bytes * 8L;
        _seconds += duration.TotalSeconds;
        Peak = Math.Max(Peak, (int)Math.Min(int.MaxValue, bytes * 8 / duration.TotalSeconds));
    }
}
