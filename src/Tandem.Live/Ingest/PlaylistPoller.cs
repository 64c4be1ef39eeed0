using System.Collections.Immutable;
using System.Text;

namespace Tandem.Live.Ingest;

/// <summary>Polls one media playlist for as long as it runs and tells what changes; a playlist that fails is asked again for ever.</summary>
internal sealed class PlaylistPoller(SourcePlaylist playlist, PollerSurroundings around)
{
    // So many target durations without a segment are no hiccup any more (AVPlayer gives up after 1.5).
    private const int PatientTargets = 3;

    // A server that took so long may take as much longer the next time; half of its patience is for its silence.
    private const int Slower = 4;

    private readonly PlaylistWindow _window = new(around.Pause.IsTold);
    private volatile Uri _address = playlist.Address;
    private TimeSpan? _patience;
    private bool _gaveUp;
    private int _failures;
    private DateTimeOffset _failingSince;

    public PlaylistId Id { get; } = playlist.Id;

    /// <summary>Where to ask; changes when the master playlist signs anew.</summary>
    public Uri Address
    {
        get => _address;
        set => _address = value;
    }

    /// <summary>Runs until cancelled.</summary>
    /// <param name="first">An answer that is there already, for an input that is a media playlist.</param>
    /// <param name="cancellation">Ends it.</param>
    public async Task RunAsync(FetchOutcome? first, CancellationToken cancellation)
    {
        var time = around.Time;
        while (true)
        {
            var began = time.GetTimestamp();

            // A server that hangs is asked again soon; one that is slow is waited for each second time, or it would never be heard of again.
            var patience = _gaveUp && _failures % 2 == 1 ? null : _patience;
            var outcome = first ?? await around.Fetch(new FetchRequest(Address, FetchKind.Playlist, Patience: patience), cancellation);
            first = null;
            var took = time.GetElapsedTime(began);
            _gaveUp = !outcome.Succeeded && outcome.Fault.Reason is "stalled" or "timeout";
            var wait = await TakeAsync(outcome, cancellation);
            if (_failures == 0 && _patience < took * Slower)
                _patience = took * Slower;

            // A pause after a failure counts from the failure: requests that hang must not follow on one another's heels.
            var rest = _failures > 0 ? wait : PollPace.Rest(wait, time.GetElapsedTime(began));
            await around.Pause.WaitAsync(rest, Address, outcome.Version, cancellation);
        }
    }

    private async Task<TimeSpan> TakeAsync(FetchOutcome outcome, CancellationToken cancellation)
    {
        if (!outcome.Succeeded)
            return await FailAsync(outcome.Fault, cancellation);
        switch (await ParseAsync(outcome, cancellation))
        {
            case PlaylistOutcome.Media(var media):
                if (!around.Budget.TryHold(Id, media.Segments.Length))
                    return await FailAsync(TooManySegments(outcome.Address), cancellation);
                _failures = 0;
                _patience = PollPace.Patience(media.TargetDuration);
                return await TakeAsync(media, cancellation);
            case PlaylistOutcome.Rejected rejected:
                return await FailAsync(rejected.AsFault(outcome.Address), cancellation);
            default:
                around.AskForMaster();
                return await FailAsync(
                    new SourceFault(
                        "playlist", "not_a_playlist", $"{ShownAddress.Of(outcome.Address)}: a master playlist where a media playlist was", Retry: true),
                    cancellation);
        }
    }

    private async Task<PlaylistOutcome> ParseAsync(FetchOutcome outcome, CancellationToken cancellation)
    {
        // One at a time: a source of a hundred huge playlists keeps one core busy, not all of them.
        await around.ParseTurn.WaitAsync(cancellation);
        try
        {
            return PlaylistParser.Parse(Encoding.UTF8.GetString(outcome.Body.Span), outcome.Address, around.Variables());
        }
        finally
        {
            around.ParseTurn.Release();
        }
    }

    private static SourceFault TooManySegments(Uri address) =>
        new("playlist", "too_large", $"{ShownAddress.Of(address)}: the source's playlists list too many segments in all", Retry: false);

    private async Task<TimeSpan> TakeAsync(MediaPlaylist media, CancellationToken cancellation)
    {
        var now = around.Time.GetUtcNow();
        var change = _window.Advance(media, now);
        var isHeard = around.IsHeard(Id);
        if (change.Result is PollResult.Grown or PollResult.Details)
        {
            var appeared = Seen(change, isHeard, around.Carried.Incarnation(Id, change.Reset), now);
            if (isHeard)
                around.Heard.Update(media);
            var (shown, refused) = around.AllowPrivate ? (media, null) : PublicAddresses.Of(media);
            if (!isHeard)
                await around.Health.ReportSegmentsAsync(Id, refused is null ? null : PublicAddresses.Fault(refused), cancellation);
            await around.Events.WriteAsync(
                new SourceEvent.PlaylistSeen(Id, shown, appeared, now, change.Reset) { Missed = change.Missed }, cancellation);
            around.Carried.See(Id, media, appeared, isHeard);
            around.Captioned.Incarnation(Id, change.Reset);
            around.Captioned.See(Id, media, appeared, isHeard);
            foreach (var seen in appeared)
            {
                if (seen.Heard)
                    await around.Heard.AddAsync(Id, seen, media.TargetDuration, cancellation);
            }

            if (isHeard && _window.Ended && change.Result == PollResult.Grown)
                await around.Heard.EndAsync(Id, cancellation);
        }

        var standing = NotGrowing(media, now);
        if (standing is not null && isHeard)
            around.AskForMaster();
        await around.Health.ReportAsync(Id, standing, cancellation);
        return _window.Ended
            ? PollPace.Ended(media.TargetDuration)
            : PollPace.Live(media, change.Result == PollResult.Grown, Random.Shared.NextDouble());
    }

    private ImmutableArray<SeenSegment> Seen(WindowChange change, bool isHeard, int incarnation, DateTimeOffset now)
    {
        var last = change.Appeared.Length - 1;
        return
        [
            .. change.Appeared.Select((item, index) =>
                new SeenSegment(item.Segment, item.At, isHeard && (index == last || item.At >= now - around.BackFill))
                {
                    Incarnation = incarnation,
                }),
        ];
    }

    private SourceFault? NotGrowing(MediaPlaylist media, DateTimeOffset now)
    {
        var patience = (media.TargetDuration * PatientTargets) + TimeSpan.FromSeconds(2);
        if (_window.Ended || _window.GrownAt == default || now - _window.GrownAt <= patience)
            return null;
        return new SourceFault(
            "playlist", "not_growing", $"{ShownAddress.Of(media.Address)}: no new segment for {patience.TotalSeconds:0} s", Retry: true);
    }

    private async Task<TimeSpan> FailAsync(SourceFault fault, CancellationToken cancellation)
    {
        var now = around.Time.GetUtcNow();
        if (_failures++ == 0)
            _failingSince = now;
        // Signatures run out, and encoders come back under other names: the master playlist knows.
        if ((fault.Reason is "forbidden" or "not_found" && _failures > 1) || now - _failingSince > TimeSpan.FromSeconds(20))
            around.AskForMaster();
        await around.Health.ReportAsync(Id, fault, cancellation);
        return PollPace.Heed(PollPace.Retry(_failures, fault.Retry, Random.Shared.NextDouble()), fault);
    }
}

/// <summary>What the pollers of a source share.</summary>
/// <param name="Fetch">Gets playlists.</param>
/// <param name="Time">Clock.</param>
/// <param name="Pause">Waits between polls.</param>
/// <param name="Events">Where changes go.</param>
/// <param name="Health">Where faults go.</param>
/// <param name="Heard">Where heard segments go.</param>
/// <param name="Carried">Where segments go that are not heard.</param>
/// <param name="Captioned">Where they go for their captions.</param>
/// <param name="Budget">Bounds the segments of all playlists.</param>
/// <param name="ParseTurn">Lets one parse at a time.</param>
/// <param name="BackFill">See <see cref="SourceOptions.BackFill"/>.</param>
/// <param name="AllowPrivate">Whether playlists may refer viewers to private addresses.</param>
/// <param name="IsHeard">Whether a playlist is the heard one.</param>
/// <param name="Variables">The master playlist's, for imports.</param>
/// <param name="AskForMaster">Asks for the master playlist to be read again.</param>
internal sealed record PollerSurroundings(
    Fetch Fetch,
    TimeProvider Time,
    ChangePause Pause,
    EventQueue Events,
    SourceHealth Health,
    HeardSegments Heard,
    CarriedSegments Carried,
    CarriedSegments Captioned,
    SegmentBudget Budget,
    SemaphoreSlim ParseTurn,
    TimeSpan BackFill,
    bool AllowPrivate,
    Func<PlaylistId, bool> IsHeard,
    Func<ImmutableDictionary<string, string>> Variables,
    Action AskForMaster);
