using System.IO.Compression;
using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.Logging.Abstractions;
using Tandem.Live;
using Tandem.Live.Dubbing;
using Tandem.Live.Package;
using Tandem.Media;
using Tandem.Server;
using Tandem.Server.Access;
using Tandem.Server.Configuration;
using Xunit;

namespace Tandem.Tests.Server;

/// <summary>The real server on a free port, over channels that hold what a test puts in.</summary>
public sealed class ServerTests : IAsyncLifetime
{
    private static readonly byte[] Segment = [.. Enumerable.Range(0, 5000).Select(index => (byte)index)];

    private readonly string _pages = Directory.CreateTempSubdirectory("tandem-pages-").FullName;
    private readonly TandemMeter _meter = new();
    private readonly Publication _news = new() { TargetDuration = TimeSpan.FromSeconds(6) };
    private readonly HttpClient _http = new(new SocketsHttpHandler { AutomaticDecompression = DecompressionMethods.None });
    private ChannelSnapshot _snapshot = Snapshot(ChannelState.Live);
    private TandemServer? _server;
    private int _stopped;

    public async ValueTask InitializeAsync()
    {
        File.WriteAllText(Path.Combine(_pages, "index.html"), "<!doctype html><title>Tandem</title>");
        Directory.CreateDirectory(Path.Combine(_pages, "assets"));
        File.WriteAllText(Path.Combine(_pages, "assets", "page-1a2b.js"), "1");
        _news.Publish("es/1.aac", new PublishedResource("audio/aac", Segment, ResourceLife.Immutable));
        _news.Publish("es.m3u8", Playlist("one"));
        _news.Publish("es/index.m3u8", Playlist("one"));
        _news.Master = address => $"#EXTM3U\n{address}es.m3u8\n";
        _server = await StartAsync(new ServerOptions { Port = 0, Channels = [Channel("news"), Channel("silent"), Channel("broken")] });
        _http.BaseAddress = _server.Address;
        while (!(await _http.GetStringAsync("/v1/channels")).Contains("no luck", StringComparison.Ordinal))
            await Task.Delay(5);
    }

    public async ValueTask DisposeAsync()
    {
        if (_server is not null)
            await _server.DisposeAsync();
        Assert.Equal(2, _stopped);
        _http.Dispose();
        _meter.Dispose();
        Directory.Delete(_pages, recursive: true);
    }

    [Fact]
    public async Task A_segment_is_sent_whole_with_its_type_and_kept_for_good()
    {
        using var answer = await _http.GetAsync("/live/news/es/1.aac");
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Equal(Segment, await answer.Content.ReadAsByteArrayAsync());
        Assert.Equal("audio/aac", answer.Content.Headers.ContentType?.ToString());
        Assert.Equal("public, max-age=31536000, immutable", answer.Headers.GetValues("Cache-Control").Single());
        Assert.Equal("*", answer.Headers.GetValues("Access-Control-Allow-Origin").Single());
        Assert.Equal("nosniff", answer.Headers.GetValues("X-Content-Type-Options").Single());
        Assert.False(answer.Headers.Contains("Server"));
        Assert.NotNull(answer.Headers.ETag);
        Assert.False(answer.Headers.ETag.IsWeak);
    }

    [Fact]
    public async Task Head_tells_the_same_without_the_body()
    {
        using var answer = await _http.SendAsync(new HttpRequestMessage(HttpMethod.Head, "/live/news/es/1.aac"));
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Equal(Segment.Length, answer.Content.Headers.ContentLength);
        Assert.Empty(await answer.Content.ReadAsByteArrayAsync());
    }

    /// <summary>What is paid for: bodies that were sent, not what was only asked about.</summary>
    [Fact]
    public async Task What_was_sent_is_counted()
    {
        using (var whole = await _http.GetAsync("/live/news/es/1.aac"))
        using (await _http.SendAsync(new HttpRequestMessage(HttpMethod.Head, "/live/news/es/1.aac")))
        using (await GetAsync("/live/news/es/1.aac", "If-None-Match", whole.Headers.ETag!.ToString()))
            await whole.Content.ReadAsByteArrayAsync();
        using var part = await GetAsync("/live/news/es/1.aac", "Range", "bytes=0-99");
        await part.Content.ReadAsByteArrayAsync();

        // An answer is counted when it has been sent, which may be a moment after it was read; other answers are small.
        var sent = 0d;
        while (sent < Segment.Length + 100)
            sent = Exposition.Parse(await _http.GetStringAsync("/metrics")).Samples["tandem_http_sent_bytes_total"];
        Assert.InRange(sent, Segment.Length + 100, 1e7);
    }

    [Theory]
    [InlineData("bytes=10-19", 10, 10)]
    [InlineData("bytes=4990-", 4990, 10)]
    [InlineData("bytes=-7", 4993, 7)]
    [InlineData("bytes=4000-99999", 4000, 1000)]
    public async Task A_part_of_a_segment_can_be_had(string range, int from, int length)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/live/news/es/1.aac");
        request.Headers.TryAddWithoutValidation("Range", range);
        using var answer = await _http.SendAsync(request);
        Assert.Equal(HttpStatusCode.PartialContent, answer.StatusCode);
        Assert.Equal(Segment[from..(from + length)], await answer.Content.ReadAsByteArrayAsync());
        Assert.Equal($"bytes {from}-{from + length - 1}/5000", answer.Content.Headers.ContentRange?.ToString());
    }

    [Fact]
    public async Task A_part_beyond_the_end_cannot()
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/live/news/es/1.aac");
        request.Headers.TryAddWithoutValidation("Range", "bytes=5000-");
        using var answer = await _http.SendAsync(request);
        Assert.Equal(HttpStatusCode.RequestedRangeNotSatisfiable, answer.StatusCode);
        Assert.Equal("bytes */5000", answer.Content.Headers.ContentRange?.ToString());
    }

    [Fact]
    public void Viewers_are_told_nothing_of_the_machine()
    {
        var shown = ChannelViews.ForViewers(Snapshot(ChannelState.Live) with { RecordReason = "the record cannot be written (/var/lib/tandem)" }, null);
        Assert.Null(shown.RecordReason);
    }

    [Fact]
    public async Task A_master_that_names_the_host_that_was_asked_for_is_for_no_shared_cache()
    {
        using var answer = await _http.GetAsync("/live/news/master.m3u8");
        Assert.True(answer.Headers.CacheControl is { Private: true, Public: false, MaxAge.TotalSeconds: 2 }, answer.ToString());
    }

    [Fact]
    public async Task A_playlist_is_kept_for_a_third_of_the_target_duration_and_not_sent_twice()
    {
        using var first = await _http.GetAsync("/live/news/es.m3u8");
        Assert.Equal("public, max-age=2", first.Headers.CacheControl?.ToString());
        Assert.Equal("application/vnd.apple.mpegurl", first.Content.Headers.ContentType?.ToString());

        using var again = await GetAsync("/live/news/es.m3u8", "If-None-Match", first.Headers.ETag!.ToString());
        Assert.Equal(HttpStatusCode.NotModified, again.StatusCode);
        Assert.Equal(first.Headers.ETag, again.Headers.ETag);

        _news.Publish("es.m3u8", Playlist("two"));
        using var grown = await GetAsync("/live/news/es.m3u8", "If-None-Match", first.Headers.ETag!.ToString());
        Assert.Equal(HttpStatusCode.OK, grown.StatusCode);
        Assert.Contains("two", await grown.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_playlist_comes_compressed_to_those_who_take_it()
    {
        using var plain = await _http.GetAsync("/live/news/es.m3u8");
        foreach (var (taken, coding) in new[] { ("br, gzip;q=0.5", "br"), ("gzip, deflate", "gzip"), ("br;q=0, gzip", "gzip") })
        {
            using var answer = await GetAsync("/live/news/es.m3u8", "Accept-Encoding", taken);
            Assert.Equal(coding, answer.Content.Headers.ContentEncoding.Single());
            Assert.Equal("Accept-Encoding", answer.Headers.Vary.Single());
            Assert.NotEqual(plain.Headers.ETag, answer.Headers.ETag);
            await using var body = await answer.Content.ReadAsStreamAsync();
            await using Stream whole = coding == "br" ? new BrotliStream(body, CompressionMode.Decompress) : new GZipStream(body, CompressionMode.Decompress);
            Assert.Equal(await plain.Content.ReadAsStringAsync(), await new StreamReader(whole).ReadToEndAsync());

            using var again = new HttpRequestMessage(HttpMethod.Get, "/live/news/es.m3u8");
            again.Headers.TryAddWithoutValidation("Accept-Encoding", taken);
            again.Headers.IfNoneMatch.Add(answer.Headers.ETag!);
            Assert.Equal(HttpStatusCode.NotModified, (await _http.SendAsync(again)).StatusCode);
        }

        using var refused = await GetAsync("/live/news/es.m3u8", "Accept-Encoding", "gzip;q=0");
        Assert.Empty(refused.Content.Headers.ContentEncoding);
        using var segment = await GetAsync("/live/news/es/1.aac", "Accept-Encoding", "gzip");
        Assert.Empty(segment.Content.Headers.ContentEncoding);
    }

    [Theory]
    [InlineData(null, "http://127.0.0.1:PORT/live/news/es.m3u8")]
    [InlineData("dub.example.com", "http://dub.example.com/live/news/es.m3u8")]
    [InlineData("[::1]:81", "http://[::1]:81/live/news/es.m3u8")]
    public async Task The_master_points_where_the_viewer_asked(string? host, string expected)
    {
        using var answer = await GetAsync("/live/news/master.m3u8", "Host", host);
        Assert.Contains(expected.Replace("PORT", $"{_server!.Address.Port}", StringComparison.Ordinal), await answer.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("evil.example/path?")]
    [InlineData("user@evil.example")]
    [InlineData("a b")]
    [InlineData("x:99999")]
    public async Task A_host_that_is_none_gets_nothing(string host)
    {
        var answer = await RawAsync($"GET /live/news/master.m3u8 HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n");
        Assert.StartsWith("HTTP/1.1 400", answer, StringComparison.Ordinal);
        Assert.DoesNotContain("EXTM3U", answer, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_master_points_to_the_public_address_where_there_is_one()
    {
        await using var server = await StartAsync(new ServerOptions { Port = 0, PublicUrl = new Uri("https://cdn.example/t/"), Channels = [Channel("news")] });
        var text = await _http.GetStringAsync(new Uri(server.Address, "/live/news/master.m3u8"));
        Assert.Contains("https://cdn.example/t/live/news/es.m3u8", text, StringComparison.Ordinal);
        _stopped--;
    }

    [Fact]
    public async Task Pages_of_other_origins_may_ask()
    {
        using var request = new HttpRequestMessage(HttpMethod.Options, "/live/news/es/1.aac");
        request.Headers.Add("Origin", "https://player.example");
        request.Headers.Add("Access-Control-Request-Method", "GET");
        request.Headers.Add("Access-Control-Request-Headers", "range");
        using var answer = await _http.SendAsync(request);
        Assert.Equal(HttpStatusCode.NoContent, answer.StatusCode);
        Assert.Equal("*", answer.Headers.GetValues("Access-Control-Allow-Origin").Single());
        Assert.Equal("GET, HEAD, OPTIONS", answer.Headers.GetValues("Access-Control-Allow-Methods").Single());
        Assert.Equal("*, Authorization", answer.Headers.GetValues("Access-Control-Allow-Headers").Single());
    }

    [Theory]
    [InlineData("/live/news/nothing.m3u8", 404)]
    [InlineData("/live/news/es/of-an-earlier-instance/7.aac", 503)]
    [InlineData("/live/news/fr/of-nobody/7.aac", 404)]
    [InlineData("/live/nobody/master.m3u8", 404)]
    [InlineData("/live/nobody", 404)]
    [InlineData("/live/news", 404)]
    [InlineData("/live/news/", 404)]
    [InlineData("/live/silent/es/index.m3u8", 503)]
    [InlineData("/live/silent/master.m3u8", 503)]
    [InlineData("/live/broken/master.m3u8", 503)]
    [InlineData("/live/news/..%2f..%2fetc%2fpasswd", 404)]
    [InlineData("/live/nobody/state.json", 404)]
    [InlineData("/v1/channels/nobody", 404)]
    [InlineData("/nothing", 404)]
    public async Task What_is_not_there_is_told_as_json(string path, int status)
    {
        using var answer = await _http.GetAsync(path);
        Assert.Equal(status, (int)answer.StatusCode);
        Assert.Equal("application/problem+json", answer.Content.Headers.ContentType?.MediaType);
        using var problem = JsonDocument.Parse(await answer.Content.ReadAsStringAsync());
        Assert.Equal(status, problem.RootElement.GetProperty("status").GetInt32());
        if (path.StartsWith("/live", StringComparison.Ordinal))
            Assert.Equal("*", answer.Headers.GetValues("Access-Control-Allow-Origin").Single());
        if (status == 503)
            Assert.Equal("1", answer.Headers.GetValues("Retry-After").Single());

        // Behind a cache, what is not there is asked for once a second, not once a viewer.
        if (path.StartsWith("/live", StringComparison.Ordinal))
            Assert.Equal("public, max-age=1", answer.Headers.CacheControl?.ToString());
    }

    [Fact]
    public async Task Writing_is_not_allowed()
    {
        using var answer = await _http.PutAsync("/live/news/es/1.aac", new ByteArrayContent([1]));
        Assert.Equal(HttpStatusCode.MethodNotAllowed, answer.StatusCode);
        Assert.Equal("application/problem+json", answer.Content.Headers.ContentType?.MediaType);
    }

    [Fact]
    public async Task A_failure_of_ours_is_no_stack_trace()
    {
        _news.Master = _ => throw new InvalidOperationException("inner secret");
        using var answer = await _http.GetAsync("/live/news/master.m3u8");
        var text = await answer.Content.ReadAsStringAsync();
        Assert.Equal(HttpStatusCode.InternalServerError, answer.StatusCode);
        Assert.Equal("""{"status":500,"title":"Internal Server Error","detail":null}""", text);
    }

    [Fact]
    public async Task Channels_are_listed_with_their_state()
    {
        using var all = JsonDocument.Parse(await _http.GetStringAsync("/v1/channels"));
        var channels = all.RootElement.GetProperty("channels").EnumerateArray().ToList();
        Assert.Equal(["news", "silent", "broken"], channels.Select(channel => channel.GetProperty("id").GetString()!));
        Assert.Equal(["live", "starting", "faulted"], channels.Select(channel => channel.GetProperty("state").GetString()!));
        Assert.Equal("could not be started: no luck", channels[2].GetProperty("reason").GetString());
        Assert.Equal("https://source.example/a/master.m3u8", channels[2].GetProperty("input").GetString());

        using var one = JsonDocument.Parse(await _http.GetStringAsync("/v1/channels/news"));
        Assert.Equal(8, one.RootElement.GetProperty("delaySeconds").GetDouble());
        Assert.Equal("dubbed", one.RootElement.GetProperty("languages")[0].GetProperty("state").GetString());
        Assert.DoesNotContain("SECRET", all.RootElement.GetRawText() + one.RootElement.GetRawText(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Viewers_are_told_what_is_heard_and_no_operators_detail()
    {
        _snapshot = Snapshot(ChannelState.Live) with
        {
            Reason = "SECRET",
            Engine = new EngineSnapshot("offline", false, "SECRET"),
            Languages = [new LanguageSnapshot("es", LanguageState.Fallback) { Reason = "speak: SECRET", OnsetLagP50 = 0.4 }],
            LastPublished = new Tandem.Live.PublishedSegment(7, DateTimeOffset.UnixEpoch) { Ends = DateTimeOffset.UnixEpoch.AddSeconds(100), Appeared = DateTimeOffset.UnixEpoch.AddSeconds(101) },
        };
        using var answer = await _http.GetAsync("/live/news/state.json");
        Assert.Equal("public, max-age=1", answer.Headers.CacheControl?.ToString());
        Assert.Equal("*", answer.Headers.GetValues("Access-Control-Allow-Origin").Single());
        var text = await answer.Content.ReadAsStringAsync();
        Assert.DoesNotContain("SECRET", text, StringComparison.Ordinal);
        Assert.DoesNotContain("source.example", text, StringComparison.Ordinal);
        using var state = JsonDocument.Parse(text);
        Assert.True(state.RootElement.GetProperty("demonstration").GetBoolean());
        Assert.Equal(100_000, state.RootElement.GetProperty("edge").GetProperty("date").GetInt64());
        Assert.InRange(state.RootElement.GetProperty("serverTime").GetInt64(), 1_790_000_000_000, long.MaxValue);
        var voice = state.RootElement.GetProperty("voices")[0];
        Assert.Equal("engine_away", voice.GetProperty("why").GetString());
        Assert.Equal("""[{"since":100000,"state":"fallback","why":"engine_away"}]""", voice.GetProperty("heard").GetRawText());

        using var list = JsonDocument.Parse(await _http.GetStringAsync("/live/channels.json"));
        Assert.Equal(["news", "silent", "broken"], list.RootElement.GetProperty("channels").EnumerateArray().Select(one => one.GetProperty("channel").GetString()));
    }

    [Fact]
    public async Task Health_says_what_is_wrong_and_is_counted()
    {
        using var live = await _http.GetAsync("/health/live");
        Assert.Equal(HttpStatusCode.OK, live.StatusCode);
        using var ready = await _http.GetAsync("/health/ready");
        Assert.Equal(HttpStatusCode.ServiceUnavailable, ready.StatusCode);
        using var report = JsonDocument.Parse(await ready.Content.ReadAsStringAsync());
        Assert.Equal("unready", report.RootElement.GetProperty("status").GetString());
        Assert.Equal("5.1-test", report.RootElement.GetProperty("ffmpeg").GetString());
        var silent = report.RootElement.GetProperty("parts").EnumerateArray().Single(part => part.GetProperty("name").GetString() == "channel" && part.GetProperty("channel").GetString() == "silent");
        Assert.Equal("starting", silent.GetProperty("reason").GetString());

        using var metrics = await _http.GetAsync("/metrics");
        Assert.Equal("text/plain; version=0.0.4; charset=utf-8", metrics.Content.Headers.ContentType?.ToString());
        var samples = Exposition.Parse(await metrics.Content.ReadAsStringAsync()).Samples;
        Assert.Equal(1, samples["tandem_health_checks_total{result=\"live\"}"]);
        Assert.Equal(1, samples["tandem_health_checks_total{result=\"unready\"}"]);
        Assert.Contains(samples.Keys, key => key.StartsWith("tandem_build_info{version=\"", StringComparison.Ordinal) && key.Contains("ffmpeg=\"5.1-test\"", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_channel_that_stands_still_is_not_alive_and_a_dead_engine_is()
    {
        _snapshot = _snapshot with { Engine = new EngineSnapshot("offline", false, "espeak-ng does not answer") };
        using (var live = await _http.GetAsync("/health/live"))
            Assert.Equal(HttpStatusCode.OK, live.StatusCode);

        _snapshot = _snapshot with { Stuck = TimeSpan.FromSeconds(61) };
        using var stuck = await _http.GetAsync("/health/live");
        Assert.Equal(HttpStatusCode.ServiceUnavailable, stuck.StatusCode);
        Assert.Equal(
            """{"status":"stuck","reasons":["channel news: nothing has moved for 61 s, though the source goes on or a segment is due"]}""",
            await stuck.Content.ReadAsStringAsync());
        Assert.Equal(1, Exposition.Parse(await _http.GetStringAsync("/metrics")).Samples["tandem_health_checks_total{result=\"stuck\"}"]);
    }

    [Fact]
    public async Task The_page_is_served_with_its_assets()
    {
        using var page = await _http.GetAsync("/");
        Assert.Equal("text/html", page.Content.Headers.ContentType?.MediaType);
        Assert.Equal("no-cache", page.Headers.CacheControl?.ToString());
        var policy = page.Headers.GetValues("Content-Security-Policy").Single();
        Assert.Contains("default-src 'none'", policy, StringComparison.Ordinal);
        Assert.DoesNotContain("unsafe", policy, StringComparison.Ordinal);
        using var asset = await _http.GetAsync("/assets/page-1a2b.js");
        Assert.Contains("immutable", asset.Headers.CacheControl!.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Every_path_of_the_document_answers_and_head_as_get()
    {
        var paths = Checkout.TableRows("docs/http.md").Where(cells => cells.Length == 3).Select(cells => cells[0].Trim('`')).ToList();
        Assert.Equal(13, paths.Count);
        foreach (var path in paths)
        {
            var example = path.Replace("{channel}", "news", StringComparison.Ordinal).Replace("{id}", "news", StringComparison.Ordinal)
                .Replace("{path}", "master.m3u8", StringComparison.Ordinal).Replace("{file}", "1.ts", StringComparison.Ordinal);
            using var whole = await _http.GetAsync(example);
            using var head = await _http.SendAsync(new HttpRequestMessage(HttpMethod.Head, example));
            Assert.Equal((path, whole.StatusCode), (path, head.StatusCode));
            Assert.Equal(whole.Content.Headers.ContentType, head.Content.Headers.ContentType);
            Assert.True(whole.IsSuccessStatusCode || path is "/health/ready" or "/ingest/{channel}/{file}" or "/ws/live/{channel}", path);
            Assert.Empty(await head.Content.ReadAsByteArrayAsync());
        }
    }

    [Fact]
    public async Task The_description_names_every_route()
    {
        using var description = JsonDocument.Parse(await _http.GetStringAsync("/openapi/v1.json"));
        var paths = description.RootElement.GetProperty("paths").EnumerateObject().Select(path => path.Name).Order(StringComparer.Ordinal);
        Assert.Equal(["/health/live", "/health/ready", "/ingest/{channel}/{file}", "/live/channels.json", "/live/{channel}/state.json", "/live/{channel}/{path}", "/metrics", "/ops/state", "/v1/channels", "/v1/channels/{id}", "/v1/feedback", "/ws/live/{channel}"], paths);
        Assert.Contains("delaySeconds", description.RootElement.GetRawText(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_port_that_is_taken_is_one_clear_line()
    {
        var refused = await Assert.ThrowsAsync<IOException>(() => StartAsync(new ServerOptions { Port = _server!.Address.Port, Channels = [] }));
        Assert.Equal($"cannot listen on 127.0.0.1:{_server!.Address.Port}: another program does; stop it, or choose another port with --port", refused.Message);
    }

    [Fact]
    public async Task A_very_long_request_is_refused()
    {
        var answer = await RawAsync($"GET /{new string('a', 20_000)} HTTP/1.1\r\nHost: a\r\n\r\n");
        Assert.StartsWith("HTTP/1.1 414", answer, StringComparison.Ordinal);
    }

    private static ConfiguredChannel Channel(string id) => new(
        new ChannelOptions { Id = id, Input = new Uri("https://user:SECRET@source.example/a/master.m3u8?token=SECRET"), From = "en", To = ["es"] },
        EngineChoice.Refused("none"));

    private static ChannelSnapshot Snapshot(ChannelState state) => new()
    {
        Id = "news",
        State = state,
        Input = "https://source.example/",
        From = "en",
        DelaySeconds = 8,
        Video = "reference",
        Engine = new EngineSnapshot("tone", true),
        Languages = [new LanguageSnapshot("es", LanguageState.Dubbed)],
    };

    private static PublishedResource Playlist(string word) =>
        new("application/vnd.apple.mpegurl", Encoding.UTF8.GetBytes("#EXTM3U\n" + string.Join('\n', Enumerable.Repeat($"# {word}", 200))), ResourceLife.Playlist);

    private Task<TandemServer> StartAsync(ServerOptions options) => TandemServer.StartAsync(
        options with { StateDirectory = Path.Combine(_pages, "state") },
        new ServerParts(TimeProvider.System, NullLoggerFactory.Instance, _meter, new MediaLibraries("5.1-test", []), Start, _pages),
        CancellationToken.None);

    private RunningChannel Start(ConfiguredChannel channel) => channel.Options.Id switch
    {
        "broken" => throw new InvalidOperationException("no luck"),
        "silent" => new RunningChannel(new Publication(), () => Snapshot(ChannelState.Starting) with { Id = "silent" }, StopAsync),
        _ => new RunningChannel(_news, () => _snapshot, StopAsync),
    };

    private ValueTask StopAsync()
    {
        Interlocked.Increment(ref _stopped);
        return ValueTask.CompletedTask;
    }

    private async Task<HttpResponseMessage> GetAsync(string path, string header, string? value)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        if (value is not null)
            request.Headers.TryAddWithoutValidation(header, value);
        return await _http.SendAsync(request);
    }

    private async Task<string> RawAsync(string request)
    {
        using var client = new System.Net.Sockets.TcpClient();
        await client.ConnectAsync(IPAddress.Loopback, _server!.Address.Port);
        var stream = client.GetStream();
        await stream.WriteAsync(Encoding.ASCII.GetBytes(request));
        return await new StreamReader(stream).ReadToEndAsync();
    }
}
