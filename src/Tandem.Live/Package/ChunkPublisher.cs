using System.Globalization;
using Tandem.Live.Ingest;
using Tandem.Live.Timeline;
using Tandem.Media.Worker;

namespace Tandem.Live.Package;

/// <summary>
/// Publishes chunks: makes them when their segment is published, and lets each go at its time. The first goes when the segment is due,
/// the next as much later as it lies behind in the segment: a viewer at the live edge needs it no earlier, and a thousand viewers at once
/// then get a tenth of a megabyte each at a time instead of a whole segment. Belongs to the channel's loop.
/// </summary>
/// <param name="stream">Where they go.</param>
/// <param name="time">The clock.</param>
public sealed class ChunkPublisher(ChunkStream stream, TimeProvider time)
{
    // Playlists list two minutes at most; of a large picture less is held.
    private const long MostBytes = 48L << 20;

    // Pictures are placed among the newest rows.
    private const int MostPlaced = 64;

    private readonly Queue<Step> _sound = [];
    private readonly Queue<Step> _picture = [];
    private readonly List<SegmentRow> _placed = [];
    private readonly SourceAxis _axis = new();
    private readonly ChunkNumbers _numbers = new();
    private readonly Dictionary<int, ChannelTime> _captions = [];
    private readonly SortedList<long, long> _rows = [];
    private SoundChunks[]? _lanes;
    private PictureChunks? _pictures;
    private PlaylistId? _variant;
    private int _targetDuration = 1;
    private uint _generations = (uint)time.GetUtcNow().ToUnixTimeSeconds();
    private DateTimeOffset _last;
    private DateTimeOffset _lastPicture;

    /// <summary>Where channel time lies on the source's dates.</summary>
    internal SourceAxis Axis => _axis;

    /// <summary>When the next chunk can go; null while none waits.</summary>
    public DateTimeOffset? Next => (_sound.TryPeek(out var sound), _picture.TryPeek(out var picture)) switch
    {
        (true, true) => sound!.Due < picture!.Due ? sound.Due : picture.Due,
        (true, false) => sound!.Due,
        (false, true) => picture!.Due,
        _ => null,
    };

    /// <summary>The variant whose pictures are made chunks of; null without.</summary>
    public PlaylistId? Variant
    {
        get => _variant;
        set
        {
            if (value == _variant)
                return;
            _variant = value;
            _pictures?.Restart();
            _picture.Clear();
            stream.Picture.Clear();
        }
    }

    private PictureChunks Pictures => _pictures ??= new PictureChunks(NextGeneration);

    /// <summary>Numbers a generation: not used by an instance before, as long as it made less than one a second.</summary>
    internal uint NextGeneration() => ++_generations;

    /// <summary>Takes a row that is published now.</summary>
    /// <param name="row">The row.</param>
    /// <param name="made">What its renditions have.</param>
    /// <param name="targetDuration">Of the channel, s.</param>
    public void Publish(SegmentRow row, IReadOnlyList<PackagedSegment> made, int targetDuration)
    {
        _axis.Enter(row);
        _targetDuration = targetDuration;
        _placed.Add(row);
        if (_placed.Count > MostPlaced)
            _placed.RemoveAt(0);
        stream.Segment = row.Duration;
        _lanes ??= [.. stream.Renditions.Select(rendition => new SoundChunks(rendition, NextGeneration))];
        var (first, count) = _numbers.Of(row.Number, targetDuration);
        _rows[row.Number] = first;
        var steps = Enumerable.Range(0, count).Select(index => new List<ChunkDraft>()).ToArray();
        foreach (var segment in made)
        {
            if (stream.Find(segment.Rendition) is { } rendition)
            {
                foreach (var draft in _lanes[rendition.Index].Cut(row, segment.Sound, first, count, _axis))
                    steps[draft.Sequence - first].Add(draft);
                segment.Sound = null;
            }

            Tell(segment);
        }

        for (var index = 0; index < count; index++)
            _sound.Enqueue(new Step(InOrder(row.Due + ((row.To - row.From).Time * index / count)), steps[index]));
    }

    /// <summary>Says which rows are still listed; chunks of others go when the next ones come.</summary>
    /// <param name="oldest">Number of the oldest row.</param>
    public void Keep(long oldest)
    {
        while (_rows.Count > 1 && _rows.GetKeyAtIndex(0) < oldest)
            _rows.RemoveAt(0);
    }

    /// <summary>Takes the variant's segments; those with a number are published.</summary>
    public void See(IEnumerable<DelayedSegment> segments) => Pictures.See(segments);

    /// <summary>Takes what was cut.</summary>
    public void Accept(CutSegment cut)
    {
        stream.HasPicture = cut.Segment is not null || (stream.HasPicture && cut.Fault is not (DecodeFault.NoPicture or DecodeFault.UnknownCodec or DecodeFault.Encrypted));
        Pictures.Accept(cut);
    }

    /// <summary>Somebody watches the picture from now on, or nobody.</summary>
    public void Watch(bool watched, DateTimeOffset now)
    {
        if (watched == Pictures.Watched)
            return;
        Pictures.Watch(watched, now);
        _picture.Clear();
        stream.Picture.Clear();
    }

    /// <summary>Lets go what is due.</summary>
    public void Release(DateTimeOffset now)
    {
        var released = ReleasePictures(now);
        while (_sound.TryPeek(out var step) && (step.Due <= now || !stream.Paced))
        {
            _sound.Dequeue();
            var published = time.GetUtcNow();
            var oldest = _rows.Count > 0 ? _rows.GetValueAtIndex(0) : 0;
            foreach (var draft in step.Drafts)
            {
                var entry = new ChunkEntry(draft.Generation, MediaMessage.OfChunk(draft, draft.Generation.Number, published));
                stream.Sound(draft.Rendition).Add(entry, oldest, MostBytes);
            }

            released = true;
        }

        if (released)
            stream.Announce();
    }

    private bool ReleasePictures(DateTimeOffset now)
    {
        if (_placed.Count == 0)
            return false;
        foreach (var (due, draft) in Pictures.Take(now, DueAt, _axis, _targetDuration))
        {
            _lastPicture = due > _lastPicture ? due : _lastPicture;
            _picture.Enqueue(new Step(_lastPicture, [draft]));
        }

        var released = false;
        while (_picture.TryPeek(out var step) && (step.Due <= now || !stream.Paced))
        {
            _picture.Dequeue();
            var draft = step.Drafts[0];
            var oldest = stream.Sound(0).View is { IsEmpty: false } heard ? heard.Entries[0].Chunk.SourceTime : DateTimeOffset.MinValue;
            var from = stream.Picture.View.Entries is [var first, ..] && first.Chunk.SourceTime < oldest ? first.Chunk.Sequence + 1 : 0;
            stream.Picture.Add(new ChunkEntry(draft.Generation, MediaMessage.OfChunk(draft, draft.Generation.Number, time.GetUtcNow())), from, MostBytes);
            released = true;
        }

        return released;
    }

    /// <summary>When what lies at a channel time is due: as much after its row as it lies behind the row's beginning.</summary>
    private DateTimeOffset DueAt(ChannelTime at)
    {
        var index = Math.Max(0, _placed.FindLastIndex(row => row.From <= at));
        return _placed[index].Due + (at - _placed[index].From).Time;
    }

    private void Tell(PackagedSegment segment)
    {
        if (segment.Captions.IsDefaultOrEmpty || stream.Find(segment.Rendition["subs/".Length..]) is not { } rendition)
            return;
        foreach (var caption in segment.Captions)
        {
            // One that crosses a cut stands in both segments.
            if (_captions.TryGetValue(rendition.Index, out var newest) && caption.Start <= newest)
                continue;
            _captions[rendition.Index] = caption.Start;
            stream.Tell(new PublishedCaption(
                rendition.Index,
                string.Create(CultureInfo.InvariantCulture, $"{rendition.Name}-{caption.Start.Samples}"),
                caption.Text,
                _axis.DateOf(caption.Start),
                _axis.DateOf(caption.End)));
        }
    }

    /// <summary>Rows that are filled in at a start may be due in any order that the source showed them; chunks keep theirs.</summary>
    private DateTimeOffset InOrder(DateTimeOffset due) => _last = due > _last ? due : _last;

    private sealed record Step(DateTimeOffset Due, List<ChunkDraft> Drafts);
}
