using System.Collections.Immutable;
using Tandem.Live.Timeline;
using Tandem.Media.Film;

namespace Tandem.Live.Film;

/// <summary>The one clock of a film's sources: where its picture and sound were fetched apart, both count by it.</summary>
/// <param name="Start">Media time of the film's beginning, as the first source counts.</param>
/// <param name="Starts">The same as each source counts: one may have unwrapped its 33 bits otherwise than another.</param>
internal sealed record FilmClock(long Start, ImmutableArray<long> Starts)
{
    /// <summary>Begins with the earliest of picture and sound.</summary>
    public static FilmClock Of(IReadOnlyList<FilmDescription> sources)
    {
        var turns = sources.Select(source => MediaTime.Unwrap(source.Start, sources[0].Start) - source.Start).ToList();
        var start = sources.Zip(turns, (source, turn) => source.Start + turn).Min();
        return new FilmClock(start, [.. turns.Select(turn => start - turn)]);
    }
}
