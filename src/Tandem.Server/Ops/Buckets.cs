using System.Collections.Immutable;

namespace Tandem.Server.Ops;

/// <summary>What a histogram counted: at one moment, or between two. Immutable.</summary>
/// <param name="Edges">Upper edges, ascending, without +Inf.</param>
/// <param name="Counts">Observations in each bucket, one more than edges: the last one holds what lies above them all. Not those below, as in Prometheus.</param>
internal sealed record Buckets(ImmutableArray<double> Edges, ImmutableArray<long> Counts)
{
    /// <summary>All observations.</summary>
    public long Total => Counts.Sum();

    /// <summary>Nothing observed.</summary>
    public static Buckets None(ImmutableArray<double> edges) => new(edges, [.. new long[edges.Length + 1]]);

    /// <summary>Both together; the edges must be the same.</summary>
    public static Buckets operator +(Buckets one, Buckets other) => one with { Counts = [.. one.Counts.Zip(other.Counts, (a, b) => a + b)] };

    /// <summary>
    /// Adds what was observed since <paramref name="before"/>. A count that is smaller than it was says that all began anew, as Prometheus takes
    /// it: then what is there now came since.
    /// </summary>
    public void AddSince(Buckets before, Span<long> sum)
    {
        var anew = false;
        for (var index = 0; index < Counts.Length; index++)
            anew |= Counts[index] < before.Counts[index];
        for (var index = 0; index < Counts.Length; index++)
            sum[index] += anew ? Counts[index] : Counts[index] - before.Counts[index];
    }

    /// <summary>
    /// The value below which a share of the observations lies, as Prometheus's <c>histogram_quantile</c> has it: within its bucket on a straight
    /// line, 0 being the lower edge of the first one; the last edge for what lies above it. Null where nothing was observed.
    /// </summary>
    /// <param name="share">0 to 1.</param>
    public double? Quantile(double share)
    {
        var total = Total;
        if (total == 0)
            return null;
        var rank = share * total;
        long below = 0;
        for (var index = 0; index < Edges.Length; index++)
        {
            if (below + Counts[index] < rank)
            {
                below += Counts[index];
                continue;
            }

            var from = index == 0 ? 0 : Edges[index - 1];
            return Counts[index] == 0 ? from : from + ((Edges[index] - from) * ((rank - below) / Counts[index]));
        }

        return Edges[^1];
    }
}
