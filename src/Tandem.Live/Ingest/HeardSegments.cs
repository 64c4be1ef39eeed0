using System.Threading.Channels;

namespace Tandem.Live.Ingest;

/// <summary>Fetches the heard playlist's segments, a few at once, and hands them over in order.</summary>
internal sealed class HeardSegments : IDisposable
{
    private const int MaxPending = 2_000;
    private static readonly TimeSpan s_shortestDeadline = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan s_longestDeadline = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan s_leastPatience = TimeSpan.FromSeconds(0.5);

    private readonly Channel<Work> _pending = Channel.CreateBounded<Work>(MaxPending);
    private readonly Channel<Task<SourceEvent>> _inOrder = Channel.CreateBounded<Task<SourceEvent>>(EventQueue.SegmentsAhead);
    private readonly EventQueue _events;
    private readonly SourceHealth _health;
    private readonly MediaFetcher _media;
    private readonly SegmentTries _tries;
    private readonly TimeProvider _time;
    private readonly TimeSpan _patience;
    private readonly DateTimeOffset _began;
    private readonly bool _isPushed;
    private readonly Action _askForMaster;
    private MediaPlaylist? _latest;
    private int _lostInARow;

    public HeardSegments(
        Fetch fetch, bool isPushed, TimeSpan patience, EventQueue events, SourceHealth health, Action askForMaster, TimeProvider time)
    {
        _isPushed = isPushed;
        _askForMaster = askForMaster;
        _patience = patience;
        _events = events;
        _health = health;
        _time = time;
        _began = time.GetUtcNow();
        _media = new MediaFetcher(fetch, keeps: !isPushed);
        _tries = new SegmentTries(_media, time);
    }

    /// <summary>The newest state of the heard playlist: where segments can be had now, and which have left the window.</summary>
    public void Update(MediaPlaylist playlist) => Volatile.Write(ref _latest, playlist);

    /// <summary>Adds a segment; waits when very many are waiting.</summary>
    public ValueTask AddAsync(PlaylistId id, SeenSegment seen, TimeSpan target, CancellationToken cancellation) =>
        _pending.Writer.WriteAsync(new Work(id, seen, target), cancellation);

    /// <summary>Says that the playlist ended after what was added so far.</summary>
    public ValueTask EndAsync(PlaylistId id, CancellationToken cancellation) =>
        _pending.Writer.WriteAsync(new Work(id, null, default), cancellation);

    /// <summary>Runs until cancelled.</summary>
    public async Task RunAsync(CancellationToken cancellation)
    {
        using var both = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        var (start, deliver) = (StartAsync(both.Token), DeliverAsync(both.Token));
        await Task.WhenAny(start, deliver);
        await both.CancelAsync();
        await Task.WhenAll(start, deliver);
    }

    public void Dispose() => _media.Dispose();

    private async Task StartAsync(CancellationToken cancellation)
    {
        await foreach (var work in _pending.Reader.ReadAllAsync(cancellation))
        {
            await _events.TakeSlotAsync(cancellation);
            await _inOrder.Writer.WriteAsync(work.Seen is null ? Task.FromResult<SourceEvent>(new SourceEvent.SourceEnded())
                : FetchAsync(work.Id, work.Seen, work.Target, cancellation), cancellation);
        }
    }

    private async Task DeliverAsync(CancellationToken cancellation)
    {
        await foreach (var task in _inOrder.Reader.ReadAllAsync(cancellation))
        {
            var what = await task;
            if (what is SourceEvent.SegmentFetched fetched)
            {
                _lostInARow = 0;
                await _health.ReportSegmentsAsync(fetched.Id, null, cancellation);
            }
            else if (what is SourceEvent.SegmentLost { Segment.Gap: false } lost)
            {
                // One is a hiccup; several may mean that the master playlist knows something better.
                if (++_lostInARow > 1)
                    _askForMaster();
                await _health.ReportSegmentsAsync(lost.Id, lost.Fault, cancellation);
            }

            await _events.WriteAsync(what, cancellation, holdsSlot: true);
        }
    }

    private async Task<SourceEvent> FetchAsync(PlaylistId id, SeenSegment seen, TimeSpan target, CancellationToken cancellation)
    {
        if (seen.Segment.Gap)
            return Lost(new SourceFault("segment", "gap", "the source marks the segment as missing (EXT-X-GAP)", Retry: false));
        var allowed = TimeSpan.FromTicks(Math.Clamp(target.Ticks * 2, s_shortestDeadline.Ticks, s_longestDeadline.Ticks));
        allowed = _patience < allowed || (_isPushed && seen.AppearedAt >= _began) ? _patience : allowed;

        // What was to be pushed long ago will not come: it was pushed before Tandem was there.
        if (_isPushed && seen.AppearedAt + allowed - _time.GetUtcNow() is var left && left < allowed)
            allowed = left > s_leastPatience ? left : s_leastPatience;
        var stretch = new SourceStretch(id, seen.Incarnation);
        var tried = await _tries.FetchAsync(seen.Segment, allowed, () => Volatile.Read(ref _latest), stretch, cancellation);
        return tried.Media.Fault is { } fault
            ? Lost(fault)
            : new SourceEvent.SegmentFetched(id, tried.Segment, seen.AppearedAt, tried.Media.Init, tried.Media.Data)
            {
                Incarnation = seen.Incarnation,
                FetchTime = tried.Took,
                FetchedAt = _time.GetUtcNow(),
            };

        SourceEvent.SegmentLost Lost(SourceFault fault) => new(id, seen.Segment, seen.AppearedAt, fault) { Incarnation = seen.Incarnation };
    }

    private sealed record Work(PlaylistId Id, SeenSegment? Seen, TimeSpan Target);
}
