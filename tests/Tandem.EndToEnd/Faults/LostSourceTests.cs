using Tandem.Checks.Detectors;
using Tandem.Checks.Hls;
using Tandem.Checks.LiveOrigin;
using Tandem.Checks.Recording;
using Tandem.Checks.Signals;
using Tandem.EndToEnd.Harness;
using Xunit;

namespace Tandem.EndToEnd.Faults;

/// <summary>
/// Channels whose sources go away for 20 s in every way that sources do, one whose source never comes back, one that starts its numbers
/// anew, and one on which nothing happens; all at once in one server, recorded once for all tests of <see cref="LostSourceTests"/>.
/// </summary>
public sealed class LostSources : IAsyncLifetime
{
    /// <summary>How long sources are away.</summary>
    public static readonly TimeSpan Away = TimeSpan.FromSeconds(20);

    private static readonly string[] _away = ["covered", "lost", "refused", "hanging", "forever"];
    private readonly Dictionary<string, HlsRecording> _recordings = new(StringComparer.Ordinal);
    private readonly Dictionary<string, long> _newest = new(StringComparer.Ordinal);
    private TandemServer? _server;
    private OriginServer? _origin;
    private Relay? _relay;

    /// <summary>What the channels said of themselves.</summary>
    public StateDiary Diary { get; private set; } = null!;

    /// <summary>When the sources went away.</summary>
    public DateTimeOffset Gone { get; private set; }

    /// <summary>When they came back.</summary>
    public DateTimeOffset Back { get; private set; }

    /// <summary>The server.</summary>
    public TandemServer Server => _server!;

    /// <summary>What a channel published.</summary>
    public HlsRecording Recording(string channel) => _recordings[channel];

    /// <summary>The number of the newest segment that Tandem saw before its source went away.</summary>
    public long Newest(string channel) => _newest[channel];

    /// <inheritdoc/>
    public async ValueTask InitializeAsync()
    {
        var sine = await Programmes.SineAsync(Packing.Ts, 132, segment: 1, loop: 64);
        _origin = await OriginServer.StartAsync();
        OriginOptions Options(int window) => new() { Programme = sine, AtEnd = AtEnd.LoopSeamlessly, Window = window, FirstSequence = 500 };
        var sources = new Dictionary<string, OriginChannel>
        {
            // A window of 28 s holds all that appeared in 20 s; one of 8 s does not.
            ["covered"] = _origin.Add("covered", Options(28)),
            ["lost"] = _origin.Add("lost", Options(8)),
            ["refused"] = _origin.Add("refused", Options(8)),
            ["hanging"] = _origin.Add("hanging", Options(28)),
            ["forever"] = _origin.Add("forever", Options(8)),
            ["reset"] = _origin.Add("reset", Options(8)),
            ["steady"] = _origin.Add("steady", Options(8)),
        };
        var relay = _relay = new Relay(_origin.Root);
        _server = await TandemServer.StartAsync(sources.Select(pair =>
            TandemServer.Channel(pair.Key, pair.Key == "refused" ? relay.Through(pair.Value.Master) : pair.Value.Master, delay: "6s")));
        // A source that starts anew shows nothing until its first segment is complete.
        Server.Excuse((channel, violation) => channel == "reset" && violation.Rule == HlsRule.Growth);
        Diary = StateDiary.Start(Server, [.. sources.Keys]);
        var recorders = sources.Keys.ToDictionary(id => id, id => HlsRecorder.Start(Server.Master(id)));
        await Task.WhenAll(recorders.Values.Select(recorder => recorder.SecondsAsync(8, TimeSpan.FromSeconds(60))));

        var outages = _away.Select(Server.ExpectOutage).ToList();
        Gone = TimeProvider.System.GetUtcNow();
        var faults = new List<IDisposable>
        {
            sources["covered"].Outage(), sources["lost"].Outage(), sources["hanging"].Inject(new SlowFault(Resource.All, TimeSpan.FromHours(1))),
        };
        sources["forever"].Outage();
        await relay.ShutAsync();
        foreach (var id in _away)
            _newest[id] = Seen(sources[id]);
        await Task.Delay(Away / 4, TimeProvider.System);
        _newest["reset"] = Seen(sources["reset"]);
        sources["reset"].Restart();
        await Task.Delay(Away * 3 / 4, TimeProvider.System);

        faults.ForEach(fault => fault.Dispose());
        relay.Reopen();
        Back = TimeProvider.System.GetUtcNow();
        await Server.UntilAsync(
            "the sources are live again",
            async () => (await Task.WhenAll(_away.Where(id => id != "forever").Select(async id => (await Server.ChannelAsync(id)).GetProperty("state").GetString())))
                .All(state => state == "live"),
            TimeSpan.FromSeconds(30));
        foreach (var (id, outage) in _away.Zip(outages).Where(pair => pair.First != "forever"))
        {
            await recorders[id].UntilAsync(now => now.Voice("es").Segments[^1].ListedAt > Back + TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(30));
            outage.Dispose();
        }

        await Task.WhenAll(recorders.Where(pair => pair.Key != "forever").Select(pair => pair.Value.UntilAsync(
            now => now.Tracks.All(track => track.Segments[^1].ListedAt > Back + TimeSpan.FromSeconds(8)), TimeSpan.FromSeconds(40))));
        foreach (var (id, recorder) in recorders)
        {
            _recordings[id] = recorder.Snapshot();
            await recorder.DisposeAsync();
        }
    }

    /// <summary>The newest segment that Tandem asked for.</summary>
    private static long Seen(OriginChannel source) =>
        source.Requests.Where(request => request is { Resource: Resource.Segment, Agent: "Tandem" }).Max(request => request.Entry!.Sequence);

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await Diary.DisposeAsync();
        await Server.DisposeAsync();
        await _relay!.DisposeAsync();
        await _origin!.DisposeAsync();
    }
}

/// <summary>A source that is gone and comes back, or does not, or starts anew (issue 2, point 5).</summary>
public sealed class LostSourceTests(LostSources lost) : IClassFixture<LostSources>
{
    /// <summary>The delay of 6 s, and what the fixture's own machine takes.</summary>
    private static readonly TimeSpan _playedOut = TimeSpan.FromSeconds(6 + 3);

    [Theory]
    [InlineData("covered", "503")]
    [InlineData("lost", "503")]
    [InlineData("refused", "nothing listens there")]
    [InlineData("hanging", "")]
    [InlineData("forever", "503")]
    public void What_is_buffered_plays_out_and_then_the_state_says_why_nothing_grows(string channel, string reason)
    {
        var standing = lost.Diary.Between(channel, lost.Gone + _playedOut, lost.Back);
        Assert.NotEmpty(standing);
        Assert.True(standing.All(entry => entry.Number == lost.Newest(channel)), Told(channel));
        var last = standing[^1];
        Assert.True(last.State == "source_lost" && last.Reason.Length > 0 && last.Reason.Contains(reason, StringComparison.Ordinal), Told(channel));

        // Nothing that was buffered was lost or held back: the last segments were published while the source was gone.
        Assert.Contains(lost.Diary.Between(channel, lost.Gone, lost.Gone + _playedOut), entry => entry.Number < lost.Newest(channel));
    }

    [Theory]
    [InlineData("covered")]
    [InlineData("hanging")]
    public async Task What_the_window_still_covers_goes_on_without_a_discontinuity(string channel)
    {
        var recording = lost.Recording(channel);
        foreach (var track in recording.Tracks)
        {
            Assert.Single(track.Epochs);
            Consecutive(track);
        }

        // The picture's segments are the source's own; the voices are Tandem's, and were there all the time.
        Assert.All(recording.Tracks.Where(track => track.Item.Type != "VARIANT").SelectMany(track => track.Segments), segment => Assert.NotNull(segment.Data));

        // Encoders send the last sound of a segment with the next one: that alone was not there when it was due.
        foreach (var voice in new[] { recording.Original, recording.Voice("es") })
        {
            var faults = await Faults(voice);
            Assert.True(faults.Count == 0 || faults[^1].Seconds - faults[0].Seconds < 0.25, string.Join(", ", faults));
        }

        Assert.Equal(0, await lost.Server.MetricAsync("tandem_epochs_total", $"channel=\"{channel}\"", "reason=\"outage\""));
    }

    [Theory]
    [InlineData("lost")]
    [InlineData("refused")]
    public async Task What_the_window_lost_is_a_discontinuity(string channel)
    {
        var recording = lost.Recording(channel);
        foreach (var track in recording.Tracks)
        {
            Assert.Equal(2, track.Epochs.Count);
            Consecutive(track);
        }

        foreach (var voice in new[] { recording.Original, recording.Voice("es") })
        {
            foreach (var epoch in voice.Epochs)
                Assert.Empty(Clicks.Find(await Decode.SoundAsync(voice.Sound(epoch))));
        }

        Assert.Equal(lost.Newest(channel), recording.Voice("es").Had(recording.Voice("es").Epochs[0])[^1].Listed.Sequence);
        Assert.Equal(1, await lost.Server.MetricAsync("tandem_epochs_total", $"channel=\"{channel}\"", "reason=\"outage\""));
    }

    [Fact]
    public async Task What_is_gone_for_good_stays_lost_and_the_server_goes_on()
    {
        Assert.True(lost.Diary.Between("forever", lost.Back, DateTimeOffset.MaxValue).All(entry => entry.State == "source_lost"), Told("forever"));
        Assert.True(await lost.Server.MetricAsync("tandem_source_age_seconds", "channel=\"forever\"") > LostSources.Away.TotalSeconds);
        Assert.Equal(lost.Newest("forever"), (await lost.Server.ChannelAsync("forever")).GetProperty("lastPublished").GetProperty("number").GetInt64());
    }

    [Fact]
    public async Task Numbers_that_start_anew_go_on_after_the_last_with_a_discontinuity()
    {
        var recording = lost.Recording("reset");
        foreach (var track in recording.Tracks)
        {
            Assert.True(track.Epochs.Count == 2, string.Join(", ", track.Segments.Select(segment => $"{segment.Listed.Sequence}/{segment.Epoch}")));
            Consecutive(track);

            // The source's first new segment bears the number after its last old one.
            Assert.Equal(lost.Newest("reset") + 1, track.Had(track.Epochs[1])[0].Listed.Sequence);
            Assert.Contains("/1-0.", recording.Variant.Had(recording.Variant.Epochs[1])[0].Listed.Address.AbsolutePath, StringComparison.Ordinal);
        }

        foreach (var voice in new[] { recording.Original, recording.Voice("es") })
        {
            foreach (var epoch in voice.Epochs)
                Assert.Empty(Clicks.Find(await Decode.SoundAsync(voice.Sound(epoch))));
        }

        Assert.Equal(1, await lost.Server.MetricAsync("tandem_epochs_total", "channel=\"reset\"", "reason=\"reset\""));
    }

    [Fact]
    public async Task Another_channel_does_not_notice()
    {
        var recording = lost.Recording("steady");
        foreach (var voice in new[] { recording.Original, recording.Voice("es") })
        {
            Assert.Single(voice.Epochs);
            Assert.Empty(Clicks.Find(await Decode.SoundAsync(voice.Sound(voice.Epochs[0]))));
        }

        Assert.True(lost.Diary.Between("steady", lost.Gone, DateTimeOffset.MaxValue).All(entry => entry.State == "live"), Told("steady"));
        Assert.Equal(0, await lost.Server.MetricAsync("tandem_segment_failures_total", "channel=\"steady\""));
    }

    private static async Task<IReadOnlyList<ToneFault>> Faults(RecordedTrack voice) =>
        Clicks.Find(await Decode.SoundAsync(voice.Sound(voice.Epochs[0])));

    private static void Consecutive(RecordedTrack track)
    {
        var numbers = track.Segments.Select(segment => segment.Listed.Sequence).Order().ToList();
        Assert.Equal(Enumerable.Range(0, numbers.Count).Select(index => numbers[0] + index), numbers);
    }

    private string Told(string channel) =>
        $"{lost.Diary.Told(channel)}\ngone {lost.Gone:HH:mm:ss.f} at {(channel == "steady" ? 0 : lost.Newest(channel))}, back {lost.Back:HH:mm:ss.f}\n{lost.Server.Tail(20)}";
}
