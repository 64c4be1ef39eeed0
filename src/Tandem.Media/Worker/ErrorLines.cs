using Microsoft.Extensions.Logging;

namespace Tandem.Media.Worker;

/// <summary>Puts a child's standard error into the log: a few lines a second, the rest counted.</summary>
internal sealed partial class ErrorLines(string name, int processId, TimeProvider time, ILogger log)
{
    private const int MostLines = 10;
    private const int LongestLine = 500;
    private long _since = time.GetTimestamp();
    private int _lines;
    private int _dropped;

    /// <summary>Adds what was read, lines or parts of them.</summary>
    public void Add(string text)
    {
        foreach (var part in text.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            if (time.GetElapsedTime(_since) >= TimeSpan.FromSeconds(1))
            {
                if (_dropped > 0)
                    LogDropped(log, name, processId, _dropped);
                _since = time.GetTimestamp();
                _lines = 0;
                _dropped = 0;
            }

            if (_lines++ < MostLines)
                LogLine(log, name, processId, Printable(part));
            else
                _dropped++;
        }
    }

    private static string Printable(string line)
    {
        var cut = line.Length > LongestLine ? line[..LongestLine] : line;
        return string.Concat(cut.Select(letter => char.IsControl(letter) ? '\uFFFD' : letter));
    }

    [LoggerMessage(LogLevel.Warning, "Media worker {Name} ({ProcessId}): {Line}")]
    private static partial void LogLine(ILogger log, string name, int processId, string line);

    [LoggerMessage(LogLevel.Warning, "Media worker {Name} ({ProcessId}): {Count} more lines")]
    private static partial void LogDropped(ILogger log, string name, int processId, int count);
}
