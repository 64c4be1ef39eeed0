namespace Tandem.Media.Demux;

/// <summary>Counts frames on from a time stamp, in samples, so that nothing is rounded twice.</summary>
internal sealed class FrameClock
{
    private long? _anchor;
    private long _samples;
    private int _rate;

    /// <summary>Takes a time stamp: the next frame plays then.</summary>
    public void Anchor(long ticks)
    {
        _anchor = ticks;
        _samples = 0;
    }

    /// <summary>Knows no time any more, until the next <see cref="Anchor"/>.</summary>
    public void Forget() => _anchor = null;

    /// <summary>Time of the next frame, 90 kHz; null where it is unknown.</summary>
    public long? Next(int samples, int rate)
    {
        if (_anchor is null)
            return null;
        if (rate != _rate && _samples > 0)
            Anchor(_anchor.Value + Ticks(_samples, _rate));
        _rate = rate;
        var ticks = _anchor.Value + Ticks(_samples, rate);
        _samples += samples;
        return ticks;
    }

    /// <summary>Samples as ticks of 90 kHz, rounded to the nearest.</summary>
    public static long Ticks(long samples, int rate) => ((samples * 90_000) + (rate / 2)) / rate;
}
