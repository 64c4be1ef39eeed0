using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Threading.Channels;
using Microsoft.Extensions.Logging;
using Tandem.Live.Ingest;
using Tandem.Live.Package;
using Tandem.Media.Worker;

namespace Tandem.Live;

/// <summary>Takes the sound out of a segment: <see cref="MediaWorker.RemuxAsync"/>.</summary>
public delegate Task<RemuxOutcome> Remux(RemuxRequest request, CancellationToken cancellation);

/// <summary>
/// The stage from fetched bytes to what Tandem serves in the source's place: pictures without the sound beside them, and what is no
/// picture as it is. A playlist's segments stay in order; one that cannot be had is told of in its place.
/// </summary>
/// <param name="fetched">What the follower fetches beside what is heard.</param>
/// <param name="remux">Takes the sound out.</param>
/// <param name="delay">Of the channel.</param>
/// <param name="time">The clock.</param>
/// <param name="log">Told of failures, once a second at most.</param>
/// <param name="seen">Told of everything that is fetched beside what is heard, wanted or not.</param>
public sealed class Carrying(
    ChannelReader<CarriedMedia> fetched, Remux remux, TimeSpan delay, TimeProvider time, ILogger log, Action<CarriedMedia>? seen = null)
{
    /// <summary>Segments that wait for the channel, at most; they are megabytes.</summary>
    internal const int MostWaiting = 4;

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);

    // What came late all the same, as when a channel starts, is still tried for this long.
    private static readonly TimeSpan LeastPatience = TimeSpan.FromSeconds(2);

    // What a channel shows of the past when it starts is heard faster than it is remuxed.
    private const int MostHeard = 128;
    private const long MostHeardBytes = 64 << 20;

    private readonly Channel<CarriedSegment> _messages = Channel.CreateBounded<CarriedSegment>(MostWaiting);
    private readonly Channel<CarriedMedia> _heard = Channel.CreateBounded<CarriedMedia>(MostHeard);
    private readonly ConcurrentDictionary<PlaylistId, Stream> _streams = [];
    private readonly TaskCompletionSource _decided = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile ImmutableHashSet<PlaylistId>? _wanted;
    private int _count;
    private long _heardBytes;
    private long _told;

    /// <summary>What can be published, and what cannot.</summary>
    public ChannelReader<CarriedSegment> Messages => _messages.Reader;

    /// <summary>From now on these playlists are carried.</summary>
    public void Want(ImmutableHashSet<PlaylistId> playlists)
    {
        _wanted = playlists;
        _decided.TrySetResult();
    }

    /// <summary>
    /// Takes a segment that is heard; it never waits, since what is heard must not wait for what is seen. Those that come before it is said
    /// what is wanted are kept until then.
    /// </summary>
    public void Offer(SourceEvent heard)
    {
        var media = MediaOf(heard);
        if (media is not null && _wanted?.Contains(media.Id) != false && Interlocked.Read(ref _heardBytes) + media.Data.Length <= MostHeardBytes
            && _heard.Writer.TryWrite(media))
            Interlocked.Add(ref _heardBytes, media.Data.Length);
    }

    /// <summary>What is heard, as what is carried; null where it is no segment.</summary>
    internal static CarriedMedia? MediaOf(SourceEvent heard) => heard switch
    {
        SourceEvent.SegmentFetched got =>
            new CarriedMedia(got.Id, got.Segment, got.Incarnation, got.AppearedAt, got.Init, got.Data, null),
        SourceEvent.SegmentLost lost =>
            new CarriedMedia(lost.Id, lost.Segment, lost.Incarnation, lost.AppearedAt, default, default, lost.Fault),
        _ => null,
    };

    /// <summary>Runs until <paramref name="stop"/>.</summary>
    /// <param name="arrived">Called after each message.</param>
    /// <param name="stop">Ends it.</param>
    public async Task RunAsync(Action arrived, CancellationToken stop)
    {
        using var both = CancellationTokenSource.CreateLinkedTokenSource(stop);
        var (beside, heard) = (RunAsync(fetched, false, arrived, both.Token), RunAsync(_heard.Reader, true, arrived, both.Token));
        await Task.WhenAny(beside, heard);
        await both.CancelAsync();
        await Task.WhenAll(beside, heard);
    }

    private async Task RunAsync(ChannelReader<CarriedMedia> source, bool isHeard, Action arrived, CancellationToken stop)
    {
        await _decided.Task.WaitAsync(stop);
        await foreach (var media in source.ReadAllAsync(stop))
        {
            if (isHeard)
                Interlocked.Add(ref _heardBytes, -media.Data.Length);
            else
                seen?.Invoke(media);
            if (_wanted?.Contains(media.Id) != true)
                continue;
            var (body, fault) = media.Fault is { } lost ? (null, lost) : await MakeAsync(media, stop);

            if (fault is not null && fault.Reason != "gap")
                Tell(media, fault);
            await _messages.Writer.WriteAsync(
                new CarriedSegment(media.Id, media.Incarnation, media.Segment.Sequence, media.AppearedAt, media.Segment.Duration, body, fault)
                {
                    Counted = isHeard && media.Fault is not null,
                },
                stop);
            arrived();
        }
    }

    private async Task<(CarriedBody? Body, SourceFault? Fault)> MakeAsync(CarriedMedia media, CancellationToken stop)
    {
        if (!CarryPlan.HasPicture(media.Id.Kind))
            return (CarriedBody.Of(media.Init, media.Data), null);
        var stream = _streams.GetOrAdd(media.Id, _ => new Stream(Interlocked.Increment(ref _count) - 1));
        if (stream.Number >= RemuxRequest.MostStreams)
            return (null, new SourceFault("carry", "too_large", $"more than {RemuxRequest.MostStreams} playlists with pictures", Retry: false));
        var giveUp = Later(media.AppearedAt + delay, time.GetUtcNow() + LeastPatience);
        for (var crashes = 0; ;)
        {
            var goesOn = stream.Incarnation == media.Incarnation && !media.Segment.Discontinuity;
            var outcome = await remux(new RemuxRequest(media.Data, media.Init, stream.Number, goesOn), stop);
            if (outcome.Segment is { } segment)
            {
                stream.Incarnation = media.Incarnation;
                return (CarriedBody.Of(segment, media.Data.Length), null);
            }

            if (outcome.Fault == DecodeFault.NoPicture)
                return (CarriedBody.Of(media.Init, media.Data), null);
            var fault = outcome.Fault ?? DecodeFault.Unavailable;
            crashes += fault is DecodeFault.Crashed or DecodeFault.TimedOut ? 1 : 0;
            var transient = fault is DecodeFault.Crashed or DecodeFault.TimedOut or DecodeFault.Unavailable;
            if (!transient || crashes > 1 || time.GetUtcNow() >= giveUp)
                return (null, new SourceFault("carry", Hearing.Word(fault), outcome.Detail ?? fault.ToString(), transient));
            await Task.Delay(Pause, time, stop);
        }
    }

    private void Tell(CarriedMedia media, SourceFault fault)
    {
        var told = Interlocked.Read(ref _told);
        var now = time.GetTimestamp();
        if (told != 0 && time.GetElapsedTime(told, now) < TimeSpan.FromSeconds(1))
            return;
        Interlocked.Exchange(ref _told, now);
        log.LogWarning("Segment {Segment} of {Playlist} is not carried: {Detail}", media.Segment.Sequence, media.Id.Name, fault.Detail);
    }

    private static DateTimeOffset Later(DateTimeOffset first, DateTimeOffset second) => first > second ? first : second;

    /// <summary>A playlist in the worker's eyes.</summary>
    private sealed class Stream(int number)
    {
        public int Number { get; } = number;

        public int Incarnation { get; set; } = -1;
    }
}
