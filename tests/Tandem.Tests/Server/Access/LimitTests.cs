using System.Net;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Time.Testing;
using Tandem.Server.Access;
using Tandem.Server.Configuration;
using Xunit;

namespace Tandem.Tests.Server;

/// <summary>Who asks, and how often they may.</summary>
public sealed class LimitTests
{
    private readonly FakeTimeProvider _time = new();

    [Fact]
    public void A_bucket_gives_a_burst_then_its_rate_and_says_when_to_come_again()
    {
        var buckets = new TokenBuckets(2, 4, _time);
        for (var time = 0; time < 4; time++)
            Assert.Null(buckets.Take("a"));
        Assert.Equal(TimeSpan.FromSeconds(0.5), buckets.Take("a"));
        Assert.Null(buckets.Take("b"));
        _time.Advance(TimeSpan.FromSeconds(0.5));
        Assert.Null(buckets.Take("a"));
        Assert.NotNull(buckets.Take("a"));
        _time.Advance(TimeSpan.FromHours(1));
        for (var time = 0; time < 4; time++)
            Assert.Null(buckets.Take("a"));
        Assert.NotNull(buckets.Take("a"));
    }

    [Fact]
    public void No_limit_is_none()
    {
        var buckets = new TokenBuckets(0, 0, _time);
        Assert.All(Enumerable.Range(0, 10_000), _ => Assert.Null(buckets.Take("a")));
    }

    [Fact]
    public void An_address_counts_with_its_household_and_this_machine_does_not_count()
    {
        var limits = new RequestLimits(new LimitOptions { AddressRequests = 1, AddressConnections = 2 }, _time);
        int Taken(params string[] addresses) => addresses.Count(address => limits.Request(IPAddress.Parse(address)) is null);
        Assert.Equal(5, Taken([.. Enumerable.Range(1, 9).Select(number => $"2001:db8:1:2::{number}")]));
        Assert.Equal(1, Taken("2001:db8:1:3::1"));
        Assert.Equal(5, Taken([.. Enumerable.Repeat("203.0.113.7", 4), .. Enumerable.Repeat("::ffff:203.0.113.7", 4)]));
        Assert.Equal(20, Taken([.. Enumerable.Repeat("127.0.0.1", 10), .. Enumerable.Repeat("::1", 10)]));

        var address = IPAddress.Parse("203.0.113.7");
        using var one = limits.Connect(address);
        var two = limits.Connect(address);
        Assert.Null(limits.Connect(address));
        two!.Dispose();
        two.Dispose();
        using var three = limits.Connect(address);
        Assert.NotNull(three);
        Assert.Null(limits.Connect(IPAddress.Parse("::ffff:203.0.113.7")));
        Assert.All(Enumerable.Range(0, 10), _ => Assert.NotNull(limits.Connect(IPAddress.Loopback)));
    }

    [Fact]
    public void What_is_counted_is_no_larger_than_what_is_open()
    {
        var counts = new OpenCounts<int>(1);
        for (var key = 0; key < 10_000; key++)
            counts.Open(key)!.Dispose();
        Assert.Equal(0, counts.Keys);
    }

    [Theory]
    [InlineData("203.0.113.7", "203.0.113.7")]
    [InlineData("198.51.100.1, 203.0.113.7", "203.0.113.7")]
    [InlineData("203.0.113.7, 10.0.0.2, 10.0.0.3", "203.0.113.7")]
    [InlineData("1.2.3.4, 203.0.113.7:4711", "203.0.113.7")]
    [InlineData("[2001:db8::1]:80", "2001:db8::1")]
    [InlineData("1.2.3.4, nonsense", null)]
    [InlineData("1.2.3.4, unknown, 10.0.0.2", "10.0.0.2")]
    [InlineData("", null)]
    [InlineData("10.0.0.7", "10.0.0.7")]
    public void Who_asked_is_the_last_who_is_no_proxy_of_ours(string header, string? client) =>
        Assert.Equal(client, new ClientAddress([IPNetwork.Parse("10.0.0.0/8")], ForwardedHeader.XForwardedFor).Client(header)?.ToString());

    [Theory]
    [InlineData("10.0.0.1", ForwardedHeader.XForwardedFor, "198.51.100.1", "https")]
    [InlineData("::ffff:10.0.0.1", ForwardedHeader.XForwardedFor, "198.51.100.1", "https")]
    [InlineData("10.0.0.1", ForwardedHeader.Forwarded, "203.0.113.7", "http")]
    [InlineData("192.0.2.1", ForwardedHeader.XForwardedFor, "192.0.2.1", "http")]
    [InlineData("192.0.2.1", ForwardedHeader.Forwarded, "192.0.2.1", "http")]
    public void Only_trusted_proxies_are_believed_and_only_the_header_that_they_write(string peer, object header, string client, string scheme)
    {
        var context = new DefaultHttpContext();
        context.Connection.RemoteIpAddress = IPAddress.Parse(peer);
        context.Request.Scheme = "http";
        context.Request.Headers["X-Forwarded-For"] = "1.1.1.1, 198.51.100.1";
        context.Request.Headers["X-Forwarded-Proto"] = "https";
        context.Request.Headers["Forwarded"] = "for=1.1.1.1;proto=https, for=\"203.0.113.7:80\";proto=http";
        new ClientAddress([IPNetwork.Parse("10.0.0.0/8")], (ForwardedHeader)header).Apply(context);
        Assert.Equal((client, scheme), (context.Connection.RemoteIpAddress.ToString(), context.Request.Scheme));
    }

    [Fact]
    public async Task An_address_that_asks_too_often_is_told_to_wait_and_the_others_are_not()
    {
        await using var server = await AccessServer.StartAsync(new ServerOptions
        {
            Channels = [AccessServer.Channel("news", "es")],
            Limits = new LimitOptions { AddressRequests = 2 },
            Access = new AccessOptions { TrustedProxies = [IPNetwork.Parse("127.0.0.0/8")] },
        }, time: _time);
        async Task<HttpResponseMessage> From(string address) => await server.GetAsync("/health/live", ("X-Forwarded-For", address));
        var answers = new List<HttpResponseMessage>();
        for (var time = 0; time < 20; time++)
            answers.Add(await From("203.0.113.7"));
        Assert.All(answers[..10], answer => Assert.Equal(HttpStatusCode.OK, answer.StatusCode));
        var refused = answers.Last(answer => answer.StatusCode == HttpStatusCode.TooManyRequests);
        Assert.Equal("rate", await AccessServer.ReasonAsync(refused));
        Assert.Equal(HttpStatusCode.OK, (await From("203.0.113.8")).StatusCode);
        Assert.Equal(10, await server.SampleAsync("tandem_access_refusals_total{reason=\"rate\"}"));
        Assert.Equal("1", refused.Headers.GetValues("Retry-After").Single());
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(HttpStatusCode.OK, (await From("203.0.113.7")).StatusCode);
    }

    [Fact]
    public async Task A_token_that_is_shared_by_many_is_slowed_down()
    {
        await using var server = await AccessServer.StartAsync(new ServerOptions
        {
            Channels = [AccessServer.Channel("news", "es")],
            Limits = new LimitOptions { TokenRequests = 1 },
            Access = new AccessOptions { Secrets = [Jwt.Secret] },
        }, time: _time);
        var claims = Jwt.Claims(_time.GetUtcNow());
        async Task<HttpStatusCode> With(string token) => (await server.GetAsync($"/live/news/es/g/1.aac?token={token}")).StatusCode;
        var codes = new List<HttpStatusCode>();
        for (var time = 0; time < 10; time++)
            codes.Add(await With(Jwt.Signed(claims)));
        Assert.Contains(HttpStatusCode.TooManyRequests, codes);
        claims["sub"] = "another viewer";
        Assert.NotEqual(HttpStatusCode.TooManyRequests, await With(Jwt.Signed(claims)));

        // Tickets that end in the same second as well: a site may round the end of its tokens, and many join at once.
        async Task<HttpStatusCode> WithTicket(UInt128 viewer) =>
            (await server.GetAsync($"/live/news/{new Tickets(new AccessOptions { Secrets = [Jwt.Secret] }).Issue("news", null, _time.GetUtcNow().AddMinutes(1), viewer)}/es/g/1.aac")).StatusCode;
        codes.Clear();
        for (var time = 0; time < 10; time++)
            codes.Add(await WithTicket(1));
        Assert.Contains(HttpStatusCode.TooManyRequests, codes);
        Assert.NotEqual(HttpStatusCode.TooManyRequests, await WithTicket(2));
    }
}
