using Tandem.Live.Timeline;

namespace Tandem.Live.Package;

/// <summary>Whether a lane's chunks follow each other in source time.</summary>
internal sealed class ChunkContinuity
{
    // What the protocol allows between the end of a chunk and the beginning of the next.
    private static readonly TimeSpan s_seam = TimeSpan.FromMilliseconds(1);

    private Epoch? _epoch;
    private DateTimeOffset _end;

    /// <summary>Takes the next chunk.</summary>
    /// <param name="epoch">Of its segment.</param>
    /// <param name="from">Its source time.</param>
    /// <param name="duration">Of source time.</param>
    /// <returns>The flag, where it does not follow the one before.</returns>
    public ChunkFlags Take(Epoch epoch, DateTimeOffset from, TimeSpan duration)
    {
        var breaks = _epoch is not null && (epoch != _epoch || (from - _end).Duration() > s_seam);
        (_epoch, _end) = (epoch, from + duration);
        return breaks ? ChunkFlags.Discontinuity : ChunkFlags.None;
    }

    /// <summary>What comes next follows nothing.</summary>
    public void Forget() => _epoch = null;
}
