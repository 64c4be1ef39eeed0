using System.Globalization;

namespace Tandem.Live.Package;

/// <summary>Names generations: no two of a channel are equal, whichever instance publishes it (design.md, section 3a, rule 3).</summary>
/// <param name="time">The clock.</param>
public sealed class Generations(TimeProvider time)
{
    // Unique among all instances that ever publish this channel: they do not start in the same millisecond.
    private readonly string _instance = Base36(time.GetUtcNow().ToUnixTimeMilliseconds());
    private int _count;

    /// <summary>A new name: one path element. Safe for several threads.</summary>
    public string Next() => string.Create(CultureInfo.InvariantCulture, $"{_instance}-{Interlocked.Increment(ref _count)}");

    private static string Base36(long value)
    {
        var text = "";
        for (; value > 0; value /= 36)
            text = "0123456789abcdefghijklmnopqrstuvwxyz"[(int)(value % 36)] + text;
        return text;
    }
}
