using System.Text.Json;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Tandem.Server.Telemetry;
using Xunit;

namespace Tandem.Tests.Server.Telemetry;

public sealed partial class LogTests
{
    private readonly FakeTimeProvider _time = new(new DateTimeOffset(2026, 11, 25, 12, 0, 0, 123, TimeSpan.Zero));
    private readonly Kept _kept;
    private readonly LimitedLogs _logs;

    public LogTests()
    {
        _kept = new Kept(_time);
        _logs = new LimitedLogs(_kept, _time);
    }

    [Fact]
    public void A_line_of_json_has_the_fields_that_cloud_logging_knows_and_the_ids_beside_them()
    {
        LogSegment(_logs.CreateLogger("Tandem.Channel.news"), 41, "\"nothing\" in it\nat all", new InvalidOperationException("no"));
        var line = Assert.Single(_kept.Lines);
        Assert.DoesNotContain('\n', line);
        using var json = JsonDocument.Parse(line);
        Assert.Equal(
            ["severity", "time", "message", "logger", "channel", "segment", "detail", "stack_trace"], json.RootElement.EnumerateObject().Select(field => field.Name));
        Assert.Equal("WARNING", json.RootElement.GetProperty("severity").GetString());
        Assert.Equal("2026-11-25T12:00:00.123Z", json.RootElement.GetProperty("time").GetString());
        Assert.Equal("Segment 41: \"nothing\" in it\nat all", json.RootElement.GetProperty("message").GetString());
        Assert.Equal("news", json.RootElement.GetProperty("channel").GetString());
        Assert.Equal(41, json.RootElement.GetProperty("segment").GetInt64());
        Assert.StartsWith("System.InvalidOperationException: no", json.RootElement.GetProperty("stack_trace").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Details_that_were_asked_for_are_all_there()
    {
        var news = _logs.CreateLogger("Tandem.Channel.news");
        for (var segment = 0; segment < 100; segment++)
            LogDetail(news, segment);
        Assert.Equal(100, _kept.Lines.Count);
    }

    [Fact]
    public void What_repeats_is_left_out_and_counted_and_drowns_nothing_else()
    {
        var news = _logs.CreateLogger("Tandem.Channel.news");
        for (var segment = 0; segment < 1000; segment++)
            LogSegment(news, segment, "broken", null);
        Assert.Equal(10, _kept.Lines.Count);

        // Another message, and the same of another channel, are kinds of their own.
        LogOther(news);
        LogSegment(_logs.CreateLogger("Tandem.Channel.sport"), 1, "broken", null);
        Assert.Equal(12, _kept.Lines.Count);

        _time.Advance(TimeSpan.FromSeconds(1));
        LogSegment(news, 1000, "broken", null);
        LogSegment(news, 1001, "broken", null);
        Assert.Equal(14, _kept.Lines.Count);
        Assert.Contains("990 more lines like the next one were left out", _kept.Lines[12], StringComparison.Ordinal);
        Assert.Contains("Segment 1000", _kept.Lines[13], StringComparison.Ordinal);
    }

    [LoggerMessage(Level = LogLevel.Debug, Message = "Segment {Segment} was looked at")]
    private static partial void LogDetail(ILogger log, long segment);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Segment {Segment}: {Detail}")]
    private static partial void LogSegment(ILogger log, long segment, string detail, Exception? exception);

    [LoggerMessage(Level = LogLevel.Error, Message = "something else")]
    private static partial void LogOther(ILogger log);

    private sealed class Kept(TimeProvider time) : ILoggerProvider
    {
        public List<string> Lines { get; } = [];

        public ILogger CreateLogger(string categoryName) => new Keeping(this, time, categoryName);

        public void Dispose()
        {
        }

        private sealed class Keeping(Kept kept, TimeProvider time, string category) : ILogger
        {
            public IDisposable? BeginScope<TState>(TState state)
                where TState : notnull => null;

            public bool IsEnabled(LogLevel logLevel) => true;

            public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
                kept.Lines.Add(JsonLogFormatter.Format(new LogEntry<TState>(logLevel, category, eventId, state, exception, formatter), time.GetUtcNow()));
        }
    }
}
