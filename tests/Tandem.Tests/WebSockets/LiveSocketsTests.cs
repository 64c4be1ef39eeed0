using System.Net;
using System.Net.Sockets;
using System.Net.WebSockets;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.Logging.Abstractions;
using Tandem.Live;
using Tandem.Live.Dubbing;
using Tandem.Live.Package;
using Tandem.Media;
using Tandem.Server;
using Tandem.Server.Configuration;
using Xunit;

namespace Tandem.Tests.WebSockets;

/// <summary>Real sockets to the real server, over chunks that a test puts in.</summary>
public sealed class LiveSocketsTests : IAsyncLifetime
{
    private readonly TandemMeter _meter = new();
    private readonly FakeChunks _chunks = new("es", "fr") { Size = 40_000 };
    private readonly HttpClient _http = new();
    private ChannelSnapshot _snapshot = Snapshot();
    private TandemServer? _server;
    private bool _stopped;

    private Uri Root => _server!.Address;

    public async ValueTask InitializeAsync()
    {
        _chunks.Add(0, 12);
        _server = await TandemServer.StartAsync(
            new ServerOptions { Port = 0, Drain = TimeSpan.FromSeconds(5), Channels = [Channel("news"), Channel("silent")] },
            new ServerParts(TimeProvider.System, NullLoggerFactory.Instance, _meter, new MediaLibraries("5.1-test", []), Start, null),
            CancellationToken.None);
        _http.BaseAddress = Root;
        while ((await _http.SendAsync(Upgrade("/ws/live/news", "tandem.v2"))).StatusCode == HttpStatusCode.ServiceUnavailable)
            await Task.Delay(5);
    }

    public async ValueTask DisposeAsync()
    {
        if (!_stopped)
            await _server!.DisposeAsync();
        _http.Dispose();
        _meter.Dispose();
    }

    [Fact]
    public async Task Hello_comes_first_then_what_is_heard_and_then_media_from_the_newest_cut_point()
    {
        await using var client = await SocketClient.ConnectAsync(Root, "/ws/live/news?lang=es&media=av");
        await client.UntilAsync(() => client.Media.Count == 8 && client.Texts("status").Count > 0, "hello and chunks");
        var hello = client.Texts("hello")[0];
        Assert.Equal("tandem.v1", client.Protocol);
        Assert.Equal(("news", "av", "es", 8000), (Text(hello, "channel"), Text(hello, "media"), Text(hello, "language"), hello.GetProperty("delayMs").GetInt32()));
        Assert.Equal("video/mp4; codecs=\"avc1.64001f\"", Text(hello.GetProperty("tracks")[0], "mime"));
        Assert.Equal(1280, hello.GetProperty("tracks")[0].GetProperty("width").GetInt32());
        Assert.Equal("audio/mp4; codecs=\"mp4a.40.2\"", Text(hello.GetProperty("tracks")[1], "mime"));
        Assert.Equal(["original", "es", "fr"], hello.GetProperty("renditions").EnumerateArray().Select(rendition => Text(rendition, "language")));
        Assert.InRange(hello.GetProperty("endsInSeconds").GetInt32(), 50 * 60 - 5, 58 * 60);
        Assert.Equal(["init a10.1", "a10.1", "init v10", "v10", "a11.1", "v11", "a12.1", "v12"], client.Media.Select(message => message.ToString()));
        Assert.All(client.Media.Where(message => message.Kind == 2), message => Assert.Equal(40_000, message.Payload.Length));
        Assert.Equal("dubbed", Text(client.Texts("status")[0], "state"));
        Assert.Equal("tandem_viewers{channel=\"news\",lang=\"es\",via=\"ws\"} 1", await LineAsync("tandem_viewers{channel=\"news\",lang=\"es\",via=\"ws\"}"));
    }

    [Fact]
    public async Task What_is_published_later_comes_and_a_voice_can_be_changed()
    {
        await using var client = await SocketClient.ConnectAsync(Root, "/ws/live/news?media=audio");
        await client.UntilAsync(() => client.Media.Count == 2, "the first chunk");
        await client.SendAsync("""{"type":"select","language":"original"}""");
        await client.UntilAsync(() => client.Texts("status").Any(status => Text(status, "language") == "original"), "another status");
        Publish(13, 14);
        await client.UntilAsync(() => client.Media.Count == 5, "chunks of the original");
        Assert.Equal(["init a12.1", "a12.1", "init a13.0", "a13.0", "a14.0"], client.Media.Select(message => message.ToString()));
        var selected = client.Texts("notice")[0];
        Assert.Equal(("selected", "original", 13), (Text(selected, "code"), Text(selected, "language"), selected.GetProperty("fromSequence").GetInt32()));
        await client.SendAsync("""{"type":"select","language":"xx"}""");
        await client.UntilAsync(() => client.Texts("notice").Any(notice => Text(notice, "code") == "refused"), "a refusal");
        Assert.Equal("tandem_viewers{channel=\"news\",lang=\"original\",via=\"ws\"} 1", await LineAsync("tandem_viewers{channel=\"news\",lang=\"original\",via=\"ws\"}"));
        Assert.Equal("tandem_viewers{channel=\"news\",lang=\"es\",via=\"ws\"} 0", await LineAsync("tandem_viewers{channel=\"news\",lang=\"es\",via=\"ws\"}"));
    }

    [Fact]
    public async Task A_viewer_comes_again_without_loss()
    {
        await using var client = await SocketClient.ConnectAsync(Root, "/ws/live/news?resume=audio:4,video:6");
        await client.UntilAsync(() => client.Media.Count == 18, "all that was missed");
        Assert.Equal(Enumerable.Range(4, 9), client.Media.Where(message => message is { Kind: 2, Track: 2 }).Select(message => (int)message.Sequence));
        Assert.Equal(Enumerable.Range(6, 7), client.Media.Where(message => message is { Kind: 2, Track: 1 }).Select(message => (int)message.Sequence));
    }

    [Fact]
    public async Task An_acknowledgement_measures_the_delivery()
    {
        await using var client = await SocketClient.ConnectAsync(Root, "/ws/live/news?media=audio");
        await client.UntilAsync(() => client.Media.Count == 2, "the first chunk");
        _chunks.Shift = TimeProvider.System.GetUtcNow() - FakeChunks.At(13);
        Publish(13, 13);
        await client.UntilAsync(() => client.Media.Count == 3, "the next chunk");
        await client.SendAsync("""{"type":"ack","track":2,"sequence":13,"receivedAt":1,"bufferMs":1}""");
        var count = "tandem_websocket_delivery_seconds_count{channel=\"news\"}";
        while (await LineAsync(count) != count + " 1")
            await Task.Delay(5);
        var below = "tandem_websocket_delivery_seconds_bucket{channel=\"news\",le=\"10\"}";
        Assert.Equal(below + " 1", await LineAsync(below));
    }

    public static TheoryData<string, byte[], int, string> Misdeeds => new()
    {
        { "no JSON", ClientFramesTests.Frame(0x81, "hello"), 1007, "protocol" },
        { "no type", ClientFramesTests.Frame(0x81, "{}"), 1007, "protocol" },
        { "too large", ClientFramesTests.Frame(0x81, new string('x', 5000)), 1009, "too_large" },
        { "binary", ClientFramesTests.Frame(0x82, "x"), 1003, "protocol" },
        { "not masked", [0x81, 1, 0x20], 1002, "protocol" },
        { "too often", [.. Enumerable.Repeat(ClientFramesTests.Frame(0x81, "{\"type\":\"x\"}"), 60).SelectMany(frame => frame)], 1008, "too_often" },
        { "pings too often", [.. Enumerable.Repeat(ClientFramesTests.Frame(0x89, "x"), 60).SelectMany(frame => frame)], 1008, "too_often" },
    };

    [Theory]
    [MemberData(nameof(Misdeeds))]
    public async Task A_client_that_breaks_the_rules_is_told_and_closed_and_counted_and_nobody_else_is(string what, byte[] bytes, int code, string counted)
    {
        await using var other = await SocketClient.ConnectAsync(Root, "/ws/live/news?media=audio");
        using var bad = await RawClient.ConnectAsync(Root, "/ws/live/news?media=audio");
        await bad.SendAsync(bytes);
        var (closed, texts) = await bad.ReadToCloseAsync();
        Assert.Equal((what, code), (what, closed));
        Assert.Equal(("bye", "protocol"), (Text(texts[^1], "type"), Text(texts[^1], "reason")));
        Assert.False(texts[^1].GetProperty("reconnect").GetBoolean());
        var line = $"tandem_websocket_disconnects_total{{channel=\"news\",reason=\"{counted}\",planned=\"no\"}}";
        while (await LineAsync(line) != line + " 1")
            await Task.Delay(5);
        Publish(13, 13);
        await other.UntilAsync(() => other.Media.Count == 3, "the other's next chunk");
    }

    [Fact]
    public async Task A_frozen_viewer_holds_up_nobody()
    {
        using var frozen = await RawClient.ConnectAsync(Root, "/ws/live/news?media=av");
        await using var other = await SocketClient.ConnectAsync(Root, "/ws/live/news?media=audio");
        await other.UntilAsync(() => other.Media.Count == 2, "the first chunk");

        // As much as its connection holds, and more.
        for (var sequence = 13; sequence < 193; sequence += 20)
        {
            Publish(sequence, sequence + 19);
            await other.UntilAsync(() => other.Media.Count == 2 + sequence + 20 - 13, "the next chunks");
        }

        Assert.Empty(other.Texts("notice"));
    }

    [Fact]
    public async Task When_the_server_stops_viewers_get_what_was_published_and_are_told_to_come_again()
    {
        await using var first = await SocketClient.ConnectAsync(Root, "/ws/live/news?media=audio");
        await using var second = await SocketClient.ConnectAsync(Root, "/ws/live/news", "tandem.v0");
        await first.UntilAsync(() => first.Media.Count == 2, "the first chunk");
        await second.UntilAsync(() => second.Media.Count == 8, "the first chunks");
        var began = TimeProvider.System.GetTimestamp();
        _stopped = true;
        var stopping = _server!.DisposeAsync();
        Publish(13, 13);
        await first.EndAsync();
        await second.EndAsync();
        foreach (var client in new[] { first, second })
        {
            var bye = Assert.Single(client.Texts("bye"));
            Assert.Equal(("shutdown", true), (Text(bye, "reason"), bye.GetProperty("reconnect").GetBoolean()));
            Assert.InRange(bye.GetProperty("afterMs").GetInt32(), 100, 2000);
            Assert.Equal(WebSocketCloseStatus.EndpointUnavailable, client.Closed);
            Assert.Contains("a13.1", client.Media.Select(message => message.ToString()));
        }

        await stopping;
        Assert.True(TimeProvider.System.GetElapsedTime(began) < TimeSpan.FromSeconds(20));
    }

    [Fact]
    public async Task A_channel_that_ends_says_so()
    {
        await using var client = await SocketClient.ConnectAsync(Root, "/ws/live/news?media=audio");
        await client.UntilAsync(() => client.Media.Count == 2, "the first chunk");
        _snapshot = _snapshot with { State = ChannelState.Ended };
        await client.EndAsync();
        var bye = Assert.Single(client.Texts("bye"));
        Assert.Equal(("channel_gone", false), (Text(bye, "reason"), bye.GetProperty("reconnect").GetBoolean()));
    }

    [Fact]
    public async Task A_lost_source_and_a_fallback_are_told_when_they_happen()
    {
        await using var client = await SocketClient.ConnectAsync(Root, "/ws/live/news?media=audio");
        await client.UntilAsync(() => client.Media.Count == 2, "the first chunk");
        _snapshot = _snapshot with
        {
            State = ChannelState.SourceLost,
            Reason = "gone",
            Languages = [new LanguageSnapshot("es", LanguageState.Fallback) { Reason = "translate: timeout" }],
        };
        await client.UntilAsync(() => client.Texts("notice").Count > 0 && client.Texts("status").Any(status => Text(status, "state") == "fallback"), "both");
        Assert.Equal(("source_lost", "gone"), (Text(client.Texts("notice")[0], "code"), Text(client.Texts("notice")[0], "detail")));
        var status = client.Texts("status").Last(status => Text(status, "state") == "fallback");
        Assert.Equal(("translate: timeout", "source_lost"), (Text(status, "reason"), Text(status, "channelState")));
        _snapshot = Snapshot();
        await client.UntilAsync(() => client.Texts("notice").Any(notice => Text(notice, "code") == "source_back"), "the source's return");
    }

    [Fact]
    public async Task Captions_go_to_those_who_hear_the_voice()
    {
        await using var spanish = await SocketClient.ConnectAsync(Root, "/ws/live/news?media=audio&lang=es");
        await using var french = await SocketClient.ConnectAsync(Root, "/ws/live/news?media=audio&lang=fr");
        await using var before = await SocketClient.ConnectAsync(Root, "/ws/live/news?media=audio&lang=es", "tandem.v0");
        foreach (var client in new[] { spanish, french, before })
            await client.UntilAsync(() => client.Media.Count == 2, "the first chunk");
        _chunks.Stream.Tell(new PublishedCaption(1, "es-1", "¡hola!\n\"tú\"", FakeChunks.Begin, FakeChunks.Begin.AddSeconds(1)));
        Publish(13, 13);
        foreach (var client in new[] { spanish, french, before })
            await client.UntilAsync(() => client.Media.Count == 3, "the next chunk");
        var caption = Assert.Single(spanish.Texts("caption"));
        Assert.Equal(("es", "¡hola!\n\"tú\""), (Text(caption, "language"), Text(caption, "text")));
        Assert.Equal(FakeChunks.Begin.ToUnixTimeMilliseconds() * 1000, caption.GetProperty("start").GetInt64());
        Assert.Empty(french.Texts("caption"));
        Assert.Empty(before.Texts("caption"));
    }

    [Theory]
    [InlineData("/ws/live/nothing", "tandem.v1", 404)]
    [InlineData("/ws/live/silent", "tandem.v1", 503)]
    [InlineData("/ws/live/news?lang=xx", "tandem.v1", 400)]
    [InlineData("/ws/live/news?media=video", "tandem.v1", 400)]
    [InlineData("/ws/live/news?resume=audio", "tandem.v1", 400)]
    [InlineData("/ws/live/news?resume=audio:1,audio:2", "tandem.v1", 400)]
    [InlineData("/ws/live/news?resume=audio:-1", "tandem.v1", 400)]
    [InlineData("/ws/live/news", "chat", 400)]
    public async Task What_cannot_be_is_refused_before_the_upgrade(string path, string protocol, int status)
    {
        using var answer = await _http.SendAsync(Upgrade(path, protocol));
        Assert.Equal(status, (int)answer.StatusCode);
        Assert.Equal("application/problem+json", answer.Content.Headers.ContentType?.MediaType);
        Assert.Equal(status == 503, answer.Headers.RetryAfter is not null);
    }

    [Fact]
    public async Task A_plain_request_is_told_what_this_is()
    {
        using var answer = await _http.GetAsync("/ws/live/news");
        Assert.Equal(HttpStatusCode.UpgradeRequired, answer.StatusCode);
        Assert.Equal("websocket", answer.Headers.Upgrade.ToString());
    }

    private static string? Text(JsonElement element, string name) => element.GetProperty(name).GetString();

    private static HttpRequestMessage Upgrade(string path, string protocol)
    {
        var request = new HttpRequestMessage(HttpMethod.Get, path);
        request.Headers.Connection.Add("Upgrade");
        request.Headers.Upgrade.ParseAdd("websocket");
        request.Headers.Add("Sec-WebSocket-Version", "13");
        request.Headers.Add("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ==");
        request.Headers.Add("Sec-WebSocket-Protocol", protocol);
        return request;
    }

    private void Publish(long from, long to)
    {
        _chunks.Add(from, to);
        _chunks.Announce();
    }

    private async Task<string> LineAsync(string series) =>
        (await _http.GetStringAsync("/metrics")).Split('\n').FirstOrDefault(line => line.StartsWith(series, StringComparison.Ordinal)) ?? "none";

    private static ConfiguredChannel Channel(string id) => new(
        new ChannelOptions { Id = id, Input = new Uri("https://source.example/"), From = "en", To = ["es", "fr"] }, EngineChoice.Refused("none"));

    private static ChannelSnapshot Snapshot() => new()
    {
        Id = "news",
        State = ChannelState.Live,
        Input = "https://source.example/",
        From = "en",
        DelaySeconds = 8,
        BufferSeconds = 7,
        Video = "reference",
        Engine = new EngineSnapshot("tone", true),
        Languages = [new LanguageSnapshot("es", LanguageState.Dubbed), new LanguageSnapshot("fr", LanguageState.Original)],
    };

    private RunningChannel Start(ConfiguredChannel channel)
    {
        new ChannelMetrics(_meter, channel.Options.Id, channel.Options.To).SegmentPublished();
        return channel.Options.Id == "silent"
            ? new RunningChannel(new Publication(), () => Snapshot() with { Id = "silent" }, () => ValueTask.CompletedTask) { Chunks = new ChunkStream("en", ["es"]) }
            : new RunningChannel(new Publication(), () => _snapshot, () => ValueTask.CompletedTask) { Chunks = _chunks.Stream };
    }

    /// <summary>A client that sends bytes as they are, and reads only when asked.</summary>
    private sealed class RawClient(TcpClient tcp) : IDisposable
    {
        public static async Task<RawClient> ConnectAsync(Uri server, string path)
        {
            var tcp = new TcpClient();
            await tcp.ConnectAsync(IPAddress.Loopback, server.Port);
            var request = $"GET {path} HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
                + "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: tandem.v1\r\n\r\n";
            await tcp.GetStream().WriteAsync(Encoding.ASCII.GetBytes(request));
            var client = new RawClient(tcp);
            var head = "";
            while (!head.EndsWith("\r\n\r\n", StringComparison.Ordinal))
                head += (char)tcp.GetStream().ReadByte();
            Assert.Contains("101 Switching Protocols", head, StringComparison.Ordinal);
            Assert.Contains("s3pPLMBiTxaQ9kYGzzhZRbK+xOo=", head, StringComparison.Ordinal);
            return client;
        }

        public async Task SendAsync(byte[] bytes) => await tcp.GetStream().WriteAsync(bytes);

        /// <summary>Reads frames until the server closes: its close code, and its text messages.</summary>
        public async Task<(int Code, List<JsonElement> Texts)> ReadToCloseAsync()
        {
            using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(30));
            var texts = new List<JsonElement>();
            var head = new byte[2];
            while (true)
            {
                await tcp.GetStream().ReadExactlyAsync(head, limit.Token);
                var length = (int)head[1];
                if (length == 126)
                {
                    await tcp.GetStream().ReadExactlyAsync(head.AsMemory(1, 1), limit.Token);
                    length = head[1] << 8;
                    await tcp.GetStream().ReadExactlyAsync(head.AsMemory(1, 1), limit.Token);
                    length |= head[1];
                }

                var payload = new byte[length];
                await tcp.GetStream().ReadExactlyAsync(payload, limit.Token);
                if (head[0] == 0x81)
                    texts.Add(JsonDocument.Parse(payload).RootElement);
                if (head[0] == 0x88)
                    return ((payload[0] << 8) | payload[1], texts);
            }
        }

        public void Dispose() => tcp.Dispose();
    }
}
