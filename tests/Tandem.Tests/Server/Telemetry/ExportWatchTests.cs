using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;
using Tandem.Server.Telemetry;
using Xunit;

namespace Tandem.Tests.Server.Telemetry;

public sealed class ExportWatchTests
{
    [Fact]
    public void A_collector_that_is_away_is_told_of_once_and_then_every_ten_minutes()
    {
        var (time, log) = (new FakeTimeProvider(), new KeptLog());
        var watch = new ExportWatch("traces", "http://collector:4318/", time, log);
        watch.Sent(taken: true);
        Assert.Empty(log.Lines);
        for (var second = 0; second < 1205; second += 5)
        {
            watch.Sent(taken: false);
            time.Advance(TimeSpan.FromSeconds(5));
        }

        Assert.Equal(
            ["1", "121", "241"],
            log.Lines.Select(line => line.Split("does not take traces, ")[1].Split(' ')[0]));
        Assert.All(log.Lines, line => Assert.StartsWith("Warning the collector http://collector:4318/ ", line, StringComparison.Ordinal));
        watch.Sent(taken: true);
        watch.Sent(taken: true);
        Assert.Equal("Information the collector http://collector:4318/ takes traces again, after 241 failures", log.Lines[3]);
        Assert.Equal(4, log.Lines.Count);
    }

    private sealed class KeptLog : ILogger
    {
        public List<string> Lines { get; } = [];

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            Lines.Add($"{logLevel} {formatter(state, exception)}");
    }
}
