using Microsoft.Extensions.Logging;
using Tandem.Live.Dubbing;
using Tandem.Media.Film;

namespace Tandem.Live.Film;

/// <summary>A film that is to be dubbed.</summary>
/// <param name="Input">Path of a file, or address of a playlist.</param>
/// <param name="Output">Path of the film that is made.</param>
/// <param name="Container">What is made.</param>
/// <param name="Voices">Languages, engine's name, levels and bounds, as a channel has them.</param>
/// <param name="Engine">The engine that they name.</param>
public sealed record FilmJob(string Input, string Output, FilmContainer Container, ChannelOptions Voices, EngineChoice Engine)
{
    /// <summary>Path of a WebVTT file with what is said, for an engine that reads captions; null for those of the film.</summary>
    public string? Captions { get; init; }

    /// <summary>Whether an output that is there is replaced.</summary>
    public bool Overwrite { get; init; }

    /// <summary>Whether the input is an address.</summary>
    public bool IsPlaylist => IsAddress(Input);

    /// <summary>How children are started.</summary>
    public FilmOptions Child { get; init; } = new();

    /// <summary>Whether a text is an address of the web rather than a path.</summary>
    public static bool IsAddress(string input) =>
        input.StartsWith("http://", StringComparison.OrdinalIgnoreCase) || input.StartsWith("https://", StringComparison.OrdinalIgnoreCase);
}

/// <summary>What a film's dubbing needs of the process around it.</summary>
/// <param name="Time">The clock; only deadlines of engines and children run on it.</param>
/// <param name="Log">For what befalls the engine.</param>
/// <param name="Report">Told how far it is; often, and not to be held up.</param>
public sealed record FilmServices(TimeProvider Time, ILogger Log, Action<FilmReport> Report);
