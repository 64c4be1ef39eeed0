using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Tandem.Live;

namespace Tandem.Server.WebSockets;

/// <summary>All sockets of the server: looks after them twice a second, and tells them to go when it stops.</summary>
internal sealed partial class ViewerHub : IAsyncDisposable
{
    private static readonly TimeSpan s_beat = TimeSpan.FromMilliseconds(500);

    // What was published goes out before viewers go; the channel's loop lets it go within a tenth of a second.
    private static readonly TimeSpan s_release = TimeSpan.FromMilliseconds(200);

    private readonly ConcurrentDictionary<string, ChannelViewers> _channels = new(StringComparer.Ordinal);

    // Of channels that were started anew: who does not read is looked after until it is gone.
    private readonly ConcurrentDictionary<ChannelViewers, bool> _leaving = [];
    private readonly CancellationTokenSource _stop = new();
    private readonly TandemMeter _meter;
    private readonly TimeProvider _time;
    private readonly ILogger _log;
    private readonly Lock _lock = new();
    private readonly Task _beating;

    /// <summary>Begins to look after sockets.</summary>
    public ViewerHub(TandemMeter meter, TimeProvider time, ILogger log)
    {
        (_meter, _time, _log) = (meter, time, log);
        _beating = Task.Run(BeatAsync);
    }

    /// <summary>Whether viewers are being told to go; no more are taken then.</summary>
    public bool Draining { get; private set; }

    /// <summary>How many sockets there are.</summary>
    public int Count => _channels.Values.Concat(_leaving.Keys).Sum(channel => channel.All.Count);

    /// <summary>The viewers of a channel as it runs now; null where it does not.</summary>
    public ChannelViewers? Of(HostedChannel channel)
    {
        if (channel.Chunks is not { } stream)
            return null;
        lock (_lock)
        {
            if (_channels.TryGetValue(channel.Options.Id, out var known))
            {
                if (known.Stream == stream)
                    return known;

                // A channel that was started anew has other chunks.
                known.Stop();
                _leaving[known] = true;
            }

            var viewers = new ChannelViewers(channel.Options, stream, channel.Snapshot, new ViewerMetrics(_meter, channel.Options.Id), _time);
            _channels[channel.Options.Id] = viewers;
            return viewers;
        }
    }

    /// <summary>Tells all viewers to come again, in batches, and waits until they are gone; whatever happens it ends in time.</summary>
    /// <param name="within">How long it may take.</param>
    public async Task DrainAsync(TimeSpan within)
    {
        Draining = true;
        var began = _time.GetTimestamp();
        foreach (var channel in _channels.Values)
        {
            channel.Draining = true;
            channel.Stream.Held = channel.All.Count > 0;
            channel.Stream.Paced = false;
        }

        var viewers = _channels.Values.SelectMany(channel => channel.All).ToArray();
        if (viewers.Length == 0)
            return;
        LogDraining(viewers.Length, within.TotalSeconds);
        await Task.Delay(s_release < within ? s_release : within, _time);
        var plan = DrainPlan.Of(viewers.Length, within - s_release);
        foreach (var batch in viewers.Chunk(plan.Batch))
        {
            foreach (var viewer in batch)
                viewer.End(SocketEnd.Shutdown(ChannelViewers.Spread()));
            await Task.Delay(plan.Pause, _time);
        }

        while (Count > 0 && _time.GetElapsedTime(began) < within)
            await Task.Delay(plan.Pause, _time);
        if (Count is > 0 and var left)
            LogLeft(left);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _beating;
        foreach (var channel in _channels.Values)
            channel.Stop();
        _stop.Dispose();
    }

    /// <summary>Lets go of a channel that was deleted or replaced: its chunks are megabytes.</summary>
    private void Release(string id, ChannelViewers channel)
    {
        lock (_lock)
            _channels.TryRemove(KeyValuePair.Create(id, channel));
        channel.Stop();
    }

    private async Task BeatAsync()
    {
        using var timer = new PeriodicTimer(s_beat, _time);
        while (true)
        {
            try
            {
                await timer.WaitForNextTickAsync(_stop.Token);
                foreach (var (id, channel) in _channels)
                {
                    channel.Tick(_time.GetUtcNow());
                    if (channel.IsOver)
                        Release(id, channel);
                }

                foreach (var channel in _leaving.Keys)
                {
                    channel.Tick(_time.GetUtcNow());
                    if (channel.All.Count == 0)
                        _leaving.TryRemove(channel, out _);
                }
            }
            catch (OperationCanceledException) when (_stop.IsCancellationRequested)
            {
                return;
            }
#pragma warning disable CA1031 // The edge of the sockets' own loop: a mistake at one channel must not end the others.
            catch (Exception error)
#pragma warning restore CA1031
            {
                LogFailed(error);
            }
        }
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "telling {Viewers} viewers to come again, within {Seconds} s")]
    private partial void LogDraining(int viewers, double seconds);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Viewers} viewers did not go in time; cut off")]
    private partial void LogLeft(int viewers);

    [LoggerMessage(Level = LogLevel.Error, Message = "looking after viewers failed; it goes on")]
    private partial void LogFailed(Exception error);
}
