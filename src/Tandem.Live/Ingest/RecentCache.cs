using System.Diagnostics.CodeAnalysis;

namespace Tandem.Live.Ingest;

/// <summary>Keeps the things used last, a few of them; the callers see to it that one at a time uses it.</summary>
internal sealed class RecentCache<TKey, TValue>(int capacity)
    where TKey : notnull
{
    private readonly LinkedList<(TKey Key, TValue Value)> _items = [];

    public IEnumerable<TValue> Values => _items.Select(item => item.Value);

    public bool TryGet(TKey key, [MaybeNullWhen(false)] out TValue value)
    {
        for (var node = _items.First; node is not null; node = node.Next)
        {
            if (!EqualityComparer<TKey>.Default.Equals(node.Value.Key, key))
                continue;
            _items.Remove(node);
            _items.AddFirst(node);
            value = node.Value.Value;
            return true;
        }

        value = default;
        return false;
    }

    public void Set(TKey key, TValue value)
    {
        for (var node = _items.First; node is not null; node = node.Next)
        {
            if (EqualityComparer<TKey>.Default.Equals(node.Value.Key, key))
            {
                _items.Remove(node);
                break;
            }
        }

        _items.AddFirst((key, value));
        if (_items.Count > capacity)
            _items.RemoveLast();
    }
}
