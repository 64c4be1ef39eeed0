namespace Tandem.Live.Ingest;

/// <summary>Bounds the segments that all playlists of a source list together, and with them the memory that they cost.</summary>
internal sealed class SegmentBudget(int most)
{
    private readonly Lock _lock = new();
    private readonly Dictionary<PlaylistId, int> _held = [];
    private int _total;

    /// <summary>Notes how many a playlist has now; false, with nothing noted, where that is too many.</summary>
    public bool TryHold(PlaylistId playlist, int count)
    {
        lock (_lock)
        {
            var total = _total - _held.GetValueOrDefault(playlist) + count;
            if (total > most)
                return false;
            _total = total;
            _held[playlist] = count;
            return true;
        }
    }

    /// <summary>Forgets a playlist that is not followed any more.</summary>
    public void Release(PlaylistId playlist)
    {
        lock (_lock)
        {
            if (_held.Remove(playlist, out var count))
                _total -= count;
        }
    }
}
