using System.Text.Json.Serialization;
using Microsoft.Extensions.Logging;
using Tandem.Live.Ingest;
using Tandem.Media.Worker;

namespace Tandem.Live.Package;

/// <summary>Whether viewers can have the source's own segments for as long as Tandem's playlists list them.</summary>
public enum ReferenceState
{
    /// <summary>Nothing speaks against it, but no segment has reached the age at which the last viewer asks for it.</summary>
    [JsonStringEnumMemberName("unproven")]
    Unproven,

    /// <summary>Segments of every playlist could be had at that age.</summary>
    [JsonStringEnumMemberName("proven")]
    Proven,

    /// <summary>Viewers cannot have them, now or at that age.</summary>
    [JsonStringEnumMemberName("failed")]
    Failed,
}

/// <summary>
/// Proves that <c>video=reference</c> works (design.md, section 3a, rule 8): of every playlist that the master refers to it asks for what is
/// new, and for one and the same segment with its key and init again and again until that is older than delay, window and a minute. What
/// cannot be seen from one place: addresses that are signed for the asker's network address alone.
/// </summary>
public sealed class ReferenceCheck : IAsyncDisposable
{
    // Longest published window, as in the publisher.
    private static readonly TimeSpan LongestWindow = TimeSpan.FromMinutes(2);
    private static readonly TimeSpan Beyond = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan Pace = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan Retry = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan Look = TimeSpan.FromSeconds(1);

    // Whether the source is made for one viewer: soon, and again now and then, since advertisements are not always on.
    private static readonly TimeSpan SharedFirst = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan SharedRetry = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan SharedAgain = TimeSpan.FromMinutes(5);

    // One answer may be lost on the way.
    private const int FailuresToTell = 2;

    private readonly Lock _lock = new();
    private readonly Dictionary<PlaylistId, Witness> _witnesses = [];
    private readonly ReferenceProbe _probe;
    private readonly TimeSpan _delay;
    private readonly TimeProvider _time;
    private readonly ILogger _log;
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _running;
    private readonly bool _impossible;
    private readonly SharedAddresses _shared;
    private readonly bool _browsers;
    private readonly bool _isAsked;
    private (PlaylistId Id, MediaPlaylist Playlist)? _newest;
    private string? _oneViewer;
    private bool _muxed;

    /// <summary>Starts to check.</summary>
    /// <param name="options">Of the channel.</param>
    /// <param name="time">The clock.</param>
    /// <param name="log">Told of every change.</param>
    public ReferenceCheck(ChannelOptions options, TimeProvider time, ILogger log)
    {
        _impossible = !SourceAddress.HasAddresses(options.Input);
        _delay = options.Delay;
        _time = time;
        _log = log;
        _browsers = options.Browsers;
        _isAsked = options.Video != VideoMode.Carry;
        _probe = new ReferenceProbe(options.AllowPrivate, options.Page, options.Browsers, time);
        _shared = new SharedAddresses(options, time);
        _running = Task.Run(() => _isAsked && !_impossible ? Task.WhenAll(RunAsync(), RunSharedAsync()) : Task.CompletedTask);
    }

    /// <summary>What is known now, and why, one line for people.</summary>
    public (ReferenceState State, string? Reason) Result
    {
        get
        {
            if (_impossible)
                return (ReferenceState.Failed, "the source comes to Tandem by itself: its segments have no address where viewers could fetch them");
            if (!_isAsked)
                return (ReferenceState.Unproven, "not asked for: video=carry");
            lock (_lock)
            {
                if (_oneViewer is not null)
                    return (ReferenceState.Failed, _oneViewer);
                if (_muxed)
                    return (ReferenceState.Failed, "the source's MP4 segments hold picture and sound together: players in browsers cannot play them beside a voice");
                if (_witnesses.Values.FirstOrDefault(witness => witness.Fault is not null) is { } failed)
                    return (ReferenceState.Failed, failed.Fault);
                return _witnesses.Count > 0 && _witnesses.Values.All(witness => witness.Proven)
                    ? (ReferenceState.Proven, null)
                    : (ReferenceState.Unproven, null);
            }
        }
    }

    /// <summary>Takes the master playlist: what it no longer refers to need not be there.</summary>
    public void Follow(SourceEvent.MasterFound master)
    {
        lock (_lock)
        {
            foreach (var gone in _witnesses.Keys.Except(master.Playlists.Select(playlist => playlist.Id)).ToArray())
                _witnesses.Remove(gone);
            if (_newest is { } newest && master.Playlists.All(playlist => playlist.Id != newest.Id))
                _newest = null;
        }
    }

    /// <summary>
    /// Takes what a heard segment turned out to hold. Players drop the sound of a transport stream that they play beside another; MP4 goes
    /// to the browser as it is, with the sound (hls.js 1.7: "audio SourceBuffer does not exist").
    /// </summary>
    public void Hear(Container container, IReadOnlyList<TrackInfo> tracks)
    {
        if (tracks.Count == 0)
            return;
        var muxed = _browsers && container == Container.FragmentedMp4
            && tracks.Any(track => track.Kind == TrackKind.Picture) && tracks.Any(track => track.Kind == TrackKind.Sound);
        lock (_lock)
            _muxed = muxed;
    }

    /// <summary>Takes a playlist's new segments; I-frame playlists are not referred to.</summary>
    public void See(SourceEvent.PlaylistSeen seen)
    {
        if (_impossible || seen.Id.Kind == PlaylistKind.IFrames || seen.Appeared.LastOrDefault(appeared => !appeared.Segment.Gap) is not { } newest)
            return;
        var window = TimeSpan.FromTicks(seen.Playlist.Segments.Sum(segment => segment.Duration.Ticks));
        lock (_lock)
        {
            if (_newest is null || _newest.Value.Id == seen.Id)
                _newest = (seen.Id, seen.Playlist);
            if (!_witnesses.TryGetValue(seen.Id, out var witness))
                _witnesses[seen.Id] = witness = new Witness(newest);
            witness.Window = window < LongestWindow ? window : LongestWindow;
            if (witness.IsOver || seen.Reset)
                witness.Replace(newest);
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _running;
        _probe.Dispose();
        _shared.Dispose();
        _stop.Dispose();
    }

    private async Task RunAsync()
    {
        var told = ReferenceState.Unproven;
        try
        {
            while (true)
            {
                foreach (var (witness, seen) in Due(_time.GetUtcNow()))
                    await AskAsync(witness, seen);
                var (state, reason) = Result;
                if (state != told)
                    Tell(told = state, reason);
                await Task.Delay(Look, _time, _stop.Token);
            }
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            // Told to stop.
        }
    }

    /// <summary>Asks as another viewer would, now and then.</summary>
    private async Task RunSharedAsync()
    {
        try
        {
            var wait = SharedFirst;
            while (true)
            {
                await Task.Delay(wait, _time, _stop.Token);
                wait = SharedRetry;
                (PlaylistId Id, MediaPlaylist Playlist)? newest;
                lock (_lock)
                    newest = _newest;
                if (newest is not var (id, playlist))
                    continue;
                var (answered, fault) = await _shared.AskAsync(id, playlist, _stop.Token);
                if (!answered)
                    continue;
                wait = SharedAgain;
                lock (_lock)
                    _oneViewer = fault;
            }
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            // Told to stop.
        }
    }

    private List<(Witness Witness, SeenSegment Seen)> Due(DateTimeOffset now)
    {
        lock (_lock)
            return [.. _witnesses.Values.Where(witness => !witness.IsOver && now >= witness.AskAt).Select(witness => (witness, witness.Seen))];
    }

    private async Task AskAsync(Witness witness, SeenSegment seen)
    {
        string? fault = null;
        foreach (var address in AddressesOf(seen.Segment))
            fault ??= await _probe.FaultAsync(address, _stop.Token);
        var now = _time.GetUtcNow();
        lock (_lock)
        {
            if (witness.Seen != seen)
                return;
            if (fault is null)
                witness.Had(now, seen.AppearedAt + _delay + witness.Window + Beyond);
            else
                witness.Missed(now, fault);
        }
    }

    private static IEnumerable<Uri> AddressesOf(MediaSegment segment)
    {
        yield return segment.Address;
        if (segment.Map is { } map)
            yield return map.Address;
        foreach (var key in segment.Keys)
        {
            if (key.Address is { Scheme: "http" or "https" } address)
                yield return address;
        }
    }

    private void Tell(ReferenceState state, string? reason)
    {
        if (state == ReferenceState.Failed)
            _log.LogWarning("Viewers cannot have the source's own segments, which video=reference needs: {Reason}", reason);
        else if (state == ReferenceState.Proven)
            _log.LogInformation("The source's own segments can be had for as long as viewers ask for them.");
    }

    /// <summary>The segment of one playlist that is watched as it grows old, and what became of those before it.</summary>
    private sealed class Witness(SeenSegment seen)
    {
        private int _missed;
        private TimeSpan _faultAge;

        public SeenSegment Seen { get; private set; } = seen;

        public DateTimeOffset AskAt { get; private set; }

        public TimeSpan Window { get; set; }

        public string? Fault { get; private set; }

        public bool Proven { get; private set; }

        /// <summary>Nothing more is to be learnt from it; the next segment is watched.</summary>
        public bool IsOver { get; private set; }

        public void Replace(SeenSegment next)
        {
            Seen = next;
            IsOver = false;
            AskAt = default;
            _missed = 0;
        }

        public void Had(DateTimeOffset now, DateTimeOffset last)
        {
            _missed = 0;

            // What failed when it was old may well be had while it is young.
            if (now - Seen.AppearedAt >= _faultAge)
                Fault = null;
            IsOver = now >= last;
            Proven |= IsOver;
            AskAt = now + Pace < last ? now + Pace : last;
        }

        public void Missed(DateTimeOffset now, string fault)
        {
            AskAt = now + Retry;
            if (++_missed < FailuresToTell)
                return;
            Fault = fault;
            _faultAge = now - Seen.AppearedAt - (FailuresToTell * Retry);
            Proven = false;
            IsOver = true;
        }
    }
}
