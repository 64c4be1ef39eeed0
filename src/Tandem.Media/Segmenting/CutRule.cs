namespace Tandem.Media.Segmenting;

/// <summary>Where to cut. Pure; times are ticks of 90 kHz.</summary>
/// <param name="Target">How long segments shall be.</param>
/// <param name="Longest">How long they may be.</param>
internal readonly record struct CutRule(long Target, long Longest)
{
    // Containers that count milliseconds, and 1000/1001 rates, put key frames a little beside where they should be: 50 ms.
    private const long Tolerance = 4500;

    /// <summary>Whether to cut at a key frame: at the one that comes closest to the target, as far as the last distance foretells.</summary>
    /// <param name="elapsed">From the segment's start to this key frame.</param>
    /// <param name="distance">From the key frame before to this one.</param>
    public bool AtKeyFrame(long elapsed, long distance)
    {
        if (elapsed >= Target - Tolerance)
            return true;
        return elapsed >= Target / 2 && distance > 0 && Target - elapsed < elapsed + distance - Target;
    }

    /// <summary>Whether to cut sound that has no picture.</summary>
    public bool AtSound(long elapsed) => elapsed >= Target;

    /// <summary>Whether to cut without waiting any longer.</summary>
    public bool Anyway(long elapsed) => elapsed >= Longest;
}
