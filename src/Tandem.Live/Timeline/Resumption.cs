using System.Collections.Immutable;

namespace Tandem.Live.Timeline;

/// <summary>One row as an earlier instance published it.</summary>
/// <param name="Number">Tandem's media sequence number.</param>
/// <param name="Sequence">The source's media sequence number.</param>
/// <param name="Ticks">Media time of its beginning, 90 kHz, as written (MPEG-TS: 33 bits).</param>
/// <param name="DiscontinuitySequence">As published.</param>
/// <param name="Date">As published.</param>
public sealed record PublishedRow(long Number, long Sequence, long Ticks, long DiscontinuitySequence, DateTimeOffset Date)
{
    /// <summary>
    /// What each playlist (its path without <c>/index.m3u8</c> or <c>.m3u8</c>) listed for the row, where it is among the newest; null for others,
    /// and for the source's own segments.
    /// </summary>
    public ImmutableDictionary<string, PublishedPath>? Paths { get; init; }
}

/// <summary>Where a segment was.</summary>
/// <param name="Path">Below the channel's address.</param>
/// <param name="Init">Of its init segment; null without one.</param>
public sealed record PublishedPath(string Path, string? Init);

/// <summary>What must survive a restart so that playlists go on: the small record in the state folder (design.md, 3a, rule 2).</summary>
/// <param name="Rows">The last rows that were published, oldest first.</param>
public sealed record Resumption(ImmutableArray<PublishedRow> Rows)
{
    // The same segment measured twice gives the same time; a source that started anew would have to hit a frame by chance.
    private const long SameTicks = 1920;

    /// <summary>Number of the last row that was published.</summary>
    public long LastNumber => Rows.Length == 0 ? -1 : Rows[^1].Number;

    /// <summary>Discontinuity sequence of the last row.</summary>
    public long LastDiscontinuitySequence => Rows.Length == 0 ? 0 : Rows[^1].DiscontinuitySequence;

    /// <summary>The row that the source's segment had, if it is the same segment; otherwise where it would have come, or null.</summary>
    /// <param name="sequence">The source's number.</param>
    /// <param name="ticks">Its media time as written.</param>
    public PublishedRow? Find(long sequence, long ticks)
    {
        foreach (var row in Rows)
        {
            if (row.Sequence == sequence)
                return Math.Abs(MediaTime.Unwrap(ticks, row.Ticks) - row.Ticks) <= SameTicks ? row : null;
        }

        return null;
    }

    /// <summary>The date that <paramref name="number"/> had.</summary>
    public DateTimeOffset? DateOf(long number) => Of(number)?.Date;

    /// <summary>The row with a number; null where it is not remembered.</summary>
    public PublishedRow? Of(long number) => Rows.FirstOrDefault(row => row.Number == number);
}
