using System.Collections.Immutable;

namespace Tandem.Live.Film;

/// <summary>What became of a film.</summary>
/// <param name="Input">As given, without secrets.</param>
/// <param name="Output">As given.</param>
/// <param name="Engine">Its name.</param>
/// <param name="Seconds">Length of the film.</param>
/// <param name="TookSeconds">How long it took.</param>
/// <param name="Utterances">Speech that was understood.</param>
/// <param name="Languages">Each target language.</param>
/// <param name="Notes">What a user would wonder about, one line each.</param>
public sealed record FilmSummary(
    string Input,
    string Output,
    string Engine,
    double Seconds,
    double TookSeconds,
    long Utterances,
    ImmutableArray<FilmLanguageSummary> Languages,
    ImmutableArray<string> Notes);

/// <summary>One target language of a <see cref="FilmSummary"/>.</summary>
/// <param name="Language">BCP 47 tag.</param>
/// <param name="Dubs">Utterances by outcome; the words of <c>tandem_dubs_total</c>.</param>
/// <param name="OnsetLagP50">Median onset lag, s; null without dubs.</param>
/// <param name="OnsetLagP95">95th percentile, s.</param>
/// <param name="Overruns">Dubs that were too long, by the steps that they needed.</param>
/// <param name="FallbackSeconds">Speech during which the original stood in for a dub.</param>
public sealed record FilmLanguageSummary(
    string Language,
    ImmutableSortedDictionary<string, long> Dubs,
    double? OnsetLagP50,
    double? OnsetLagP95,
    FilmOverruns Overruns,
    double FallbackSeconds)
{
    /// <summary>Of a voice that is done.</summary>
    public static FilmLanguageSummary Of(FilmVoice voice)
    {
        var counts = voice.Dubs!.Counts;
        var lags = voice.Lags.Order().ToArray();
        return new FilmLanguageSummary(
            voice.Language,
            counts.Outcomes.ToImmutableSortedDictionary(pair => VoiceSet.Word(pair.Key), pair => pair.Value, StringComparer.Ordinal),
            At(lags, 0.5),
            At(lags, 0.95),
            new FilmOverruns(counts.PauseUsed, counts.SpedUp, counts.DelayedNext, counts.Dropped),
            Math.Round(counts.Fallback.Seconds, 3));
    }

    private static double? At(double[] sorted, double share) =>
        sorted.Length == 0 ? null : Math.Round(sorted[(int)Math.Ceiling((sorted.Length - 1) * share)], 3);
}

/// <summary>Dubs that were longer than their utterance (design.md, section 3, placement); one may need several steps.</summary>
/// <param name="PauseUsed">Spoke on into the pause.</param>
/// <param name="SpedUp">Were sped up.</param>
/// <param name="DelayedNext">Delayed the next.</param>
/// <param name="Dropped">Could only have started too late.</param>
public sealed record FilmOverruns(long PauseUsed, long SpedUp, long DelayedNext, long Dropped);
