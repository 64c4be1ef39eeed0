using System.Collections.Frozen;
using System.Collections.Immutable;
using Microsoft.Extensions.Logging;
using Tandem.Server.Configuration;

namespace Tandem.Server;

/// <summary>Starts, holds and stops the channels. One that fails never affects another.</summary>
internal sealed partial class ChannelHost
{
    // The whole shutdown has 8 s; the platform's own limit is 10 s.
    private static readonly TimeSpan StopLimit = TimeSpan.FromSeconds(5);

    private readonly ChannelStarter _start;
    private readonly TimeProvider _time;
    private readonly ILogger _log;
    private volatile Hosted _hosted;
    private Task _starting = Task.CompletedTask;

    /// <param name="channels">Those of the configuration.</param>
    /// <param name="start">Starts one.</param>
    /// <param name="time">The clock.</param>
    /// <param name="log">Told what goes wrong.</param>
    /// <param name="created">Those that came over the API in an earlier life.</param>
    public ChannelHost(
        IEnumerable<ConfiguredChannel> channels,
        ChannelStarter start,
        TimeProvider time,
        ILogger<ChannelHost> log,
        IEnumerable<ConfiguredChannel>? created = null)
    {
        (_start, _time, _log) = (start, time, log);
        _hosted = new Hosted(
        [
            .. channels.Select(channel => Host(channel, created: false)),
            .. (created ?? []).Select(channel => Host(channel, created: true)),
        ]);
    }

    /// <summary>The channels: those of the configuration in its order, then those that came over the API.</summary>
    public IReadOnlyList<HostedChannel> All => _hosted.All;

    /// <summary>Whether <see cref="StopAsync"/> was called.</summary>
    public bool Stopping { get; private set; }

    /// <summary>The channel with this id, or null.</summary>
    public HostedChannel? Find(string id) => _hosted.ById.GetValueOrDefault(id);

    /// <summary>Starts every channel beside the others, and returns at once.</summary>
    public void Start() => _starting = Task.WhenAll(All.Select(channel => Task.Run(channel.Start)));

    /// <summary>Adds a channel and starts it beside the others. Changes come one at a time; the caller sees to that.</summary>
    public HostedChannel Add(ConfiguredChannel channel)
    {
        var added = Host(channel, created: true);
        _hosted = new Hosted([.. All, added]);
        _ = Task.Run(added.Start);
        return added;
    }

    /// <summary>Takes a channel away; viewers find nothing there from now on. It stops within 5 s, or is given up.</summary>
    public async Task RemoveAsync(HostedChannel channel)
    {
        _hosted = new Hosted([.. All.Where(other => other != channel)]);
        await StopOneAsync(channel);
    }

    /// <summary>Stops a channel and starts it again with other settings, at its place in the list; viewers are told to come again meanwhile.</summary>
    public async Task<HostedChannel> ReplaceAsync(HostedChannel channel, ConfiguredChannel by)
    {
        var added = Host(by, created: true);
        _hosted = new Hosted([.. All.Select(other => other == channel ? added : other)]);

        // One after the other: both would write the same record, and listen on the same port.
        await StopOneAsync(channel);
        _ = Task.Run(added.Start);
        return added;
    }

    /// <summary>Stops every channel; gives up on those that take longer than 5 s, because the process is about to end.</summary>
    public async Task StopAsync()
    {
        Stopping = true;
        try
        {
            await StopAllAsync().WaitAsync(StopLimit, _time);
        }
        catch (TimeoutException)
        {
            LogGaveUp(StopLimit.TotalSeconds);
        }
    }

    private async Task StopAllAsync()
    {
        await _starting;
        await Task.WhenAll(All.Select(channel => Task.Run(channel.StopAsync)));
    }

    private HostedChannel Host(ConfiguredChannel channel, bool created) => new(channel, _start, _time, _log) { Created = created };

    private async Task StopOneAsync(HostedChannel channel)
    {
        try
        {
            await Task.Run(channel.StopAsync).WaitAsync(StopLimit, _time);
        }
        catch (TimeoutException)
        {
            LogGaveUp(StopLimit.TotalSeconds);
        }
    }

    /// <summary>The channels at one moment.</summary>
    private sealed class Hosted(ImmutableArray<HostedChannel> all)
    {
        public IReadOnlyList<HostedChannel> All { get; } = all;

        public FrozenDictionary<string, HostedChannel> ById { get; } = all.ToFrozenDictionary(channel => channel.Options.Id, StringComparer.Ordinal);
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "not every channel stopped within {Seconds} s; ended all the same")]
    private partial void LogGaveUp(double seconds);
}
