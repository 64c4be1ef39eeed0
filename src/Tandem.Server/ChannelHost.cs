using System.Collections.Frozen;
using Microsoft.Extensions.Logging;
using Tandem.Server.Configuration;

namespace Tandem.Server;

/// <summary>Starts, holds and stops the channels. One that fails never affects another.</summary>
internal sealed partial class ChannelHost
{
    // The whole shutdown has 8 s; the platform's own limit is 10 s.
    private static readonly TimeSpan StopLimit = TimeSpan.FromSeconds(5);

    private readonly FrozenDictionary<string, HostedChannel> _byId;
    private readonly TimeProvider _time;
    private readonly ILogger _log;
    private Task _starting = Task.CompletedTask;

    public ChannelHost(IEnumerable<ConfiguredChannel> channels, ChannelStarter start, TimeProvider time, ILogger<ChannelHost> log)
    {
        All = [.. channels.Select(channel => new HostedChannel(channel, start, time, log))];
        _byId = All.ToFrozenDictionary(channel => channel.Options.Id, StringComparer.Ordinal);
        _time = time;
        _log = log;
    }

    /// <summary>The channels in configured order.</summary>
    public IReadOnlyList<HostedChannel> All { get; }

    /// <summary>Whether <see cref="StopAsync"/> was called.</summary>
    public bool Stopping { get; private set; }

    /// <summary>The channel with this id, or null.</summary>
    public HostedChannel? Find(string id) => _byId.GetValueOrDefault(id);

    /// <summary>Starts every channel beside the others, and returns at once.</summary>
    public void Start() => _starting = Task.WhenAll(All.Select(channel => Task.Run(channel.Start)));

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

    [LoggerMessage(Level = LogLevel.Warning, Message = "not every channel stopped within {Seconds} s; ended all the same")]
    private partial void LogGaveUp(double seconds);
}
