using System.Collections.Immutable;

namespace Tandem.Server.Ops;

/// <summary>
/// Readings one after the other, and what happened between the first and the last. A channel that is not in a reading counts as zero there: its
/// series begin at zero, and one that was deleted and made again begins anew. Pure.
/// </summary>
/// <param name="readings">In the order of time.</param>
internal sealed class OpsWindow(IReadOnlyList<OpsReading> readings)
{
    /// <summary>The time that it covers; zero where there is not more than one reading.</summary>
    public TimeSpan Length => readings.Count < 2 ? TimeSpan.Zero : readings[^1].Uptime - readings[0].Uptime;

    /// <summary>The first reading; null where there is none.</summary>
    public OpsReading? First => readings.Count == 0 ? null : readings[0];

    /// <summary>How much a counter grew. A value that is smaller than the one before it says that the counter began anew.</summary>
    public double Increase(Func<OpsReading, double> of)
    {
        var sum = 0d;
        for (var index = 1; index < readings.Count; index++)
        {
            var (before, now) = (of(readings[index - 1]), of(readings[index]));
            sum += now < before ? now : now - before;
        }

        return sum;
    }

    /// <summary>How much a channel's counter grew.</summary>
    public double Increase(string channel, Func<ChannelReading, double> of) =>
        Increase(reading => reading.Channels.TryGetValue(channel, out var found) ? of(found) : 0);

    /// <summary>What a channel's histogram observed.</summary>
    /// <param name="channel">Its id.</param>
    /// <param name="edges">The histogram's edges.</param>
    /// <param name="of">The histogram; null counts as empty.</param>
    public Buckets Increase(string channel, ImmutableArray<double> edges, Func<ChannelReading, Buckets?> of)
    {
        var none = Buckets.None(edges);
        var sum = new long[edges.Length + 1];
        for (var index = 1; index < readings.Count; index++)
            At(index).AddSince(At(index - 1), sum);
        return new Buckets(edges, [.. sum]);

        Buckets At(int index) => (readings[index].Channels.TryGetValue(channel, out var found) ? of(found) : null) ?? none;
    }

    /// <summary>Whether something holds of any reading.</summary>
    public bool Any(Func<OpsReading, bool> holds) => readings.Any(holds);
}
