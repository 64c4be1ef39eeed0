using Tandem.Operations.Load;
using Xunit;

namespace Tandem.Tests.Load;

/// <summary>
/// Two viewers by HLS of a server that does one thing wrong: that fault is found, and no other. Each run ends when both have had enough
/// segments; all share a few seconds.
/// </summary>
public sealed class HlsDetectorTests(HlsDetectorTests.Runs runs) : IClassFixture<HlsDetectorTests.Runs>
{
    [Fact]
    public void A_clean_run_shows_nothing()
    {
        var all = runs.Of("clean");
        AssertFaults(all);
        Assert.Equal(new ViewersReport(2, 2, 0, 0), all.Viewers);
        Assert.Equal((0, 0), (all.Undelivered, all.Disconnects.Planned + all.Disconnects.Unplanned));
        Assert.True(all.Delivered >= 12, $"{all.Delivered} segments");

        // Three target durations behind the end of a playlist that is 8 s behind.
        Assert.InRange(all.Delay.P50!.Value, 10, 60);
        Assert.True(runs.Server("clean").Conditional > 0, "playlists are asked for conditionally");
    }

    [Theory]
    [InlineData("not there", FaultKind.Missing, 2)]
    [InlineData("sent again", FaultKind.Repeated, 2)]
    [InlineData("cut short", FaultKind.Structure, 2)]
    [InlineData("other bytes", FaultKind.Content, 1)]
    [InlineData("media time off", FaultKind.Time, 2)]
    [InlineData("date off", FaultKind.Time, 2)]
    [InlineData("off the picture", FaultKind.Sync, 2)]
    [InlineData("playlist goes back", FaultKind.Protocol, 1)]
    public void A_fault_is_found_and_nothing_else(string name, FaultKind kind, int count)
    {
        var all = runs.Of(name);
        AssertFaults(all, (kind, count));
        Assert.Equal(kind == FaultKind.Missing ? 2 : 0, all.Undelivered);
    }

    [Fact]
    public void What_is_held_back_is_late_and_nothing_else()
    {
        var all = runs.Of("held back");
        AssertFaults(all);
        Assert.True(all.Delivery.Max >= 1.5, $"{all.Delivery.Max} s");
    }

    [Fact]
    public void An_outage_is_a_disconnect_and_the_time_until_media_comes_again()
    {
        var all = runs.Of("outage");
        AssertFaults(all);
        Assert.True(all.Disconnects.ByReason["http 503"] is 1 or 2);
        Assert.Equal(all.Disconnects.Unplanned, all.Reconnect.Count);
        Assert.Equal(0, all.Reconnect.Infinite);
        Assert.True(all.Reconnect.Max >= 1, $"{all.Reconnect.Max} s");
    }

    [Fact]
    public void A_voice_that_does_not_exist_is_a_refusal_that_names_those_that_do()
    {
        var all = runs.Of("no such voice");
        Assert.Equal(new ViewersReport(2, 0, 2, 0), all.Viewers);
        Assert.Equal(["there is no voice fr; there are en, es"], all.Refusals.Keys);
        Assert.False(runs.Report("no such voice").Passed);
    }

    [Fact]
    public void The_voice_alone_is_one_track()
    {
        var all = runs.Of("audio");
        AssertFaults(all);
        Assert.Equal(2, all.Viewers.Joined);
        Assert.InRange(all.Delivered, 6, 24);
    }

    private static void AssertFaults(GroupReport group, params (FaultKind Kind, long Count)[] expected)
    {
        var found = group.Faults.Where(pair => pair.Value > 0).Select(pair => $"{pair.Value} {pair.Key}");
        Assert.Equal(expected.Select(fault => $"{fault.Count} {Figure.NameOf(fault.Kind)}"), found);
    }

    /// <summary>All runs, at once.</summary>
    public sealed class Runs : IAsyncLifetime
    {
        private readonly Dictionary<string, (LoadReport Report, HlsServer Server)> _runs = new(StringComparer.Ordinal);

        /// <inheritdoc/>
        public async ValueTask InitializeAsync() => await Task.WhenAll(
            RunAsync("clean", app => HlsServer.Make(app)),
            RunAsync("audio", app => HlsServer.Make(app), options => options with { AudioOnly = true }),
            RunAsync("not there", app => HlsServer.Make(app, send: file => file.IsChosen ? null : file.Bytes)),
            RunAsync("sent again", app => HlsServer.Make(app, send: file => file.IsChosen ? Before(file) : file.Bytes)),
            RunAsync("cut short", app => HlsServer.Make(app, send: file => file.IsChosen ? file.Bytes[..^5] : file.Bytes)),
            RunAsync("other bytes", app => HlsServer.Make(app, send: Damaged)),
            RunAsync("media time off", app => HlsServer.Make(app, off: number => number == HlsServer.Chosen ? 90_000 : 0)),
            RunAsync("date off", app => HlsServer.Make(app, list: (voice, _, text) => voice ? DateOff(text) : text)),
            RunAsync("off the picture", app => HlsServer.Make(app, off: _ => 30_000)),
            RunAsync("playlist goes back", app => HlsServer.Make(app, list: new Backwards().List)),
            RunAsync("held back", app => HlsServer.Make(app, hold: file =>
                TimeSpan.FromSeconds(file is { IsChosen: true, Asked: 0 } ? 1.6 : 0))),
            RunAsync("outage", app => HlsServer.Make(app, list: new Outage().List)),
            RunAsync("no such voice", app => HlsServer.Make(app), options =>
                options with { Languages = ["fr"], Duration = TimeSpan.FromSeconds(2) }));

        /// <inheritdoc/>
        public async ValueTask DisposeAsync()
        {
            foreach (var (_, server) in _runs.Values)
                await server.DisposeAsync();
        }

        internal GroupReport Of(string name) => _runs[name].Report.Group("all")!;

        internal LoadReport Report(string name) => _runs[name].Report;

        internal HlsServer Server(string name) => _runs[name].Server;

        private static byte[] Before(SentFile file) =>
            MadeMedia.Packed(System.Buffers.Binary.BinaryPrimitives.ReadInt64BigEndian(file.Bytes.AsSpan(65)) - 46_080, 24,
            file.Number - 1);

        private static byte[] Damaged(SentFile file)
        {
            if (file is { IsChosen: true, Asked: 0 })
                file.Bytes[^20] ^= 1;
            return file.Bytes;
        }

        /// <summary>One segment is dated 120 ms too early.</summary>
        private static string DateOff(string text)
        {
            var lines = text.Split('\n').ToList();
            for (var index = lines.Count - 1; index > 1; index--)
            {
                if (lines[index].StartsWith('a') && int.Parse(lines[index][1..^4], System.Globalization.CultureInfo.InvariantCulture) == HlsServer.Chosen)
                {
                    var date = lines.FindLastIndex(index, line => line.StartsWith("#EXT-X-PROGRAM-DATE-TIME:", StringComparison.Ordinal));
                    var at = DateTimeOffset.Parse(lines[date][25..], System.Globalization.CultureInfo.InvariantCulture);
                    lines[date] = $"#EXT-X-PROGRAM-DATE-TIME:{at.AddMilliseconds(-120):yyyy-MM-ddTHH:mm:ss.fffZ}";
                }
            }

            return string.Join('\n', lines);
        }

        private async Task RunAsync(
            string name, Func<Microsoft.AspNetCore.Builder.WebApplication, HlsServer> make, Func<LoadOptions, LoadOptions>? more = null)
        {
            const int Last = HlsServer.Chosen + 5;
            var server = await HlsServer.StartAsync(make);
            var asked = 0;
            using var stop = new CancellationTokenSource();
            server.Asked = file =>
            {
                if (file is { Voice: true, Number: Last } && Interlocked.Increment(ref asked) == 2)
                    stop.CancelAfter(TimeSpan.FromSeconds(0.3));
            };
            var options = new LoadOptions
            {
                Url = new Uri(server.Root, "master.m3u8"),
                Via = Via.Hls,
                Viewers = 2,
                Ramp = TimeSpan.Zero,
                Languages = ["es"],
                Duration = TimeSpan.FromSeconds(60),
            };
            var outcome = await LoadRun.RunAsync(more?.Invoke(options) ?? options, TimeProvider.System, _ => { }, stop.Token);
            Assert.Null(outcome.Problem);
            lock (_runs)
                _runs.Add(name, (outcome.Report!, server));
        }

        /// <summary>Sends the playlist of the beginning once more, once.</summary>
        private sealed class Backwards
        {
            private string? _first;
            private int _sent;

            public string? List(bool voice, int asked, string text)
            {
                if (!voice)
                    return text;
                _first ??= text;
                // Both viewers may ask at the same moment.
                var isTime = text.Contains($"\na{HlsServer.Chosen + 2}.aac", StringComparison.Ordinal);
                return isTime && Interlocked.Exchange(ref _sent, 1) == 0 ? _first : text;
            }
        }

        /// <summary>Is not there for a second in the middle.</summary>
        private sealed class Outage
        {
            private long _began;

            public string? List(bool voice, int asked, string text)
            {
                if (!text.Contains($"\na{HlsServer.Chosen + 1}.aac", StringComparison.Ordinal) && _began == 0)
                    return text;
                if (_began == 0)
                    _began = TimeProvider.System.GetTimestamp();
                return TimeProvider.System.GetElapsedTime(_began) < TimeSpan.FromSeconds(1.2) ? null : text;
            }
        }
    }
}
