using Microsoft.Extensions.Logging;
using Tandem.Live;
using Tandem.Live.Faults;
using Tandem.Media.Worker;

namespace Tandem.Server;

/// <summary>Starts the channels that a real server hosts.</summary>
internal static partial class LiveChannels
{
    /// <summary>The function that starts one.</summary>
    /// <param name="time">The clock.</param>
    /// <param name="logs">Makes loggers.</param>
    /// <param name="meter">The process's instruments.</param>
    /// <param name="faults">Faults on demand.</param>
    /// <param name="stateDirectory">Where channels keep their records; one that cannot be written is warned of, and tried again with each segment.</param>
    public static ChannelStarter Starter(TimeProvider time, ILoggerFactory logs, TandemMeter meter, FaultOptions faults, string stateDirectory)
    {
        var records = Usable(stateDirectory, logs.CreateLogger("Tandem.Server"));
        return channel =>
        {
            var live = LiveChannel.Start(channel.Options, new ChannelServices(time, logs, meter, records, channel.Engine, new MediaWorkerOptions())
            {
                Faults = faults,
            });
            return new RunningChannel(live.Publication, live.Snapshot, live.DisposeAsync) { Pushed = live.Pushed, Chunks = live.Chunks };
        };
    }

    /// <summary>The folder's whole path; said once if it cannot be written now. Null where it can be no folder's.</summary>
    internal static string? Usable(string folder, ILogger log)
    {
        string? full = null;
        try
        {
            full = Path.GetFullPath(folder);
            Directory.CreateDirectory(full);
            using (File.Create(Path.Combine(full, $".{Guid.NewGuid():N}"), 1, FileOptions.DeleteOnClose))
            {
            }

            return full;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            LogNoState(log, folder, exception.Message);
            return full;
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "state_dir {Folder} cannot be written, so a restart would cost a discontinuity; it is tried again with each segment: {Problem}")]
    private static partial void LogNoState(ILogger log, string folder, string problem);
}
