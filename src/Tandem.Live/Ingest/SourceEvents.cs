using System.Collections.Immutable;

namespace Tandem.Live.Ingest;

/// <summary>A segment with the moment it appeared at the source.</summary>
/// <param name="Segment">The segment, as the playlist that first showed it has it.</param>
/// <param name="AppearedAt">
/// When the playlist showed it. Of several that one poll brings, the newest appears then and the earlier ones earlier by the durations
/// after them, but not before the poll that did not show them yet. Never decreases in a playlist, unless the machine's clock is set back.
/// </param>
/// <param name="Heard">
/// Whether a <see cref="SourceEvent.SegmentFetched"/> or <see cref="SourceEvent.SegmentLost"/> follows: in the heard playlist, but not for
/// what is older than <see cref="SourceOptions.BackFill"/> when it is first seen.
/// </param>
public sealed record SeenSegment(MediaSegment Segment, DateTimeOffset AppearedAt, bool Heard)
{
    /// <summary>How many times its playlist had started its numbers anew.</summary>
    public int Incarnation { get; init; }
}

/// <summary>What happens at a source, in order.</summary>
public abstract record SourceEvent
{
    private SourceEvent()
    {
    }

    /// <summary>
    /// The master playlist was read; comes first, and again when its entries have changed or when something else is heard since what was
    /// heard failed for some seconds. Playlists that stay keep their ids and go on; a playlist that is heard now and was not before shows
    /// its whole window once more.
    /// </summary>
    /// <param name="Master">For an input that is a media playlist, one made up with a single variant.</param>
    /// <param name="Playlists">One for each entry that has a media playlist, in the order variants, renditions, I-frames.</param>
    /// <param name="Heard">Whose segments are fetched.</param>
    public sealed record MasterFound(MasterPlaylist Master, ImmutableArray<SourcePlaylist> Playlists, PlaylistId Heard) : SourceEvent;

    /// <summary>A poll found a playlist changed.</summary>
    /// <param name="Id">Which playlist.</param>
    /// <param name="Playlist">The whole of it, with the newest addresses of segments seen before.</param>
    /// <param name="Appeared">Segments not seen before, in order; empty where only ENDLIST or addresses changed.</param>
    /// <param name="At">When the answer was there.</param>
    /// <param name="Reset">The numbering began anew (smaller numbers, other media, a jump that no outage explains): all segments are new.</param>
    public sealed record PlaylistSeen(
        PlaylistId Id, MediaPlaylist Playlist, ImmutableArray<SeenSegment> Appeared, DateTimeOffset At, bool Reset) : SourceEvent
    {
        /// <summary>Segments that came and went unseen before the first of <see cref="Appeared"/>, after an outage; the numbering goes on.</summary>
        public long Missed { get; init; }
    }

    /// <summary>The bytes of a heard segment; strictly in the order of the playlist.</summary>
    /// <param name="Id">The heard playlist.</param>
    /// <param name="Segment">The segment, with the address that it was fetched from.</param>
    /// <param name="AppearedAt">As in <see cref="SeenSegment"/>.</param>
    /// <param name="Init">Decrypted init segment; empty where there is no EXT-X-MAP. The same memory for as long as it does not change.</param>
    /// <param name="Data">Decrypted segment.</param>
    public sealed record SegmentFetched(
        PlaylistId Id, MediaSegment Segment, DateTimeOffset AppearedAt, ReadOnlyMemory<byte> Init, ReadOnlyMemory<byte> Data) : SourceEvent
    {
        /// <summary>As in <see cref="SeenSegment"/>.</summary>
        public int Incarnation { get; init; }

        /// <summary>How long it took, with its key and init segment, in the attempt that brought it.</summary>
        public TimeSpan FetchTime { get; init; }

        /// <summary>When it was there.</summary>
        public DateTimeOffset FetchedAt { get; init; }
    }

    /// <summary>A heard segment that cannot be had: a gap, refused, or not there in time. Stands at its place in the order.</summary>
    public sealed record SegmentLost(PlaylistId Id, MediaSegment Segment, DateTimeOffset AppearedAt, SourceFault Fault) : SourceEvent
    {
        /// <summary>As in <see cref="SeenSegment"/>.</summary>
        public int Incarnation { get; init; }
    }

    /// <summary>
    /// Something cannot be had or understood; sent when it begins and when its reason changes. It is tried again for ever. The source is
    /// lost while this stands for the heard playlist or for none.
    /// </summary>
    /// <param name="Fault">What.</param>
    /// <param name="Playlist">The playlist concerned; null where it is the source as a whole.</param>
    public sealed record SourceFaulted(SourceFault Fault, PlaylistId? Playlist = null) : SourceEvent;

    /// <summary>The fault told before is over.</summary>
    /// <param name="Playlist">As in <see cref="SourceFaulted"/>.</param>
    public sealed record SourceRecovered(PlaylistId? Playlist = null) : SourceEvent;

    /// <summary>The heard playlist has ended (EXT-X-ENDLIST) and all its segments were handed over. A source that starts again goes on.</summary>
    public sealed record SourceEnded : SourceEvent;
}
