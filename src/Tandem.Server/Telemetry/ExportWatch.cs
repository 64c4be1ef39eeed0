using Microsoft.Extensions.Logging;

namespace Tandem.Server.Telemetry;

/// <summary>
/// Says in the log that the collector does not take what is sent, and that it does again: one line when that begins and one every ten
/// minutes while it lasts. Safe on any thread.
/// </summary>
/// <param name="what"><c>metrics</c> or <c>traces</c>.</param>
/// <param name="collector">The collector as people may see it.</param>
/// <param name="time">The clock.</param>
/// <param name="log">Where the lines go.</param>
internal sealed partial class ExportWatch(string what, string collector, TimeProvider time, ILogger log)
{
    private static readonly TimeSpan Reminder = TimeSpan.FromMinutes(10);

    private readonly Lock _lock = new();
    private DateTimeOffset? _told;
    private long _failed;

    /// <summary>One attempt to send is over.</summary>
    public void Sent(bool taken)
    {
        lock (_lock)
        {
            if (taken)
            {
                if (_told is not null)
                    LogAgain(what, collector, _failed);
                _told = null;
                _failed = 0;
                return;
            }

            _failed++;
            if (_told is { } told && time.GetUtcNow() - told < Reminder)
                return;
            _told = time.GetUtcNow();
            LogLost(what, collector, _failed);
        }
    }

    [LoggerMessage(
        Level = LogLevel.Warning,
        Message = "the collector {Collector} does not take {What}, {Failed} times by now; they are dropped and all else goes on (telemetry in docs/configuration.md)")]
    private partial void LogLost(string what, string collector, long failed);

    [LoggerMessage(Level = LogLevel.Information, Message = "the collector {Collector} takes {What} again, after {Failed} failures")]
    private partial void LogAgain(string what, string collector, long failed);
}
