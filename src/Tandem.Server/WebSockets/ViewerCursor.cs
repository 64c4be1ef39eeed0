using Tandem.Live.Package;

namespace Tandem.Server.WebSockets;

/// <summary>Something that a viewer is told of its place.</summary>
/// <param name="Code"><c>skipped</c>, <c>selected</c> or <c>generation</c>.</param>
/// <param name="Track">The track.</param>
/// <param name="From">First sequence that it is about.</param>
/// <param name="To">Last one that was skipped; otherwise <paramref name="From"/>.</param>
internal readonly record struct CursorNotice(string Code, MediaTrack Track, long From, long To);

/// <summary>
/// Where one viewer is in a channel's chunks, and what it gets next. A viewer's queue is what lies between its place and the newest chunk,
/// so that it costs nothing but numbers: what waits too long, or is too much, is skipped to the newest cut point. Decides; sends nothing.
/// </summary>
/// <param name="stream">The channel's chunks.</param>
/// <param name="rendition">The voice that is heard.</param>
/// <param name="video">Whether the picture is wanted.</param>
/// <param name="joinedAt">When the viewer came.</param>
internal sealed class ViewerCursor(ChunkStream stream, int rendition, bool video, DateTimeOffset joinedAt)
{
    /// <summary>Longest that a chunk may wait for a viewer who keeps up.</summary>
    public static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(5);

    /// <summary>Most chunks of a track that wait for a viewer who keeps up.</summary>
    public const int MostChunks = 64;

    /// <summary>Most bytes of a track that wait for a viewer who keeps up.</summary>
    public const long MostBytes = 8L << 20;

    // A viewer who resumes gets all that it missed, if it can be had within this.
    private static readonly TimeSpan s_catchUp = TimeSpan.FromSeconds(60);

    // A channel may turn out to have no picture; it is heard then.
    private static readonly TimeSpan s_pictureWait = TimeSpan.FromSeconds(15);

    private readonly Place _picture = new(MediaTrack.Video);
    private readonly Place _sound = new(MediaTrack.Audio);
    private readonly DateTimeOffset _joined = joinedAt;
    private DateTimeOffset _since = joinedAt;
    private (long? Audio, long? Video)? _resume;
    private bool _caughtUp;
    private int _selected = rendition;

    /// <summary>The voice that is heard.</summary>
    public int Rendition { get; private set; } = rendition;

    /// <summary>Whether the picture is sent.</summary>
    public bool HasPicture => _picture.Next >= 0;

    /// <summary>Whether there is nothing more for now.</summary>
    public bool IsAtEnd => Find(_picture) is null && Find(_sound) is null;

    /// <summary>The next sequence of a track; negative before the first.</summary>
    public long NextOf(MediaTrack track) => track == MediaTrack.Video ? _picture.Next : _sound.Next;

    /// <summary>Goes on where a viewer was cut off: the next sequences that it wants. Before anything was sent.</summary>
    public void Resume(long? audio, long? picture)
    {
        if (audio is null && picture is null)
            return;
        _resume = (audio, picture);
        _picture.Next = _sound.Next = -1;
    }

    /// <summary>Another voice from the next chunk of sound on.</summary>
    public void Select(int other) => _selected = other;

    /// <summary>Finds the viewer's first chunks; false while there are none. What is wanted and cannot be had is told.</summary>
    public bool TryPlace(DateTimeOffset now, List<CursorNotice> notices)
    {
        if (_sound.Next >= 0)
            return true;
        var heard = stream.Sound(_selected).View;
        var waitsForPicture = video && stream.HasPicture && now < _joined + s_pictureWait;
        var seen = video ? stream.Picture.View : ChunkView.Empty;
        if (heard.IsEmpty || (waitsForPicture && NewestCut(seen, 0) < 0))
            return false;
        if (_resume is not var (audio, picture))
        {
            PlaceAtNewest(heard, seen);
        }
        else
        {
            _picture.Next = seen.IsEmpty ? -1 : Resumed(seen, _picture, picture, notices);
            _sound.Next = Resumed(heard, _sound, audio, notices);
            if (_picture.Next >= 0 && (audio is null) != (picture is null))
                Align(heard, seen, audio is null);
            _resume = null;
        }

        _since = now;
        _caughtUp = false;
        return true;
    }

    /// <summary>Adds what the viewer gets next, by source time, up to about <paramref name="mostBytes"/>.</summary>
    public void Take(DateTimeOffset now, int mostBytes, List<MediaMessage> batch, List<CursorNotice> notices)
    {
        if (!TryPlace(now, notices))
            return;
        if (_picture.Next < 0 && video && NewestCut(stream.Picture.View, 0) is >= 0 and var cut)
            _picture.Next = cut;
        Switch(notices);
        SkipIfBehind(now, notices);
        for (var bytes = 0L; bytes < mostBytes;)
        {
            var (seen, heard) = (Find(_picture), Find(_sound));
            var (place, entry) = heard is not null && (seen is null || heard.Chunk.SourceTime <= seen.Chunk.SourceTime) ? (_sound, heard) : (_picture, seen);
            if (entry is null)
                break;

            // An init segment goes before the first chunk that it is needed for; a chunk without media needs none.
            if (place.Init != (entry.Generation.Number, entry.Chunk.Rendition) && (entry.Chunk.Flags & ChunkFlags.Empty) == ChunkFlags.None)
            {
                if (place.Mime is { } mime && mime != entry.Generation.Mime)
                    notices.Add(new CursorNotice("generation", place.Track, entry.Chunk.Sequence, entry.Chunk.Sequence));
                (place.Init, place.Mime) = ((entry.Generation.Number, entry.Chunk.Rendition), entry.Generation.Mime);
                batch.Add(entry.Init);
                bytes += entry.Init.Framed.Length;
            }

            batch.Add(entry.Chunk);
            bytes += entry.Chunk.Framed.Length;
            place.Next = entry.Chunk.Sequence + 1;
        }

        _caughtUp |= IsAtEnd;
    }

    private ChunkEntry? Find(Place place) =>
        place.Next < 0 ? null : (place.Track == MediaTrack.Video ? stream.Picture : stream.Sound(Rendition)).View.Find(place.Next);

    private void Switch(List<CursorNotice> notices)
    {
        if (_selected == Rendition)
            return;
        Rendition = _selected;
        notices.Add(new CursorNotice("selected", MediaTrack.Audio, _sound.Next, _sound.Next));
    }

    private void PlaceAtNewest(ChunkView heard, ChunkView seen)
    {
        _picture.Next = NewestCut(seen, 0);
        _sound.Next = _picture.Next < 0 ? heard.Last : At(heard, seen.Find(_picture.Next)!.Chunk.SourceTime);
    }

    private static long Resumed(ChunkView view, Place place, long? wanted, List<CursorNotice> notices)
    {
        if (wanted is not { } sequence || sequence > view.Last + 1)
            return place.Track == MediaTrack.Video ? NewestCut(view, 0) : view.Last;
        if (sequence >= view.First)
            return sequence;
        var oldest = OldestCut(view);
        notices.Add(new CursorNotice("skipped", place.Track, sequence, oldest - 1));
        return oldest;
    }

    /// <summary>The track that no sequence was given for begins where the other goes on.</summary>
    private void Align(ChunkView heard, ChunkView seen, bool sound)
    {
        if (sound)
        {
            if (seen.Find(_picture.Next) is { } picture)
                _sound.Next = At(heard, picture.Chunk.SourceTime);
        }
        else if (heard.Find(_sound.Next) is { } chunk)
        {
            var cut = NewestCut(seen, 0, chunk.Chunk.SourceTime);
            _picture.Next = cut >= 0 ? cut : OldestCut(seen);
        }
    }

    private void SkipIfBehind(DateTimeOffset now, List<CursorNotice> notices)
    {
        var seen = _picture.Next >= 0 ? stream.Picture.View : ChunkView.Empty;
        var heard = stream.Sound(Rendition).View;
        if (!IsBehind(_picture, seen, now) && !IsBehind(_sound, heard, now))
            return;
        var cut = NewestCut(seen, _picture.Next);
        if (cut >= 0)
        {
            Skip(_picture, cut, notices);
            Skip(_sound, Math.Max(_sound.Next, At(heard, seen.Find(cut)!.Chunk.SourceTime)), notices);
        }
        else if (seen.IsEmpty)
        {
            Skip(_sound, Math.Max(_sound.Next, heard.Last), notices);
        }

        _since = now;
        _caughtUp = true;
    }

    private bool IsBehind(Place place, ChunkView view, DateTimeOffset now)
    {
        if (place.Next < 0 || view.IsEmpty || place.Next > view.Last)
            return false;
        if (place.Next < view.First)
            return true;
        var oldest = view.Find(place.Next)!.Chunk;
        var waited = now - (oldest.PublishedAt > _since ? oldest.PublishedAt : _since);
        if (waited > (_caughtUp ? LongestWait : s_catchUp))
            return true;
        return _caughtUp && (view.Last - place.Next >= MostChunks || (view.Last - place.Next >= 8 && BytesFrom(view, place.Next) > MostBytes));
    }

    private static long BytesFrom(ChunkView view, long sequence)
    {
        var bytes = 0L;
        foreach (var entry in view.Entries[(int)(sequence - view.First)..])
            bytes += entry.Chunk.Framed.Length;
        return bytes;
    }

    private static void Skip(Place place, long to, List<CursorNotice> notices)
    {
        if (to <= place.Next)
            return;
        notices.Add(new CursorNotice("skipped", place.Track, place.Next, to - 1));
        place.Next = to;
    }

    /// <summary>The newest chunk from <paramref name="from"/> on at which decoding can begin; negative where there is none.</summary>
    private static long NewestCut(ChunkView view, long from, DateTimeOffset? before = null)
    {
        for (var index = view.Entries.Length - 1; index >= 0; index--)
        {
            var chunk = view.Entries[index].Chunk;
            if (chunk.Sequence < from)
                break;
            if ((chunk.Flags & ChunkFlags.CutPoint) != ChunkFlags.None && (before is null || chunk.SourceTime <= before))
                return chunk.Sequence;
        }

        return -1;
    }

    private static long OldestCut(ChunkView view)
    {
        foreach (var entry in view.Entries)
        {
            if ((entry.Chunk.Flags & ChunkFlags.CutPoint) != ChunkFlags.None)
                return entry.Chunk.Sequence;
        }

        return view.Last;
    }

    /// <summary>The chunk that holds a source time, or the one nearest to it.</summary>
    private static long At(ChunkView view, DateTimeOffset time)
    {
        for (var index = view.Entries.Length - 1; index >= 0; index--)
        {
            if (view.Entries[index].Chunk.SourceTime <= time)
                return view.Entries[index].Chunk.Sequence + (view.Entries[index].Chunk.SourceTime + view.Entries[index].Chunk.Duration <= time ? 1 : 0);
        }

        return view.First;
    }

    private sealed class Place(MediaTrack track)
    {
        public MediaTrack Track { get; } = track;

        public long Next { get; set; } = -1;

        public (uint Generation, int Rendition)? Init { get; set; }

        public string? Mime { get; set; }
    }
}
