using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using Tandem.Checks.Hls;
using Tandem.Checks.LiveOrigin;
using Tandem.Checks.Signals;
using Tandem.EndToEnd.Harness;
using Xunit;

namespace Tandem.EndToEnd.Delivery;

/// <summary>Any number of viewers behind a cache costs the origin one fetch each of what there is (issue 4, HLS at scale).</summary>
public sealed class CdnTests
{
    private const int Viewers = 200;

    /// <summary>nginx hands out what it kept for a second; a revalidation may come a moment before another one.</summary>
    private const double MostFetchesASecond = 1.3;

    private static readonly TimeSpan _watched = TimeSpan.FromSeconds(10);

    [Fact]
    [Trait("Category", "Full")]
    public async Task Two_hundred_viewers_cost_the_origin_one_fetch_of_each_segment()
    {
        await using var origin = await OriginServer.StartAsync();
        var source = origin.Add("cached", new OriginOptions { Programme = await Programmes.FlashBeepAsync(Packing.Ts, FrameRate.Pal) });
        await using var proxy = await CountingProxy.StartAsync();
        await using var nginx = await DocumentedNginx.StartAsync(proxy.Port);
        await using var server = await TandemServer.StartAsync(
            [TandemServer.Channel("cached", source.Master, delay: "4s", video: "carry")],
            new Dictionary<string, string> { ["TANDEM__public_url"] = nginx.Root.ToString() });
        proxy.Origin = server.Root;

        // Through a cache, two playlists are of different ages: a voice's may have been kept for a second longer than the picture's.
        server.Excuse((_, violation) => violation.Rule == HlsRule.VoiceCoverage);
        var master = new Uri(nginx.Root, "live/cached/master.m3u8");
        using var http = new HttpClient(new SocketsHttpHandler { MaxConnectionsPerServer = 400, AutomaticDecompression = DecompressionMethods.All });
        await server.UntilAsync("it plays through the cache", async () => (await http.GetAsync(master)).IsSuccessStatusCode, TimeSpan.FromSeconds(30));

        var before = proxy.Requests.Count;
        var began = TimeProvider.System.GetTimestamp();
        using var stop = new CancellationTokenSource(_watched);
        var viewers = Enumerable.Range(0, Viewers).Select(_ => new LightViewer(http, master, "/es/")).ToList();
        await Task.WhenAll(viewers.Select(viewer => viewer.WatchAsync(stop.Token)));
        var seconds = TimeProvider.System.GetElapsedTime(began).TotalSeconds;
        var fetched = proxy.Requests.Skip(before).ToList();

        Assert.Empty(viewers.SelectMany(viewer => viewer.Failures).Distinct());
        Assert.All(viewers, viewer => Assert.True(viewer.Segments >= 6, $"a viewer got {viewer.Segments} segments only"));
        var segments = fetched.Where(request => request.Path.EndsWith(".ts", StringComparison.Ordinal) || request.Path.EndsWith(".aac", StringComparison.Ordinal))
            .GroupBy(request => request.Path).ToList();
        Assert.True(segments.Count >= 6, $"only {segments.Count} segments reached the origin");
        Assert.All(segments, same => Assert.True(same.Count() == 1, $"{same.Key} was fetched {same.Count()} times"));
        foreach (var same in fetched.Except(segments.SelectMany(all => all)).GroupBy(request => request.Path))
            Assert.True(same.Count() <= (seconds * MostFetchesASecond) + 2, $"{same.Key} was fetched {same.Count()} times in {seconds:F0} s");
        var asked = viewers.Sum(viewer => viewer.Requests);
        Assert.True(asked > 20 * fetched.Count, $"{asked} requests of {Viewers} viewers became {fetched.Count} of the origin");
        TestContext.Current.SendDiagnosticMessage(string.Create(CultureInfo.InvariantCulture, $"{asked} requests became {fetched.Count} in {seconds:F1} s"));
        TestContext.Current.TestOutputHelper?.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{asked} requests became {fetched.Count} in {seconds:F1} s"));
    }

    [Fact]
    public async Task Parts_compression_and_a_restart_are_the_caches_own_matter()
    {
        await using var proxy = await CountingProxy.StartAsync();
        await using var nginx = await DocumentedNginx.StartAsync(proxy.Port);
        await using var published = await FixedOrigin.StartAsync();
        proxy.Origin = published.Root;
        using var http = new HttpClient { BaseAddress = nginx.Root };

        using var part = new HttpRequestMessage(HttpMethod.Get, "/live/a/es/1.aac") { Headers = { Range = new RangeHeaderValue(10, 19) } };
        using var cut = await http.SendAsync(part);
        Assert.Equal(HttpStatusCode.PartialContent, cut.StatusCode);
        Assert.Equal(FixedOrigin.Segment[10..20], await cut.Content.ReadAsByteArrayAsync());
        Assert.Equal(FixedOrigin.Segment, await http.GetByteArrayAsync("/live/a/es/1.aac?token=other"));
        using var head = await http.SendAsync(new HttpRequestMessage(HttpMethod.Head, "/live/a/es/1.aac"));
        Assert.Equal(FixedOrigin.Segment.Length, head.Content.Headers.ContentLength);
        Assert.Equal(["/live/a/es/1.aac"], proxy.Requests.Select(request => request.Path));

        using var wanted = new HttpRequestMessage(HttpMethod.Get, "/live/a/master.m3u8");
        wanted.Headers.AcceptEncoding.ParseAdd("gzip");
        using var small = await http.SendAsync(wanted);
        Assert.Equal("gzip", small.Content.Headers.ContentEncoding.Single());
        Assert.Equal("*", small.Headers.GetValues("Access-Control-Allow-Origin").Single());
        Assert.Equal(FixedOrigin.Playlist, await http.GetStringAsync("/live/a/master.m3u8"));
        Assert.Equal(2, proxy.Requests.Count);

        using var question = new HttpRequestMessage(HttpMethod.Options, "/live/a/es/1.aac");
        using var allowed = await http.SendAsync(question);
        Assert.Equal(HttpStatusCode.NoContent, allowed.StatusCode);
        Assert.Equal("*, Authorization", allowed.Headers.GetValues("Access-Control-Allow-Headers").Single());
        Assert.Equal(HttpStatusCode.NotFound, (await http.GetAsync("/metrics")).StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, (await http.GetAsync("/Metrics")).StatusCode);
        Assert.Equal(2, proxy.Requests.Count);

        // While Tandem restarts: what was there is there. nginx counts in whole seconds: a second ends within two.
        proxy.Origin = null;
        await Task.Delay(TimeSpan.FromSeconds(2.2), TimeProvider.System);
        using var meanwhile = await http.GetAsync("/live/a/master.m3u8");
        Assert.Equal(FixedOrigin.Playlist, await meanwhile.Content.ReadAsStringAsync());
        Assert.Equal("STALE", meanwhile.Headers.GetValues("X-Cache").Single());
    }
}
