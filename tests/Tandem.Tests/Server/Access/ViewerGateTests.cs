using System.Net;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Tandem.Live;
using Tandem.Server;
using Tandem.Server.Access;
using Tandem.Server.Admission;
using Tandem.Server.Api;
using Xunit;

namespace Tandem.Tests.Server;

/// <summary>The gate as WebSockets ask it: once, for as long as they last.</summary>
public sealed class ViewerGateTests : IDisposable
{
    private readonly FakeTimeProvider _time = new(new DateTimeOffset(2026, 11, 24, 12, 0, 0, TimeSpan.Zero));
    private readonly TandemMeter _meter = new();
    private readonly List<IDisposable> _made = [];

    public void Dispose()
    {
        _made.ForEach(one => one.Dispose());
        _meter.Dispose();
    }

    [Fact]
    public async Task A_socket_learns_which_voices_are_open_and_until_when()
    {
        var gate = Gate(new AccessOptions { Secrets = [Jwt.Secret], PremiumLanguages = ["de"] });
        var verdict = await gate.AdmitAsync(Ask(Token()), "news", "es", ViewerKind.WebSocket);
        Assert.True(verdict.Admitted);
        Assert.Equal(_time.GetUtcNow().AddMinutes(10), verdict.Expires);
        Assert.Equal((true, true, false), (verdict.Allows("es"), verdict.Allows("original"), verdict.Allows("de")));
        Assert.Equal("premium", (await gate.AdmitAsync(Ask(Token()), "news", "DE", ViewerKind.WebSocket)).Reason);
        Assert.Equal("channel", (await gate.AdmitAsync(Ask(Token()), "sport", "es", ViewerKind.WebSocket)).Reason);
        Assert.Equal("missing", (await gate.AdmitAsync(Ask(null), "news", "es", ViewerKind.WebSocket)).Reason);

        var open = await Gate(AccessOptions.None).AdmitAsync(Ask(null), "news", "es", ViewerKind.WebSocket);
        Assert.Equal((true, true, null), (open.Admitted, open.Allows("de"), open.Expires));
    }

    [Fact]
    public async Task A_token_has_so_many_sockets_at_once_and_gets_them_back_when_requests_end()
    {
        var gate = Gate(new AccessOptions { Secrets = [Jwt.Secret] });
        var (first, second) = (Ask(Token()), Ask(Token()));
        Assert.True((await gate.AdmitAsync(first, "news", null, ViewerKind.WebSocket)).Admitted);
        Assert.True((await gate.AdmitAsync(second, "news", null, ViewerKind.WebSocket)).Admitted);
        var third = await gate.AdmitAsync(Ask(Token()), "news", null, ViewerKind.WebSocket);
        Assert.Equal((429, "connections", TimeSpan.FromSeconds(10)), (third.Status, third.Reason, third.RetryAfter));
        await EndAsync(first);
        Assert.True((await gate.AdmitAsync(Ask(Token()), "news", null, ViewerKind.WebSocket)).Admitted);
    }

    [Fact]
    public async Task A_full_house_says_so_until_somebody_leaves()
    {
        var gate = Gate(AccessOptions.None, viewers: 1);
        var first = Ask(null);
        Assert.True((await gate.AdmitAsync(first, "news", null, ViewerKind.WebSocket)).Admitted);
        var second = await gate.AdmitAsync(Ask(null), "news", null, ViewerKind.WebSocket);
        Assert.Equal((503, "viewers"), (second.Status, second.Reason));
        Assert.True((await gate.AdmitAsync(Ask(null), "news", null, ViewerKind.Page)).Admitted);
        await EndAsync(first);
        Assert.True((await gate.AdmitAsync(Ask(null), "news", null, ViewerKind.WebSocket)).Admitted);
    }

    [Theory]
    [InlineData(null, true)]
    [InlineData("https://tandem.example", true)]
    [InlineData("https://tv.example", true)]
    [InlineData("https://evil.example", false)]
    [InlineData("null", false)]
    public async Task A_cookie_opens_no_socket_for_pages_of_other_sites(string? origin, bool admitted)
    {
        var gate = Gate(new AccessOptions { Secrets = [Jwt.Secret], EmbedOrigins = ["https://tv.example"] });
        var context = Ask(null);
        context.Request.Headers.Cookie = $"tandem_token={Token()}";
        if (origin is not null)
            context.Request.Headers.Origin = origin;
        Assert.Equal(admitted, (await gate.AdmitAsync(context, "news", null, ViewerKind.WebSocket)).Admitted);
    }

    private static DefaultHttpContext Ask(string? token)
    {
        var features = new FeatureCollection();
        features.Set<IHttpRequestFeature>(new HttpRequestFeature());
        features.Set<IHttpResponseFeature>(new Response());
        features.Set<IHttpResponseBodyFeature>(new StreamResponseBodyFeature(Stream.Null));
        var context = new DefaultHttpContext(features);
        context.Request.Host = new HostString("tandem.example");
        context.Request.QueryString = new QueryString(token is null ? "?lang=es" : $"?token={token}");
        context.Connection.RemoteIpAddress = IPAddress.Parse("203.0.113.7");
        return context;
    }

    private static Task EndAsync(HttpContext context) => ((Response)context.Features.Get<IHttpResponseFeature>()!).EndAsync();

    private string Token() => Jwt.Signed(Jwt.Claims(_time.GetUtcNow()));

    private ViewerGate Gate(AccessOptions access, int viewers = 100)
    {
        var channels = new ChannelHost([AccessServer.Channel("news", "es", "de")], _ => throw new InvalidOperationException(), _time, NullLogger<ChannelHost>.Instance);
        var keys = new SigningKeys(access, _time, NullLogger.Instance);
        var room = new InstanceAdmission(
            InstanceLimits.Of(new AdmissionOptions { Viewers = viewers }, 2, 0), () => [.. channels.All.Select(channel => channel.Options)], _meter, _time);
        _made.AddRange([keys, room]);
        return new ViewerGate(
            access,
            channels,
            new OperatorAccess([], access, _meter),
            access.NeedsToken ? new ViewerTokens(access, keys, _time) : null,
            access.NeedsToken ? new Tickets(access) : null,
            new RequestLimits(new LimitOptions { TokenConnections = 2 }, _time),
            room,
            _meter,
            _time);
    }

    private sealed class Response : HttpResponseFeature
    {
        private readonly List<(Func<object, Task> Callback, object State)> _completed = [];

        public override void OnCompleted(Func<object, Task> callback, object state) => _completed.Add((callback, state));

        public async Task EndAsync()
        {
            foreach (var (callback, state) in _completed)
                await callback(state);
        }
    }
}
