using Microsoft.Extensions.Logging;
using Tandem.Live.Faults;

namespace Tandem.Live.Dubbing;

/// <summary>What an engine needs of its surroundings.</summary>
/// <param name="Time">Deadlines and pauses run on it.</param>
/// <param name="Log">Where the engine says what befell it.</param>
public sealed record EngineServices(TimeProvider Time, ILogger Log)
{
    /// <summary>Faults on demand; null without.</summary>
    public FaultPlan? Faults { get; init; }

    /// <summary>Told how utterances fare; null where nobody asks.</summary>
    public UtteranceTraces? Traces { get; init; }

    /// <summary>How long a cascade's stages may take: nobody waits for a file's dub as viewers do for a channel's.</summary>
    public CascadeOptions Deadlines { get; init; } = new();
}

/// <summary>An engine that can be had, or the reason why it cannot.</summary>
/// <param name="Create">Makes one instance, for one channel; null when it cannot be had.</param>
/// <param name="Error">One line that names the thing and the remedy; null when it can be had.</param>
public sealed record EngineChoice(Func<EngineServices, IEngine>? Create, string? Error)
{
    /// <summary>Whether it is an <see cref="ICaptionListener"/>: it needs the source's captions.</summary>
    public bool ReadsCaptions { get; init; }

    /// <summary>An engine that can be had.</summary>
    public static EngineChoice Of(Func<EngineServices, IEngine> create) => new(create, null);

    /// <summary>An engine that cannot.</summary>
    /// <param name="error">One line that names the thing and the remedy.</param>
    public static EngineChoice Refused(string error) => new(null, error);
}
