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
    private readonly TimeProvider _time;
    private readonly TimeSpan _patience;
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
        _media = new MediaFetcher(fetch, keeps: !isPushed);
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
        var began = _time.GetTimestamp();
        var allowed = TimeSpan.FromTicks(Math.Clamp(target.Ticks * 2, s_shortestDeadline.Ticks, s_longestDeadline.Ticks));
        allowed = allowed < _patience ? allowed : _patience;

        // What was to be pushed long ago will not come: it was pushed before Tandem was there.
        if (_isPushed && seen.AppearedAt + allowed - _time.GetUtcNow() is var left && left < allowed)
            allowed = left > s_leastPatience ? left : s_leastPatience;
        using var deadline = new CancellationTokenSource(allowed, _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellation, deadline.Token);
        SourceFault? last = null;
        try
        {
            for (var failures = 1; ; failures++)
            {
                var (segment, inWindow) = Now(seen.Segment);
                var asked = _time.GetTimestamp();
                var media = await _media.FetchAsync(segment, allowed - _time.GetElapsedTime(began), either.Token);
                if (media.Fault is null)
                {
                    return new SourceEvent.SegmentFetched(id, segment, seen.AppearedAt, media.Init, media.Data)
                    {
                        FetchTime = _time.GetElapsedTime(asked),
                    };
                }

                last = media.Fault;
                if (!last.Retry || (!inWindow && last.Reason is "not_found" or "forbidden"))
                    return Lost(last);
                await Task.Delay(PollPace.Heed(PollPace.Retry(failures, hopeful: true, Random.Shared.NextDouble()) / 2, last), _time, either.Token);
            }
        }
        catch (OperationCanceledException) when (deadline.IsCancellationRequested && !cancellation.IsCancellationRequested)
        {
            return Lost(last ?? new SourceFault(
                "segment", "timeout", $"{ShownAddress.Of(seen.Segment.Address)}: not there within {allowed.TotalSeconds:0.#} s", Retry: true));
        }
        catch (Exception error) when (error is not OperationCanceledException)
        {
            // A defect must cost this segment only: those after it are waiting behind it.
            return Lost(new SourceFault("segment", "internal", $"a defect of Tandem's ingest: {error.GetType().Name}: {error.Message}", Retry: true));
        }

        SourceEvent.SegmentLost Lost(SourceFault fault) => new(id, seen.Segment, seen.AppearedAt, fault);
    }

    // Signed addresses are renewed from poll to poll: the newest is the one that still works.
    private (MediaSegment Segment, bool InWindow) Now(MediaSegment segment)
    {
        if (Volatile.Read(ref _latest) is not { Segments.IsEmpty: false } playlist)
            return (segment, true);
        var index = segment.Sequence - playlist.MediaSequence;
        if (index < 0 || index >= playlist.Segments.Length)
            return (segment, false);
        var renewed = playlist.Segments[(int)index];
        var same = renewed.Address.AbsolutePath == segment.Address.AbsolutePath && renewed.Range == segment.Range;
        return same ? (segment with { Address = renewed.Address, Keys = renewed.Keys, Map = renewed.Map }, true) : (segment, false);
    }

    private sealed record Work(PlaylistId Id, SeenSegment? Seen, TimeSpan Target);
}
