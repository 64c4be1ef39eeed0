namespace Tandem.Live.Timeline;

/// <summary>A time as written in the source's segments; only ingest and packaging know it.</summary>
/// <param name="Epoch">Number of the epoch, from 0, one more at each break of the source's time.</param>
/// <param name="Ticks">90 kHz, unwrapped: an MPEG-TS time stamp of the epoch's first 26.5 hours is <c>Ticks mod 2³³</c>.</param>
public readonly record struct MediaTime(int Epoch, long Ticks)
{
    /// <summary>Ticks a second.</summary>
    public const int Rate = 90_000;

    /// <summary>Where MPEG-TS time stamps wrap (ISO/IEC 13818-1, 2.4.3.7).</summary>
    public const long Wrap = 1L << 33;

    /// <summary>As MPEG-TS, ID3 and X-TIMESTAMP-MAP write it: 33 bits.</summary>
    public long Wrapped => ((Ticks % Wrap) + Wrap) % Wrap;

    /// <summary>The unwrapped value of <paramref name="raw"/> that lies nearest to <paramref name="near"/>.</summary>
    /// <param name="raw">A 33-bit time stamp.</param>
    /// <param name="near">An unwrapped time nearby.</param>
    public static long Unwrap(long raw, long near)
    {
        var difference = (raw - near) % Wrap;
        if (difference > Wrap / 2)
            difference -= Wrap;
        else if (difference < -Wrap / 2)
            difference += Wrap;
        return near + difference;
    }
}
