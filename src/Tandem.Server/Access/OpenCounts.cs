using System.Runtime.InteropServices;

namespace Tandem.Server.Access;

/// <summary>How many things each key has open, no more than a limit. Holds only keys that have some, so it is as small as what is open.</summary>
/// <param name="limit">The most for one key; 0 for no limit.</param>
internal sealed class OpenCounts<TKey>(int limit)
    where TKey : notnull
{
    private readonly Dictionary<TKey, int> _open = [];
    private readonly Lock _lock = new();

    /// <summary>Keys that have something open.</summary>
    public int Keys
    {
        get
        {
            lock (_lock)
                return _open.Count;
        }
    }

    /// <summary>Opens one; null where the key has as many as it may. Disposed of when it is closed.</summary>
    public IDisposable? Open(TKey key)
    {
        lock (_lock)
        {
            ref var count = ref CollectionsMarshal.GetValueRefOrAddDefault(_open, key, out _);
            if (limit > 0 && count >= limit)
                return null;
            count++;
        }

        return new Closing(this, key);
    }

    private void Close(TKey key)
    {
        lock (_lock)
        {
            if (--_open[key] == 0)
                _open.Remove(key);
        }
    }

    private sealed class Closing(OpenCounts<TKey> counts, TKey key) : IDisposable
    {
        private int _closed;

        public void Dispose()
        {
            if (Interlocked.Exchange(ref _closed, 1) == 0)
                counts.Close(key);
        }
    }
}
