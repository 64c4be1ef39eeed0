namespace Tandem.Media.Worker;

/// <summary>A segment whose picture is to be taken over as it is, without the sound that stands beside it.</summary>
/// <param name="Data">The whole segment, already decrypted.</param>
/// <param name="Init">Its init segment, already decrypted; empty where it has none.</param>
/// <param name="Stream">Number of the playlist that it belongs to, from 0 to below <see cref="MostStreams"/>; counters go on within one.</param>
/// <param name="Continues">False at the start of an epoch: nothing is remembered of the segments before.</param>
public sealed record RemuxRequest(ReadOnlyMemory<byte> Data, ReadOnlyMemory<byte> Init, int Stream, bool Continues)
{
    /// <summary>Playlists that one worker remuxes at most.</summary>
    public const int MostStreams = 64;
}

/// <summary>A segment that holds a picture, and what players need with it, but no sound. Coded pictures and times are the source's.</summary>
/// <param name="Container">The source's container: a transport stream with packets of 188 bytes, or fragmented MP4.</param>
/// <param name="Init">
/// The init segment of <see cref="Container.FragmentedMp4"/>, equal for equal init segments of the source; empty for a transport stream,
/// whose segments begin with all that a player needs. It may be the request's own memory.
/// </param>
/// <param name="Data">The segment. Where nothing had to be taken out it is the request's own memory.</param>
/// <param name="Tracks">What is left: pictures, and timed metadata that players read.</param>
/// <param name="PictureStart">Smallest presentation time of a picture, 90 kHz as written; null where it cannot be told.</param>
/// <param name="PictureEnd">Largest presentation time plus one picture's duration; null where it cannot be told.</param>
public sealed record RemuxedSegment(
    Container Container,
    ReadOnlyMemory<byte> Init,
    ReadOnlyMemory<byte> Data,
    IReadOnlyList<TrackInfo> Tracks,
    long? PictureStart,
    long? PictureEnd);

/// <summary>A remuxed segment, or the reason why there is none.</summary>
public readonly record struct RemuxOutcome(RemuxedSegment? Segment, DecodeFault? Fault, string? Detail)
{
    /// <summary>Wraps a success.</summary>
    public static RemuxOutcome Of(RemuxedSegment segment) => new(segment, null, null);

    /// <summary>Wraps an expected failure; <paramref name="detail"/> is one line for people.</summary>
    public static RemuxOutcome Failed(DecodeFault fault, string detail) => new(null, fault, detail);
}
