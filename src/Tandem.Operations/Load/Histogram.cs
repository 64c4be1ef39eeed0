using System.Numerics;

namespace Tandem.Operations.Load;

/// <summary>
/// Counts times in buckets that are at most 1.6 % wide: 20 KB, however much is counted. What never came is counted as infinitely late. Not
/// for several threads at once.
/// </summary>
internal sealed class Histogram
{
    private const int SubBits = 6;
    private const int LargestShift = 36;

    private readonly long[] _buckets = new long[((LargestShift + 1) << SubBits) + (1 << SubBits)];
    private long _greatest;

    /// <summary>How many were counted, infinite ones among them.</summary>
    public long Count { get; private set; }

    /// <summary>How many are infinite.</summary>
    public long Infinite { get; private set; }

    /// <summary>The greatest, s; infinite where one never came, null where nothing was counted.</summary>
    public double? Greatest => Count == 0 ? null : Infinite > 0 ? double.PositiveInfinity : _greatest / 1e6;

    /// <summary>Counts a time in µs; less than 0 counts as 0, more than 50 days as that.</summary>
    public void Add(long microseconds, long times = 1)
    {
        var value = Math.Clamp(microseconds, 0, (1L << (SubBits + LargestShift + 1)) - 1);
        _buckets[IndexOf(value)] += times;
        Count += times;
        _greatest = Math.Max(_greatest, value);
    }

    /// <summary>Counts what never came.</summary>
    public void AddInfinite(long times)
    {
        Infinite += times;
        Count += times;
    }

    /// <summary>The time that so large a share is not later than, in s: upper edge of its bucket; null where nothing was counted.</summary>
    public double? Quantile(double share)
    {
        if (Count == 0)
            return null;
        var rank = Math.Max(1, (long)Math.Ceiling(share * Count));
        long passed = 0;
        for (var index = 0; index < _buckets.Length; index++)
        {
            passed += _buckets[index];
            if (passed >= rank)
                return Math.Min(UpperEdge(index), _greatest) / 1e6;
        }

        return double.PositiveInfinity;
    }

    /// <summary>Upper edges in s with what was counted up to each, for plots; infinite ones are left out.</summary>
    public IEnumerable<(double Edge, long Upto)> Cumulated()
    {
        long passed = 0;
        for (var index = 0; index < _buckets.Length; index++)
        {
            if (_buckets[index] == 0)
                continue;
            passed += _buckets[index];
            yield return (Math.Min(UpperEdge(index), _greatest) / 1e6, passed);
        }
    }

    /// <summary>Adds all that another one counted.</summary>
    public void Add(Histogram other)
    {
        for (var index = 0; index < _buckets.Length; index++)
            _buckets[index] += other._buckets[index];
        (Count, Infinite, _greatest) = (Count + other.Count, Infinite + other.Infinite, Math.Max(_greatest, other._greatest));
    }

    /// <summary>Forgets everything.</summary>
    public void Clear()
    {
        Array.Clear(_buckets);
        (Count, Infinite, _greatest) = (0, 0, 0);
    }

    private static int IndexOf(long value)
    {
        var shift = Math.Max(0, BitOperations.Log2((ulong)value | 1) - SubBits);
        return (shift << SubBits) + (int)(value >> shift);
    }

    private static long UpperEdge(int index)
    {
        var shift = Math.Max(0, (index >> SubBits) - 1);
        return (((long)index - ((long)shift << SubBits) + 1) << shift) - 1;
    }
}
