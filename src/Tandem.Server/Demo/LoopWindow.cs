namespace Tandem.Server.Demo;

/// <summary>
/// Which piece of a loop is live at a moment. Pure: the loop is taken to have run since 1970, so that a restarted origin goes on where
/// it would have been.
/// </summary>
/// <param name="Loop">What is repeated.</param>
internal sealed record LoopWindow(Loop Loop)
{
    private readonly long[] _starts = Starts(Loop);
    private readonly long _length = Loop.Length;

    /// <summary>A piece by its number since 1970.</summary>
    /// <param name="Number">Media sequence number.</param>
    /// <param name="Round">How often the loop had been played before it.</param>
    /// <param name="Index">Its place in the loop.</param>
    /// <param name="Start">90 kHz ticks since 1970.</param>
    /// <param name="Length">90 kHz ticks.</param>
    internal readonly record struct Piece(long Number, long Round, int Index, long Start, long Length);

    /// <summary>The piece with a number.</summary>
    public Piece At(long number)
    {
        var (round, index) = Math.DivRem(number, Loop.Pieces.Length);
        return new(number, round, (int)index, round * _length + _starts[index], Loop.Pieces[(int)index]);
    }

    /// <summary>The newest piece that is complete at a moment.</summary>
    public Piece Newest(DateTimeOffset now)
    {
        var ticks = Ticks(now);
        var (round, into) = Math.DivRem(ticks, _length);
        var index = Array.BinarySearch(_starts, into);
        index = index >= 0 ? index : ~index - 1;
        return At(round * Loop.Pieces.Length + index - 1);
    }

    /// <summary>The pieces of a live playlist at a moment, oldest first: as many as are needed to cover a length.</summary>
    public IReadOnlyList<Piece> Window(DateTimeOffset now, TimeSpan covers)
    {
        var pieces = new LinkedList<Piece>();
        var left = (long)(covers.TotalSeconds * Loop.TicksPerSecond);
        // Four pieces at least: a player starts three target durations from the end.
        for (var piece = Newest(now); left > 0 || pieces.Count < 4; piece = At(piece.Number - 1))
        {
            pieces.AddFirst(piece);
            left -= piece.Length;
        }

        return [.. pieces];
    }

    /// <summary>The moment that a piece's timestamp stands for.</summary>
    public static DateTimeOffset Wall(long ticks) => DateTimeOffset.UnixEpoch.AddTicks(ticks * 1000 / 9);

    private static long Ticks(DateTimeOffset now) => (now - DateTimeOffset.UnixEpoch).Ticks * 9 / 1000;

    private static long[] Starts(Loop loop)
    {
        var starts = new long[loop.Pieces.Length];
        for (var i = 1; i < starts.Length; i++)
        {
            starts[i] = starts[i - 1] + loop.Pieces[i - 1];
        }

        return starts;
    }
}
