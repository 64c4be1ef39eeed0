using System.Threading.Channels;
using Microsoft.Extensions.Logging;
using Tandem.Live.Captions;
using Tandem.Live.Dubbing;
using Tandem.Live.Faults;
using Tandem.Live.Ingest;
using Tandem.Live.Package;
using Tandem.Live.Timeline;
using Tandem.Media.Worker;

namespace Tandem.Live;

/// <summary>
/// One channel, from its source to what is published. This file wires the stages in the order that the data takes; one loop owns all
/// state but what the hearing stage, the worker and the engine keep to themselves.
/// </summary>
public sealed class LiveChannel : IAsyncDisposable
{
    // The loop wakes at least this often: dubs become ready and mixing goes on between the source's events.
    private static readonly TimeSpan Beat = TimeSpan.FromMilliseconds(100);

    // What a new channel shows of the past.
    private static readonly TimeSpan Past = TimeSpan.FromSeconds(60);

    // An utterance of 10 s may reach into what is published first, and the loudness of speech wants to be measured.
    private static readonly TimeSpan Context = TimeSpan.FromSeconds(12);

    // The mixers measure the loudness of speech that was understood late: an utterance of 10 s, and the time that took.
    private static readonly SoundLength Held = SoundLength.OfSeconds(16);

    // A segment that the source has shown is fetched and decoded within this, or its predecessor goes without the sound behind the cut.
    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(1.5);

    private readonly ChannelOptions _options;
    private readonly TimeProvider _time;
    private readonly ILogger _log;
    private readonly CancellationTokenSource _stop = new();
    private readonly Channel<bool> _wake = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });

    private readonly StateRecord _record;
    private readonly LocalInput? _input;
    private readonly SourceFollower _follower;
    private readonly MediaWorker _worker;
    private readonly PictureSet _pictures;
    private readonly Hearing _hearing;
    private readonly SoundTrack _track = new(ChannelTime.Zero);
    private readonly SoundPlacer _placer;
    private readonly SourceClock _clock;
    private readonly IEngine _engine;
    private readonly EngineFeed _feed;
    private readonly CaptionReading? _captionReading;
    private readonly SourceCaptions? _captions;
    private readonly AdBreaks _ads = new();
    private readonly VoiceSet _voices;
    private readonly ChunkPublisher _chunks;
    private readonly Publisher _publisher;
    private readonly ReferenceCheck _reference;
    private readonly ChannelMetrics _metrics;
    private readonly ChannelCondition _condition;
    private readonly Task _running;
    private readonly Progress _progress;
    private TimeSpan _stuck;
    private volatile ChannelSnapshot _snapshot;

    private LiveChannel(ChannelOptions options, ChannelServices services)
    {
        _options = options;
        _time = services.Time;
        _log = services.Logs.CreateLogger("Tandem.Channel." + options.Id);
        _metrics = new ChannelMetrics(services.Meter, options.Id, options.To, _log);
        var faults = FaultPlan.Of(services.Faults, options.Id, _time);
        _record = new StateRecord(services.StateDirectory, options.Id, faults, _metrics.RecordFailed);

        // What may be impossible comes first: a follower that was started would poll for nobody.
        var traces = new UtteranceTraces(options.Id, _time);
        _engine = services.Engine.Create!(new EngineServices(_time, _log) { Faults = faults, Traces = traces });
        _worker = MediaWorker.Create(services.Worker with { Name = options.Id, Died = _ => _metrics.WorkerRestarted() }, _time, _log);

        // Source → worker → time line …
        _input = LocalInput.Open(options, _time, _log);
        var source = SourceOptions.Of(options) with { BackFill = options.Delay + BackFill(_record.Age(_time.GetUtcNow())) };
        _follower = _input is null ? new SourceFollower(source, _time, faults) : new SourceFollower(source, _time, _input.Files);
        Chunks = new ChunkStream(options.From, options.To);
        _pictures = new PictureSet(options, _follower, _worker, Chunks, _metrics, _time, _log);
        if (_engine is ICaptionListener listener)
        {
            _captionReading = new CaptionReading(
                _follower.Captioned, _follower.ReadCaptions, _worker.ReadCaptionsAsync, options.From, source.BackFill, _time);
            _captions = new SourceCaptions(listener, _captionReading, options.From, _time);
        }

        _hearing = new Hearing(_follower, _worker, Beside, options.From, options.Delay, _metrics, _time, faults);
        _placer = new SoundPlacer(_track);
        _clock = new SourceClock(_placer, options.Delay, _record.Load(_log));
        _clock.Carry(_pictures.Carried, _time.GetUtcNow());

        // … → engine → placement → mix → encode …
        _feed = new EngineFeed(_engine, _track);
        _voices = new VoiceSet(options, _engine.Traits, _track, _metrics, _time, _log);
        _voices.Follow(traces);

        // … → package → publish.
        _chunks = new ChunkPublisher(Chunks, _time);
        _publisher = new Publisher(Publication, _metrics, _record, _time, _log, _pictures.Held, _chunks);
        _reference = new ReferenceCheck(options, _time, _log);
        TellBounds();
        _condition = new ChannelCondition(options, _metrics, _time, _log) { InputTrouble = () => _input?.Trouble };
        _progress = new Progress(_time.GetUtcNow());
        _snapshot = TakeSnapshot();
        _running = Task.Run(RunAsync);
    }

    /// <summary>What viewers can fetch.</summary>
    public Publication Publication { get; } = new();

    /// <summary>What viewers of sockets get.</summary>
    public ChunkStream Chunks { get; }

    /// <summary>Where the source is to be pushed to; null where it is not.</summary>
    public PushedFiles? Pushed => _input is { IsPushed: true } ? _input.Files : null;

    /// <summary>Starts a channel; it goes on until it is disposed of, whatever its source does.</summary>
    public static LiveChannel Start(ChannelOptions options, ChannelServices services) => new(options, services);

    /// <summary>The channel's state, at most a beat old.</summary>
    public ChannelSnapshot Snapshot() => _snapshot;

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _running;
        await _follower.DisposeAsync();
        if (_input is not null)
            await _input.DisposeAsync();
        await _reference.DisposeAsync();
        await _worker.DisposeAsync();
        await _engine.DisposeAsync();
        _voices.Dispose();
        _stop.Dispose();
    }

    private async Task RunAsync()
    {
        void Wake() => _wake.Writer.TryWrite(true);
        var hearing = _hearing.RunAsync(Wake, _stop.Token);
        var carrying = _pictures.RunAsync(Wake, _stop.Token);
        var captions = _captionReading?.RunAsync(Wake, _stop.Token) ?? Task.CompletedTask;
        while (!_stop.IsCancellationRequested)
        {
            try
            {
                CountWaiting();
                while (_hearing.Messages.TryRead(out var message))
                {
                    Accept(message);
                    _progress.Accepted(_time.GetUtcNow());
                }

                while (_pictures.Messages.TryRead(out var carried))
                    _pictures.Accept(carried);
                while (_pictures.Cut.TryRead(out var cut))
                    _chunks.Accept(cut);
                var now = _time.GetUtcNow();
                ReadCaptions(now);
                while (_engine.Events.TryRead(out var report))
                    Accept(report);
                _pictures.Decide(_reference.Result, _clock, _publisher, now);
                WorkAhead(now);
                if (!Chunks.Held)
                    _publisher.PublishDue(now);
                _chunks.Release(_time.GetUtcNow());
                Look(now);
                if (hearing.IsFaulted || carrying.IsFaulted || captions.IsFaulted)
                    await (hearing.IsFaulted ? hearing : carrying.IsFaulted ? carrying : captions);
                await Pause(now);
            }
            catch (OperationCanceledException) when (_stop.IsCancellationRequested)
            {
                break;
            }
#pragma warning disable CA1031 // The one catch-all at the edge of a channel: a bug here must not end the others.
            catch (Exception error)
#pragma warning restore CA1031
            {
                _log.LogError(error, "The channel's loop failed; it goes on.");
                _metrics.SegmentFailed("channel", "exception");
                if (hearing.IsFaulted)
                    hearing = _hearing.RunAsync(Wake, _stop.Token);
                if (carrying.IsFaulted)
                    carrying = _pictures.RunAsync(Wake, _stop.Token);
                if (captions.IsFaulted)
                    captions = _captionReading!.RunAsync(Wake, _stop.Token);
                await Task.Delay(Beat, _time, CancellationToken.None);
            }
        }

        await Task.WhenAll(hearing, carrying, captions).ContinueWith(_ => { }, CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
        _snapshot = _snapshot with { State = ChannelState.Stopped };
    }

    /// <summary>What waits for others, and for this loop since it last ran.</summary>
    private void CountWaiting()
    {
        _metrics.QueueDepth("source", _follower.Waiting);
        _metrics.QueueDepth("decode", _hearing.Messages.Count);
        _metrics.QueueDepth("engine", _engine.Waiting);
        _metrics.QueueDepth("carry", _pictures.Messages.Count);
    }

    /// <summary>Takes what the follower tells, before it is decoded.</summary>
    private void Beside(SourceEvent happened)
    {
        _pictures.Offer(happened);
        _captionReading?.Offer(happened);
    }

    private void ReadCaptions(DateTimeOffset now)
    {
        if (_captionReading is null)
            return;
        while (_captionReading.Messages.TryRead(out var said))
            _captions!.Accept(said);
        _captions!.Work(_publisher.Table.Rows, now);
    }

    private void TellBounds()
    {
        // A channel that is started anew under the same id goes on with the series of the one before.
        _metrics.EngineCircuit(false);
        _metrics.QueueBound("source", EventQueue.Capacity);
        _metrics.QueueBound("decode", Hearing.MostWaiting);
        _metrics.QueueBound("engine", _engine.MostWaiting);
        _metrics.QueueBound("carry", Carrying.MostWaiting);
    }

    private void Accept(SourceMessage message)
    {
        _condition.Accept(message);
        switch (message.Source)
        {
            case SourceEvent.MasterFound master:
                _publisher.Follow(master);
                _voices.Follow(master.Master);
                _pictures.Follow(master);
                _reference.Follow(master);
                _clock.Hear(master.Heard, _publisher.HeardIncarnation);
                break;
            case SourceEvent.PlaylistSeen seen:
                _publisher.See(seen);
                _pictures.See(seen, _publisher.Table.TargetDuration);
                _reference.See(seen);
                if (seen.Id != _publisher.Source?.Heard)
                    break;
                _ads.See(seen.Playlist.DateRanges);
                _clock.See(seen.Appeared, seen.Reset, _publisher.HeardIncarnation);
                break;
        }

        if (message.Heard is { } heard)
            Hear(heard);
    }

    private void Hear(HeardSegment heard)
    {
        var before = _clock.Epoch;
        if (_voices.NeedsEpoch)
        {
            _clock.BreakNext();
            _voices.EpochComes();
        }

        var row = _clock.Accept(heard, _voices.Mixed);
        if (_clock.Epoch is { } epoch && epoch != before)
        {
            _metrics.EpochBegan(epoch.Reason.ToString().ToLowerInvariant());
            _condition.CountEpoch();
            if (epoch.Reason is not (EpochReason.Takeover or EpochReason.Video))
                _feed.Restart(epoch.Start);
        }

        if (row is null)
        {
            heard.Trace?.End("dropped", _time.GetUtcNow());
            return;
        }

        Chunks.Edge = new LiveEdge(row.Date + row.Duration, row.AppearedAt);
        row.DecodeTime = heard.DecodeTime;
        row.Trace = heard.Trace;
        row.HeardAt = _time.GetUtcNow();
        row.Undubbed = _ads.Contains(row.Source) && _options.Ads == AdSpeech.Original;
        if (row.Undubbed)
            _feed.KeepBack(_track.End);
        else
            _feed.FeedAll(_track.End);
        _voices.Accept(row);
        _reference.Hear(row.Container, row.Tracks);
        row.Release();
        _publisher.Table.Add(row);
    }

    private void Accept(EngineEvent report)
    {
        _condition.Accept(report);
        _voices.Accept(report);
    }

    /// <summary>Mixes, encodes and packages the rows whose time has come, a part at a time.</summary>
    private void WorkAhead(DateTimeOffset now)
    {
        var rows = _publisher.Table.Rows;
        for (var index = _publisher.Table.Published; index < rows.Count; index++)
        {
            var row = rows[index];
            if (_publisher.Has(row))
                continue;
            if (row.Repeated)
            {
                // Viewers have it from the instance before, under its addresses; it is here for what comes after it.
                row.Trace?.End("repeated", now);
                _publisher.Offer(row, []);
                continue;
            }

            var next = index + 1 < rows.Count ? rows[index + 1] : null;
            var follows = next is null && IsFollowed(row) && now < row.HeardAt + LongestWait;
            var isLast = now >= row.Due && !follows && (next is null ? IsOverdue(row, now) : !next.Heard);
            if (isLast || (now >= row.Due && next is null && !follows && _voices.Lacks(row)))
            {
                // Nothing will come in time, or the segment could not be heard: silence takes the place of the sound, for the engine too.
                _placer.SilenceUpTo(row.To);
                _feed.FeedAll(_track.End);
            }

            var started = _time.GetTimestamp();
            var ready = _voices.WorkOn(row, next, follows ? Before(row.Due, now) : now);
            row.WorkTime += _time.GetElapsedTime(started);
            if (!ready)
                return;
            var packaging = _time.GetUtcNow();
            started = _time.GetTimestamp();
            _publisher.Offer(row, _voices.Package(row, isLast));
            row.Trace?.Stage("package", packaging, _time.GetUtcNow());
            _metrics.SegmentProcessed("package", _time.GetElapsedTime(started), row.Source.Sequence);
            _metrics.SegmentProcessed("total", row.DecodeTime + row.WorkTime + _time.GetElapsedTime(started), row.Source.Sequence);
            Publication.Master = _voices.Master(_publisher.Source!, _pictures);
        }
    }

    /// <summary>
    /// How much of the past is fetched: all that viewers are to see of a new channel; after a restart only what they have not seen, and what
    /// that needs, so that it comes soon.
    /// </summary>
    private static TimeSpan BackFill(TimeSpan? away) => away is { } time && time + Context < Past && time >= TimeSpan.Zero ? time + Context : Past;

    /// <summary>
    /// Whether the source has shown more after <paramref name="row"/>: then its last frames, which need the sound behind the cut, are on
    /// their way. While a channel starts, all its rows are due before the next is decoded.
    /// </summary>
    private bool IsFollowed(SegmentRow row) => _publisher.Heard is { Segments: [.., var newest] }
        && _publisher.HeardIncarnation == row.Incarnation && newest.Sequence > row.Source.Sequence;

    /// <summary>Whether the source stands still: it should have shown another segment after <paramref name="row"/> for some time.</summary>
    private static bool IsOverdue(SegmentRow row, DateTimeOffset now) => now > row.AppearedAt + (1.5 * row.Duration);

    private static DateTimeOffset Before(DateTimeOffset due, DateTimeOffset now) => now < due ? now : due - TimeSpan.FromTicks(1);

    private void Look(DateTimeOffset now)
    {
        if (_condition.HasEnded)
            _publisher.End();
        _track.Trim(_voices.MixedByAll - Held);
        _metrics.SourceAge(_condition.HasEnded ? TimeSpan.Zero : _condition.SourceAge(now));
        _metrics.Reference(_reference.Result.State);
        var unpublished = _publisher.Table.Rows.Count - _publisher.Table.Published;
        _metrics.QueueDepth("publish", unpublished);
        _metrics.InFlight(_follower.SegmentsAhead + unpublished);
        _stuck = _progress.Look(now, _metrics.Published, _publisher.Table.Next?.Due, _follower.Waiting);
        _snapshot = TakeSnapshot();
    }

    private async Task Pause(DateTimeOffset now)
    {
        var wait = Beat;
        if (_publisher.Table.Next is { } next && next.Due - now < wait)
            wait = next.Due - now < TimeSpan.FromMilliseconds(2) ? TimeSpan.FromMilliseconds(2) : next.Due - now;
        if (_chunks.Next is { } chunk && chunk - now < wait)
            wait = chunk - now < TimeSpan.FromMilliseconds(2) ? TimeSpan.FromMilliseconds(2) : chunk - now;
        using var cancel = CancellationTokenSource.CreateLinkedTokenSource(_stop.Token);
        await Task.WhenAny(_wake.Reader.WaitToReadAsync(cancel.Token).AsTask(), Task.Delay(wait, _time, cancel.Token));
        await cancel.CancelAsync();
        _wake.Reader.TryRead(out _);
    }

    private static WorkerSnapshot Confined(MediaWorker worker)
    {
        var report = worker.Sandbox;
        (string Name, Confinement Part)[] parts =
            [("files", report.FileSystem), ("network", report.Network), ("system calls", report.SystemCalls), ("limits", report.Limits)];
        string[] active = [.. parts.Where(part => part.Part.Active).Select(part => part.Name)];
        string[] lacking = worker.IsReady ? [.. parts.Where(part => !part.Part.Active).Select(part => $"{part.Name}: {part.Part.Detail}")] : [];
        return new WorkerSnapshot(worker.Restarts, [.. active], [.. lacking]) { Runs = worker.IsReady };
    }

    private ChannelSnapshot TakeSnapshot()
    {
        var newest = _publisher.Table.Newest;
        var (reference, reason) = _reference.Result;
        return new ChannelSnapshot
        {
            Id = _options.Id,
            State = _condition.State(_publisher),
            Reason = _condition.Reason,
            Input = ChannelSnapshot.WithoutSecrets(_options.Input),
            From = _options.From,
            DelaySeconds = _options.Delay.TotalSeconds,
            BufferSeconds = newest is null ? 0 : Math.Max(0, (_track.End - newest.To).Seconds),
            SourceAgeSeconds = _condition.HasAppeared ? _condition.SourceAge(_time.GetUtcNow()).TotalSeconds : null,
            Video = _pictures.Carried ? "carry" : "reference",
            VideoReason = _pictures.Reason,
            LeftOut = _pictures.Carried ? _pictures.Plan.LeftOut : [],
            Reference = new ReferenceSnapshot(reference, reason),
            RecordReason = _record.Trouble,
            TakenAt = _time.GetUtcNow(),
            Stuck = _stuck,
            Engine = _condition.Engine,
            Worker = Confined(_worker),
            Languages = _voices.Snapshots(newest is { Undubbed: true }),
            Counters = _condition.Counters with { Holes = _placer.Holes },
            LastPublished = newest is null ? null : new PublishedSegment(newest.Number, newest.PublishedAt!.Value)
            {
                Ends = newest.Date + newest.Duration,
                Appeared = newest.AppearedAt,
            },
        };
    }
}
