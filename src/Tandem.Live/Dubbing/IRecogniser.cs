namespace Tandem.Live.Dubbing;

/// <summary>What was said in one utterance.</summary>
/// <param name="Text">Words in the source language; empty where there are none.</param>
/// <param name="Start">Onset of the first word, from the beginning of the utterance's sound.</param>
/// <param name="End">End of the last word.</param>
public sealed record Recognised(string Text, TimeSpan Start, TimeSpan End);

/// <summary>Hears utterances, one after the other; not safe for several callers at once.</summary>
public interface IRecogniser : IAsyncDisposable
{
    /// <summary>Begins an utterance, in place of one that was not ended.</summary>
    Task BeginAsync(CancellationToken cancellation);

    /// <summary>Hears more of it.</summary>
    /// <param name="mono16">16 kHz mono.</param>
    /// <param name="cancellation">Its deadline.</param>
    Task HearAsync(ReadOnlyMemory<float> mono16, CancellationToken cancellation);

    /// <summary>Ends it and returns what was said.</summary>
    /// <exception cref="IOException">The recogniser died; it starts again with the next utterance.</exception>
    Task<Recognised> EndAsync(CancellationToken cancellation);

    /// <summary>Ends a recogniser that hangs; it starts again with the next utterance.</summary>
    void Kill();
}

/// <summary>Translates sentences of one pair of languages; not safe for several callers at once.</summary>
public interface ITranslator : IAsyncDisposable
{
    /// <summary>The translation of <paramref name="text"/>.</summary>
    /// <exception cref="IOException">The translator died; it starts again with the next sentence.</exception>
    Task<string> TranslateAsync(string text, CancellationToken cancellation);

    /// <summary>Ends a translator that hangs.</summary>
    void Kill();
}

/// <summary>Speaks one language; not safe for several callers at once.</summary>
public interface IVoice : IAsyncDisposable
{
    /// <summary>The sound of <paramref name="text"/>, 48 kHz mono, without silence around it.</summary>
    /// <exception cref="IOException">The voice failed.</exception>
    Task<float[]> SpeakAsync(string text, CancellationToken cancellation);

    /// <summary>Ends a voice that hangs.</summary>
    void Kill();
}
