using System.Collections.Immutable;

namespace Tandem.Live.Captions;

/// <summary>A cue as a WebVTT file has it.</summary>
/// <param name="Start">When it shows, on the file's own clock.</param>
/// <param name="End">When it goes.</param>
/// <param name="Text">What it says, without markup; lines apart by line feeds.</param>
public sealed record VttCue(TimeSpan Start, TimeSpan End, string Text);

/// <summary>
/// X-TIMESTAMP-MAP (RFC 8216, section 3.5): the file's clock shows <paramref name="Local"/> at media time <paramref name="Ticks"/>.
/// </summary>
/// <param name="Ticks">90 kHz, 33 bits.</param>
/// <param name="Local">On the file's clock.</param>
public sealed record VttMap(long Ticks, TimeSpan Local);

/// <summary>A WebVTT file.</summary>
/// <param name="Map">Null where it has none.</param>
/// <param name="Cues">In the file's order; each ends after it begins.</param>
public sealed record VttFile(VttMap? Map, ImmutableArray<VttCue> Cues)
{
    /// <summary>
    /// Media time of a time on the file's clock, 90 kHz. Without a map the file's clock is media time (RFC 8216, section 3.5).
    /// </summary>
    public long TicksOf(TimeSpan time)
    {
        var (ticks, local) = Map is { } map ? (map.Ticks, map.Local) : (0, TimeSpan.Zero);
        return ticks + (long)Math.Round((time - local).Ticks * (9 / 1000.0));
    }
}
