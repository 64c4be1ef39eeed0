using System.Net;
using System.Security.Cryptography;
using System.Text;
using Tandem.Server.Access;
using Tandem.Server.Configuration;
using Xunit;

namespace Tandem.Tests.Server;

/// <summary>Who may operate, asked of the real server over HTTP.</summary>
public sealed class OperatorAccessTests
{
    [Theory]
    [InlineData("/metrics")]
    [InlineData("/ops")]
    [InlineData("/OPS/x")]
    [InlineData("/v1/fleet")]
    [InlineData("/v1/feedback")]
    public async Task What_is_the_operators_needs_a_key_where_there_are_keys(string path)
    {
        await using var server = await AccessServer.StartAsync(WithKey());
        using var none = await server.GetAsync(path);
        Assert.Equal(HttpStatusCode.Unauthorized, none.StatusCode);
        Assert.Equal("operator_missing", await AccessServer.ReasonAsync(none));
        using var wrong = await server.GetAsync(path, ("Authorization", "Bearer wrong"));
        Assert.Equal(HttpStatusCode.Forbidden, wrong.StatusCode);
        Assert.Equal("operator_key", await AccessServer.ReasonAsync(wrong));
        using var right = await server.GetAsync(path, ("Authorization", "Basic " + Convert.ToBase64String(Encoding.UTF8.GetBytes($"me:{AccessServer.Key}"))));
        Assert.Contains(right.StatusCode, new[] { HttpStatusCode.OK, HttpStatusCode.NotFound });
        Assert.Equal(1, await server.SampleAsync("tandem_access_refusals_total{reason=\"operator_key\"}"));
        Assert.DoesNotContain(AccessServer.Key, server.Log, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Health_and_description_and_the_page_need_no_key()
    {
        await using var server = await AccessServer.StartAsync(WithKey(), pages: true);
        foreach (var path in new[] { "/health/live", "/health/ready", "/openapi/v1.json", "/" })
        {
            using var answer = await server.GetAsync(path);
            Assert.True(answer.IsSuccessStatusCode, path);
        }

        Assert.DoesNotContain("news", await server.Http.GetStringAsync("/health/live"), StringComparison.Ordinal);
        using var ready = await server.GetAsync("/health/ready");
        Assert.Contains("\"parts\":[]", await ready.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        using var whole = await server.GetAsync("/health/ready", ("Authorization", $"Bearer {AccessServer.Key}"));
        Assert.Contains("news", await whole.Content.ReadAsStringAsync(), StringComparison.Ordinal);

        // Where viewers need no token, the page sees channels, without what is the operators'.
        var seen = await server.Http.GetStringAsync("/v1/channels");
        Assert.Contains("news", seen, StringComparison.Ordinal);
        Assert.DoesNotContain("source.example", seen, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_operators_own_listener_asks_for_no_key_on_loopback_and_the_other_one_does()
    {
        await using var server = await AccessServer.StartAsync(new ServerOptions
        {
            Channels = [AccessServer.Channel("news", "es")],
            OperatorKeys = WithKey().OperatorKeys,
            Access = new AccessOptions { AdminPort = 0 },
        });
        Assert.NotEqual(server.Address.Port, server.AdminAddress.Port);
        Assert.Contains("tandem_build_info", await server.Http.GetStringAsync(new Uri(server.AdminAddress, "/metrics")), StringComparison.Ordinal);
        Assert.Contains("source.example", await server.Http.GetStringAsync(new Uri(server.AdminAddress, "/v1/channels")), StringComparison.Ordinal);
        using var other = await server.GetAsync("/metrics");
        Assert.Equal(HttpStatusCode.Unauthorized, other.StatusCode);
    }

    [Theory]
    [InlineData("POST", "Sec-Fetch-Site", "cross-site", null, 403)]
    [InlineData("POST", "Origin", "https://evil.example", null, 403)]
    [InlineData("GET", "Sec-Fetch-Site", "same-origin", "evil.example", 403)]
    [InlineData("GET", "Sec-Fetch-Site", "same-origin", null, 200)]
    [InlineData("GET", "Sec-Fetch-Site", "none", "localhost", 200)]
    [InlineData("GET", "Accept", "*/*", null, 200)]
    public async Task Pages_of_other_sites_get_nothing_from_the_operators_own_listener(string method, string header, string value, string? host, int status)
    {
        await using var server = await AccessServer.StartAsync(new ServerOptions { Access = new AccessOptions { AdminPort = 0 } });
        using var request = new HttpRequestMessage(new HttpMethod(method), new Uri(server.AdminAddress, method == "GET" ? "/metrics" : "/v1/channels"));
        if (method == "POST")
            request.Content = new StringContent("{}", Encoding.UTF8, "application/json");
        request.Headers.TryAddWithoutValidation(header, value);
        if (host is not null)
            request.Headers.Host = host;
        using var answer = await server.Http.SendAsync(request);
        Assert.Equal(status, (int)answer.StatusCode);
        if (status == 403)
            Assert.Equal("operator_origin", await AccessServer.ReasonAsync(answer));
    }

    [Fact]
    public async Task A_password_that_a_browser_remembers_is_of_no_use_to_other_sites()
    {
        await using var server = await AccessServer.StartAsync(WithKey());
        var basic = ("Authorization", "Basic " + Convert.ToBase64String(Encoding.UTF8.GetBytes($"me:{AccessServer.Key}")));
        using var foreign = await server.SendAsync(HttpMethod.Delete, "/v1/channels/news", null, basic, ("Sec-Fetch-Site", "cross-site"));
        Assert.Equal("operator_origin", await AccessServer.ReasonAsync(foreign));
        using var own = await server.SendAsync(HttpMethod.Delete, "/v1/channels/news", null, basic, ("Sec-Fetch-Site", "same-origin"), ("Origin", server.Address.GetLeftPart(UriPartial.Authority)));
        Assert.Equal(HttpStatusCode.Conflict, own.StatusCode);
    }

    [Fact]
    public async Task Headers_keep_browsers_from_more_than_was_meant()
    {
        await using var server = await AccessServer.StartAsync(WithKey() with { Access = new AccessOptions { EmbedOrigins = ["https://tv.example", "https://b.example:8443"] } }, pages: true);
        using var page = await server.GetAsync("/");
        Assert.Contains("frame-ancestors 'self' https://tv.example https://b.example:8443;", page.Headers.GetValues("Content-Security-Policy").Single(), StringComparison.Ordinal);
        Assert.Equal("no-referrer", page.Headers.GetValues("Referrer-Policy").Single());
        Assert.Equal("nosniff", page.Headers.GetValues("X-Content-Type-Options").Single());
        Assert.False(page.Headers.Contains("Strict-Transport-Security"));
        using var state = await server.GetAsync("/v1/channels");
        Assert.Equal("default-src 'none'; frame-ancestors 'none'", state.Headers.GetValues("Content-Security-Policy").Single());
        using var operations = await server.GetAsync("/ops");
        Assert.Equal("DENY", operations.Headers.GetValues("X-Frame-Options").Single());

        await using var closed = await AccessServer.StartAsync(WithKey(), pages: true);
        using var plain = await closed.GetAsync("/");
        Assert.Contains("frame-ancestors 'self';", plain.Headers.GetValues("Content-Security-Policy").Single(), StringComparison.Ordinal);
    }

    internal static ServerOptions WithKey() => new()
    {
        Channels = [AccessServer.Channel("news", "es")],
        OperatorKeys = [[.. SHA256.HashData(Encoding.UTF8.GetBytes(AccessServer.Key))]],
    };
}
