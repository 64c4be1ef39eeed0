using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.IO.Compression;
using System.Net;
using System.Text;
using Microsoft.AspNetCore.Http;
using Tandem.Live.Ingest;
using Xunit;

namespace Tandem.Tests.Ingest;

public sealed class SourceHttpTests
{
    private static readonly byte[] s_thousand = [.. Enumerable.Range(0, 1000).Select(index => (byte)(index % 251))];

    [Fact]
    public async Task FetchesAndTellsWhereItWasFound()
    {
        await using var origin = await LocalOrigin.StartAsync(context => context.Request.Path.Value switch
        {
            "/a" => Redirect(context, "/b?sig=secret"),
            "/b" => Redirect(context, "c/index.m3u8"),
            "/c/index.m3u8" => context.Response.WriteAsync("#EXTM3U"),
            _ => Status(context, 404),
        });
        var outcome = await FetchAsync(origin, "/a");
        Assert.Equal("#EXTM3U", Encoding.UTF8.GetString(outcome.Body.Span));
        Assert.Equal(origin.At("/c/index.m3u8"), outcome.Address);
    }

    [Theory]
    [InlineData(404, "not_found")]
    [InlineData(410, "not_found")]
    [InlineData(403, "forbidden")]
    [InlineData(401, "forbidden")]
    [InlineData(429, "rate_limited")]
    [InlineData(500, "server_error")]
    [InlineData(503, "server_error")]
    [InlineData(418, "http_status")]
    [InlineData(204, "http_status")]
    public async Task StatusesAreFaultsThatSayWhereWithoutSecrets(int status, string reason)
    {
        await using var origin = await LocalOrigin.StartAsync(context => Status(context, status));
        var fault = (await FetchAsync(origin, "/live/x.m3u8?token=secret")).Fault!;
        Assert.Equal(("playlist", reason, true), (fault.Stage, fault.Reason, fault.Retry));
        Assert.Contains("/live/x.m3u8", fault.Detail, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", fault.Detail, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(429, "7", 7)]
    [InlineData(503, "2", 2)]
    [InlineData(429, "3600", 30)]
    [InlineData(429, "Thu, 01 Jan 2099 00:00:00 GMT", 30)]
    [InlineData(429, "Thu, 01 Jan 1970 00:00:00 GMT", null)]
    [InlineData(429, "-5", null)]
    [InlineData(429, "soon", null)]
    public async Task WhenAServerWantsToBeAskedAgainIsHeardWithinBounds(int status, string after, int? seconds)
    {
        await using var origin = await LocalOrigin.StartAsync(context =>
        {
            context.Response.Headers.RetryAfter = after;
            return Status(context, status);
        });
        var fault = (await FetchAsync(origin, "/live.m3u8")).Fault!;
        Assert.Equal(seconds, fault.RetryAfter?.TotalSeconds);
    }

    [Fact]
    public async Task CredentialsInAnAddressDoNotReachWhatIsPublished()
    {
        await using var origin = await LocalOrigin.StartAsync(context => context.Request.Path.Value switch
        {
            "/a" => Redirect(context, $"http://user:secret@{context.Request.Host}/b/index.m3u8"),
            _ => context.Response.WriteAsync("#EXTM3U"),
        });
        var outcome = await FetchAsync(origin, "/a");
        Assert.Equal(origin.At("/b/index.m3u8"), outcome.Address);
        Assert.True(AddressReader.TryResolve(new Uri("https://cdn.example/a/x.m3u8"), "//user:secret@cdn.example:8443/b/1.ts?x=%2F#t", out var address));
        Assert.Equal("https://cdn.example:8443/b/1.ts?x=%2F#t", address.AbsoluteUri);
    }

    [Theory]
    [InlineData("http://127.0.0.1:9/")]
    [InlineData("http://localhost:9/")]
    [InlineData("http://[::1]:9/")]
    [InlineData("http://[::ffff:127.0.0.1]:9/")]
    [InlineData("http://0.0.0.0:9/")]
    [InlineData("http://2130706433:9/")]
    [InlineData("http://0x7f.1:9/")]
    [InlineData("http://169.254.169.254/latest/meta-data/")]
    [InlineData("http://[fd00:ec2::254]/")]
    [InlineData("http://10.0.0.1/")]
    public async Task PrivateAddressesAreRefusedHoweverTheyAreWritten(string address)
    {
        foreach (var kind in Enum.GetValues<FetchKind>())
        {
            using var http = new SourceHttp(Options(new Uri("https://live.example/")), TimeProvider.System);
            var fault = (await http.FetchAsync(new FetchRequest(new Uri(address), kind), default)).Fault!;
            Assert.Equal(("refused_address", false), (fault.Reason, fault.Retry));
        }
    }

    [Fact]
    public async Task ARedirectIsNotFollowedToAForbiddenSchemeOrForEver()
    {
        await using var origin = await LocalOrigin.StartAsync(context => Redirect(context, context.Request.Path.Value switch
        {
            "/file" => "file:///etc/passwd",
            "/ftp" => "ftp://127.0.0.1/x",
            "/none" => "",
            "/bad" => "http://",
            "/1" => "/2",
            _ => "/1",
        }));
        Assert.Equal("refused_address", (await FetchAsync(origin, "/file")).Fault!.Reason);
        Assert.Equal("refused_address", (await FetchAsync(origin, "/ftp")).Fault!.Reason);
        Assert.Equal("bad_redirect", (await FetchAsync(origin, "/none")).Fault!.Reason);
        Assert.Equal("bad_redirect", (await FetchAsync(origin, "/bad")).Fault!.Reason);
        Assert.Equal("too_many_redirects", (await FetchAsync(origin, "/1")).Fault!.Reason);
    }

    [Fact]
    public async Task EveryHopIsCheckedWhereItConnects()
    {
        await using var origin = await LocalOrigin.StartAsync(context => context.Request.Path == "/inside"
            ? context.Response.WriteAsync("secret")
            : Redirect(context, context.Request.Path == "/away" ? $"http://127.0.0.2:{context.Request.Host.Port}/inside" : "/inside"));
        // As if 127.0.0.1 were public: the first hop is allowed, and where it leads is not.
        using var http = new SourceHttp(Options(origin.Address), TimeProvider.System, address => address.Equals(IPAddress.Loopback));
        foreach (var kind in Enum.GetValues<FetchKind>())
        {
            Assert.True((await http.FetchAsync(new FetchRequest(origin.At("/stay"), kind), default)).Succeeded);
            var fault = (await http.FetchAsync(new FetchRequest(origin.At("/away"), kind), default)).Fault!;
            Assert.Equal("refused_address", fault.Reason);
            Assert.Contains("127.0.0.2", fault.Detail, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task AConnectionThatHangsIsGivenUpInTimeForAnotherTry()
    {
        using var origin = new RawOrigin("", close: false);
        using var http = new SourceHttp(Options(origin.Address, allowPrivate: true), TimeProvider.System);
        var request = new FetchRequest(origin.Address, FetchKind.Segment, Patience: TimeSpan.FromMilliseconds(400));
        Assert.Equal("stalled", (await http.FetchAsync(request, default)).Fault!.Reason);
        Assert.False((await http.FetchAsync(request with { Patience = TimeSpan.FromSeconds(-1) }, default)).Succeeded);
    }

    [Fact]
    public async Task HeadersGoToTheInputsHostOnly()
    {
        var seen = new ConcurrentDictionary<string, string>();
        await using var origin = await LocalOrigin.StartAsync(context =>
        {
            seen[context.Request.Host.Host + context.Request.Path] = context.Request.Headers["X-Key"] + "|" + context.Request.Headers.Cookie;
            var elsewhere = $"http://localhost:{context.Request.Host.Port}/there";
            return context.Request.Path == "/here" ? Redirect(context, elsewhere) : context.Response.WriteAsync("#EXTM3U");
        });
        var headers = ImmutableDictionary<string, string>.Empty.Add("X-Key", "k").Add("Cookie", "c=1").Add("Host", "evil").Add("Range", "bytes=0-1");
        using var http = new SourceHttp(Options(origin.Address, allowPrivate: true) with { Headers = headers }, TimeProvider.System);
        Assert.True((await http.FetchAsync(new FetchRequest(origin.At("/here"), FetchKind.Playlist), default)).Succeeded);
        Assert.Equal("k|c=1", seen["127.0.0.1/here"]);
        Assert.Equal("|", seen["localhost/there"]);
    }

    [Theory]
    [InlineData("gzip")]
    [InlineData("br")]
    [InlineData("deflate")]
    public async Task CompressedPlaylistsAreReadAndBombsAreNot(string encoding)
    {
        await using var origin = await LocalOrigin.StartAsync(async context =>
        {
            context.Response.Headers.ContentEncoding = encoding;
            await using var compressed = Compress(context.Response.Body, encoding);
            if (context.Request.Path == "/good")
            {
                await compressed.WriteAsync("#EXTM3U"u8.ToArray());
                return;
            }

            for (var block = 0; block < 1024; block++)
                await compressed.WriteAsync(new byte[1024 * 1024]);
        });
        Assert.Equal(7, (await FetchAsync(origin, "/good")).Body.Length);
        var before = GC.GetTotalAllocatedBytes();
        var fault = (await FetchAsync(origin, "/bomb")).Fault!;
        Assert.Equal(("too_large", false), (fault.Reason, fault.Retry));
        Assert.True(GC.GetTotalAllocatedBytes() - before < 200 * 1024 * 1024, "the bomb was unpacked");
    }

    [Fact]
    public async Task DamagedAndUnknownEncodingsAreFaults()
    {
        await using var origin = await LocalOrigin.StartAsync(context =>
        {
            context.Response.Headers.ContentEncoding = context.Request.Path == "/gzip" ? "gzip" : "compress";
            return context.Response.WriteAsync("#EXTM3U is not compressed");
        });
        Assert.Equal("bad_encoding", (await FetchAsync(origin, "/gzip")).Fault!.Reason);
        Assert.Equal("bad_encoding", (await FetchAsync(origin, "/other")).Fault!.Reason);
    }

    [Fact]
    public async Task ATenGigabyteSegmentIsRefusedByItsLengthAndByReadingIt()
    {
        await using var origin = await LocalOrigin.StartAsync(async context =>
        {
            if (context.Request.Path == "/announced")
                context.Response.ContentLength = 10_000_000_000;
            var block = new byte[1024 * 1024];
            for (var sent = 0L; sent < 10_000_000_000 && !context.RequestAborted.IsCancellationRequested; sent += block.Length)
                await context.Response.Body.WriteAsync(block, context.RequestAborted);
        });
        foreach (var path in (string[])["/announced", "/endless"])
        {
            var outcome = await FetchAsync(origin, path, FetchKind.Segment, limits: new SourceLimits { SegmentBytes = 3_000_000 });
            Assert.Equal(("segment", "too_large", false), (outcome.Fault!.Stage, outcome.Fault.Reason, outcome.Fault.Retry));
        }

        Assert.Equal("too_large", (await FetchAsync(origin, "/announced", FetchKind.Key)).Fault!.Reason);
        Assert.Equal("too_large", (await FetchAsync(origin, "/endless", FetchKind.Init)).Fault!.Reason);
    }

    [Theory]
    [InlineData(999, true)]
    [InlineData(1000, true)]
    [InlineData(1001, false)]
    public async Task TheBoundIsExact(int length, bool fits)
    {
        await using var origin = await LocalOrigin.StartAsync(async context =>
        {
            if (context.Request.Path == "/announced")
                context.Response.ContentLength = length;
            await context.Response.Body.WriteAsync(new byte[length]);
        });
        foreach (var path in (string[])["/announced", "/chunked"])
        {
            var outcome = await FetchAsync(origin, path, FetchKind.Segment, limits: new SourceLimits { SegmentBytes = 1000 });
            Assert.Equal(fits, outcome.Succeeded);
            Assert.Equal(fits ? length : 0, outcome.Body.Length);
        }
    }

    [Fact]
    public async Task ByteRangesAreAskedForOrCutOut()
    {
        await using var origin = await LocalOrigin.StartAsync(async context =>
        {
            var range = context.Request.Headers.Range.ToString();
            switch (context.Request.Path.Value)
            {
                case "/ranges" when range == "bytes=100-149":
                    context.Response.StatusCode = 206;
                    context.Response.Headers.ContentRange = "bytes 100-149/1000";
                    await context.Response.Body.WriteAsync(s_thousand.AsMemory(100, 50));
                    break;
                case "/wrong":
                    context.Response.StatusCode = 206;
                    context.Response.Headers.ContentRange = "bytes 0-49/1000";
                    await context.Response.Body.WriteAsync(s_thousand.AsMemory(0, 50));
                    break;
                case "/short":
                    context.Response.StatusCode = 206;
                    await context.Response.Body.WriteAsync(s_thousand.AsMemory(100, 20));
                    break;
                case "/none":
                    context.Response.StatusCode = 416;
                    break;
                default:
                    await context.Response.Body.WriteAsync(s_thousand);
                    break;
            }
        });
        var range = new ByteRange(50, 100);
        foreach (var path in (string[])["/ranges", "/whole"])
            Assert.Equal(s_thousand[100..150], (await FetchAsync(origin, path, FetchKind.Segment, range)).Body.ToArray());
        Assert.Equal("bad_range", (await FetchAsync(origin, "/wrong", FetchKind.Segment, range)).Fault!.Reason);
        Assert.Equal("truncated", (await FetchAsync(origin, "/short", FetchKind.Segment, range)).Fault!.Reason);
        Assert.Equal("bad_range", (await FetchAsync(origin, "/none", FetchKind.Segment, range)).Fault!.Reason);
        Assert.Equal("truncated", (await FetchAsync(origin, "/whole", FetchKind.Segment, new ByteRange(50, 980))).Fault!.Reason);
        Assert.Equal("too_large", (await FetchAsync(origin, "/whole", FetchKind.Segment, new ByteRange(50, 1L << 40))).Fault!.Reason);
        Assert.Equal("too_large", (await FetchAsync(origin, "/whole", FetchKind.Segment, new ByteRange(1L << 40, 0))).Fault!.Reason);
    }

    [Fact]
    public async Task WhatIsNotThereIsNamed()
    {
        using var http = new SourceHttp(Options(new Uri("http://127.0.0.1/"), allowPrivate: true), TimeProvider.System);
        var nobody = await http.FetchAsync(new FetchRequest(new Uri("http://no-such-host.invalid/x.m3u8"), FetchKind.Playlist), default);
        Assert.Equal("no_such_host", nobody.Fault!.Reason);
        Uri free;
        using (var closed = new RawOrigin("x", close: true))
            free = closed.Address;
        Assert.Equal("connection_refused", (await http.FetchAsync(new FetchRequest(free, FetchKind.Playlist), default)).Fault!.Reason);
    }

    [Theory]
    [InlineData("HTTP/1.1 200 OK\nContent-Length: 100\n\n#EXTM3U", true, "truncated")]
    [InlineData("HTTP/1.1 200 OK\nTransfer-Encoding: chunked\n\n7\n#EXTM3U\n", true, "truncated")]
    [InlineData("SSH-2.0-OpenSSH_9.2\n", true, "bad_response")]
    [InlineData("", true, "truncated")]
    [InlineData("", false, "stalled")]
    [InlineData("HTTP/1.1 200 OK\nContent-Length: 100\n\n#EXTM3U", false, "stalled")]
    [InlineData("HTTP/1.1 200 OK\nContent-Length: 0\n\n", true, "empty")]
    public async Task BrokenServersAreNamed(string answer, bool close, string reason)
    {
        using var origin = new RawOrigin(answer, close);
        var limits = new SourceLimits { StallTimeout = TimeSpan.FromMilliseconds(200), ConnectTimeout = TimeSpan.FromMilliseconds(500) };
        using var http = new SourceHttp(Options(origin.Address, allowPrivate: true) with { Limits = limits }, TimeProvider.System);
        var fault = (await http.FetchAsync(new FetchRequest(origin.Address, FetchKind.Playlist), default)).Fault!;
        Assert.Equal(reason, fault.Reason);
    }

    [Fact]
    public async Task AServerThatDripsIsGivenUp()
    {
        await using var origin = await LocalOrigin.StartAsync(async context =>
        {
            while (!context.RequestAborted.IsCancellationRequested)
            {
                await context.Response.WriteAsync("#", context.RequestAborted);
                await Task.Delay(50, context.RequestAborted);
            }
        });
        var limits = new SourceLimits { SmallTimeout = TimeSpan.FromSeconds(1) };
        Assert.Equal("timeout", (await FetchAsync(origin, "/", limits: limits)).Fault!.Reason);
    }

    [Fact]
    public async Task OnlyTheCallersCancellationThrows()
    {
        using var origin = new RawOrigin("", close: false);
        using var http = new SourceHttp(Options(origin.Address, allowPrivate: true), TimeProvider.System);
        using var cancel = new CancellationTokenSource(TimeSpan.FromMilliseconds(100));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            () => http.FetchAsync(new FetchRequest(origin.Address, FetchKind.Playlist), cancel.Token));
    }

    private static SourceOptions Options(Uri input, bool allowPrivate = false) =>
        new() { Input = input, Language = "en", AllowPrivate = allowPrivate };

    private static async Task<FetchOutcome> FetchAsync(
        LocalOrigin origin, string path, FetchKind kind = FetchKind.Playlist, ByteRange? range = null, SourceLimits? limits = null)
    {
        using var http = new SourceHttp(Options(origin.Address, allowPrivate: true) with { Limits = limits ?? new() }, TimeProvider.System);
        return await http.FetchAsync(new FetchRequest(origin.At(path), kind, range), default);
    }

    private static Stream Compress(Stream body, string encoding) => encoding switch
    {
        "gzip" => new GZipStream(body, CompressionLevel.Fastest, leaveOpen: true),
        "br" => new BrotliStream(body, CompressionLevel.Fastest, leaveOpen: true),
        _ => new ZLibStream(body, CompressionLevel.Fastest, leaveOpen: true),
    };

    private static Task Redirect(HttpContext context, string to)
    {
        context.Response.StatusCode = 302;
        context.Response.Headers.Location = to;
        return Task.CompletedTask;
    }

    private static Task Status(HttpContext context, int status)
    {
        context.Response.StatusCode = status;
        return Task.CompletedTask;
    }
}
