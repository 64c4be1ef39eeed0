namespace Tandem.Operations.Load;

/// <summary>What a viewer does at a moment.</summary>
/// <param name="Connected">Whether it has a connection, or a playlist.</param>
/// <param name="Phase">What its player does.</param>
/// <param name="Delay">How far behind its source time what it sees is, µs; null where it sees nothing.</param>
internal readonly record struct ViewerSample(bool Connected, PlaybackPhase Phase, long? Delay);

/// <summary>One who watches: joins, plays, comes back when cut off, until the run is over.</summary>
/// <param name="name">Such as <c>ws 12</c>.</param>
/// <param name="tally">Where it counts.</param>
/// <param name="services">What all share.</param>
internal abstract class Viewer(string name, Tally tally, LoadServices services)
{
    /// <summary>A viewer that was cut off so shortly before the end might have come back.</summary>
    private const long ReconnectGrace = 5_000_000;

    private long? _lostAt;
    private bool _finished;

    /// <summary>Guards everything that changes while it watches.</summary>
    protected Lock Gate { get; } = new();

    /// <summary>Its name.</summary>
    public string Name => name;

    /// <summary>Where it counts.</summary>
    protected Tally Tally => tally;

    /// <summary>What all share.</summary>
    protected LoadServices Services => services;

    /// <summary>Now, µs since 1970.</summary>
    protected long Now => services.Clock.Now;

    /// <summary>When it wanted to watch; null before.</summary>
    protected long? WantedAt { get; private set; }

    /// <summary>Its player; null before it is known what there is to play.</summary>
    protected PlaybackBuffer? Playback { get; set; }

    /// <summary>Whether it has a connection, or a playlist.</summary>
    protected bool Connected { get; set; }

    /// <summary>Whether the last answer that it got was a refusal.</summary>
    protected bool LastRefused { get; set; }

    /// <summary>Whether source times are dates, so that delay can be told.</summary>
    protected bool HasDates { get; set; } = true;

    /// <summary>Whether the run is over for it: nothing counts any more.</summary>
    protected bool Finished => _finished;

    /// <summary>Watches until told to stop.</summary>
    public Task RunAsync(CancellationToken stop)
    {
        lock (Gate)
            WantedAt = Now;
        return WatchAsync(stop);
    }

    /// <summary>Looks at it, each second.</summary>
    public ViewerSample Tick(long now)
    {
        lock (Gate)
        {
            Watchdog(now);
            if (Playback is not { } playback)
                return new ViewerSample(Connected, PlaybackPhase.Waiting, null);
            playback.Advance(now);
            long? delay = HasDates && playback.SourcePosition is { } position ? now - position : null;
            if (delay is { } behind && !_finished)
                tally.Delay(behind);
            return new ViewerSample(Connected, playback.Phase, delay);
        }
    }

    /// <summary>The run is over: what has not come by now is lost. Viewers that were to come later do not count.</summary>
    public void Finish(long now)
    {
        lock (Gate)
        {
            if (_finished)
                return;
            _finished = true;
            if (WantedAt is not { } wanted)
                return;
            Playback?.Finish(now);
            if (_lostAt is { } lost && now - lost > ReconnectGrace)
                tally.Reconnected(null);
            tally.Undelivered(Owed(now - wanted));
            tally.Finished(Playback?.BeganAt - wanted, LastRefused, Playback, Playback?.BeganAt is { } began ? now - began : 0);
        }
    }

    /// <summary>Watches: what is lost is come back to.</summary>
    protected abstract Task WatchAsync(CancellationToken stop);

    /// <summary>Chunks or segments that should have come within so long (µs) and are not counted yet.</summary>
    protected abstract long Owed(long span);

    /// <summary>Looks whether a connection is dead.</summary>
    protected virtual void Watchdog(long now)
    {
    }

    /// <summary>Counts a fault and says it.</summary>
    protected void Fault(FaultKind kind, string what)
    {
        if (_finished)
            return;
        tally.Fault(kind);
        services.Faults.Add(name, kind, what);
    }

    /// <summary>A connection ended.</summary>
    protected void CutOff(string reason, bool planned)
    {
        if (_finished)
            return;
        tally.Disconnected(reason, planned);
        _lostAt ??= Now;
    }

    /// <summary>Media came: a viewer that was cut off is back.</summary>
    protected void Back(long now)
    {
        if (_lostAt is not { } lost)
            return;
        tally.Reconnected(now - lost);
        _lostAt = null;
    }

    /// <summary>What a player buffers before it begins, µs.</summary>
    protected long Enough(long otherwise) => services.Options.Buffer is { } buffer ? buffer.Ticks / TimeSpan.TicksPerMicrosecond
        : otherwise;

    /// <summary>Waits; ends early when told to stop.</summary>
    protected async Task PauseAsync(TimeSpan pause, CancellationToken stop)
    {
        try
        {
            await Task.Delay(pause, services.Clock.Time, stop);
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // The caller sees that it is to stop.
        }
    }
}
