using System.Collections.Immutable;
using Tandem.Live.Package;

namespace Tandem.Tests.WebSockets;

/// <summary>A channel's chunks that a test adds one by one: sound in two voices, pictures with a cut point every fifth.</summary>
internal sealed class FakeChunks
{
    public const int Every = 5;

    public static readonly DateTimeOffset Begin = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);
    public static readonly TimeSpan Length = TimeSpan.FromSeconds(0.4);

    private readonly Dictionary<(MediaTrack Track, int Rendition, int Life), ChunkGeneration> _generations = [];

    public FakeChunks(params ImmutableArray<string> to) => Stream = new ChunkStream("en", to);

    public ChunkStream Stream { get; }

    /// <summary>Bytes of a chunk's payload.</summary>
    public int Size { get; init; } = 100;

    /// <summary>Oldest sequence that is held.</summary>
    public long Oldest { get; set; }

    /// <summary>Which life the encoders are in.</summary>
    public int Life { get; set; }

    /// <summary>How much later chunks are published than <see cref="At"/> says.</summary>
    public TimeSpan Shift { get; set; }

    /// <summary>When a chunk can first be had.</summary>
    public static DateTimeOffset At(long sequence) => Begin + (sequence * Length);

    /// <summary>Adds chunks of all lanes, each at its time.</summary>
    public void Add(long from, long to, bool picture = true, ChunkFlags more = ChunkFlags.None)
    {
        for (var sequence = from; sequence <= to; sequence++)
        {
            foreach (var rendition in Stream.Renditions)
                Add(MediaTrack.Audio, rendition.Index, sequence, ChunkFlags.CutPoint | more);
            if (picture)
                Add(MediaTrack.Video, 0, sequence, (sequence % Every == 0 ? ChunkFlags.CutPoint : ChunkFlags.None) | more);
        }
    }

    /// <summary>Tells those who wait.</summary>
    public void Announce() => Stream.Announce();

    private void Add(MediaTrack track, int rendition, long sequence, ChunkFlags flags)
    {
        if (!_generations.TryGetValue((track, rendition, Life), out var generation))
        {
            var mime = track == MediaTrack.Video ? "video/mp4; codecs=\"avc1.64001f\"" : "audio/mp4; codecs=\"mp4a.40.2\"";
            generation = new ChunkGeneration((uint)_generations.Count + 1, new byte[] { (byte)track, (byte)rendition, (byte)Life }, mime, 1280, 720);
            _generations[(track, rendition, Life)] = generation;
        }

        var payload = new byte[Size];
        payload[0] = (byte)track;
        payload[1] = (byte)rendition;
        var draft = new ChunkDraft(track, rendition, sequence, flags, At(sequence), Length, generation, new ChunkPayload(payload));
        var lane = track == MediaTrack.Video ? Stream.Picture : Stream.Sound(rendition);
        lane.Add(new ChunkEntry(generation, MediaMessage.OfChunk(draft, generation.Number, At(sequence) + Shift)), Oldest, long.MaxValue);
    }
}
