namespace Tandem.Workbench.Bench;

/// <summary>What several measurements of the same thing have in common, and how far they lie apart.</summary>
/// <param name="Median">Half lie below it.</param>
/// <param name="LowerQuartile">A quarter lies below it.</param>
/// <param name="UpperQuartile">A quarter lies above it.</param>
/// <param name="Least">The smallest.</param>
/// <param name="Greatest">The largest.</param>
public sealed record Spread(double Median, double LowerQuartile, double UpperQuartile, double Least, double Greatest)
{
    /// <summary>Of at least one value, in any order.</summary>
    public static Spread Of(IEnumerable<double> values)
    {
        var sorted = values.Order().ToArray();
        return new Spread(Quantile(sorted, 0.5), Quantile(sorted, 0.25), Quantile(sorted, 0.75), sorted[0], sorted[^1]);
    }

    /// <summary>The value below which a share lies, between the nearest two.</summary>
    /// <param name="ascending">At least one value.</param>
    /// <param name="share">0 to 1.</param>
    public static double Quantile(IReadOnlyList<double> ascending, double share)
    {
        var place = share * (ascending.Count - 1);
        var below = (int)place;
        var above = Math.Min(below + 1, ascending.Count - 1);
        return ascending[below] + ((place - below) * (ascending[above] - ascending[below]));
    }
}
