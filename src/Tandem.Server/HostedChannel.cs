using Microsoft.Extensions.Logging;
using Tandem.Live;
using Tandem.Live.Ingest;
using Tandem.Live.Package;
using Tandem.Server.Configuration;

namespace Tandem.Server;

/// <summary>A channel that was started: what the server needs of it.</summary>
/// <param name="Publication">What viewers can fetch.</param>
/// <param name="Snapshot">Its state.</param>
/// <param name="Stop">Ends it; called once.</param>
public sealed record RunningChannel(Publication Publication, Func<ChannelSnapshot> Snapshot, Func<ValueTask> Stop)
{
    /// <summary>Where its source is pushed to; null where it is not.</summary>
    public PushedFiles? Pushed { get; init; }

    /// <summary>What viewers of sockets get; null where there are none.</summary>
    public ChunkStream? Chunks { get; init; }
}

/// <summary>Starts a channel. What it throws becomes the channel's state and reaches nobody else.</summary>
public delegate RunningChannel ChannelStarter(ConfiguredChannel channel);

/// <summary>One channel's place in the server. It is there from the first moment, whatever becomes of the channel.</summary>
internal sealed partial class HostedChannel(ConfiguredChannel channel, ChannelStarter start, TimeProvider time, ILogger log)
{
    private readonly long _created = time.GetTimestamp();
    private readonly Lock _starting = new();
    private volatile RunningChannel? _running;
    private volatile string? _fault;
    private bool _stopped;

    /// <summary>Whether it came over the API; the others are the configuration's.</summary>
    public bool Created { get; init; }

    /// <summary>Its settings.</summary>
    public ChannelOptions Options => channel.Options;

    /// <summary>What viewers can fetch; null until the channel runs.</summary>
    public Publication? Publication => _running?.Publication;

    /// <summary>Where its source is pushed to; null where it is not, or until the channel runs.</summary>
    public PushedFiles? Pushed => _running?.Pushed;

    /// <summary>What viewers of sockets get; null until the channel runs.</summary>
    public ChunkStream? Chunks => _running?.Chunks;

    /// <summary>How long it has been here.</summary>
    public TimeSpan Age => time.GetElapsedTime(_created);

    /// <summary>Its state; a failure to tell it is a state as well.</summary>
    public ChannelSnapshot Snapshot()
    {
        try
        {
            return _running?.Snapshot() ?? Without(_fault is null ? ChannelState.Starting : ChannelState.Faulted, _fault);
        }
        catch (Exception exception)
        {
            LogNoSnapshot(Options.Id, exception.Message);
            return Without(ChannelState.Faulted, "its state cannot be told; see the log");
        }
    }

    /// <summary>Starts the channel.</summary>
    public void Start()
    {
        try
        {
            // A channel that is taken away while it waits to start never does.
            lock (_starting)
            {
                if (!_stopped)
                    _running = start(channel);
            }
        }
        catch (Exception exception)
        {
            _fault = $"could not be started: {exception.Message}";
            LogFailed(Options.Id, "started", exception.Message, exception);
        }
    }

    /// <summary>Stops the channel; never throws.</summary>
    public async Task StopAsync()
    {
        try
        {
            lock (_starting)
                _stopped = true;
            if (_running is { } running)
                await running.Stop();
        }
        catch (Exception exception)
        {
            LogFailed(Options.Id, "stopped", exception.Message, exception);
        }
    }

    private ChannelSnapshot Without(ChannelState state, string? reason) => new()
    {
        Id = Options.Id,
        State = state,
        Reason = reason,
        Input = ChannelSnapshot.WithoutSecrets(Options.Input),
        From = Options.From,
        DelaySeconds = Options.Delay.TotalSeconds,
        Video = "auto",
        Engine = new EngineSnapshot(Options.Engine, Healthy: false, "not started"),
        Languages = [.. Options.To.Select(language => new LanguageSnapshot(language, LanguageState.Original))],
    };

    [LoggerMessage(Level = LogLevel.Error, Message = "channel {Channel} could not be {Done}: {Problem}")]
    private partial void LogFailed(string channel, string done, string problem, Exception exception);

    [LoggerMessage(Level = LogLevel.Error, Message = "channel {Channel}: its state cannot be told: {Problem}")]
    private partial void LogNoSnapshot(string channel, string problem);
}
