using System.Text.RegularExpressions;
using Tandem.Checks.Detectors;
using Tandem.Checks.Hls;
using Tandem.Checks.LiveOrigin;
using Tandem.Checks.Recording;
using Tandem.Checks.Signals;
using Tandem.EndToEnd.Harness;
using Xunit;

namespace Tandem.EndToEnd.Faults;

/// <summary>
/// One server with a channel for everything that can be wrong with a source, and a good one beside them. First the sources are bad, then
/// they are mended; what was seen is for the tests of <see cref="BadSourceTests"/>.
/// </summary>
public sealed class BadSources : IAsyncLifetime
{
    private static readonly TimeSpan _limit = TimeSpan.FromSeconds(40);
    private readonly Dictionary<string, HlsRecording> _recordings = new(StringComparer.Ordinal);
    private OriginServer? _origin;
    private TandemServer? _server;

    /// <summary>What the channels said of themselves.</summary>
    public StateDiary Diary { get; private set; } = null!;

    /// <summary>The server.</summary>
    public TandemServer Server => _server!;

    /// <summary>The origin's channels.</summary>
    public Dictionary<string, OriginChannel> Sources { get; } = new(StringComparer.Ordinal);

    /// <summary>The most memory that the server itself took, bytes.</summary>
    public long Resident { get; private set; }

    /// <summary>What a channel published.</summary>
    public HlsRecording Recording(string channel) => _recordings[channel];

    /// <inheritdoc/>
    public async ValueTask InitializeAsync()
    {
        var sine = await Programmes.SineAsync(Packing.Ts, 132, segment: 1, loop: 64);
        var silent = await ProgrammeMaker.MakeAsync(new ProgrammeRecipe(
            Packing.Ts, [new PictureRecipe(FrameRate.Pal, 64, 36, 20_000, Flashes: false)], [], Seconds: 20, SegmentSeconds: 1));
        _origin = await OriginServer.StartAsync();
        OriginChannel Add(string id, Programme programme) => Sources[id] = _origin.Add(
            id, new OriginOptions { Programme = programme, AtEnd = programme == sine ? AtEnd.LoopSeamlessly : AtEnd.LoopWithDiscontinuity, Window = 8 });

        var faults = new List<IDisposable>
        {
            Add("not-found", sine).Inject(new StatusFault(Resource.All, 404)),
            Add("html", sine).Inject(new HtmlFault(Resource.Master)),
            Add("html-within", sine).Inject(new HtmlFault(Resource.Playlist)),
            Add("sample-aes", sine).Inject(new SampleAesFault()),
            Add("endless", sine).Inject(new EndlessFault(Resource.Segment)),
            Add("bomb", sine).Inject(new GzipBombFault(Resource.Playlist)),
            Add("bomb-master", sine).Inject(new GzipBombFault(Resource.Master)),
            Add("file-scheme", sine).Inject(new RedirectFault(Resource.Segment, new Uri("file:///etc/passwd"))),
            Add("truncated", sine).Inject(new TruncateFault(Resource.Segment)),
            Add("damaged", sine).Inject(new DamageFault(Resource.Segment)),
        };
        Add("unknown-codec", OtherCodec(sine));
        Add("no-sound", silent);
        Add("private", sine);
        Add("backwards", sine);
        Add("good", sine);
        _server = await TandemServer.StartAsync(
            [
                .. Sources.Where(pair => pair.Key != "private").Select(pair => TandemServer.Channel(pair.Key, pair.Value.Master)),
                TandemServer.Channel("private", Sources["private"].Master).Replace(",allow_private=true", "", StringComparison.Ordinal),
                TandemServer.Channel("private-name", new Uri($"http://localhost:{_origin.Root.Port}/private/master.m3u8"))
                    .Replace(",allow_private=true", "", StringComparison.Ordinal),
                TandemServer.Channel("no-host", new Uri("http://no-such-host.invalid/master.m3u8")),
            ]);

        // Sources that hold damaged or missing sound, or take segments back, cannot be published without a trace of it.
        Server.Excuse((channel, violation) => channel is "truncated" or "damaged" or "endless" or "file-scheme" or "unknown-codec" or "sample-aes" or "backwards"
            && violation.Rule is HlsRule.MediaTime or HlsRule.VoiceJoin or HlsRule.Growth or HlsRule.VoiceGap);
        Diary = StateDiary.Start(Server, [.. Sources.Keys, "private-name", "no-host"]);
        await using var good = HlsRecorder.Start(Server.Master("good"));
        await using var backwards = HlsRecorder.Start(Server.Master("backwards"));
        await backwards.SecondsAsync(6, _limit);
        using (Sources["backwards"].Inject(new BackwardsFault(TimeSpan.FromSeconds(5))))
            await WatchAsync(TimeSpan.FromSeconds(6));
        await WatchAsync(TimeSpan.FromSeconds(4));
        await Server.UntilAsync("every bad source is told", () => Task.FromResult(BadSourceTests.Bad.All(bad => Diary.Of(bad).Any(entry => entry.Reason.Length > 0))), _limit);

        faults.ForEach(fault => fault.Dispose());
        await Server.UntilAsync(
            "every mended source is live",
            () =>
            {
                Measure();
                return Task.FromResult(BadSourceTests.Mended.All(id => Diary.Of(id)[^1].State == "live"));
            },
            _limit);
        _recordings["backwards"] = backwards.Snapshot();
        _recordings["good"] = good.Snapshot();
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (Diary is not null)
            await Diary.DisposeAsync();
        if (_server is not null)
            await _server.DisposeAsync();
        if (_origin is not null)
            await _origin.DisposeAsync();
    }

    /// <summary>The same programme, its sound said to be DTS (ETSI TS 101 154): the stream type in every PMT, and the PMT's check sum.</summary>
    private static Programme OtherCodec(Programme programme) => programme with
    {
        Tracks = [.. programme.Tracks.Select(track => track with { Pieces = [.. track.Pieces.Select(piece => piece with { Data = StreamType.Replaced(piece.Data, 0x0F, 0x8A) })] })],
    };

    private async Task WatchAsync(TimeSpan time)
    {
        var began = TimeProvider.System.GetTimestamp();
        while (TimeProvider.System.GetElapsedTime(began) < time)
        {
            Measure();
            await Task.Delay(TimeSpan.FromSeconds(0.2), TimeProvider.System);
        }
    }

    private void Measure() => Resident = Math.Max(Resident, ProcessTree.Usage(Server.ProcessId)?.Resident ?? 0);
}

/// <summary>
/// A source that cannot be had or understood is a state of its channel, shown with its reason, counted and tried again; the server and its
/// other channels go on (issue 2, Bad input, and point 5).
/// </summary>
public sealed partial class BadSourceTests(BadSources bad) : IClassFixture<BadSources>
{
    /// <summary>Channels whose source is bad from the beginning.</summary>
    public static readonly IReadOnlyList<string> Bad =
    [
        "not-found", "html", "html-within", "sample-aes", "unknown-codec", "no-sound", "endless", "bomb", "bomb-master", "file-scheme", "private",
        "private-name", "no-host",
    ];

    /// <summary>Those of them that were mended.</summary>
    public static readonly IReadOnlyList<string> Mended =
        ["not-found", "html", "html-within", "sample-aes", "endless", "bomb", "bomb-master", "file-scheme", "truncated", "damaged"];

    [Theory]
    [InlineData("not-found", "the server answers 404")]
    [InlineData("html", "an HTML page came instead of a playlist")]
    [InlineData("html-within", "an HTML page came instead of a playlist")]
    [InlineData("sample-aes", "protected by DRM")]
    [InlineData("unknown-codec", "codec|no sound")]
    [InlineData("no-sound", "no variant has sound")]
    [InlineData("endless", "more than 67108864 bytes")]
    [InlineData("bomb", "more than 16777216 bytes")]
    [InlineData("bomb-master", "more than 16777216 bytes")]
    [InlineData("file-scheme", "scheme|redirect")]
    [InlineData("private", "127.0.0.1, which is not public; set allow_private")]
    [InlineData("private-name", "which is not public; set allow_private")]
    [InlineData("no-host", "no host named no-such-host.invalid")]
    public async Task The_state_says_why_in_words_and_it_is_counted(string channel, string reason)
    {
        var told = bad.Diary.Of(channel).Where(entry => Regex.IsMatch(entry.Reason, reason)).ToList();
        Assert.True(told.Count > 0 && told.All(entry => entry.State is "source_lost" or "faulted"), Told(channel));
        Assert.All(bad.Diary.Of(channel), entry => Assert.DoesNotContain("   at ", entry.Reason, StringComparison.Ordinal));
        Assert.True(await bad.Server.MetricAsync("tandem_segment_failures_total", $"channel=\"{channel}\"") > 0, Told(channel));
    }

    [Theory]
    [InlineData("private")]
    [InlineData("private-name")]
    public void An_address_that_is_not_public_is_never_asked(string channel)
    {
        Assert.DoesNotContain(bad.Sources["private"].Requests, request => request.Agent == "Tandem");
        Assert.True(bad.Diary.Of(channel).All(entry => entry.Number is null), Told(channel));
    }

    [Theory]
    [InlineData("not-found")]
    [InlineData("html")]
    [InlineData("html-within")]
    [InlineData("sample-aes")]
    [InlineData("endless")]
    [InlineData("bomb")]
    [InlineData("bomb-master")]
    [InlineData("file-scheme")]
    public void It_is_tried_again_and_a_source_that_is_mended_is_live(string channel) =>
        Assert.True(bad.Diary.Of(channel)[^1] is { State: "live", Reason: "" }, Told(channel));

    [Theory]
    [InlineData("truncated")]
    [InlineData("damaged")]
    public async Task Segments_that_are_damaged_are_played_as_far_as_they_go(string channel)
    {
        // What the decoder can make of them is heard, the rest is a hole; the channel is on the air all the time.
        var counters = (await bad.Server.ChannelAsync(channel)).GetProperty("counters");
        Assert.True(counters.GetProperty("holes").GetInt64() > 0 || counters.GetProperty("failures").GetInt64() > 0, counters.GetRawText());
        var entries = bad.Diary.Of(channel);
        var first = entries.First(entry => entry.Number is not null);
        Assert.True(entries[^1].Number - first.Number > (entries[^1].At - first.At).TotalSeconds - 5, Told(channel));
    }

    [Fact]
    public void A_playlist_that_goes_backwards_is_waited_out()
    {
        foreach (var track in bad.Recording("backwards").Tracks)
        {
            Assert.Single(track.Epochs);
            var numbers = track.Segments.Select(segment => segment.Listed.Sequence).ToList();
            Assert.Equal(Enumerable.Range(0, numbers.Count).Select(index => numbers[0] + index), numbers);
        }
    }

    [Fact]
    public async Task The_channel_beside_them_does_not_notice()
    {
        foreach (var voice in new[] { bad.Recording("good").Original, bad.Recording("good").Voice("es") })
        {
            Assert.Single(voice.Epochs);
            var faults = Clicks.Find(await Decode.SoundAsync(voice.Sound(voice.Epochs[0])));
            Assert.True(faults.Count == 0, $"{voice.Item.Name}: {string.Join(", ", faults)}");
        }

        Assert.True(bad.Diary.Of("good").All(entry => entry.State is "starting" or "live"), Told("good"));
    }

    [Fact]
    public void Memory_stays_bounded()
    {
        // A segment may take 64 MiB, four are fetched ahead: far from the 10 GB and the 2 GiB that were offered many times.
        TestContext.Current.TestOutputHelper?.WriteLine($"{bad.Resident >> 20} MiB resident at most");
        Assert.True(bad.Resident < 1536L << 20, $"{bad.Resident >> 20} MiB");
    }

    private string Told(string channel) => $"{bad.Diary.Told(channel)}\n{string.Join('\n', bad.Server.Log.Where(line => line.Contains(channel, StringComparison.Ordinal)).TakeLast(12))}";
}
