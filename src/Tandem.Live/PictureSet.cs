using System.Collections.Immutable;
using System.Threading.Channels;
using Microsoft.Extensions.Logging;
using Tandem.Live.Ingest;
using Tandem.Live.Package;
using Tandem.Live.Timeline;
using Tandem.Media.Worker;

namespace Tandem.Live;

/// <summary>
/// How the picture reaches viewers: as the source's own segments, or carried. Chooses between them, says which playlists are carried, and
/// holds what is served of them.
/// </summary>
public sealed class PictureSet
{
    // At a change to carry, what appeared in other playlists a moment before the heard segment that the change begins with.
    private static readonly TimeSpan Overlap = TimeSpan.FromSeconds(2);

    // A lone viewer who comes again, as after a lost connection, finds its picture still there.
    private static readonly TimeSpan Linger = TimeSpan.FromSeconds(30);

    private readonly ChannelOptions _options;
    private readonly SourceFollower _follower;
    private readonly Carrying _carrying;
    private readonly ILogger _log;
    private readonly VideoChoice _choice;
    private readonly ChunkCutting _cutting;
    private readonly ChunkStream _stream;
    private ImmutableHashSet<PlaylistId> _fetched = [];
    private PlaylistId? _variant;
    private DateTimeOffset? _watchedAt;
    private SourceEvent.MasterFound? _source;
    private TimeSpan _window;
    private bool _began;

    /// <summary>Begins as the channel is configured.</summary>
    /// <param name="options">Of the channel.</param>
    /// <param name="follower">Fetches what is carried.</param>
    /// <param name="worker">Takes segments apart.</param>
    /// <param name="stream">Says whether somebody watches over a socket.</param>
    /// <param name="metrics">Counts gaps.</param>
    /// <param name="time">The clock.</param>
    /// <param name="log">Told of changes.</param>
    public PictureSet(
        ChannelOptions options, SourceFollower follower, MediaWorker worker, ChunkStream stream, ChannelMetrics metrics, TimeProvider time, ILogger log)
    {
        _stream = stream;
        _cutting = new ChunkCutting(worker.ChunkAsync, options.Delay, options.CarryMemory / 2, time, log);
        _options = options;
        _follower = follower;
        _log = log;
        _choice = new VideoChoice(options.Video);
        _carrying = new Carrying(follower.Carried, worker.RemuxAsync, options.Delay, time, log, OfferForChunks);
        Held = new CarriedPictures(options.CarryMemory, new Generations(time), metrics);
    }

    /// <summary>What is held of the carried playlists.</summary>
    public CarriedPictures Held { get; }

    /// <summary>What came of carried playlists.</summary>
    public ChannelReader<CarriedSegment> Messages => _carrying.Messages;

    /// <summary>What was cut into chunks.</summary>
    public ChannelReader<CutSegment> Cut => _cutting.Messages;

    /// <summary>Whether what comes next is carried.</summary>
    public bool Carried => _choice.Carried;

    /// <summary>Why, one line for people.</summary>
    public string Reason => _choice.Reason;

    /// <summary>What is carried, and what is not.</summary>
    public CarryPlan Plan { get; private set; } = CarryPlan.None;

    /// <summary>Whether the master leads to a playlist of the source now.</summary>
    public bool Lists(PlaylistId id) => Carried ? Plan.Carried.Contains(id) : id.Kind != PlaylistKind.IFrames;

    /// <summary>What is known of a playlist as it is carried; null while it is not, or nothing is known.</summary>
    public PlaylistFacts? FactsOf(PlaylistId id) => Carried && Plan.Carried.Contains(id) ? Held.FactsOf(id) : null;

    /// <summary>Runs until <paramref name="stop"/>.</summary>
    public async Task RunAsync(Action arrived, CancellationToken stop)
    {
        using var both = CancellationTokenSource.CreateLinkedTokenSource(stop);
        var (carrying, cutting) = (_carrying.RunAsync(arrived, both.Token), _cutting.RunAsync(arrived, both.Token));
        await Task.WhenAny(carrying, cutting);
        await both.CancelAsync();
        await Task.WhenAll(carrying, cutting);
    }

    /// <summary>Takes what is heard, before it is decoded. Safe on any thread.</summary>
    public void Offer(SourceEvent heard)
    {
        if (_options.Video != VideoMode.Reference)
            _carrying.Offer(heard);
        if (Carrying.MediaOf(heard) is { } media)
            OfferForChunks(media);
    }

    private void OfferForChunks(CarriedMedia media)
    {
        if (media.Id == Volatile.Read(ref _variant))
            _cutting.Offer(media);
    }

    /// <summary>Takes the source's master playlist.</summary>
    public void Follow(SourceEvent.MasterFound source)
    {
        _source = source;
        var variant = SocketPicture.Of(source, _options.SocketBitRate);
        if (variant != _variant)
        {
            _cutting.Forget();
            Volatile.Write(ref _variant, variant);
            _stream.HasPicture = variant is not null;
        }

        MakePlan();
    }

    /// <summary>Takes a new state of a playlist: how long the heard one is tells how long segments are held.</summary>
    /// <param name="seen">The state.</param>
    /// <param name="targetDuration">Of the channel, s.</param>
    public void See(SourceEvent.PlaylistSeen seen, int targetDuration)
    {
        if (seen.Id != _source?.Heard || _window > TimeSpan.Zero)
            return;
        var listed = TimeSpan.FromTicks(seen.Playlist.Segments.Sum(segment => segment.Duration.Ticks));
        _window = Publisher.WindowOf(listed, targetDuration);
        MakePlan();
    }

    /// <summary>Chooses anew, now that so much is known of the source's own segments; tells the clock of a change.</summary>
    /// <param name="reference">What is known.</param>
    /// <param name="clock">Where a change begins an epoch.</param>
    /// <param name="publisher">Whose rows still need what is carried.</param>
    /// <param name="now">Wall time.</param>
    public void Decide((ReferenceState State, string? Reason) reference, SourceClock clock, Publisher publisher, DateTimeOffset now)
    {
        if (_choice.Take(reference.State, reference.Reason, now))
        {
            clock.Carry(_choice.Carried, now);
            _log.LogInformation("The picture is {Way} from now on: {Reason}", _choice.Carried ? "carried" : "the source's own", _choice.Reason);
        }

        publisher.Unlisted = _source is { } source && _options.Video != VideoMode.Reference
            ? source.Playlists.Select(playlist => playlist.Id).Where(id => !Lists(id)).ToHashSet()
            : publisher.Unlisted;

        // What waits to be published as carried must still be fetched after the choice has changed.
        var wanted = _choice.Carried || clock.IsCarried || publisher.Awaits(row => row.Epoch.Carried) ? Plan.Carried : [];
        var chunks = Watch(publisher, now);
        var fetched = chunks is { } variant ? wanted.Add(variant) : wanted;
        var isPlanned = wanted.SetEquals(Held.Wanted);
        if (isPlanned && fetched.SetEquals(_fetched))
            return;
        var recent = 2 * TimeSpan.FromSeconds(publisher.Table.TargetDuration);
        var backFill = isPlanned ? _options.Delay + recent : _began ? Overlap + recent : SourceOptions.Of(_options).BackFill;
        _began |= wanted.Count > 0 || (!isPlanned && !_choice.Carried);
        Held.Wanted = wanted;
        _fetched = fetched;
        _carrying.Want(wanted);
        _follower.Carry(fetched, backFill);
    }

    /// <summary>Looks whether somebody watches over a socket; returns what must be fetched for that beside what is carried.</summary>
    private PlaylistId? Watch(Publisher publisher, DateTimeOffset now)
    {
        _watchedAt = _stream.Watching > 0 ? now : _watchedAt;
        var watched = now - _watchedAt <= Linger;
        _cutting.Want(watched && publisher.Table.TargetDuration > 0 ? ChunkNumbers.CountOf(publisher.Table.TargetDuration) : 0);
        publisher.Watch(_variant, watched, now);
        return watched && _variant != _source?.Heard ? _variant : null;
    }

    /// <summary>Takes what came of a carried playlist.</summary>
    public void Accept(CarriedSegment segment) => Held.Accept(segment);

    private void MakePlan()
    {
        // Without the window it is not known how much is held.
        if (_source is null || _window == TimeSpan.Zero || _options.Video == VideoMode.Reference)
            return;
        var plan = CarryPlan.Of(_source, _options.Delay + (2 * _window) + Overlap, _options.CarryMemory);
        if (!plan.LeftOut.IsEmpty && !plan.LeftOut.SequenceEqual(Plan.LeftOut))
        {
            _log.LogWarning(
                "carry_memory is too small for all of the source's pictures; while they are carried these are left out: {Variants}", string.Join(", ", plan.LeftOut));
        }

        Plan = plan;
    }
}
