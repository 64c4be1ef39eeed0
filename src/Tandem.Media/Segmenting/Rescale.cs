using Tandem.Media.Native;

namespace Tandem.Media.Segmenting;

/// <summary>Times of containers to ticks of 90 kHz and back, rounded to the nearest.</summary>
internal static class Rescale
{
    private const int Ticks = 90_000;

    /// <summary>A time in units of <paramref name="unit"/> seconds, in ticks; null where there is none, or none that makes sense.</summary>
    public static long? ToTicks(long time, AVRational unit)
    {
        if (time == LibAvUtil.NoTime || unit.num <= 0 || unit.den <= 0)
            return null;
        var ticks = Divide((Int128)time * unit.num * Ticks, unit.den);
        return ticks > long.MaxValue / 8 || ticks < long.MinValue / 8 ? null : (long)ticks;
    }

    /// <summary>Ticks in units of <paramref name="unit"/> seconds.</summary>
    public static long FromTicks(long ticks, AVRational unit) => (long)Divide((Int128)ticks * unit.den, (Int128)unit.num * Ticks);

    private static Int128 Divide(Int128 value, Int128 by)
    {
        var doubled = (value * 2) + by;
        var quotient = doubled / (by * 2);
        return doubled < 0 && quotient * by * 2 != doubled ? quotient - 1 : quotient;
    }
}
