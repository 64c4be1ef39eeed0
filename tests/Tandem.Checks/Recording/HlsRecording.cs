using Tandem.Checks.Demux;

namespace Tandem.Checks.Recording;

/// <summary>A segment that a recorder saw and fetched.</summary>
/// <param name="Listed">As the playlist had it when it first appeared.</param>
/// <param name="ListedAt">When it was first seen in a playlist.</param>
/// <param name="Init">Init segment; null where it has none.</param>
/// <param name="Data">Its bytes, decrypted; null where it could not be had.</param>
/// <param name="Failure">Why it could not be had; empty otherwise.</param>
/// <param name="Life">How often the playlist's numbers had gone back before it: 0 but for a source that starts again.</param>
public sealed record RecordedSegment(ListedSegment Listed, DateTimeOffset ListedAt, byte[]? Init, byte[]? Data, string Failure, int Life)
{
    /// <summary>Names a stretch without a break: the discontinuity sequence, and above a million the life.</summary>
    public long Epoch => (Life * 1_000_000L) + Listed.Discontinuity;
}

/// <summary>What a recorder got of one playlist.</summary>
/// <param name="Item">What the master says of it.</param>
/// <param name="Segments">In the order in which they appeared.</param>
public sealed record RecordedTrack(MasterItem Item, IReadOnlyList<RecordedSegment> Segments)
{
    /// <summary>Seconds of media that were had.</summary>
    public double Seconds => Segments.Where(segment => segment.Data is not null).Sum(segment => segment.Listed.Duration);

    /// <summary>Stretches without a break, in order.</summary>
    public IReadOnlyList<long> Epochs => [.. Segments.Select(segment => segment.Epoch).Distinct().Order()];

    /// <summary>The segments of one epoch that were had, in order of their numbers.</summary>
    public IReadOnlyList<RecordedSegment> Had(long epoch) =>
        [.. Segments.Where(segment => segment.Epoch == epoch && segment.Data is not null).OrderBy(segment => segment.Listed.Sequence)];

    /// <summary>The pictures of one epoch.</summary>
    public PictureStream Pictures(long epoch) => Streams.Pictures(Had(epoch)[0].Init, Had(epoch).Select(segment => segment.Data!));

    /// <summary>The cues of one epoch of a subtitle track, each once, in order.</summary>
    public IReadOnlyList<Cue> Cues(long epoch) => ReadCaptions.Cues(Had(epoch).Select(segment => System.Text.Encoding.UTF8.GetString(segment.Data!)));

    /// <summary>The sound of one epoch.</summary>
    public SoundStream Sound(long epoch) => Streams.Sound(Had(epoch)[0].Init, Had(epoch).Select(segment => segment.Data!));
}

/// <summary>What a recorder got of one master playlist.</summary>
/// <param name="Master">The master playlist's text.</param>
/// <param name="Tracks">The lowest variant, and every rendition of its audio group.</param>
/// <param name="Problems">Requests that failed, one line each, bounded.</param>
public sealed record HlsRecording(string Master, IReadOnlyList<RecordedTrack> Tracks, IReadOnlyList<string> Problems)
{
    /// <summary>The variant.</summary>
    public RecordedTrack Variant => Tracks.First(track => track.Item.Type == "VARIANT");

    /// <summary>The voice that sounds like the source: the one that is no dub.</summary>
    public RecordedTrack Original => Tracks.First(
        track => track.Item.Type == "AUDIO"
            && !track.Item.Attributes.GetValueOrDefault("CHARACTERISTICS", "").Contains("public.machine-generated", StringComparison.Ordinal));

    /// <summary>The subtitles of this language.</summary>
    public RecordedTrack Captions(string language) => Tracks.First(track => track.Item.Type == "SUBTITLES" && track.Item.Language == language);

    /// <summary>The rendition of this language, or of this name.</summary>
    public RecordedTrack Voice(string languageOrName) =>
        Tracks.FirstOrDefault(track => track.Item.Type == "AUDIO" && track.Item.Name == languageOrName)
        ?? Tracks.FirstOrDefault(track => track.Item.Type == "AUDIO" && track.Item.Language == languageOrName)
        ?? throw new KeyNotFoundException($"No voice {languageOrName} among {string.Join(", ", Tracks.Select(track => track.Item))}");
}
