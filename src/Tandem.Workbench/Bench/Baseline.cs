using System.Globalization;
using System.Text.Json;

namespace Tandem.Workbench.Bench;

/// <summary>An earlier run that others are compared with: the file that <c>bench --save</c> writes.</summary>
public sealed class Baseline
{
    /// <summary>A report has some 10 KB.</summary>
    private const long Largest = 1 << 20;

    private Baseline(string file, JsonElement report) => (File, Report) = (file, report);

    /// <summary>Where it was read.</summary>
    public string File { get; }

    /// <summary>What it was built of.</summary>
    public string Commit => BenchFigure.Text(BenchFigure.Member(Report, "machine"), "commit") ?? "unknown";

    /// <summary>When it was measured; null where that is not told.</summary>
    public DateTimeOffset? Date => DateTimeOffset.TryParse(
        BenchFigure.Text(Report, "date"), CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var date) ? date : null;

    internal JsonElement Report { get; }

    internal IReadOnlyList<BenchFigure> Figures => BenchFigure.Of(Report);

    /// <summary>Reads a baseline, or says in one line why it is none and what to do.</summary>
    public static (Baseline? Baseline, string? Problem) Read(string file)
    {
        try
        {
            if (new FileInfo(file) is { Exists: true, Length: > Largest } large)
                return (null, $"{file} has {large.Length} bytes, too many for a report of bench; give the file that bench --save wrote");
            return Parse(file, System.IO.File.ReadAllText(file));
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return (null, $"the baseline cannot be read: {error.Message} bench --save {file} makes one");
        }
    }

    /// <summary>Reads a baseline's text.</summary>
    /// <param name="file">Names it.</param>
    /// <param name="text">JSON.</param>
    public static (Baseline? Baseline, string? Problem) Parse(string file, string text)
    {
        JsonElement report;
        try
        {
            using var json = JsonDocument.Parse(text);
            report = json.RootElement.Clone();
        }
        catch (JsonException error)
        {
            return (null, $"{file} is no JSON (line {(error.LineNumber ?? 0) + 1}); give the file that bench --save wrote");
        }

        if (BenchFigure.Number(report, "schema") is not { } schema)
            return (null, $"{file} is no report of bench: it has no schema; give the file that bench --save wrote");
        if (schema != BenchReport.CurrentSchema)
        {
            return (null, string.Create(
                CultureInfo.InvariantCulture,
                $"{file} has schema {schema}, this bench writes {BenchReport.CurrentSchema}: measure the baseline again with bench --save {file}"));
        }

        if (BenchFigure.Text(report, "void") is { } reason)
            return (null, $"{file} is of a run that does not count ({reason}): measure it again on a quiet machine with bench --save {file}");
        var baseline = new Baseline(file, report);
        return baseline.Figures.Count > 0
            ? (baseline, null)
            : (null, $"{file} has no figure that can be compared: measure the baseline with bench --save {file}, without --only");
    }

    /// <summary>Why a run of these parts cannot be compared with it, one line; null where it can.</summary>
    /// <param name="only">One of <see cref="BenchOptions.Parts"/>; null for all.</param>
    public string? WhyNot(string? only)
    {
        if (only is null || Figures.Any(figure => figure.Part == only))
            return null;
        return BenchFigure.Parts.Contains(only, StringComparer.Ordinal)
            ? $"{File} has no figures of {only}: leave out --only, or measure the baseline again with bench --save {File}"
            : $"--only {only} has no figures that are compared; {string.Join(", ", BenchFigure.Parts)} have";
    }
}
