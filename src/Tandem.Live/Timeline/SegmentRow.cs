using Tandem.Live.Ingest;
using Tandem.Media.Worker;

namespace Tandem.Live.Timeline;

/// <summary>One segment of the heard playlist on its way to publication: a row of the table that all playlists are made of.</summary>
public sealed class SegmentRow
{
    private CodedSound? _coded;

    /// <summary>Media sequence number that Tandem publishes.</summary>
    public required long Number { get; init; }

    /// <summary>The stretch of source time that it belongs to.</summary>
    public required Epoch Epoch { get; init; }

    /// <summary>Whether it is the first of an epoch and a segment was before it.</summary>
    public required bool Discontinuity { get; init; }

    /// <summary>How many times the source had started its numbers anew when it appeared.</summary>
    public required int Incarnation { get; init; }

    /// <summary>What the source's playlist said.</summary>
    public required MediaSegment Source { get; init; }

    /// <summary>Channel time of its beginning.</summary>
    public required ChannelTime From { get; init; }

    /// <summary>Channel time of its end; follows the next segment's measured beginning until it is frozen.</summary>
    public ChannelTime To { get; private set; }

    /// <summary>EXTINF; never changes.</summary>
    public required TimeSpan Duration { get; init; }

    /// <summary>EXT-X-PROGRAM-DATE-TIME: the source's, or made up.</summary>
    public required DateTimeOffset Date { get; init; }

    /// <summary>When it appeared in the source's playlist.</summary>
    public required DateTimeOffset AppearedAt { get; init; }

    /// <summary>When it is to be published: appearance and delay.</summary>
    public required DateTimeOffset Due { get; init; }

    /// <summary>EXT-X-GAP in the source.</summary>
    public required bool Gap { get; init; }

    /// <summary>
    /// Published by the instance before, under addresses of its own: heard again for what follows it, but not published again. Players that
    /// go on would meet a number whose address has changed, which ends the playback in hls.js.
    /// </summary>
    public bool Repeated { get; init; }

    /// <summary>
    /// The addresses that the instance before gave a repeated row, by playlist; null where they are not known. It is listed under them as a gap
    /// (EXT-X-GAP): a player that did not see it in time finds the list beginning behind its own position otherwise, where hls.js stays for good.
    /// </summary>
    public IReadOnlyDictionary<string, PublishedPath>? Former { get; init; }

    /// <summary>Whether its speech is left as it is, because it is an advertisement.</summary>
    public bool Undubbed { get; set; }

    /// <summary>Whether its sound could be had.</summary>
    public required bool Heard { get; init; }

    /// <summary>The source's sound frames that came with it, for the original.</summary>
    public CodedSound? Coded
    {
        get => _coded;
        init => _coded = value;
    }

    /// <summary>MPEG-TS or fragmented MP4: decides how voices are packaged.</summary>
    public required Container Container { get; init; }

    /// <summary>Whether no picture is in the heard playlist's segments: the sound is a rendition of its own.</summary>
    public bool SoundAlone { get; init; }

    /// <summary>The elementary streams of its segment.</summary>
    public IReadOnlyList<TrackInfo> Tracks { get; init; } = [];

    /// <summary>Size of its segment; 0 where it could not be had.</summary>
    public int Bytes { get; init; }

    /// <summary>True once its end may not move any more, because sound up to it is being encoded.</summary>
    public bool Frozen { get; private set; }

    /// <summary>When it was decoded.</summary>
    public DateTimeOffset HeardAt { get; set; }

    /// <summary>How long decoding it took.</summary>
    public TimeSpan DecodeTime { get; set; }

    /// <summary>How long mixing and encoding its voices took.</summary>
    public TimeSpan WorkTime { get; set; }

    /// <summary>Its way, where it is sampled.</summary>
    public SegmentTrace? Trace { get; set; }

    /// <summary>When mixing and encoding it began; null until then.</summary>
    public DateTimeOffset? WorkBegan { get; set; }

    /// <summary>When it was published; null until then.</summary>
    public DateTimeOffset? PublishedAt { get; set; }

    /// <summary>Moves the end, unless it is frozen.</summary>
    public void EndAt(ChannelTime end)
    {
        if (!Frozen && end > From)
            To = end;
    }

    /// <summary>Lets go of the source's frames: the renditions have taken what they need, and rows are held for minutes.</summary>
    public void Release() => _coded = null;

    /// <summary>Fixes the end.</summary>
    public void Freeze() => Frozen = true;
}
