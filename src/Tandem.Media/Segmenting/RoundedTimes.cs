namespace Tandem.Media.Segmenting;

/// <summary>
/// Times of a sound's frames as exact as they were before their container rounded them: FLV, and so RTMP, and Matroska count milliseconds,
/// a third of which between two frames is a step that is heard at each cut. Pure; all times are ticks of 90 kHz.
/// </summary>
/// <param name="unit">What the container rounds to.</param>
/// <param name="samples">Samples a frame; 0 where unknown, and then times stay as they are.</param>
/// <param name="rate">Samples a second.</param>
internal sealed class RoundedTimes(long unit, int samples, int rate)
{
    private long? _anchor;
    private long _since;

    /// <summary>Units of containers that round: above a tenth of a millisecond.</summary>
    public static bool Rounds(long unit) => unit > 9;

    /// <summary>
    /// When a frame begins. Frames follow each other without a gap as long as the container's own times are no further off than its rounding
    /// explains; otherwise those count, from there on.
    /// </summary>
    /// <param name="ticks">As the container has it.</param>
    public long Exact(long ticks)
    {
        if (samples <= 0 || rate <= 0)
            return ticks;
        if (_anchor is { } anchor)
        {
            var follows = anchor + (long)Math.Round(_since * 90_000.0 / rate);
            if (Math.Abs(ticks - follows) <= unit)
            {
                _since += samples;
                return follows;
            }
        }

        (_anchor, _since) = (ticks, samples);
        return ticks;
    }
}
