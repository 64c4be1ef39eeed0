using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Tandem.Checks.Hls;
using Xunit;

namespace Tandem.Tests.Package;

/// <summary>The watcher against a server of its own: it sees all of a channel, and what is missing.</summary>
public sealed class ChannelWatcherTests
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(20);

    [Fact]
    public async Task Sees_every_playlist_and_reads_every_voice_segment()
    {
        await using var server = await Server.Start(new FakeChannel());
        await using var watcher = ChannelWatcher.Start(server.Master, Fast);
        await watcher.Until(seen => seen.Rounds >= FakeChannel.Steps, Limit);

        Assert.Empty(watcher.Violations);

        // The first window has six segments, every further step one, in two voices.
        Assert.InRange(watcher.Checker.SoundSegments, 2 * (6 + FakeChannel.Steps - 2), int.MaxValue);
    }

    [Theory]
    [InlineData("es/g1/101.aac")]
    [InlineData("captions/107.vtt")]
    [InlineData("v1.m3u8")]
    public async Task Finds_what_is_listed_and_missing(string path)
    {
        await using var server = await Server.Start(new FakeChannel(), missing: path);
        await using var watcher = ChannelWatcher.Start(server.Master, Fast);
        await watcher.Until(seen => seen.Violations.Any(violation => violation.Rule == HlsRule.Fetch && violation.Address.AbsolutePath.EndsWith(path, StringComparison.Ordinal)), Limit);
    }

    [Fact]
    public async Task Waits_for_a_channel_that_starts_and_forgives_an_outage_that_was_announced()
    {
        await using var server = await Server.Start(new FakeChannel());
        server.IsDown = true;
        await using var watcher = ChannelWatcher.Start(server.Master, Fast);
        await Task.Delay(300);
        server.IsDown = false;
        await watcher.Until(seen => seen.Rounds >= 2, Limit);
        using (watcher.ExpectOutage())
        {
            server.IsDown = true;
            await Task.Delay(300);
            server.IsDown = false;
        }

        await watcher.Until(seen => seen.Rounds >= 6, Limit);
        Assert.Empty(watcher.Violations);

        server.IsDown = true;
        await watcher.Until(seen => seen.Violations.Any(violation => violation.Rule == HlsRule.Fetch), Limit);
    }

    [Fact]
    public async Task Finds_what_a_page_of_another_origin_may_not_read()
    {
        await using var server = await Server.Start(new FakeChannel(), origin: "https://elsewhere.test");
        await using var watcher = ChannelWatcher.Start(server.Master, Fast);
        await watcher.Until(seen => seen.Violations.Any(violation => violation.Rule == HlsRule.Fetch), Limit);
    }

    private static WatchOptions Fast => new() { Interval = TimeSpan.FromMilliseconds(20) };

    /// <summary>Serves a channel that goes on by one step with each request for its master.</summary>
    private sealed class Server : IAsyncDisposable
    {
        private readonly WebApplication _application;
        private int _step = -1;

        private Server(FakeChannel channel, string? missing, string origin)
        {
            var builder = WebApplication.CreateSlimBuilder();
            builder.Logging.ClearProviders();
            builder.WebHost.UseUrls("http://127.0.0.1:0");
            _application = builder.Build();
            _application.MapGet("/live/news/{**path}", (string path, HttpContext context) =>
            {
                if (IsDown || path == missing)
                    return Results.StatusCode(503);
                context.Response.Headers.AccessControlAllowOrigin = origin;
                if (path == "master.m3u8")
                    _step = Math.Min(_step + 1, FakeChannel.Steps - 1);
                if (!path.EndsWith(".m3u8", StringComparison.Ordinal))
                    return Results.Bytes(channel.BytesOf(path.Split('/')[0], long.Parse(path.Split('/', '.')[^2], System.Globalization.CultureInfo.InvariantCulture))!);
                var text = channel.TextOf(path[..^5], _step).Replace("https://tandem.test/", Base, StringComparison.Ordinal);
                return Results.Text(text, "application/vnd.apple.mpegurl");
            });
        }

        public volatile bool IsDown;

        public Uri Master => new(Base + "live/news/master.m3u8");

        private string Base => _application.Urls.First() + "/";

        public static async Task<Server> Start(FakeChannel channel, string? missing = null, string origin = "*")
        {
            var server = new Server(channel, missing, origin);
            await server._application.StartAsync();
            return server;
        }

        public async ValueTask DisposeAsync() => await _application.DisposeAsync();
    }
}
