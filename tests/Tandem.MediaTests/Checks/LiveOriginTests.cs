using System.IO.Compression;
using System.Net;
using Tandem.Checks.Demux;
using Tandem.Checks.Detectors;
using Tandem.Checks.LiveOrigin;
using Tandem.Checks.Recording;
using Tandem.Checks.Signals;
using Xunit;

namespace Tandem.MediaTests.Checks;

/// <summary>The tests' own source is a live channel as a CDN would serve it: in step, unbroken, and faulty only on command.</summary>
public sealed class LiveOriginTests : IAsyncLifetime
{
    private const long WrapTicks = 1L << 33;
    private OriginServer _server = null!;

    public async ValueTask InitializeAsync() => _server = await OriginServer.StartAsync();

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    public static TheoryData<string> Ways => ["plain", "fmp4", "separate", "wrap", "signed", "gzip", "redirects", "aes", "aes-iv", "byterange", "variables", "parts", "aes-fmp4"];

    [Theory]
    [MemberData(nameof(Ways))]
    public async Task Every_way_to_serve_a_channel_keeps_picture_and_sound_in_step(string way)
    {
        var packing = way.Contains("fmp4", StringComparison.Ordinal) ? Packing.Fmp4 : Packing.Ts;
        var programme = await FlashBeepAsync(packing, muxed: way != "separate");
        var options = new OriginOptions { Programme = programme, Speed = 16, Window = 8 };
        var channel = _server.Add("c", way switch
        {
            "wrap" => options with { FirstTicks = WrapTicks - (15 * 90_000) },
            "signed" => options with { SignedFor = TimeSpan.FromMinutes(1) },
            "gzip" => options with { Gzip = true },
            "redirects" => options with { Redirects = true },
            "aes" or "aes-fmp4" => options with { Encryption = Encryption.Aes128 },
            "aes-iv" => options with { Encryption = Encryption.Aes128ExplicitIv },
            "byterange" => options with { SegmentsPerFile = 4 },
            "variables" => options with { Variables = true },
            "parts" => options with { Parts = 4 },
            _ => options,
        });

        var recording = await RecordAsync(channel, seconds: 16);
        var sound = recording.Tracks.FirstOrDefault(track => track.Item.Type == "AUDIO") ?? recording.Variant;
        var offsets = await SyncMeasure.OffsetsAsync(recording.Variant, sound);

        Assert.Empty(recording.Problems);
        Assert.True(offsets.Count >= 13, $"only {offsets.Count} beeps");
        Assert.All(offsets, offset => Assert.InRange(offset.Value, -FlashBeep.Tolerance, FlashBeep.Tolerance));
        Assert.Equal(recording.Variant.Segments.Count, recording.Variant.Segments.Select(segment => segment.Listed.Sequence).Distinct().Count());
    }

    [Theory]
    [InlineData(Packing.Ts)]
    [InlineData(Packing.Fmp4)]
    public async Task Ffmpeg_reads_a_seamless_loop_without_a_word(Packing packing)
    {
        var programme = await FlashBeepAsync(packing, muxed: true, seconds: 66, loop: 32);
        // 32 s are 1,500 frames of 1,024 samples: the loop's seam lies on the frame grid.
        var channel = _server.Add("loop", new OriginOptions { Programme = programme, Speed = 16, Window = 6, AtEnd = AtEnd.LoopSeamlessly });

        var recording = await RecordAsync(channel, seconds: 70);
        var run = await Ffmpeg.RunAsync(
            ["-v", "warning", "-i", "pipe:0", "-f", "null", "-"],
            (recording.Variant.Had(0)[0].Init ?? []).Concat(recording.Variant.Had(0).SelectMany(segment => segment.Data!)).ToArray());

        Assert.Equal("", run.Log);
        Assert.All(recording.Variant.Segments, segment => Assert.Equal(0, segment.Listed.Discontinuity));
        Assert.True((await Decode.SoundAsync(recording.Variant.Sound(0))) is var track && track.IsWhole(0, track.Samples.Length));
    }

    [Fact]
    public async Task A_wrapped_counter_stays_within_33_bits()
    {
        var channel = _server.Add("w", new OriginOptions
        {
            Programme = await FlashBeepAsync(Packing.Ts, muxed: true),
            FirstTicks = WrapTicks - (5 * 90_000),
            Speed = 16,
            Ahead = 1,
        });

        var recording = await RecordAsync(channel, seconds: 14);
        var data = recording.Variant.Had(0).SelectMany(segment => segment.Data!).ToArray();
        var probe = await Ffmpeg.RunAsync(["-v", "info", "-copyts", "-i", "pipe:0", "-map", "0:v", "-c", "copy", "-f", "framecrc", "pipe:1"], data);

        var times = System.Text.Encoding.ASCII.GetString(probe.Output).Split('\n')
            .Where(line => line.Length > 0 && line[0] != '#').Select(line => long.Parse(line.Split(',')[2].Trim(), null)).ToList();
        Assert.All(times, time => Assert.True(time < WrapTicks + (30 * 90_000)));
        Assert.Contains(Streams.Sound(null, [recording.Variant.Had(0)[^1].Data!]).Frames, frame => frame.Seconds < 60);
    }

    [Fact]
    public async Task A_discontinuity_changes_the_time_base_and_says_so()
    {
        var channel = _server.Add("d", new OriginOptions { Programme = await FlashBeepAsync(Packing.Ts, muxed: true), Speed = 16, Window = 8 });
        await using var recorder = HlsRecorder.Start(channel.Master, TimeSpan.FromSeconds(0.05));
        await recorder.SecondsAsync(12, TimeSpan.FromSeconds(20));
        channel.Break(ticks: 500 * 90_000);
        var recording = await recorder.SecondsAsync(24, TimeSpan.FromSeconds(20));

        Assert.Equal([0, 1], recording.Variant.Epochs);
        Assert.InRange(recording.Variant.Pictures(1).Frames[0].Seconds, 499.9, 500.2);
        var offsets = await SyncMeasure.OffsetsAsync(recording.Variant, recording.Variant);
        Assert.All(offsets, offset => Assert.InRange(offset.Value, -FlashBeep.Tolerance, FlashBeep.Tolerance));
    }

    [Fact]
    public async Task A_restarted_encoder_counts_from_zero_without_a_word()
    {
        var channel = _server.Add("r", new OriginOptions
        {
            Programme = await FlashBeepAsync(Packing.Fmp4, muxed: true),
            Speed = 16,
            FirstSequence = 100,
            Window = 5,
        });
        await using var recorder = HlsRecorder.Start(channel.Master, TimeSpan.FromSeconds(0.05));
        await recorder.SecondsAsync(12, TimeSpan.FromSeconds(20));
        channel.Restart();
        var recording = await recorder.UntilAsync(
            now => now.Variant.Segments.Count(segment => segment.Listed.Sequence < 100) >= 4, TimeSpan.FromSeconds(20));

        var restarted = recording.Variant.Segments.Where(segment => segment.Listed.Sequence < 100).ToList();
        Assert.Equal([0, 1, 2, 3], restarted.Select(segment => segment.Listed.Sequence).Take(4));
        var first = Streams.Pictures(restarted[0].Init, [restarted[0].Data!]).Frames[0];
        Assert.InRange(first.Seconds, 1.3, 1.6);
        Assert.DoesNotContain("#EXT-X-DISCONTINUITY\n", await new HttpClient().GetStringAsync(new Uri(channel.Master, "v0/index.m3u8")), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Signatures_end()
    {
        var channel = _server.Add("s", new OriginOptions
        {
            Programme = await FlashBeepAsync(Packing.Ts, muxed: true),
            Speed = 16,
            SignedFor = TimeSpan.FromSeconds(1),
        });
        using var http = new HttpClient();
        var list = new Uri(channel.Master, ReadPlaylist.Master(channel.Master, await http.GetStringAsync(channel.Master))[0].Address!.PathAndQuery);
        var segments = ReadPlaylist.Media(list, await http.GetStringAsync(list), new Dictionary<string, string>());
        await Task.Delay(3000, TestContext.Current.CancellationToken);

        Assert.Equal(HttpStatusCode.Forbidden, (await http.GetAsync(segments[0].Address)).StatusCode);
        Assert.Equal(HttpStatusCode.Forbidden, (await http.GetAsync(new Uri(segments[0].Address.GetLeftPart(UriPartial.Path)))).StatusCode);
    }

    [Fact]
    public async Task Faults_act_until_they_are_taken_back()
    {
        var channel = _server.Add("f", new OriginOptions { Programme = await FlashBeepAsync(Packing.Ts, muxed: true), Speed = 16, Window = 4 });
        using var http = new HttpClient();
        var list = new Uri(channel.Master, "v0/index.m3u8");
        async Task<Uri> NewestAsync() => ReadPlaylist.Media(list, await http.GetStringAsync(list), new Dictionary<string, string>())[^1].Address;
        var whole = await http.GetByteArrayAsync(await NewestAsync());

        using (channel.Outage())
            Assert.Equal(HttpStatusCode.ServiceUnavailable, (await http.GetAsync(list)).StatusCode);
        using (channel.Inject(new ResetFault(Resource.All)))
            await Assert.ThrowsAsync<HttpRequestException>(() => http.GetAsync(list));
        using (channel.Inject(new HtmlFault(Resource.Playlist)))
            Assert.StartsWith("<!doctype", await http.GetStringAsync(list), StringComparison.Ordinal);
        using (channel.Inject(new TruncateFault(Resource.Segment)))
            Assert.InRange((await http.GetByteArrayAsync(await NewestAsync())).Length, whole.Length / 3, whole.Length * 2 / 3);
        using (channel.Inject(new ElsewhereFault(new Uri("http://10.0.0.1/secret.ts"))))
            Assert.Equal(new Uri("http://10.0.0.1/secret.ts"), await NewestAsync());
        using (channel.Freeze())
        {
            var frozen = await http.GetStringAsync(list);
            await Task.Delay(1200, TestContext.Current.CancellationToken);
            Assert.Equal(frozen, await http.GetStringAsync(list));
        }

        var now = await NewestAsync();
        using (channel.Inject(new BackwardsFault(TimeSpan.FromSeconds(1))))
            Assert.NotEqual(now, await NewestAsync());
        Assert.Equal(HttpStatusCode.OK, (await http.GetAsync(list)).StatusCode);
    }

    [Fact]
    public async Task The_bomb_is_small_on_the_wire_and_the_endless_segment_is_not()
    {
        var channel = _server.Add("b", new OriginOptions { Programme = await FlashBeepAsync(Packing.Ts, muxed: true), Speed = 16 });
        using var http = new HttpClient();
        using (channel.Inject(new GzipBombFault(Resource.Playlist)))
        {
            using var response = await http.GetAsync(new Uri(channel.Master, "v0/index.m3u8"), HttpCompletionOption.ResponseHeadersRead);
            await using var zip = new GZipStream(await response.Content.ReadAsStreamAsync(), CompressionMode.Decompress);
            var buffer = new byte[1 << 20];
            await zip.ReadExactlyAsync(buffer);
            Assert.StartsWith("#EXTM3U\n#xxx", System.Text.Encoding.ASCII.GetString(buffer, 0, 20), StringComparison.Ordinal);
        }

        using (channel.Inject(new EndlessFault(Resource.Segment)))
        {
            var address = new Uri(channel.Master, $"v0/0-{channel.Window()[^1].Sequence}.ts");
            using var response = await http.GetAsync(address, HttpCompletionOption.ResponseHeadersRead);
            await using var stream = await response.Content.ReadAsStreamAsync();
            await stream.ReadExactlyAsync(new byte[64 << 20]);
            Assert.Null(response.Content.Headers.ContentLength);
        }
    }

    private static Task<Programme> FlashBeepAsync(Packing packing, bool muxed, double seconds = 60, double loop = 0) =>
        ProgrammeMaker.MakeAsync(new ProgrammeRecipe(
            packing, [new PictureRecipe(FrameRate.Pal)], [new SoundRecipe(new Beeps())], muxed, Seconds: seconds, LoopSeconds: loop));

    private static async Task<HlsRecording> RecordAsync(OriginChannel channel, double seconds)
    {
        await using var recorder = HlsRecorder.Start(channel.Master, TimeSpan.FromSeconds(0.05));
        return await recorder.SecondsAsync(seconds, TimeSpan.FromSeconds(30));
    }
}
