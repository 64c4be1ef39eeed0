using System.Collections.Immutable;
using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.Logging.Abstractions;
using Tandem.Live;
using Tandem.Live.Dubbing;
using Tandem.Live.Ingest;
using Tandem.Live.Package;
using Tandem.Media;
using Tandem.Server;
using Tandem.Server.Configuration;
using Xunit;

namespace Tandem.Tests.Server;

/// <summary><c>/ingest/{channel}/{file}</c> of the real server.</summary>
public sealed class IngestTests : IAsyncLifetime
{
    private const string Key = "correct horse";

    private readonly TandemMeter _meter = new();
    private readonly HttpClient _http = new();
    private readonly PushedFiles _files = new(new Uri("https://push.invalid/ingest/news/"), 16 * 1024 * 1024, "nothing", TimeProvider.System);
    private TandemServer? _server;

    public async ValueTask InitializeAsync()
    {
        _server = await StartAsync();
        _http.BaseAddress = _server.Address;
        while (!(await _http.GetStringAsync("/v1/channels")).Contains("no luck", StringComparison.Ordinal))
            await Task.Delay(5);
    }

    public async ValueTask DisposeAsync()
    {
        await _server!.DisposeAsync();
        _http.Dispose();
        _meter.Dispose();
    }

    [Theory]
    [InlineData("PUT")]
    [InlineData("POST")]
    public async Task What_is_sent_is_kept_as_it_is(string method)
    {
        var content = RandomNumberGenerator.GetBytes(300_000);
        Assert.Equal(HttpStatusCode.Created, await SendAsync(method, "/ingest/news/v0/seg%201.ts", new ByteArrayContent(content)));
        Assert.Equal(HttpStatusCode.NoContent, await SendAsync(method, "/ingest/news/v0/seg%201.ts", new ByteArrayContent(content)));
        Assert.True(_files.TryGet("v0/seg 1.ts", out var bytes));
        Assert.Equal(content, bytes.ToArray());

        using var got = await _http.GetAsync("/ingest/news/v0/seg%201.ts");
        Assert.Equal(content, await got.Content.ReadAsByteArrayAsync());
        using var head = await _http.SendAsync(new HttpRequestMessage(HttpMethod.Head, "/ingest/news/v0/seg%201.ts"));
        Assert.Equal((HttpStatusCode.OK, 300_000L), (head.StatusCode, head.Content.Headers.ContentLength));
        using var none = await _http.SendAsync(new HttpRequestMessage(HttpMethod.Head, "/ingest/news/v0/seg%202.ts"));
        Assert.Equal(HttpStatusCode.NotFound, none.StatusCode);
    }

    [Fact]
    public async Task A_body_may_come_in_chunks_and_after_a_question()
    {
        using var request = new HttpRequestMessage(HttpMethod.Put, "/ingest/news/1.ts") { Content = new StreamContent(new MemoryStream(new byte[200_000])) };
        request.Headers.TransferEncodingChunked = true;
        request.Headers.ExpectContinue = true;
        using var answer = await _http.SendAsync(request);
        Assert.Equal(HttpStatusCode.Created, answer.StatusCode);
        Assert.True(_files.TryGet("1.ts", out var bytes));
        Assert.Equal(200_000, bytes.Length);
    }

    [Fact]
    public async Task What_is_deleted_is_answered_well_whether_it_was_there_or_not()
    {
        _files.Put("1.ts", new byte[1]);
        Assert.Equal(HttpStatusCode.OK, await SendAsync("DELETE", "/ingest/news/1.ts"));
        Assert.Equal(HttpStatusCode.OK, await SendAsync("DELETE", "/ingest/news/never.ts"));
    }

    [Fact]
    public async Task A_gigabyte_is_refused_before_it_is_sent()
    {
        var answer = await RawAsync("PUT /ingest/news/1.ts HTTP/1.1\r\nHost: a\r\nContent-Length: 1073741824\r\nExpect: 100-continue\r\n\r\n");
        Assert.StartsWith("HTTP/1.1 413", answer, StringComparison.Ordinal);
        Assert.Contains("push_memory", answer, StringComparison.Ordinal);
        Assert.Equal(0, _files.Bytes);
    }

    [Fact]
    public async Task A_gigabyte_that_does_not_say_so_is_refused_on_the_way()
    {
        using var client = new TcpClient();
        await client.ConnectAsync(IPAddress.Loopback, _server!.Address.Port);
        var stream = client.GetStream();
        await stream.WriteAsync("PUT /ingest/news/1.ts HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"u8.ToArray());
        var chunk = (byte[])[.. "100000\r\n"u8, .. new byte[0x100000], .. "\r\n"u8];
        var sent = 0;
        try
        {
            for (; sent < 1024; sent++)
                await stream.WriteAsync(chunk);
        }
        catch (IOException)
        {
            // The server has hung up.
        }

        Assert.True(sent < 64, sent.ToString(CultureInfo.InvariantCulture));
        Assert.Equal((0, 0), (_files.Bytes, _files.Count));
    }

    [Fact]
    public async Task A_sender_that_hangs_up_without_waiting_for_the_answer_has_sent_all_the_same()
    {
        // As FFmpeg does. Many times: the server may see the end before it has read the beginning. (With Content-Length instead of chunks,
        // Kestrel gives such a body up; who sends so waits for the answer.)
        for (var number = 0; number < 50; number++)
        {
            using var client = new TcpClient();
            await client.ConnectAsync(IPAddress.Loopback, _server!.Address.Port);
            var start = Encoding.ASCII.GetBytes($"PUT /ingest/news/{number}.ts HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n186a0\r\n");
            await client.GetStream().WriteAsync((byte[])[.. start, .. new byte[100_000], .. "\r\n0\r\n\r\n"u8]);
        }

        for (var wait = 0; wait < 2000 && _files.Count < 50; wait++)
            await Task.Delay(5);
        Assert.Equal((50, 5_000_000L), (_files.Count, _files.Bytes));
    }

    [Fact]
    public async Task An_upload_that_breaks_off_leaves_nothing()
    {
        using (var client = new TcpClient())
        {
            await client.ConnectAsync(IPAddress.Loopback, _server!.Address.Port);
            await client.GetStream().WriteAsync("PUT /ingest/news/1.ts HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n"u8.ToArray());
            while (_files.Bytes == 0)
                await Task.Delay(5);
        }

        while (_files.Bytes > 0)
            await Task.Delay(5);
        Assert.Equal(0, _files.Count);
    }

    [Theory]
    [InlineData("/ingest/nobody/1.ts", 404, "there are news, fetched, broken")]
    [InlineData("/ingest/fetched/1.ts", 409, "input would have to be push")]
    [InlineData("/ingest/broken/1.ts", 503, "could not be started: no luck")]
    [InlineData("/ingest/news", 400, "names no file")]
    [InlineData("/ingest/news/", 400, "names no file")]
    [InlineData("/ingest/news/a%2F..%2F..%2Fx.ts", 400, "encoded slash")]
    [InlineData("/ingest/news/a//b.ts", 400, "empty part")]
    [InlineData("/ingest/news/a%5Cb.ts", 400, "backslash")]
    [InlineData("/ingest/news/a%0Ab.ts", 400, "control characters")]
    [InlineData("/ingest/news/index.m3u8", 400, "does not begin with #EXTM3U")]
    public async Task What_cannot_be_taken_is_told_in_one_line(string path, int status, string detail)
    {
        var answer = await RawAsync($"PUT {path} HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nConnection: close\r\n\r\nhello");
        Assert.StartsWith($"HTTP/1.1 {status} ", answer, StringComparison.Ordinal);
        using var problem = JsonDocument.Parse(answer[answer.IndexOf('{', StringComparison.Ordinal)..(answer.LastIndexOf('}') + 1)]);
        Assert.Contains(detail, problem.RootElement.GetProperty("detail").GetString(), StringComparison.OrdinalIgnoreCase);
        Assert.Equal(0, _files.Count);
    }

    [Theory]
    [InlineData("/ingest/news/../../../etc/passwd")]
    [InlineData("/ingest/news/%2e%2e/%2e%2e/x.ts")]
    [InlineData("/ingest/news/..%2fx.ts")]
    [InlineData("/ingest/news/%00.ts")]
    public async Task Names_never_leave_the_channel(string path)
    {
        var answer = await RawAsync($"PUT {path} HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nConnection: close\r\n\r\nhello");
        Assert.StartsWith("HTTP/1.1 4", answer, StringComparison.Ordinal);
        Assert.Equal(0, _files.Count);
    }

    [Fact]
    public async Task An_encoded_body_is_refused()
    {
        var content = new ByteArrayContent([1]);
        content.Headers.ContentEncoding.Add("gzip");
        Assert.Equal(HttpStatusCode.UnsupportedMediaType, await SendAsync("PUT", "/ingest/news/1.ts", content));
        Assert.Equal(HttpStatusCode.BadRequest, await SendAsync("PUT", "/ingest/news/1.ts", new ByteArrayContent([])));
    }

    [Theory]
    [InlineData("Origin", "https://evil.example")]
    [InlineData("Sec-Fetch-Site", "cross-site")]
    [InlineData("X-Forwarded-For", "203.0.113.7")]
    [InlineData("Forwarded", "for=203.0.113.7")]
    public async Task Without_keys_pages_and_those_behind_a_proxy_are_no_operators(string header, string value)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/ingest/news/1.ts") { Content = new ByteArrayContent([1]) };
        request.Headers.TryAddWithoutValidation(header, value);
        using var answer = await _http.SendAsync(request);
        Assert.Equal(HttpStatusCode.Forbidden, answer.StatusCode);
        Assert.Contains("operator_keys", await answer.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        Assert.Equal(0, _files.Count);
    }

    [Theory]
    [InlineData(null, 401)]
    [InlineData("Bearer wrong", 403)]
    [InlineData("Bearer", 401)]
    [InlineData("Basic !!!", 401)]
    [InlineData("Basic bm9jb2xvbg==", 401)]
    [InlineData("Digest x", 401)]
    [InlineData("Bearer " + Key, 201)]
    [InlineData("Bearer second", 201)]
    [InlineData("Basic dXNlcjpjb3JyZWN0IGhvcnNl", 201)]
    public async Task With_keys_only_who_has_one_may_push(string? authorization, int status)
    {
        await using var server = await StartAsync(Key, "second");
        using var request = new HttpRequestMessage(HttpMethod.Put, new Uri(server.Address, "/ingest/news/1.ts")) { Content = new ByteArrayContent([1]) };
        if (authorization is not null)
            request.Headers.TryAddWithoutValidation("Authorization", authorization);
        using var answer = await _http.SendAsync(request);
        Assert.Equal(status, (int)answer.StatusCode);
        Assert.Equal(status == 201 ? 1 : 0, _files.Count);
        Assert.Equal(status == 401, answer.Headers.WwwAuthenticate.Contains(new AuthenticationHeaderValue("Basic", "realm=\"Tandem operators\", charset=\"UTF-8\"")));
        using var read = await _http.GetAsync(new Uri(server.Address, "/ingest/news/1.ts"));
        Assert.Equal(HttpStatusCode.Unauthorized, read.StatusCode);
    }

    private async Task<HttpStatusCode> SendAsync(string method, string path, HttpContent? content = null)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), path) { Content = content };
        using var answer = await _http.SendAsync(request);
        return answer.StatusCode;
    }

    private async Task<string> RawAsync(string request)
    {
        using var client = new TcpClient();
        await client.ConnectAsync(IPAddress.Loopback, _server!.Address.Port);
        await client.GetStream().WriteAsync(Encoding.UTF8.GetBytes(request));
        using var reader = new StreamReader(client.GetStream());
        return await reader.ReadToEndAsync();
    }

    private Task<TandemServer> StartAsync(params IEnumerable<string> keys) => TandemServer.StartAsync(
        new ServerOptions
        {
            Port = 0,
            Channels = [Channel("news", SourceAddress.Push), Channel("fetched", new Uri("https://source.example/")), Channel("broken", SourceAddress.Push)],
            OperatorKeys = [.. keys.Select(key => SHA256.HashData(Encoding.UTF8.GetBytes(key)).ToImmutableArray())],
        },
        new ServerParts(TimeProvider.System, NullLoggerFactory.Instance, _meter, new MediaLibraries("5.1-test", []), Start, null),
        CancellationToken.None);

    private static ConfiguredChannel Channel(string id, Uri input) =>
        new(new ChannelOptions { Id = id, Input = input, From = "en", To = ["es"] }, EngineChoice.Refused("none"));

    private RunningChannel Start(ConfiguredChannel channel) => channel.Options.Id == "broken"
        ? throw new InvalidOperationException("no luck")
        : new RunningChannel(new Publication(), () => Snapshot(channel.Options), () => ValueTask.CompletedTask)
        {
            Pushed = channel.Options.Id == "news" ? _files : null,
        };

    private static ChannelSnapshot Snapshot(ChannelOptions options) => new()
    {
        Id = options.Id,
        State = ChannelState.Live,
        Input = ChannelSnapshot.WithoutSecrets(options.Input),
        From = "en",
        DelaySeconds = 8,
        Video = "auto",
        Engine = new EngineSnapshot("tone", true),
    };
}
