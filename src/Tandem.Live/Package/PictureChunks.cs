using Tandem.Live.Timeline;
using Tandem.Media.Worker;

namespace Tandem.Live.Package;

/// <summary>
/// Gives the cut pictures of one variant their place: sequence, source time and moment, once their segment has a number. What is not there
/// in time is a chunk without media. Belongs to the channel's loop.
/// </summary>
/// <param name="nextGeneration">Numbers a generation.</param>
internal sealed class PictureChunks(Func<uint> nextGeneration)
{
    // What was fetched long before it is due is there; when somebody begins to watch, fetching takes its time.
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan s_firstPatience = TimeSpan.FromSeconds(12);

    // Nobody begins to watch with older pictures.
    private static readonly TimeSpan s_memory = TimeSpan.FromSeconds(20);

    private readonly Queue<Slot> _slots = [];
    private readonly Dictionary<(int Incarnation, long Sequence), CutSegment> _cut = [];
    private readonly ChunkContinuity _continuity = new();
    private readonly ChunkNumbers _numbers = new();
    private ChunkGeneration? _generation;
    private DateTimeOffset? _watchedSince;
    private long _last = -1;
    private long _offset;
    private bool _began;

    /// <summary>Whether somebody watches.</summary>
    public bool Watched => _watchedSince is not null;

    /// <summary>Takes the variant's segments that have numbers by now.</summary>
    public void See(IEnumerable<DelayedSegment> segments)
    {
        foreach (var segment in segments)
        {
            if (segment is not { Number: { } number, Epoch: { } epoch } || number <= _last)
                continue;
            _last = number;
            _slots.Enqueue(new Slot(number, epoch, segment.Position, segment.Incarnation, segment.Source.Sequence, segment.Source.Duration));
        }
    }

    /// <summary>Takes what was cut.</summary>
    public void Accept(CutSegment cut)
    {
        if (Watched)
            _cut[(cut.Incarnation, cut.Sequence)] = cut;
    }

    /// <summary>Somebody watches from now on, or nobody.</summary>
    public void Watch(bool watched, DateTimeOffset now)
    {
        if (watched == Watched)
            return;
        _watchedSince = watched ? now : null;
        _cut.Clear();
        _began = false;
        _continuity.Forget();
    }

    /// <summary>Another variant: nothing that is known holds for it.</summary>
    public void Restart()
    {
        _slots.Clear();
        _cut.Clear();
        _last = -1;
        _generation = null;
        _began = false;
    }

    /// <summary>The chunks of the segments whose turn it is.</summary>
    /// <param name="now">Wall time.</param>
    /// <param name="dueAt">When what lies at a channel time is due.</param>
    /// <param name="axis">Where channel time lies on the source's dates.</param>
    /// <param name="targetDuration">Of the channel, s.</param>
    public IEnumerable<(DateTimeOffset Due, ChunkDraft Draft)> Take(
        DateTimeOffset now, Func<ChannelTime, DateTimeOffset> dueAt, SourceAxis axis, int targetDuration)
    {
        while (_slots.TryPeek(out var slot))
        {
            var due = dueAt(slot.Position);
            if (_watchedSince is not { } since)
            {
                if (due > now - s_memory)
                    yield break;
                _slots.Dequeue();
                continue;
            }

            _cut.TryGetValue((slot.Incarnation, slot.Sequence), out var cut);
            var patience = due + s_patience > since + s_firstPatience ? due + s_patience : since + s_firstPatience;

            // Segments come in their order: what a later one has overtaken does not come any more.
            var overtaken = cut is null && _cut.Keys.Any(key => key.Incarnation > slot.Incarnation || (key.Incarnation == slot.Incarnation && key.Sequence > slot.Sequence));
            if (cut is null && !overtaken && now < patience)
                yield break;
            _slots.Dequeue();
            _cut.Remove((slot.Incarnation, slot.Sequence));
            var (first, count) = _numbers.Of(slot.Number, targetDuration);
            if (cut?.Segment is { } segment && segment.Chunks.Count == count)
            {
                foreach (var draft in Place(slot, segment, first, axis))
                    yield return (dueAt(draft.At), draft.Draft);
            }
            else if (_began)
            {
                for (var index = 0; index < count; index++)
                {
                    var at = slot.Position + new SoundLength(SoundLength.Of(slot.Duration).Samples * index / count);
                    yield return (dueAt(at), Hole(slot, axis.DateOf(at), slot.Duration / count, first + index, index == count - 1));
                }
            }
        }
    }

    private IEnumerable<(ChannelTime At, ChunkDraft Draft)> Place(Slot slot, ChunkedSegment segment, long first, SourceAxis axis)
    {
        var scale = segment.Timescale;
        var start = Ticks(segment.Chunks[0].DecodeTime);

        // A transport stream's times are those of 33 bits; an MP4's count on.
        var shift = segment.Container == Container.MpegTs ? MediaTime.Unwrap(start, slot.Epoch.ToMedia(slot.Position).Ticks) - start : 0;
        if (_generation is null || !_generation.Init.Span.SequenceEqual(segment.Init.Span))
        {
            _generation = new ChunkGeneration(
                nextGeneration(), segment.Init, $"video/mp4; codecs=\"{segment.CodecsTag}\"", segment.Width, segment.Height);

            // Pictures are shown this much after they are decoded; source time is that of showing, in even steps.
            _offset = Ticks(segment.Chunks[0].Offset);
        }

        _began = true;
        for (var index = 0; index < segment.Chunks.Count; index++)
        {
            var chunk = segment.Chunks[index];
            var at = slot.Epoch.ToChannel(Ticks(chunk.DecodeTime) + shift + _offset);
            var from = axis.DateOf(at);
            var duration = TimeSpan.FromTicks((long)((Int128)chunk.Duration * TimeSpan.TicksPerSecond / scale));
            var flags = (chunk.Data.IsEmpty ? ChunkFlags.Empty : ChunkFlags.None)
                | (chunk.IsCut ? ChunkFlags.CutPoint : ChunkFlags.None)
                | _continuity.Take(slot.Epoch, from, duration)
                | (index == segment.Chunks.Count - 1 ? ChunkFlags.EndsSegment : ChunkFlags.None);
            var time = Math.Max(0, chunk.DecodeTime + (long)((Int128)shift * scale / MediaTime.Rate));
            var payload = chunk.Data.IsEmpty ? default : new ChunkPayload(chunk.Data, PictureChunk.SequenceAt, PictureChunk.TimeAt, time);
            yield return (at, new ChunkDraft(MediaTrack.Video, 0, first + index, flags, from, duration, _generation, payload));
        }

        long Ticks(long units) => (long)((Int128)units * MediaTime.Rate / scale);
    }

    private ChunkDraft Hole(Slot slot, DateTimeOffset from, TimeSpan duration, long sequence, bool isLast) => new(
        MediaTrack.Video,
        0,
        sequence,
        ChunkFlags.Empty | _continuity.Take(slot.Epoch, from, duration) | (isLast ? ChunkFlags.EndsSegment : ChunkFlags.None),
        from,
        duration,
        _generation!,
        default);

    private sealed record Slot(long Number, Epoch Epoch, ChannelTime Position, int Incarnation, long Sequence, TimeSpan Duration);
}
