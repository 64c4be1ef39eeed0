using System.Globalization;
using System.Text;

namespace Tandem.Live.Film;

/// <summary>A summary for people. Pure.</summary>
public static class FilmSummaryText
{
    /// <summary>Some lines, each ended.</summary>
    public static string Of(FilmSummary summary)
    {
        var text = new StringBuilder();
        var speed = summary.TookSeconds > 0 ? summary.Seconds / summary.TookSeconds : 0;
        text.AppendLine(CultureInfo.InvariantCulture,
            $"{summary.Output}: {FilmProgressText.Clock(summary.Seconds)} dubbed in {FilmProgressText.Clock(summary.TookSeconds)} ({speed:0.0}x), {summary.Utterances} utterances");
        foreach (var language in summary.Languages)
        {
            var dubs = string.Join(", ", language.Dubs.Where(pair => pair.Value > 0).Select(pair => string.Create(CultureInfo.InvariantCulture, $"{pair.Value} {pair.Key}")));
            var lag = language.OnsetLagP50 is null ? "" : string.Create(CultureInfo.InvariantCulture, $"; onset lag {language.OnsetLagP50:0.00} s (p95 {language.OnsetLagP95:0.00} s)");
            text.AppendLine(CultureInfo.InvariantCulture, $"  {language.Language}: {(dubs.Length == 0 ? "no dubs" : dubs)}{lag}");
            var over = language.Overruns;
            text.AppendLine(CultureInfo.InvariantCulture,
                $"      overruns: {over.PauseUsed} used the pause, {over.SpedUp} sped up, {over.DelayedNext} delayed the next, {over.Dropped} dropped; fallback {language.FallbackSeconds:0.0} s");
        }

        foreach (var note in summary.Notes)
            text.AppendLine(CultureInfo.InvariantCulture, $"  note: {note}");
        return text.ToString();
    }
}
