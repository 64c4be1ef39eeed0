using System.Diagnostics;

namespace Tandem.Live.Dubbing;

/// <summary>
/// <c>offline</c>: pocketsphinx, apertium and espeak-ng from Debian packages; no key, no network. Good enough to show and to test with.
/// </summary>
internal static class OfflineEngine
{
    /// <summary>The recogniser that reads the source's captions.</summary>
    internal const string Captions = "captions";

    internal const string Models = "/usr/share/pocketsphinx/model";
    internal const string Modes = "/usr/share/apertium/modes";

    /// <summary>The engine for these languages, or what is missing and how to get it.</summary>
    /// <param name="recogniser"><c>pocketsphinx</c>, or <c>captions</c>: the source's own.</param>
    /// <param name="translator"><c>apertium</c>.</param>
    /// <param name="speaker"><c>espeak</c>, or <c>tone</c>: a tone as long as the words would take.</param>
    /// <param name="from">BCP 47 tag of the source language.</param>
    /// <param name="to">BCP 47 tags of the target languages.</param>
    public static EngineChoice Resolve(string recogniser, string translator, string speaker, string from, IReadOnlyList<string> to)
    {
        if (recogniser is not ("pocketsphinx" or Captions))
            return EngineChoice.Refused($"recogniser \"{recogniser}\" is not known; known are pocketsphinx and {Captions}");
        if (translator != "apertium")
            return EngineChoice.Refused($"translator \"{translator}\" is not known; known is apertium");
        if (speaker is not ("espeak" or "tone"))
            return EngineChoice.Refused($"voice \"{speaker}\" is not known; known are espeak and tone");
        var source = LanguageTag.Parse(from)!;
        var model = recogniser == Captions ? null : Model(source);
        if (model is null && recogniser != Captions)
        {
            return EngineChoice.Refused(
                $"engine offline cannot hear \"{from}\"; it hears {List(Heard(), "nothing: install pocketsphinx-en-us and libpocketsphinx3")}");
        }

        if (Voices() is not { } voices)
            return EngineChoice.Refused("engine offline needs espeak-ng; install the Debian package espeak-ng");
        var spoken = Spoken(voices);
        var languages = new List<(string Tag, string Mode, string Voice)>();
        foreach (var tag in to)
        {
            var target = LanguageTag.Parse(tag)!;
            if (Mode(source, target) is not { } mode)
            {
                return EngineChoice.Refused(
                    $"engine offline cannot translate {from} to \"{tag}\"; from {from} it has {List(Targets(source), "nothing: install an apertium pair such as apertium-eng-spa")}");
            }

            if (Voice(target, spoken) is not { } voice)
                return EngineChoice.Refused($"engine offline has no voice for \"{tag}\"; espeak-ng --voices lists those it has");
            languages.Add((tag, mode, voice));
        }

        return model is null
            ? EngineChoice.Of(services => new CaptionsEngine(Speakers(), services.Deadlines, services)) with { ReadsCaptions = true }
            : EngineChoice.Of(services => new CascadeEngine(new PocketSphinxRecogniser(model), Speakers(), services.Deadlines, services));

        List<CascadeLanguage> Speakers() =>
        [
            .. languages.Select((language, index) => new CascadeLanguage(
                language.Tag,
                new ApertiumTranslator(language.Mode),
                speaker == "tone" ? new ToneVoice(Tone.FrequencyOf(index)) : new EspeakVoice(language.Voice))),
        ];
    }

    internal static string? Model(LanguageTag source) => Directory.Exists(Models)
        ? Directory.EnumerateDirectories(Models)
            .FirstOrDefault(folder => LanguageTag.Parse(Path.GetFileName(folder))?.Language == source.Language)
        : null;

    internal static IEnumerable<string> Heard() => Directory.Exists(Models)
        ? Directory.EnumerateDirectories(Models).Select(folder => LanguageTag.Parse(Path.GetFileName(folder))?.Language).OfType<string>()
        : [];

    /// <summary>The pair's mode: with the region where there is one for it, else the language's own.</summary>
    private static string? Mode(LanguageTag source, LanguageTag target)
    {
        var pair = $"{source.ThreeLetters}-{target.ThreeLetters}";
        string[] names = target.Region.Length > 0 ? [$"{pair}_{target.Region}", pair] : [pair];
        return names.Select(name => Path.Combine(Modes, name + ".mode")).FirstOrDefault(File.Exists);
    }

    private static IEnumerable<string> Targets(LanguageTag source) => Directory.Exists(Modes)
        ? Directory.EnumerateFiles(Modes, source.ThreeLetters + "-*.mode")
            .Select(file => Path.GetFileNameWithoutExtension(file).Split('-')[1].Split('_')[0])
            .Select(code => LanguageTag.Parse(code)?.Language).OfType<string>().Distinct()
        : [];

    /// <summary>What espeak-ng says of its voices; null where there is none.</summary>
    internal static string? Voices() => Process("espeak-ng", "--voices");

    /// <summary>The languages in that list.</summary>
    internal static HashSet<string> Spoken(string voices) => voices.Split('\n').Skip(1)
        .Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries))
        .Where(parts => parts.Length > 1).Select(parts => parts[1]).ToHashSet(StringComparer.OrdinalIgnoreCase);

    /// <summary>The voice that speaks a language; null where none does.</summary>
    internal static string? Voice(LanguageTag target, HashSet<string> spoken)
    {
        var region = $"{target.Language}-{target.Region}";
        if (target.Region.Length > 0 && spoken.Contains(region))
            return region.ToLowerInvariant();
        return spoken.Contains(target.Language)
            ? target.Language
            : spoken.FirstOrDefault(voice => voice.StartsWith(target.Language + "-", StringComparison.OrdinalIgnoreCase));
    }

    private static string List(IEnumerable<string> items, string none)
    {
        var list = string.Join(", ", items.Order(StringComparer.Ordinal));
        return list.Length == 0 ? none : list;
    }

    private static string? Process(string program, string argument)
    {
        try
        {
            using var process = System.Diagnostics.Process.Start(new ProcessStartInfo(program, argument) { RedirectStandardOutput = true, UseShellExecute = false })!;
            return process.StandardOutput.ReadToEnd();
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return null;
        }
    }
}
