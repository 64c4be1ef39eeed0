using System.Globalization;
using System.Text.Json;
using Tandem.Operations.Load;
using Xunit;

namespace Tandem.Tests.Load;

/// <summary>
/// Three viewers by WebSocket of a server that does one thing wrong, to the first of them: that fault is found, and no other. Each run ends
/// when enough was sent, so that a busy machine only takes longer. All runs share a few seconds.
/// </summary>
public sealed class SocketDetectorTests(SocketDetectorTests.Runs runs) : IClassFixture<SocketDetectorTests.Runs>
{
    [Fact]
    public void A_clean_run_shows_nothing()
    {
        var all = runs.Of("clean");
        Assert.Equal(new ViewersReport(3, 3, 0, 0), all.Viewers);
        AssertFaults(all);
        Assert.Equal(0, all.Undelivered);
        Assert.Equal(0, all.Disconnects.Planned + all.Disconnects.Unplanned);
        Assert.True(all.Delivered >= 60, $"{all.Delivered} chunks");
        Assert.True(all.Bytes > 60 * 300, $"{all.Bytes} bytes");
        Assert.Equal(0, all.Join.Infinite);
        Assert.InRange(all.Delay.P50!.Value, 8, 60);
    }

    [Theory]
    [InlineData("dropped", FaultKind.Missing)]
    [InlineData("repeated", FaultKind.Repeated)]
    [InlineData("wrong time", FaultKind.Time)]
    [InlineData("moved for good", FaultKind.Time)]
    [InlineData("from the future", FaultKind.Time)]
    [InlineData("damaged payload", FaultKind.Content)]
    [InlineData("damaged box", FaultKind.Structure)]
    [InlineData("cut short", FaultKind.Structure)]
    [InlineData("no JSON", FaultKind.Protocol)]
    public void A_fault_is_found_once_and_nothing_else(string name, FaultKind kind)
    {
        var all = runs.Of(name);
        AssertFaults(all, (kind, 1));
        Assert.Equal(kind == FaultKind.Missing ? 1 : 0, all.Undelivered);
        Assert.Equal(0, all.Disconnects.Planned + all.Disconnects.Unplanned);
    }

    [Fact]
    public void A_voice_that_is_off_from_the_beginning_is_told_once_by_each_viewer() =>
        AssertFaults(runs.Of("off the picture"), (FaultKind.Sync, 3));

    [Fact]
    public void A_missing_init_segment_is_told_once_a_track() => AssertFaults(runs.Of("no init"), (FaultKind.Protocol, 6));

    [Fact]
    public void What_is_held_back_is_late_and_nothing_else()
    {
        var all = runs.Of("held back");
        AssertFaults(all);
        Assert.True(all.Delivery.Max >= 1.2, $"{all.Delivery.Max} s");
        Assert.Equal(0, all.Undelivered);
    }

    [Fact]
    public void What_the_server_says_it_leaves_out_is_undelivered_but_no_fault()
    {
        var all = runs.Of("skipped");
        AssertFaults(all);
        Assert.Equal((2, 2), (all.Skipped, all.Undelivered));
        Assert.Equal(2, all.Delivery.Infinite);
    }

    [Fact]
    public void A_server_that_stops_sending_owes_what_its_clock_says()
    {
        var all = runs.Of("stands still");
        AssertFaults(all);

        // Nothing came for some 4 of 7 s: 30 chunks or so of two tracks for three viewers.
        Assert.True(all.Undelivered > 60, $"{all.Undelivered} undelivered of {all.Expected}");
        Assert.Equal(double.PositiveInfinity, all.Delivery.P95);
        Assert.Equal(3, all.StalledViewers);
        Assert.True(all.StallSeconds > 3, $"{all.StallSeconds} s");
    }

    [Fact]
    public void A_bye_is_planned_and_its_viewer_comes_back_where_it_was()
    {
        var (all, server) = (runs.Of("bye"), runs.Server("bye"));
        AssertFaults(all);
        Assert.Equal((1, 0, 1), (all.Disconnects.Planned, all.Disconnects.Unplanned, all.Disconnects.ByReason["shutdown"]));
        Assert.Equal((1, 0), (all.Reconnect.Count, all.Reconnect.Infinite));
        Assert.True(all.Reconnect.Max >= 0.3, $"{all.Reconnect.Max} s");
        Assert.Contains(server.Queries, query => query.Contains("resume=audio:", StringComparison.Ordinal)
            && query.Contains(",video:", StringComparison.Ordinal));
    }

    [Fact]
    public void A_connection_that_breaks_is_unplanned()
    {
        var all = runs.Of("cut off");
        AssertFaults(all);
        Assert.Equal((0, 1), (all.Disconnects.Planned, all.Disconnects.Unplanned));
        Assert.Contains(all.Disconnects.ByReason.Keys, reason => reason is "lost" or "reset");
    }

    [Fact]
    public void The_refused_are_infinitely_late()
    {
        var all = runs.Of("refused");
        AssertFaults(all);
        Assert.Equal(new ViewersReport(3, 1, 2, 0), all.Viewers);
        Assert.Equal((3, 2), (all.Join.Count, all.Join.Infinite));
        Assert.Equal(double.PositiveInfinity, all.Join.P95);
        Assert.True(all.Undelivered > 0, "what the refused should have had is undelivered");
        Assert.Contains("http 503: full", all.Refusals.Keys);
    }

    [Fact]
    public void Who_is_turned_away_by_a_bye_is_refused_and_comes_again()
    {
        var all = runs.Of("turned away");
        AssertFaults(all);
        Assert.Equal(new ViewersReport(3, 3, 0, 0), all.Viewers);
        Assert.Equal(new KeyValuePair<string, long>("bye admission: full", 1), Assert.Single(all.Refusals));
        Assert.Equal(0, all.Disconnects.Planned + all.Disconnects.Unplanned);
        Assert.True(all.Join.Max >= 1, $"joined after {all.Join.Max} s: before the time that the bye names");
        Assert.Contains("bye admission: full", runs.Of("full").Refusals.Keys);
        Assert.Equal(new ViewersReport(3, 1, 2, 0), runs.Of("full").Viewers);
    }

    [Fact]
    public void Viewers_acknowledge_what_they_got()
    {
        var ack = Assert.Single(runs.Server("acknowledged").Received.Take(1));
        using var json = JsonDocument.Parse(ack);
        Assert.Equal("ack", json.RootElement.GetProperty("type").GetString());
        Assert.InRange(json.RootElement.GetProperty("track").GetInt32(), 1, 2);
        Assert.True(json.RootElement.GetProperty("sequence").GetInt64() > 1_000_000_000);
        Assert.True(json.RootElement.GetProperty("receivedAt").GetInt64() > 1_500_000_000_000);
    }

    [Fact]
    public void A_condition_that_measured_nothing_fails_the_run()
    {
        var report = runs.Report("measured nothing");
        Assert.Equal([("reconnect.p95>60s", true), ("faults>0", false)], report.Thresholds.Select(threshold => (threshold.Expression, threshold.Broken)));
        Assert.False(report.Passed);
    }

    [Fact]
    public void Frozen_and_slow_viewers_are_reported_apart()
    {
        var report = runs.Report("apart");
        AssertFaults(report.Group("all")!);
        Assert.Equal(3, report.Group("all")!.Viewers.Wanted);
        Assert.Equal((1, 0), (report.Group("frozen")!.Viewers.Wanted, report.Group("frozen")!.Viewers.Joined));
        Assert.Equal(1, report.Group("slow")!.Viewers.Wanted);
        Assert.True(report.Group("slow")!.Bytes < report.Group("ws")!.Bytes / 8, "it reads less than the others");
    }

    private static void AssertFaults(GroupReport group, params (FaultKind Kind, long Count)[] expected)
    {
        var found = group.Faults.Where(pair => pair.Value > 0).Select(pair => $"{pair.Value} {pair.Key}");
        Assert.Equal(expected.Select(fault => $"{fault.Count} {Figure.NameOf(fault.Kind)}"), found);
    }

    /// <summary>All runs, at once.</summary>
    public sealed class Runs : IAsyncLifetime
    {
        private readonly Dictionary<string, (LoadReport Report, SocketServer Server)> _runs = new(StringComparer.Ordinal);

        /// <inheritdoc/>
        public async ValueTask InitializeAsync() => await Task.WhenAll(
            RunAsync("clean", app => SocketServer.Make(app)),
            RunAsync("acknowledged", app => SocketServer.Make(app)),
            RunAsync("dropped", app => SocketServer.Make(app, send: chunk => chunk.IsChosen() ? [] : [chunk.Bytes])),
            RunAsync("repeated", app => SocketServer.Make(app, send: chunk => chunk.IsChosen() ? [chunk.Bytes, chunk.Bytes]
                : [chunk.Bytes])),
            RunAsync("wrong time", app => SocketServer.Make(app, send: chunk =>
                [chunk.IsChosen() ? chunk.Moved(SocketServer.SourceTimeAt, 300_000) : chunk.Bytes])),
            RunAsync("moved for good", app =>
                SocketServer.Make(app, send: chunk => [chunk is { Viewer: 0, Index: > 6 } ? Moved(chunk) : chunk.Bytes])),
            RunAsync("from the future", app =>
                SocketServer.Make(app, send: chunk =>
                [chunk.IsChosen() ? chunk.Moved(SocketServer.PublishedAt, 30_000_000) : chunk.Bytes])),
            RunAsync("damaged payload", app => SocketServer.Make(app, send: chunk => [Damaged(chunk, chunk.Bytes.Length - 20)])),
            RunAsync("damaged box", app => SocketServer.Make(app, send: chunk => [Damaged(chunk, SocketServer.HeaderLength + 5)])),
            RunAsync("cut short", app => SocketServer.Make(app, send: chunk => [chunk.IsChosen() ? chunk.Bytes[..^30] : chunk.Bytes])),
            RunAsync("no JSON", app => SocketServer.Make(app, say: chunk => chunk.IsChosen() ? "hello?" : null)),
            RunAsync("off the picture", app =>
                SocketServer.Make(app, send: chunk => [chunk.Track == 2 ? chunk.Moved(SocketServer.SourceTimeAt, -400_000) : chunk.Bytes])),
            RunAsync("no init", app => SocketServer.Make(app, sendsInit: false)),
            RunAsync("held back", app => SocketServer.Make(app, hold: chunk => TimeSpan.FromSeconds(chunk.IsChosen() ? 1.3 : 0))),
            RunAsync("skipped", app => SocketServer.Make(app, send: chunk => Chosen(chunk, 2) ? [] : [chunk.Bytes], say: Skipping)),
            RunAsync("stands still", app =>
                SocketServer.Make(app, hold: chunk => TimeSpan.FromSeconds(chunk.Index >= 20 ? 60 : 0), segmentMs: 128), seconds: 7),
            RunAsync("bye", app => SocketServer.Make(app, endsAfter: viewer => viewer == 0 ? 8 : null, bye: """{"type":"bye","reason":"shutdown","detail":"an update","reconnect":true,"afterMs":300}""")),
            RunAsync("cut off", app => SocketServer.Make(app, endsAfter: viewer => viewer == 0 ? 8 : null)),
            RunAsync("refused", app => SocketServer.Make(app, refuses: viewer => viewer > 0 ? 503 : null)),
            RunAsync("turned away", app => SocketServer.Make(app, turnsAway: viewer => viewer == 0)),
            RunAsync("full", app => SocketServer.Make(app, turnsAway: viewer => viewer > 0)),
            RunAsync("measured nothing", app => SocketServer.Make(app), more: options =>
                options with { Thresholds = [Threshold.Parse("reconnect.p95>60s").Threshold!, Threshold.Parse("faults>0").Threshold!] }),
            RunAsync("apart", app => SocketServer.Make(app), more: options =>
                options with { Frozen = 1, Slow = 1, SlowBytesPerSecond = 1000 }));

        /// <inheritdoc/>
        public async ValueTask DisposeAsync()
        {
            foreach (var (_, server) in _runs.Values)
                await server.DisposeAsync();
        }

        internal GroupReport Of(string name) => _runs[name].Report.Group("all")!;

        internal LoadReport Report(string name) => _runs[name].Report;

        internal SocketServer Server(string name) => _runs[name].Server;

        private static bool Chosen(SentChunk chunk, int count) => chunk is { Viewer: 0, Track: 2 } && chunk.Index >= 6
            && chunk.Index < 6 + count;

        /// <summary>Both tracks' source and media time from a point on: a jump without the flag that allows it.</summary>
        private static byte[] Moved(SentChunk chunk) => chunk.Track == 2 ? chunk.Moved(SocketServer.SourceTimeAt, 20_000) : chunk.Bytes;

        private static byte[] Damaged(SentChunk chunk, int at)
        {
            if (chunk.IsChosen())
                chunk.Bytes[at] ^= 0x55;
            return chunk.Bytes;
        }

        private static string? Skipping(SentChunk chunk)
        {
            if (!chunk.IsChosen())
                return null;
            var sequence = System.Buffers.Binary.BinaryPrimitives.ReadInt64BigEndian(chunk.Bytes.AsSpan(8));
            return string.Create(CultureInfo.InvariantCulture, $$"""{"type":"notice","code":"skipped","detail":"too slow","track":2,"from":{{sequence}},"to":{{sequence + 1}}}""");
        }

        /// <summary>Runs until every connection has had enough, or for a number of seconds.</summary>
        private async Task RunAsync(
            string name, Func<Microsoft.AspNetCore.Builder.WebApplication, SocketServer> make, double? seconds = null, Func<LoadOptions,
                LoadOptions>? more = null)
        {
            const int Enough = 26;
            var server = await SocketServer.StartAsync(make);
            var full = new System.Collections.Concurrent.ConcurrentDictionary<int, bool>();
            using var stop = new CancellationTokenSource();
            server.Sent = (viewer, count) =>
            {
                // The first connection of a viewer that is cut off ends early; its second one counts in its place. So does who is let in.
                if (seconds is null && count >= Enough && full.TryAdd(viewer, true) && full.Count == (name is "refused" or "full" ? 1 : 3))
                    stop.CancelAfter(TimeSpan.FromSeconds(0.3));
            };
            var options = new LoadOptions
            {
                Url = server.Root,
                Channel = "test",
                Viewers = 3,
                Ramp = TimeSpan.Zero,
                Languages = ["es"],
                Duration = TimeSpan.FromSeconds(seconds ?? 60),
            };
            var outcome = await LoadRun.RunAsync(more?.Invoke(options) ?? options, TimeProvider.System, _ => { }, stop.Token);
            Assert.Null(outcome.Problem);
            lock (_runs)
                _runs.Add(name, (outcome.Report!, server));
        }
    }
}
