namespace Tandem.Live.Dubbing;

/// <summary>A pair of languages that engine <c>offline</c> can be had for.</summary>
/// <param name="From">BCP 47 tag of the source language.</param>
/// <param name="To">BCP 47 tag of the target language.</param>
/// <param name="Mode">apertium's mode file.</param>
/// <param name="Voice">espeak-ng's voice; null where there is none.</param>
public sealed record OfflinePair(string From, string To, string Mode, string? Voice);

/// <summary>What is installed of engine <c>offline</c>. That something is there does not say that it works.</summary>
/// <param name="Models">pocketsphinx's models: language and folder.</param>
/// <param name="Pairs">apertium's pairs from any language, heard or not.</param>
/// <param name="Voices">How many languages espeak-ng speaks; null where espeak-ng is not there.</param>
public sealed record OfflineInventory(IReadOnlyList<(string Language, string Folder)> Models, IReadOnlyList<OfflinePair> Pairs, int? Voices)
{
    /// <summary>Pairs whose source is heard and whose target is spoken.</summary>
    public IEnumerable<OfflinePair> Whole => Pairs.Where(pair => pair.Voice is not null && Models.Any(model => model.Language == pair.From));

    /// <summary>Looks.</summary>
    public static OfflineInventory Look()
    {
        var voices = OfflineEngine.Voices();
        var spoken = voices is null ? null : OfflineEngine.Spoken(voices);
        var models = OfflineEngine.Heard().Distinct().Order(StringComparer.Ordinal)
            .Select(language => (language, OfflineEngine.Model(LanguageTag.Parse(language)!)!)).ToList();
        var pairs = new List<OfflinePair>();
        var files = Directory.Exists(OfflineEngine.Modes) ? Directory.EnumerateFiles(OfflineEngine.Modes, "*-*.mode") : [];
        foreach (var file in files.Order(StringComparer.Ordinal))
        {
            if (Path.GetFileNameWithoutExtension(file).Split('-') is not [var source, var target]
                || LanguageTag.Parse(source) is not { } from || LanguageTag.Parse(target.Replace('_', '-')) is not { } to)
            {
                continue;
            }

            var tag = to.Region.Length > 0 ? $"{to.Language}-{to.Region}" : to.Language;
            pairs.Add(new OfflinePair(from.Language, tag, file, spoken is null ? null : OfflineEngine.Voice(to, spoken)));
        }

        return new OfflineInventory(models, pairs, spoken?.Count);
    }
}
