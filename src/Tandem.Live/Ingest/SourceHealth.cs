namespace Tandem.Live.Ingest;

/// <summary>
/// Turns faults, which repeat with every try, into states, which are told when they change. A playlist's state is the fault of its
/// polls or else that of its segments.
/// </summary>
internal sealed class SourceHealth(EventQueue events, TimeProvider time) : IDisposable
{
    private readonly SemaphoreSlim _turn = new(1);
    private readonly Dictionary<string, Faults> _faults = new(StringComparer.Ordinal);
    private readonly Dictionary<string, long> _since = new(StringComparer.Ordinal);

    /// <summary>The state of the master playlist, or of polling a media playlist; null for healthy.</summary>
    public Task ReportAsync(PlaylistId? playlist, SourceFault? fault, CancellationToken cancellation) =>
        ChangeAsync(playlist, faults => faults with { Polls = fault }, cancellation);

    /// <summary>The state of fetching a playlist's segments; null for healthy.</summary>
    public Task ReportSegmentsAsync(PlaylistId playlist, SourceFault? fault, CancellationToken cancellation) =>
        ChangeAsync(playlist, faults => faults with { Segments = fault }, cancellation);

    /// <summary>For how long a playlist has had a fault; null for a healthy one.</summary>
    public TimeSpan? FaultyFor(PlaylistId playlist)
    {
        lock (_since)
            return _since.TryGetValue(playlist.Name, out var began) ? time.GetElapsedTime(began) : null;
    }

    public void Dispose() => _turn.Dispose();

    private async Task ChangeAsync(PlaylistId? playlist, Func<Faults, Faults> change, CancellationToken cancellation)
    {
        // One at a time, writing included: events must come in the order of the states.
        await _turn.WaitAsync(cancellation);
        try
        {
            var key = playlist?.Name ?? string.Empty;
            var before = _faults.GetValueOrDefault(key, Faults.None);
            var after = change(before);
            if (after == Faults.None)
                _faults.Remove(key);
            else
                _faults[key] = after;
            NoteSince(key, after.Told is not null);
            if (before.Told?.Reason == after.Told?.Reason && before.Told?.Stage == after.Told?.Stage)
                return;
            SourceEvent what = after.Told is { } fault
                ? new SourceEvent.SourceFaulted(fault, playlist)
                : new SourceEvent.SourceRecovered(playlist);
            await events.WriteAsync(what, cancellation);
        }
        finally
        {
            _turn.Release();
        }
    }

    private void NoteSince(string key, bool faulty)
    {
        lock (_since)
        {
            if (faulty)
                _since.TryAdd(key, time.GetTimestamp());
            else
                _since.Remove(key);
        }
    }

    private sealed record Faults(SourceFault? Polls, SourceFault? Segments)
    {
        public static Faults None { get; } = new(null, null);

        public SourceFault? Told => Polls ?? Segments;
    }
}
