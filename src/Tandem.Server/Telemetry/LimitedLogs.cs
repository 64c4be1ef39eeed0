using Microsoft.Extensions.Logging;

namespace Tandem.Server.Telemetry;

/// <summary>Loggers that write what <see cref="LogLimit"/> lets through, and say how much it did not.</summary>
/// <param name="inner">Writes.</param>
/// <param name="time">The clock.</param>
internal sealed partial class LimitedLogs(ILoggerProvider inner, TimeProvider time) : ILoggerProvider
{
    private readonly LogLimit _limit = new(time);

    /// <inheritdoc/>
    public ILogger CreateLogger(string categoryName) => new Limited(inner.CreateLogger(categoryName), categoryName, _limit);

    /// <inheritdoc/>
    public void Dispose() => inner.Dispose();

    private sealed partial class Limited(ILogger inner, string category, LogLimit limit) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => inner.BeginScope(state);

        public bool IsEnabled(LogLevel logLevel) => inner.IsEnabled(logLevel);

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (!inner.IsEnabled(logLevel))
                return;

            // Who asks for details wants all of them: each segment's times, say, which percentiles are reckoned from.
            if (logLevel <= LogLevel.Debug)
            {
                inner.Log(logLevel, eventId, state, exception, formatter);
                return;
            }

            var (allowed, leftOut) = limit.Ask(category, MessageOf(state));
            if (leftOut > 0)
                LogLeftOut(inner, leftOut);
            if (allowed)
                inner.Log(logLevel, eventId, state, exception, formatter);
        }

        // The last of the values is the message as it stands in the code.
        private static string MessageOf<TState>(TState state) =>
            state is IReadOnlyList<KeyValuePair<string, object?>> { Count: > 0 } values && values[^1] is { Key: "{OriginalFormat}", Value: string message } ? message : "";

        [LoggerMessage(Level = LogLevel.Warning, Message = "{Count} more lines like the next one were left out")]
        private static partial void LogLeftOut(ILogger log, long count);
    }
}
