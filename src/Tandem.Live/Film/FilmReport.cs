namespace Tandem.Live.Film;

/// <summary>What is being done to a film.</summary>
public enum FilmStage
{
    /// <summary>A playlist's segments are fetched.</summary>
    Fetching,

    /// <summary>It is heard, translated, spoken, mixed and encoded.</summary>
    Dubbing,

    /// <summary>Picture and voices are joined.</summary>
    Joining,
}

/// <summary>How far a film is.</summary>
/// <param name="Stage">What is being done.</param>
/// <param name="Share">Of this stage, 0 to 1; null where the length is not known.</param>
/// <param name="Seconds">Of the film, as far as it is heard; 0 in other stages.</param>
public readonly record struct FilmReport(FilmStage Stage, double? Share, double Seconds);
