namespace Tandem.Operations.Load;

/// <summary>
/// What viewers got under the same name, as hashes: whoever got other bytes than the others did not get what was sent. Holds the newest
/// names only.
/// </summary>
/// <param name="limit">How many names are held.</param>
internal sealed class ContentTable<TKey>(int limit)
    where TKey : notnull
{
    private readonly Lock _lock = new();
    private readonly Dictionary<TKey, Witnessed> _known = [];
    private readonly Queue<TKey> _order = new();

    /// <summary>
    /// Whether these bytes differ from what others got. The first two to differ cannot know which of them is right: the second one says so;
    /// afterwards it is whoever has what fewer have.
    /// </summary>
    public bool Differs(TKey name, ulong hash)
    {
        lock (_lock)
        {
            if (!_known.TryGetValue(name, out var witnessed))
            {
                _known.Add(name, new Witnessed { First = hash, OfFirst = 1 });
                _order.Enqueue(name);
                if (_order.Count > limit)
                    _known.Remove(_order.Dequeue());
                return false;
            }

            if (hash == witnessed.First)
            {
                witnessed.OfFirst++;
                return witnessed.OfOthers > witnessed.OfFirst;
            }

            witnessed.OfOthers++;
            return witnessed.OfOthers == 1 || witnessed.OfOthers <= witnessed.OfFirst;
        }
    }

    private sealed class Witnessed
    {
        public required ulong First { get; init; }

        public required int OfFirst { get; set; }

        public int OfOthers { get; set; }
    }
}
