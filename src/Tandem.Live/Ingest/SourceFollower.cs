using System.Collections.Immutable;
using System.Text;
using System.Threading.Channels;
using Tandem.Live.Faults;

namespace Tandem.Live.Ingest;

/// <summary>
/// Follows a live source: reads its master playlist, polls all its media playlists, fetches what is heard. Starts at once and goes on
/// until it is disposed; whatever the source does is an event, never an exception.
/// </summary>
public sealed class SourceFollower : IAsyncDisposable
{
    // Between two readings of the master playlist that failing media playlists ask for.
    private static readonly TimeSpan s_masterPause = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan s_toldMasterPause = TimeSpan.FromSeconds(1);

    // After so long without what is heard another playlist with the same sound is, if there is one: sources have redundant streams.
    private static readonly TimeSpan s_heardPatience = TimeSpan.FromSeconds(8);

    private readonly SourceOptions _options;
    private readonly TimeProvider _time;
    private readonly Fetch _fetch;
    private readonly ChangePause _pause;
    private readonly SourceHttp? _http;
    private readonly CancellationTokenSource _stop = new();
    private readonly EventQueue _events = new();
    private readonly SourceHealth _health;
    private readonly HeardSegments _heard;
    private readonly CarriedSegments _carried;
    private readonly CarriedSegments _captioned;
    private readonly SegmentBudget _budget;
    private readonly SemaphoreSlim _parseTurn = new(1);
    private readonly Channel<bool> _masterWanted =
        Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });

    private readonly Dictionary<PlaylistId, (PlaylistPoller Poller, CancellationTokenSource Stop, Task Run)> _pollers = [];
    private readonly TaskScheduler _scheduler;
    private readonly Task _run;
    private volatile SourceCatalog? _catalog;
    private bool _disposed;

    /// <summary>Starts to follow.</summary>
    /// <param name="options">The source.</param>
    /// <param name="time">The clock.</param>
    /// <param name="faults">Faults on demand; null without.</param>
    public SourceFollower(SourceOptions options, TimeProvider time, FaultPlan? faults = null)
        : this(options, time, new SourceHttp(options, time), faults)
    {
    }

    /// <summary>Starts to follow a source that brings its files itself; <see cref="SourceOptions.Input"/> is their root.</summary>
    public SourceFollower(SourceOptions options, TimeProvider time, PushedFiles files)
        : this(options, time, files.FetchAsync, files.ChangedAsync)
    {
    }

    /// <summary>Starts to follow a source that <paramref name="fetch"/> plays.</summary>
    /// <param name="options">The source.</param>
    /// <param name="time">The clock.</param>
    /// <param name="fetch">Answers for every address.</param>
    /// <param name="changed">Tells of changes, where the source can.</param>
    /// <param name="scheduler">Runs the follower's loops; the thread pool without.</param>
    internal SourceFollower(SourceOptions options, TimeProvider time, Fetch fetch, Changed? changed = null, TaskScheduler? scheduler = null)
    {
        _scheduler = scheduler ?? TaskScheduler.Default;
        _options = options;
        _time = time;
        _fetch = fetch;
        _pause = new ChangePause(changed, time);
        _health = new SourceHealth(_events, time);
        _heard = new HeardSegments(fetch, _pause.IsTold, options.SegmentPatience, _events, _health, AskForMaster, time);
        _carried = new CarriedSegments(fetch, _pause.IsTold, options.CarriedPatience, options.BackFill, time);
        _captioned = new CarriedSegments(fetch, _pause.IsTold, options.CarriedPatience, options.BackFill, time, isWhole: false);
        _budget = new SegmentBudget(options.Limits.Segments);
        _run = OnScheduler(RunAsync);
    }

    private SourceFollower(SourceOptions options, TimeProvider time, SourceHttp http, FaultPlan? faults)
        : this(options, time, faults is null ? http.FetchAsync : faults.Around(http.FetchAsync)) => _http = http;

    /// <summary>The events, in order, until disposal; to be read once. A reader that is slow slows the follower.</summary>
    public IAsyncEnumerable<SourceEvent> ReadAsync(CancellationToken cancellation) => _events.ReadAsync(cancellation);

    /// <summary>The segments of the playlists that <see cref="Carry"/> names, each playlist's in order; to be read once.</summary>
    public ChannelReader<CarriedMedia> Carried => _carried.Fetched;

    /// <summary>
    /// From now on the segments of these playlists are fetched as well, but for the heard one, whose come as events anyhow. Of a playlist
    /// that was not among them, what appeared no longer ago than <paramref name="backFill"/> is fetched too.
    /// </summary>
    public void Carry(ImmutableHashSet<PlaylistId> playlists, TimeSpan backFill) => _carried.Want(playlists, backFill);

    /// <summary>The segments of the playlists that <see cref="ReadCaptions"/> names, each playlist's in order; to be read once.</summary>
    public ChannelReader<CarriedMedia> Captioned => _captioned.Fetched;

    /// <summary>As <see cref="Carry"/>, for captions: what both want is fetched twice.</summary>
    public void ReadCaptions(ImmutableHashSet<PlaylistId> playlists, TimeSpan backFill) => _captioned.Want(playlists, backFill);

    /// <summary>Heard segments that are being fetched, or were and are with who reads the events.</summary>
    public int SegmentsAhead => _events.Segments;

    /// <summary>Events that wait to be read.</summary>
    public int Waiting => _events.Waiting;

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, true))
            return;
        await _stop.CancelAsync();
        await _run;
        _heard.Dispose();
        _carried.Dispose();
        _captioned.Dispose();
        _health.Dispose();
        _parseTurn.Dispose();
        _stop.Dispose();
        _http?.Dispose();
    }

    private async Task RunAsync()
    {
        var heard = KeepRunningAsync(_heard.RunAsync, _stop.Token);
        var carried = KeepRunningAsync(_carried.RunAsync, _stop.Token);
        var captioned = KeepRunningAsync(_captioned.RunAsync, _stop.Token);
        await KeepRunningAsync(FollowMasterAsync, _stop.Token);
        foreach (var id in _pollers.Keys.ToList())
            await StopAsync(id);
        await heard;
        await carried;
        await captioned;
        _events.Complete();
    }

    /// <summary>The edge of the follower: a bug in one of its loops is a state of the source like others, and the loop starts again.</summary>
    private async Task KeepRunningAsync(Func<CancellationToken, Task> loop, CancellationToken cancellation)
    {
        while (!cancellation.IsCancellationRequested)
        {
            try
            {
                await loop(cancellation);
            }
            catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
            {
                return;
            }
            catch (Exception error)
            {
                await ReportBugAsync(error, cancellation);
            }
        }
    }

    private async Task ReportBugAsync(Exception error, CancellationToken cancellation)
    {
        try
        {
            var fault = new SourceFault("playlist", "internal", $"a defect of Tandem's ingest: {error.GetType().Name}: {error.Message}", Retry: true);
            await _health.ReportAsync(null, fault, cancellation);
            await Task.Delay(TimeSpan.FromSeconds(1), _time, cancellation);
            await _health.ReportAsync(null, null, cancellation);
        }
        catch (OperationCanceledException)
        {
            // Disposal.
        }
    }

    private async Task FollowMasterAsync(CancellationToken cancellation)
    {
        var failures = 0;
        while (true)
        {
            var began = _time.GetTimestamp();
            var outcome = await _fetch(new FetchRequest(_options.Input, FetchKind.Playlist), cancellation);
            var (catalog, fault) = Understand(outcome);
            if (catalog is null)
            {
                // With media playlists still running, theirs is the state that counts.
                if (_catalog is null)
                    await _health.ReportAsync(null, fault, cancellation);
                failures++;
                var pause = PollPace.Heed(PollPace.Retry(failures, fault!.Retry, Random.Shared.NextDouble()), fault);
                await _pause.WaitAsync(pause, _options.Input, outcome.Version, cancellation);
                continue;
            }

            failures = 0;
            await _health.ReportAsync(null, null, cancellation);
            await AdoptAsync(Listen(catalog), outcome, cancellation);
            await MasterWantedAsync(catalog, outcome.Version, cancellation);
            var left = (_pause.IsTold ? s_toldMasterPause : s_masterPause) - _time.GetElapsedTime(began);
            if (left > TimeSpan.Zero)
                await Task.Delay(left, _time, cancellation);
        }
    }

    /// <summary>Waits until somebody asks for the master playlist, or it has changed where that is told.</summary>
    private async Task MasterWantedAsync(SourceCatalog catalog, long version, CancellationToken cancellation)
    {
        // An input that is a media playlist changes all the time, and its poller sees that.
        if (!_pause.IsTold || catalog.Heard.Kind == PlaylistKind.Single)
        {
            await _masterWanted.Reader.ReadAsync(cancellation);
            return;
        }

        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        await Task.WhenAny(
            _masterWanted.Reader.WaitToReadAsync(either.Token).AsTask(),
            _pause.WaitAsync(Timeout.InfiniteTimeSpan, _options.Input, version, either.Token));
        await either.CancelAsync();
        cancellation.ThrowIfCancellationRequested();
        _masterWanted.Reader.TryRead(out _);
    }

    private (SourceCatalog? Catalog, SourceFault? Fault) Understand(FetchOutcome outcome)
    {
        if (!outcome.Succeeded)
            return (null, outcome.Fault);
        return PlaylistParser.Parse(Encoding.UTF8.GetString(outcome.Body.Span), outcome.Address) switch
        {
            PlaylistOutcome.Master(var master) => SourceCatalog.Of(master, _options.Language, _options.Limits.Playlists),
            PlaylistOutcome.Media => (SourceCatalog.Of(_options.Input), null),
            PlaylistOutcome.Rejected rejected => (null, rejected.AsFault(outcome.Address)),
            _ => (null, null),
        };
    }

    private void AskForMaster() => _masterWanted.Writer.TryWrite(true);

    /// <summary>What is heard stays so while it works, even where something better works again: a change is heard by every viewer.</summary>
    private SourceCatalog Listen(SourceCatalog catalog)
    {
        if (_catalog is not { } before || !catalog.CanStillHear(before))
            return catalog;
        if (!(_health.FaultyFor(before.Heard) > s_heardPatience))
            return catalog with { Heard = before.Heard };
        var other = catalog.Hearable.FirstOrDefault(id => id != before.Heard && _health.FaultyFor(id) is null);
        return catalog with { Heard = other ?? before.Heard };
    }

    private async Task AdoptAsync(SourceCatalog catalog, FetchOutcome outcome, CancellationToken cancellation)
    {
        var before = _catalog;
        var changed = before is null || catalog.Heard != before.Heard || !catalog.HasShapeOf(before);
        if (changed)
        {
            // What is heard starts afresh, so that its segments are fetched from its window's beginning.
            var gone = _pollers.Keys.Where(id => catalog.Playlists.All(playlist => playlist.Id != id) || (id == catalog.Heard && id != before?.Heard));
            foreach (var id in gone.ToList())
            {
                await StopAsync(id);
                await _health.ReportAsync(id, null, cancellation);
                await _health.ReportSegmentsAsync(id, null, cancellation);
                if (catalog.Playlists.Any(playlist => playlist.Id == id))
                    continue;
                _carried.Forget(id);
                _captioned.Forget(id);
            }

            await _events.WriteAsync(new SourceEvent.MasterFound(catalog.Master, catalog.Playlists, catalog.Heard), cancellation);
        }

        _catalog = catalog;
        var first = catalog.Heard.Kind == PlaylistKind.Single && before is null ? outcome : null;
        foreach (var playlist in catalog.Distinct)
        {
            if (_pollers.TryGetValue(playlist.Id, out var running))
                running.Poller.Address = playlist.Address;
            else
                Start(playlist, first);
        }
    }

    private void Start(SourcePlaylist playlist, FetchOutcome? first)
    {
        var around = new PollerSurroundings(
            _fetch,
            _time,
            _pause,
            _events,
            _health,
            _heard,
            _carried,
            _captioned,
            _budget,
            _parseTurn,
            _options.BackFill,
            _options.AllowPrivate,
            id => _catalog?.Heard == id,
            () => _catalog?.Master.Variables ?? ImmutableDictionary<string, string>.Empty,
            AskForMaster);
        var poller = new PlaylistPoller(playlist, around);
        var stop = CancellationTokenSource.CreateLinkedTokenSource(_stop.Token);
        _pollers[playlist.Id] = (poller, stop, OnScheduler(() => KeepRunningAsync(
            cancellation => poller.RunAsync(Interlocked.Exchange(ref first, null), cancellation), stop.Token)));
    }

    private Task OnScheduler(Func<Task> loop) =>
        Task.Factory.StartNew(loop, CancellationToken.None, TaskCreationOptions.DenyChildAttach, _scheduler).Unwrap();

    private async Task StopAsync(PlaylistId id)
    {
        if (!_pollers.Remove(id, out var running))
            return;
        await running.Stop.CancelAsync();
        await running.Run;
        running.Stop.Dispose();
        _budget.Release(id);
    }
}
