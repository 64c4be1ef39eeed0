using System.Collections.Immutable;
using System.Threading.Channels;

namespace Tandem.Live.Ingest;

/// <summary>A segment of a playlist that is carried: its bytes, or why there are none. In the order of its playlist.</summary>
/// <param name="Id">The playlist.</param>
/// <param name="Segment">The segment, with the address that it was fetched from.</param>
/// <param name="Incarnation">How many times the playlist had started its numbers anew.</param>
/// <param name="AppearedAt">As in <see cref="SeenSegment"/>.</param>
/// <param name="Init">Decrypted init segment; empty where there is no EXT-X-MAP.</param>
/// <param name="Data">Decrypted segment; empty where there is a fault.</param>
/// <param name="Fault">Why it cannot be had.</param>
public sealed record CarriedMedia(
    PlaylistId Id,
    MediaSegment Segment,
    int Incarnation,
    DateTimeOffset AppearedAt,
    ReadOnlyMemory<byte> Init,
    ReadOnlyMemory<byte> Data,
    SourceFault? Fault);

/// <summary>
/// Fetches the segments of the playlists that are carried, beside the heard one: of each playlist one after another, so that they come in
/// order, of all together a few at once. What would come too late for viewers is not fetched any more.
/// </summary>
/// <param name="fetch">Gets things.</param>
/// <param name="isPushed">Whether the source brings its files itself.</param>
/// <param name="useful">How long after its appearance a segment is of use.</param>
/// <param name="memory">How far back it is remembered what has appeared.</param>
/// <param name="time">The clock.</param>
/// <param name="isWhole">
/// Whether of a playlist that is seen for the first time everything is fetched, not only what is remembered, and each segment is tried for as
/// long as it is of use: a picture that is missing is a hole. Otherwise one that is missing is given up before it holds up what follows.
/// </param>
internal sealed class CarriedSegments(Fetch fetch, bool isPushed, TimeSpan useful, TimeSpan memory, TimeProvider time, bool isWhole = true) : IDisposable
{
    // A segment of a large picture is megabytes: this many are on their way, and twice as many are waiting to be read.
    private const int AtOnce = 4;
    private const int MostSeen = 512;

    // What a channel shows of the past when it starts is due already; it is tried for this long.
    private static readonly TimeSpan s_backFillPatience = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan s_longest = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan s_shortest = TimeSpan.FromSeconds(3);

    private readonly Lock _lock = new();
    private readonly Dictionary<PlaylistId, Lane> _lanes = [];
    private readonly Channel<CarriedMedia> _fetched = Channel.CreateBounded<CarriedMedia>(AtOnce);
    private readonly MediaFetcher _media = new(fetch, keeps: !isPushed);
    private readonly SemaphoreSlim _work = new(0);
    private ImmutableHashSet<PlaylistId> _wanted = [];
    private int _turn;

    /// <summary>What was fetched; to be read by one reader.</summary>
    public ChannelReader<CarriedMedia> Fetched => _fetched.Reader;

    /// <summary>
    /// From now on these playlists are fetched. Of one that was not until now, what appeared no longer ago than
    /// <paramref name="backFill"/> is fetched too.
    /// </summary>
    public void Want(ImmutableHashSet<PlaylistId> playlists, TimeSpan backFill)
    {
        var now = time.GetUtcNow();
        lock (_lock)
        {
            foreach (var gone in _wanted.Except(playlists))
            {
                if (_lanes.TryGetValue(gone, out var lane))
                    lane.Pending.Clear();
            }

            var added = playlists.Except(_wanted);
            _wanted = playlists;
            foreach (var id in added)
            {
                var lane = LaneOf(id);
                foreach (var seen in lane.Seen.Where(seen => seen.AppearedAt >= now - backFill))
                    Queue(lane, seen, now + s_backFillPatience);
            }
        }
    }

    /// <summary>Counts how many times a playlist has started its numbers anew.</summary>
    /// <param name="id">The playlist.</param>
    /// <param name="reset">Whether it has just done so.</param>
    public int Incarnation(PlaylistId id, bool reset)
    {
        lock (_lock)
        {
            var lane = LaneOf(id);
            if (reset)
            {
                lane.Incarnation++;
                lane.Last = -1;
            }

            return lane.Incarnation;
        }
    }

    /// <summary>Takes a new state of a playlist.</summary>
    /// <param name="id">The playlist.</param>
    /// <param name="playlist">The whole of it.</param>
    /// <param name="appeared">What is new in it.</param>
    /// <param name="isHeard">Whether it is heard: then its segments are fetched anyhow.</param>
    public void See(PlaylistId id, MediaPlaylist playlist, ImmutableArray<SeenSegment> appeared, bool isHeard)
    {
        var now = time.GetUtcNow();
        lock (_lock)
        {
            var lane = LaneOf(id);
            lane.Latest = playlist;
            foreach (var seen in appeared.Where(seen => seen.Segment.Sequence > lane.Last))
            {
                lane.Last = seen.Segment.Sequence;
                if (isHeard)
                    continue;
                lane.Seen.Enqueue(seen);
                if (_wanted.Contains(id) && (isWhole || seen.AppearedAt >= now - memory))
                    Queue(lane, seen, seen.AppearedAt + useful < now ? now + s_backFillPatience : default);
            }

            while (lane.Seen.Count > MostSeen || (lane.Seen.TryPeek(out var oldest) && oldest.AppearedAt < now - memory))
                lane.Seen.Dequeue();
        }
    }

    /// <summary>Forgets a playlist that the source has no more.</summary>
    public void Forget(PlaylistId id)
    {
        lock (_lock)
            _lanes.Remove(id);
    }

    /// <summary>Runs until cancelled.</summary>
    public async Task RunAsync(CancellationToken cancellation)
    {
        lock (_lock)
        {
            foreach (var lane in _lanes.Values)
            {
                lane.Busy = false;
                _work.Release();
            }
        }

        using var both = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        var tries = new SegmentTries(_media, time);
        var hands = Enumerable.Range(0, AtOnce).Select(_ => WorkAsync(tries, both.Token)).ToArray();
        await Task.WhenAny(hands);
        await both.CancelAsync();
        await Task.WhenAll(hands);
    }

    public void Dispose()
    {
        _media.Dispose();
        _work.Dispose();
        _fetched.Writer.TryComplete();
    }

    private async Task WorkAsync(SegmentTries tries, CancellationToken cancellation)
    {
        while (true)
        {
            await _work.WaitAsync(cancellation);
            if (Take() is not var (lane, work))
                continue;
            try
            {
                await _fetched.Writer.WriteAsync(await FetchAsync(tries, lane, work, cancellation), cancellation);
            }
            finally
            {
                Free(lane);
            }
        }
    }

    private async Task<CarriedMedia> FetchAsync(SegmentTries tries, Lane lane, Work work, CancellationToken cancellation)
    {
        var (seen, until) = (work.Seen, work.Until);
        if (seen.Segment.Gap)
            return Lost(new SourceFault("segment", "gap", "the source marks the segment as missing (EXT-X-GAP)", Retry: false));
        var usefulUntil = seen.AppearedAt + useful;
        var left = (until > usefulUntil ? until : usefulUntil) - time.GetUtcNow();
        if (left <= TimeSpan.Zero)
            return Lost(new SourceFault("segment", "late", $"{ShownAddress.Of(seen.Segment.Address)}: those before it took too long", Retry: true));
        var most = isWhole ? s_longest : TimeSpan.FromTicks(Math.Max(s_shortest.Ticks, 2 * seen.Segment.Duration.Ticks));
        var stretch = new SourceStretch(lane.Id, seen.Incarnation);
        var tried = await tries.FetchAsync(seen.Segment, left < most ? left : most, () => Volatile.Read(ref lane.Latest), stretch, cancellation);
        return tried.Media.Fault is { } fault
            ? Lost(fault)
            : new CarriedMedia(lane.Id, tried.Segment, seen.Incarnation, seen.AppearedAt, tried.Media.Init, tried.Media.Data, null);

        CarriedMedia Lost(SourceFault fault) => new(lane.Id, seen.Segment, seen.Incarnation, seen.AppearedAt, default, default, fault);
    }

    private void Queue(Lane lane, SeenSegment seen, DateTimeOffset until)
    {
        if (lane.Pending.Count == MostSeen)
            lane.Pending.Dequeue();
        lane.Pending.Enqueue(new Work(seen, until));
        _work.Release();
    }

    /// <summary>The next segment of a playlist of which none is being fetched; playlists take turns.</summary>
    private (Lane Lane, Work Work)? Take()
    {
        lock (_lock)
        {
            var free = _lanes.Values.Where(lane => !lane.Busy && lane.Pending.Count > 0).ToList();
            if (free.Count == 0)
                return null;
            var lane = free[(int)((uint)_turn++ % (uint)free.Count)];
            lane.Busy = true;
            return (lane, lane.Pending.Dequeue());
        }
    }

    private void Free(Lane lane)
    {
        lock (_lock)
        {
            lane.Busy = false;
            if (lane.Pending.Count > 0)
                _work.Release();
        }
    }

    private Lane LaneOf(PlaylistId id)
    {
        if (!_lanes.TryGetValue(id, out var lane))
            _lanes[id] = lane = new Lane(id);
        return lane;
    }

    /// <param name="Seen">The segment.</param>
    /// <param name="Until">How long it is tried for, if that is longer than it is of use to viewers who are there already.</param>
    private readonly record struct Work(SeenSegment Seen, DateTimeOffset Until);

    private sealed class Lane(PlaylistId id)
    {
        public MediaPlaylist? Latest;

        public PlaylistId Id { get; } = id;

        public int Incarnation { get; set; }

        public long Last { get; set; } = -1;

        public bool Busy { get; set; }

        /// <summary>What has appeared lately, in case that the playlist is wanted.</summary>
        public Queue<SeenSegment> Seen { get; } = [];

        public Queue<Work> Pending { get; } = [];
    }
}
