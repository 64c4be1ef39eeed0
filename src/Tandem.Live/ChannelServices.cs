using Microsoft.Extensions.Logging;
using Tandem.Live.Dubbing;
using Tandem.Live.Faults;

namespace Tandem.Live;

/// <summary>What a channel needs from the process around it.</summary>
/// <param name="Time">The clock.</param>
/// <param name="Logs">Makes loggers; a channel's logger is named after it.</param>
/// <param name="Meter">The process's instruments.</param>
/// <param name="StateDirectory">Folder for the small record that survives a restart; null to keep none.</param>
/// <param name="Engine">The engine that the channel's options name.</param>
/// <param name="Worker">How media workers are started.</param>
public sealed record ChannelServices(TimeProvider Time, ILoggerFactory Logs, TandemMeter Meter, string? StateDirectory, EngineChoice Engine, Tandem.Media.Worker.MediaWorkerOptions Worker)
{
    /// <summary>Faults on demand.</summary>
    public FaultOptions Faults { get; init; } = FaultOptions.None;
}
