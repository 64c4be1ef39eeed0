using System.Threading.Channels;
using Microsoft.Extensions.Logging;
using Tandem.Live.Ingest;
using Tandem.Media.Worker;

namespace Tandem.Live;

/// <summary>Cuts a segment's picture into chunks: <see cref="MediaWorker.ChunkAsync"/>.</summary>
public delegate Task<ChunkOutcome> CutPicture(ChunkRequest request, CancellationToken cancellation);

/// <summary>A segment of the variant for sockets as chunks, or why there are none.</summary>
/// <param name="Incarnation">How many times its playlist had started its numbers anew.</param>
/// <param name="Sequence">The source's media sequence number.</param>
/// <param name="Segment">The chunks; null where there is a fault.</param>
/// <param name="Fault">Why; null where it cannot be had, or was cut.</param>
public sealed record CutSegment(int Incarnation, long Sequence, ChunkedSegment? Segment, DecodeFault? Fault);

/// <summary>
/// The stage from fetched pictures to chunks, for one variant. What came lately is kept as it is, so that whoever begins to watch gets a
/// picture at once; work is done only while somebody watches, and not long before it is due.
/// </summary>
/// <param name="cut">Cuts.</param>
/// <param name="delay">Of the channel: what appeared longer ago is published.</param>
/// <param name="mostBytes">What is kept at most.</param>
/// <param name="time">The clock.</param>
/// <param name="log">Told of failures, once a second at most.</param>
public sealed class ChunkCutting(CutPicture cut, TimeSpan delay, long mostBytes, TimeProvider time, ILogger log)
{
    // The segment that is being published, and those that a viewer may begin with.
    private static readonly TimeSpan s_margin = TimeSpan.FromSeconds(20);

    // Cut segments are held twice: not for minutes.
    private static readonly TimeSpan s_ahead = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan s_pause = TimeSpan.FromMilliseconds(100);

    private readonly Channel<CutSegment> _messages = Channel.CreateBounded<CutSegment>(4);
    private readonly Lock _lock = new();
    private readonly Queue<(long Serial, CarriedMedia Media)> _kept = [];
    private readonly Channel<bool> _arrived = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
    private long _bytes;
    private long _serial;
    private long _done;
    private int _count;
    private long _told;

    /// <summary>What was cut, in the order of the playlist.</summary>
    public ChannelReader<CutSegment> Messages => _messages.Reader;

    /// <summary>Takes a segment of the variant; it never waits. Safe on any thread.</summary>
    public void Offer(CarriedMedia media)
    {
        var old = time.GetUtcNow() - delay - s_margin;
        lock (_lock)
        {
            _kept.Enqueue((++_serial, media));
            _bytes += media.Data.Length;
            while (_kept.Count > 1 && (_bytes > mostBytes || _kept.Peek().Media.AppearedAt < old))
                _bytes -= _kept.Dequeue().Media.Data.Length;
        }

        _arrived.Writer.TryWrite(true);
    }

    /// <summary>Whether somebody watches, and how many chunks a segment has.</summary>
    /// <param name="count">Chunks; 0 while nobody watches.</param>
    public void Want(int count)
    {
        lock (_lock)
        {
            if (count == _count)
                return;

            // What was cut for those who have gone is forgotten.
            if (_count == 0)
                _done = 0;
            _count = count;
        }

        _arrived.Writer.TryWrite(true);
    }

    /// <summary>Another variant is meant from now on.</summary>
    public void Forget()
    {
        lock (_lock)
        {
            _kept.Clear();
            _bytes = 0;
        }
    }

    /// <summary>Runs until <paramref name="stop"/>.</summary>
    /// <param name="arrived">Called after each message.</param>
    /// <param name="stop">Ends it.</param>
    public async Task RunAsync(Action arrived, CancellationToken stop)
    {
        while (true)
        {
            if (Next() is not var (media, count, wait))
            {
                await _arrived.Reader.ReadAsync(stop);
                continue;
            }

            if (wait > TimeSpan.Zero)
            {
                await Task.Delay(wait < s_pause ? wait : s_pause, time, stop);
                continue;
            }

            await _messages.Writer.WriteAsync(await CutAsync(media, count, stop), stop);
            arrived();
        }
    }

    private (CarriedMedia Media, int Count, TimeSpan Wait)? Next()
    {
        lock (_lock)
        {
            if (_count == 0)
                return null;
            foreach (var (serial, media) in _kept)
            {
                if (serial <= _done)
                    continue;
                var wait = media.AppearedAt + delay - s_ahead - time.GetUtcNow();
                if (wait <= TimeSpan.Zero)
                    _done = serial;
                return (media, _count, wait);
            }

            return null;
        }
    }

    private async Task<CutSegment> CutAsync(CarriedMedia media, int count, CancellationToken stop)
    {
        if (media.Fault is not null)
            return new CutSegment(media.Incarnation, media.Segment.Sequence, null, null);
        for (var again = 1; ; again--)
        {
            var outcome = await cut(new ChunkRequest(media.Data, media.Init, count), stop);
            if (outcome.Segment is { } segment)
                return new CutSegment(media.Incarnation, media.Segment.Sequence, segment, null);
            var fault = outcome.Fault ?? DecodeFault.Unavailable;
            if (again == 0 || fault is not (DecodeFault.Crashed or DecodeFault.TimedOut or DecodeFault.Unavailable))
            {
                Tell(media, outcome.Detail);
                return new CutSegment(media.Incarnation, media.Segment.Sequence, null, fault);
            }

            await Task.Delay(s_pause, time, stop);
        }
    }

    private void Tell(CarriedMedia media, string? detail)
    {
        var now = time.GetTimestamp();
        if (_told != 0 && time.GetElapsedTime(_told, now) < TimeSpan.FromSeconds(1))
            return;
        _told = now;
        log.LogWarning("Segment {Segment} of {Playlist} is not cut into chunks: {Detail}", media.Segment.Sequence, media.Id.Name, detail);
    }
}
