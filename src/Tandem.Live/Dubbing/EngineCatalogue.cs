namespace Tandem.Live.Dubbing;

/// <summary>All engines by name: the one place that knows which there are.</summary>
public static class EngineCatalogue
{
    private const string Known = "offline, echo, tone, or recogniser+translator+voice such as pocketsphinx+apertium+espeak or captions+apertium+espeak";

    /// <summary>Finds the engine of a channel, or says in one line what is wrong with what was asked for and what to do.</summary>
    /// <param name="engineName"><c>offline</c>, <c>echo</c>, <c>tone</c> or <c>recogniser+translator+voice</c>.</param>
    /// <param name="from">BCP 47 tag of the source language.</param>
    /// <param name="to">BCP 47 tags of the target languages.</param>
    public static EngineChoice Resolve(string engineName, string from, IReadOnlyList<string> to)
    {
        foreach (var language in to.Prepend(from))
        {
            if (LanguageTag.Parse(language) is null)
                return EngineChoice.Refused($"\"{language}\" is no language tag; write it as BCP 47 has it, such as en, es or pt-BR");
        }

        return engineName switch
        {
            "echo" => EngineChoice.Of(_ => new EchoEngine(to)),
            "tone" => EngineChoice.Of(_ => new ToneEngine(to)),
            "offline" => OfflineEngine.Resolve("pocketsphinx", "apertium", "espeak", from, to),
            _ when engineName.Split('+') is [var recogniser, var translator, var voice] => OfflineEngine.Resolve(recogniser, translator, voice, from, to),
            _ => EngineChoice.Refused($"engine \"{engineName}\" is not known; known are {Known}"),
        };
    }
}
