namespace Tandem.Live.Package;

/// <summary>
/// Sequences of a track's chunks, made of the segments' published numbers: every segment has the same count of chunks, so that another
/// instance that publishes the same numbers gives the same sequences. Where the count must change, sequences go on without a gap. Pure.
/// </summary>
internal sealed class ChunkNumbers
{
    /// <summary>Longest chunk.</summary>
    public static readonly TimeSpan Longest = TimeSpan.FromSeconds(0.5);

    private long _number;
    private long _first;
    private int _count;

    /// <summary>
    /// Chunks a segment, by the channel's target duration: 0.4 s each, because segments may be half a second longer than that (RFC 8216,
    /// 4.3.3.1), and pictures that decoding can begin with want to be the first of a chunk.
    /// </summary>
    /// <param name="targetDuration">s.</param>
    public static int CountOf(int targetDuration) => Math.Max(1, ((5 * targetDuration) + 1) / 2);

    /// <summary>The sequence of a segment's first chunk, and how many it has.</summary>
    /// <param name="number">The segment's number as published.</param>
    /// <param name="targetDuration">Of the channel, s; it never falls.</param>
    public (long First, int Count) Of(long number, int targetDuration)
    {
        var count = CountOf(targetDuration);
        if (_count == 0)
            (_number, _first, _count) = (number, number * count, count);
        else if (count != _count)
            (_number, _first, _count) = (number, _first + ((number - _number) * _count), count);
        return (_first + ((number - _number) * _count), _count);
    }
}
