using System.Threading.Channels;
using Microsoft.Extensions.Logging;
using Tandem.Live.Ingest;
using Tandem.Live.Package;
using Tandem.Live.Timeline;

namespace Tandem.Live;

/// <summary>
/// How the picture reaches viewers: as the source's own segments, or carried. Chooses between them, says which playlists are carried, and
/// holds what is served of them.
/// </summary>
public sealed class PictureSet
{
    // At a change to carry, what appeared in other playlists a moment before the heard segment that the change begins with.
    private static readonly TimeSpan Overlap = TimeSpan.FromSeconds(2);

    private readonly ChannelOptions _options;
    private readonly SourceFollower _follower;
    private readonly Carrying _carrying;
    private readonly ILogger _log;
    private readonly VideoChoice _choice;
    private SourceEvent.MasterFound? _source;
    private TimeSpan _window;
    private bool _began;

    /// <summary>Begins as the channel is configured.</summary>
    public PictureSet(ChannelOptions options, SourceFollower follower, Remux remux, ChannelMetrics metrics, TimeProvider time, ILogger log)
    {
        _options = options;
        _follower = follower;
        _log = log;
        _choice = new VideoChoice(options.Video);
        _carrying = new Carrying(follower.Carried, remux, options.Delay, time, log);
        Held = new CarriedPictures(options.CarryMemory, new Generations(time), metrics);
    }

    /// <summary>What is held of the carried playlists.</summary>
    public CarriedPictures Held { get; }

    /// <summary>What came of carried playlists.</summary>
    public ChannelReader<CarriedSegment> Messages => _carrying.Messages;

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
    public Task RunAsync(Action arrived, CancellationToken stop) => _carrying.RunAsync(arrived, stop);

    /// <summary>Takes what is heard, before it is decoded. Safe on any thread.</summary>
    public void Offer(SourceEvent heard)
    {
        if (_options.Video != VideoMode.Reference)
            _carrying.Offer(heard);
    }

    /// <summary>Takes the source's master playlist.</summary>
    public void Follow(SourceEvent.MasterFound source)
    {
        _source = source;
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
        if (wanted.SetEquals(Held.Wanted))
            return;
        var backFill = _began ? Overlap + (2 * TimeSpan.FromSeconds(publisher.Table.TargetDuration)) : SourceOptions.Of(_options).BackFill;
        _began |= wanted.Count > 0 || !_choice.Carried;
        Held.Wanted = wanted;
        _carrying.Want(wanted);
        _follower.Carry(wanted, backFill);
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
