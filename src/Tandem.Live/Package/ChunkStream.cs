using System.Collections.Immutable;

namespace Tandem.Live.Package;

/// <summary>A voice that viewers of chunks can choose.</summary>
/// <param name="Index">Its number in messages.</param>
/// <param name="Name">Language tag, or <c>original</c>.</param>
/// <param name="Language">Language tag of what is spoken.</param>
public sealed record ChunkRendition(int Index, string Name, string Language);

/// <summary>A caption that was published.</summary>
/// <param name="Rendition">Index of its voice.</param>
/// <param name="Id">Differs from that of every other caption of the channel.</param>
/// <param name="Text">Lines, separated by line feeds.</param>
/// <param name="Start">Source time.</param>
/// <param name="End">Source time.</param>
public sealed record PublishedCaption(int Rendition, string Id, string Text, DateTimeOffset Start, DateTimeOffset End);

/// <summary>
/// What one channel has published as chunks: the picture's, and one lane a voice with the same sequences in each. The channel writes,
/// any number of viewers read.
/// </summary>
public sealed class ChunkStream
{
    /// <summary>No chunk is longer.</summary>
    public static readonly TimeSpan LongestChunk = ChunkNumbers.Longest;

    private readonly Lock _lock = new();
    private readonly ChunkLane[] _sound;
    private volatile Action? _released;
    private volatile Action<PublishedCaption>? _captioned;
    private int _watching;

    /// <summary>Makes the lanes of a channel.</summary>
    /// <param name="from">Its source language.</param>
    /// <param name="to">Its target languages, in configured order.</param>
    public ChunkStream(string from, ImmutableArray<string> to)
    {
        Renditions =
        [
            new ChunkRendition(0, VoiceSet.Original, from),
            .. to.Select((language, index) => new ChunkRendition(index + 1, language, language)),
        ];
        _sound = [.. Renditions.Select(_ => new ChunkLane())];
    }

    /// <summary>All voices; the original is the first. One that the source has itself, and that is not dubbed, has no chunks.</summary>
    public ImmutableArray<ChunkRendition> Renditions { get; }

    /// <summary>The picture's chunks; empty while nobody watches.</summary>
    public ChunkLane Picture { get; } = new();

    /// <summary>Whether the channel has a picture that can be made chunks of, as far as is known.</summary>
    public bool HasPicture { get; internal set; } = true;

    /// <summary>How many viewers watch the picture.</summary>
    public int Watching => Volatile.Read(ref _watching);

    /// <summary>The source date that was being broadcast at that moment, as far as is known; null before the first segment.</summary>
    public LiveEdge? Edge { get; internal set; }

    /// <summary>Length of the newest published segment; zero before the first.</summary>
    public TimeSpan Segment { get; internal set; }

    /// <summary>Whether chunks wait for their time; false to have all at once, as before a shutdown.</summary>
    public bool Paced { get; set; } = true;

    /// <summary>
    /// Whether no more segments are published, because viewers are being told to go: what one of them had and another had not, the next
    /// instance would not publish again.
    /// </summary>
    public bool Held { get; set; }

    /// <summary>A voice's chunks.</summary>
    public ChunkLane Sound(int rendition) => _sound[rendition];

    /// <summary>A voice by name, in any case; null where there is none.</summary>
    public ChunkRendition? Find(string name) =>
        Renditions.FirstOrDefault(rendition => rendition.Name.Equals(name, StringComparison.OrdinalIgnoreCase));

    /// <summary>Calls these from now on, on the channel's thread: to wake others, not to work.</summary>
    /// <param name="released">After chunks were added.</param>
    /// <param name="captioned">For each caption.</param>
    public void Follow(Action released, Action<PublishedCaption> captioned)
    {
        lock (_lock)
            (_released, _captioned) = (_released + released, _captioned + captioned);
    }

    /// <summary>Calls them no more.</summary>
    public void Unfollow(Action released, Action<PublishedCaption> captioned)
    {
        lock (_lock)
            (_released, _captioned) = (_released - released, _captioned - captioned);
    }

    /// <summary>Somebody watches the picture from now on.</summary>
    public void Watch() => Interlocked.Increment(ref _watching);

    /// <summary>One viewer watches it no more.</summary>
    public void Unwatch() => Interlocked.Decrement(ref _watching);

    internal void Announce() => _released?.Invoke();

    internal void Tell(PublishedCaption caption) => _captioned?.Invoke(caption);
}

/// <summary>Where the source was at a moment.</summary>
/// <param name="Date">Source date of the end of the newest segment that the source had shown.</param>
/// <param name="At">When it showed it.</param>
public sealed record LiveEdge(DateTimeOffset Date, DateTimeOffset At);
