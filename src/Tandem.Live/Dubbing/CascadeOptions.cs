namespace Tandem.Live.Dubbing;

/// <summary>Deadlines of a cascade's stages.</summary>
public sealed record CascadeOptions
{
    /// <summary>From the end of an utterance to its text; 1 to 60 s.</summary>
    public TimeSpan RecogniseWithin { get; init; } = TimeSpan.FromSeconds(20);

    /// <summary>For one translation; 1 to 60 s.</summary>
    public TimeSpan TranslateWithin { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>For speaking one dub; 1 to 60 s.</summary>
    public TimeSpan SpeakWithin { get; init; } = TimeSpan.FromSeconds(8);
}
