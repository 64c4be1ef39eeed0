namespace Tandem.Server.Access;

/// <summary>
/// Token buckets in a table of fixed size: a key's place is chosen by a hash with a secret of this process. Two keys may share a bucket, which
/// costs them a little; no flood of keys costs memory.
/// </summary>
/// <param name="perSecond">What flows in; 0 for no limit at all.</param>
/// <param name="burst">What a bucket holds.</param>
/// <param name="time">The clock.</param>
/// <param name="places">Size of the table.</param>
internal sealed class TokenBuckets(double perSecond, double burst, TimeProvider time, int places = 1 << 16)
{
    private readonly Bucket[] _buckets = new Bucket[perSecond > 0 ? places : 0];
    private readonly Lock[] _locks = [.. Enumerable.Range(0, 64).Select(_ => new Lock())];

    /// <summary>Takes one token; null where there was one, else how long until there is.</summary>
    public TimeSpan? Take(object key)
    {
        if (perSecond <= 0)
            return null;
        var place = (int)((uint)HashCode.Combine(key) % (uint)_buckets.Length);
        var now = time.GetTimestamp();
        lock (_locks[place % _locks.Length])
        {
            ref var bucket = ref _buckets[place];

            // A bucket that was never touched is full.
            var level = bucket.Used ? Math.Min(burst, bucket.Level + (time.GetElapsedTime(bucket.At, now).TotalSeconds * perSecond)) : burst;
            var taken = level >= 1;
            bucket = new Bucket(taken ? level - 1 : level, now, Used: true);
            return taken ? null : TimeSpan.FromSeconds((1 - level) / perSecond);
        }
    }

    private readonly record struct Bucket(double Level, long At, bool Used);
}
