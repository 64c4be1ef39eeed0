using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Tandem.Workbench.Bench;

/// <summary>What a comparison says of a run.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<BenchVerdict>))]
public enum BenchVerdict
{
    /// <summary>No figure grew by more than it is allowed to.</summary>
    [JsonStringEnumMemberName("passed")]
    Passed,

    /// <summary>At least one did.</summary>
    [JsonStringEnumMemberName("regressed")]
    Regressed,

    /// <summary>Neither: a figure scatters so much that a slow-down could hide in it.</summary>
    [JsonStringEnumMemberName("unclear")]
    Unclear,

    /// <summary>Neither: the run does not count.</summary>
    [JsonStringEnumMemberName("void")]
    Void,
}

/// <summary>How one figure fared.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<FigureState>))]
public enum FigureState
{
    /// <summary>It moved by no more than it may.</summary>
    [JsonStringEnumMemberName("same")]
    Same,

    /// <summary>It sank by more than noise explains.</summary>
    [JsonStringEnumMemberName("improved")]
    Improved,

    /// <summary>It grew by more than noise explains.</summary>
    [JsonStringEnumMemberName("regressed")]
    Regressed,

    /// <summary>Noise would explain more than <see cref="BenchComparison.MostAllowed"/>.</summary>
    [JsonStringEnumMemberName("unclear")]
    Unclear,

    /// <summary>The baseline does not have it.</summary>
    [JsonStringEnumMemberName("new")]
    New,

    /// <summary>This run did not measure it.</summary>
    [JsonStringEnumMemberName("not_measured")]
    NotMeasured,
}

/// <summary>One figure in both runs.</summary>
/// <param name="Name">Its key.</param>
/// <param name="Before">In the baseline; null where it has none.</param>
/// <param name="Now">In this run; null where it was not measured.</param>
/// <param name="Change">Now by before, less 1.</param>
/// <param name="Allowed">How much it may grow, as a share: slack and the noise of both runs.</param>
/// <param name="State">What comes of it.</param>
public sealed record ComparedFigure(string Name, double? Before, double? Now, double? Change, double? Allowed, FigureState State);

/// <summary>The run that is compared with.</summary>
/// <param name="File">Where it was read.</param>
/// <param name="Commit">What it was built of.</param>
/// <param name="Date">When it was measured.</param>
public sealed record ComparedBaseline(string File, string Commit, DateTimeOffset? Date);

/// <summary>
/// A run against an earlier one, figure by figure. Pure. A figure has regressed when it grew by more than its slack and the noise of both
/// runs together; each run's noise is the half width of the interval that its median lies in (docs/bench.md).
/// </summary>
/// <param name="Baseline">The earlier run.</param>
/// <param name="Verdict">What comes of it.</param>
/// <param name="Reason">One line that says why it did not pass; null where it did.</param>
/// <param name="Warnings">What differs between the machines, a line each.</param>
/// <param name="Figures">In the order of the report.</param>
public sealed record BenchComparison(
    ComparedBaseline Baseline, BenchVerdict Verdict, string? Reason, IReadOnlyList<string> Warnings, IReadOnlyList<ComparedFigure> Figures)
{
    /// <summary>Where more than this would be allowed, a figure is not judged: a slow-down by a third should never pass as noise.</summary>
    public const double MostAllowed = 0.25;

    private static readonly (string Key, string What)[] Machine =
    [
        ("cores", "cores"), ("model", "processor"), ("kernel", "kernel"), ("runtime", ".NET"),
        ("ffmpeg", "FFmpeg libraries"), ("peer_ffmpeg", "peer's ffmpeg"),
    ];

    /// <summary>One line where the figures are why it did not pass; a run that does not count says so itself.</summary>
    [JsonIgnore]
    public string? Complaint => Verdict switch
    {
        BenchVerdict.Regressed => $"worse than {Baseline.File}: {Reason}",
        BenchVerdict.Unclear => $"cannot be compared with {Baseline.File}: {Reason}",
        _ => null,
    };

    /// <summary>Compares.</summary>
    /// <param name="baseline">The earlier run.</param>
    /// <param name="report">This run.</param>
    /// <param name="whole">Whether this run was to measure everything: a figure that it has lost is then not passed over.</param>
    public static BenchComparison Of(Baseline baseline, BenchReport report, bool whole = false)
    {
        using var json = JsonDocument.Parse(report.ToJson());
        var now = BenchFigure.Of(json.RootElement);
        var before = baseline.Figures;
        var figures = now.Select(figure => Compare(before.FirstOrDefault(other => other.Name == figure.Name), figure))
            .Concat(before.Where(figure => now.All(other => other.Name != figure.Name))
                .Select(figure => new ComparedFigure(figure.Name, figure.Value, null, null, null, FigureState.NotMeasured)))
            .ToList();
        var (verdict, reason) = Judge(report.Void, figures, whole);
        return new BenchComparison(
            new ComparedBaseline(baseline.File, baseline.Commit, baseline.Date),
            verdict,
            reason,
            [.. Differences(baseline.Report, json.RootElement)],
            figures);
    }

    private static ComparedFigure Compare(BenchFigure? before, BenchFigure now)
    {
        if (before is null)
            return new ComparedFigure(now.Name, null, now.Value, null, null, FigureState.New);
        var change = (now.Value / before.Value) - 1;
        var allowed = now.Slack + before.Noise + now.Noise;
        var state = change > allowed ? FigureState.Regressed
            : change < -allowed ? FigureState.Improved
            : allowed > MostAllowed ? FigureState.Unclear
            : FigureState.Same;
        return new ComparedFigure(now.Name, before.Value, now.Value, Math.Round(change, 4), Math.Round(allowed, 4), state);
    }

    private static (BenchVerdict Verdict, string? Reason) Judge(string? why, List<ComparedFigure> figures, bool whole)
    {
        if (why is not null)
            return (BenchVerdict.Void, why);
        if (Named(FigureState.Regressed) is { } worse)
            return (BenchVerdict.Regressed, worse);
        if (Named(FigureState.Unclear) is { } unclear)
            return (BenchVerdict.Unclear, $"{unclear}: too much noise to judge; measure again on a quiet machine");
        if (whole && figures.Where(figure => figure.State == FigureState.NotMeasured).Select(figure => figure.Name).ToList() is { Count: > 0 } lost)
            return (BenchVerdict.Unclear, $"{string.Join(", ", lost)}: in the baseline, and not measured now");
        return figures.Any(figure => figure.State is FigureState.Same or FigureState.Improved)
            ? (BenchVerdict.Passed, null)
            : (BenchVerdict.Unclear, "this run and the baseline have no figure in common");

        string? Named(FigureState state)
        {
            var named = figures.Where(figure => figure.State == state).Select(figure => string.Create(
                CultureInfo.InvariantCulture,
                $"{figure.Name} {figure.Before:G4} → {figure.Now:G4} ({figure.Change:+0.0%;-0.0%}, allowed {figure.Allowed:+0.0%})"));
            return string.Join("; ", named) is { Length: > 0 } text ? text : null;
        }
    }

    private static IEnumerable<string> Differences(JsonElement before, JsonElement now)
    {
        var (old, own) = (BenchFigure.Member(before, "machine"), BenchFigure.Member(now, "machine"));
        foreach (var (key, what) in Machine)
        {
            var (was, isNow) = (BenchFigure.Member(old, key).ToString(), BenchFigure.Member(own, key).ToString());
            if (was != isNow)
                yield return $"another {what} than the baseline's: {(was.Length == 0 ? "unknown" : was)} → {isNow}; ratios may differ for that alone";
        }
    }
}
