using System.Collections.Immutable;
using System.Net;
using System.Text.Json;
using Tandem.Server.Configuration;
using Xunit;

namespace Tandem.Tests.Server.Ops;

/// <summary>The page's paths, asked of the real server over HTTP.</summary>
public sealed class OpsPageServerTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("tandem-ops-").FullName;

    public OpsPageServerTests()
    {
        Directory.CreateDirectory(Path.Combine(_folder, "pages", "ops"));
        File.WriteAllText(Path.Combine(_folder, "pages", "ops", "index.html"), "<!doctype html><title>Ops</title>");
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task The_page_asks_nobody_but_its_server_and_is_shown_in_no_frame_whatever_may_be_embedded()
    {
        var access = new ServerOptions().Access with { EmbedOrigins = ["https://friend.example"] };
        await using var server = await AccessServer.StartAsync(new ServerOptions { Access = access }, _folder, pages: true);
        using (var without = await server.GetAsync("/ops"))
        {
            Assert.Equal(HttpStatusCode.MovedPermanently, without.StatusCode);
            Assert.EndsWith("/ops/", without.Headers.Location!.ToString(), StringComparison.Ordinal);
        }

        using var page = await server.GetAsync("/ops/");
        Assert.Equal("<!doctype html><title>Ops</title>", await page.Content.ReadAsStringAsync());
        var policy = page.Headers.GetValues("Content-Security-Policy").Single();
        Assert.Contains("connect-src 'self'", policy, StringComparison.Ordinal);
        Assert.Contains("frame-ancestors 'none'", policy, StringComparison.Ordinal);
        Assert.DoesNotContain("friend.example", policy, StringComparison.Ordinal);
        Assert.DoesNotContain("unsafe", policy, StringComparison.Ordinal);
        Assert.False(page.Headers.Contains("Access-Control-Allow-Origin"));
        Assert.Equal("DENY", page.Headers.GetValues("X-Frame-Options").Single());
    }

    [Fact]
    public async Task Page_and_figures_are_the_operators_where_there_are_keys()
    {
        var hash = System.Security.Cryptography.SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(AccessServer.Key));
        await using var server = await AccessServer.StartAsync(new ServerOptions { OperatorKeys = [hash.ToImmutableArray()] }, _folder, pages: true);
        foreach (var path in new[] { "/ops/", "/ops/state", "/ops/index.html", "/OPS/state" })
        {
            using var refused = await server.GetAsync(path);
            Assert.Equal(HttpStatusCode.Unauthorized, refused.StatusCode);
            Assert.StartsWith("Basic", refused.Headers.WwwAuthenticate.ToString(), StringComparison.Ordinal);
            using var let = await server.GetAsync(path, ("Authorization", $"Bearer {AccessServer.Key}"));
            Assert.Equal(HttpStatusCode.OK, let.StatusCode);
        }
    }

    [Fact]
    public async Task Figures_are_over_the_window_that_is_asked_for()
    {
        await using var server = await AccessServer.StartAsync(new ServerOptions { Channels = [AccessServer.Channel("news", "es")] });
        using var usual = JsonDocument.Parse(await server.Http.GetStringAsync("/ops/state"));
        Assert.Equal(300, usual.RootElement.GetProperty("windowSeconds").GetDouble());
        Assert.Equal("news", usual.RootElement.GetProperty("channels")[0].GetProperty("id").GetString());
        Assert.DoesNotContain("SECRET", usual.RootElement.GetRawText(), StringComparison.Ordinal);
        using var minute = JsonDocument.Parse(await server.Http.GetStringAsync("/ops/state?window=60"));
        Assert.Equal(60, minute.RootElement.GetProperty("windowSeconds").GetDouble());
        foreach (var wrong in new[] { "9", "601", "-60", "1e2", "x", "5m", "99999999999" })
        {
            using var answer = await server.GetAsync($"/ops/state?window={wrong}");
            Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
            Assert.Contains("window: seconds, from 10 to 600", await answer.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Where_the_page_is_not_built_it_says_so()
    {
        await using var server = await AccessServer.StartAsync(new ServerOptions());
        Assert.Contains("is not built", await server.Http.GetStringAsync("/ops"), StringComparison.Ordinal);
    }
}
