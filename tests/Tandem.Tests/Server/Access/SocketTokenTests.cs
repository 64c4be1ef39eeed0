using System.Net.WebSockets;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.Time.Testing;
using Tandem.Server.Access;
using Tandem.Server.Configuration;
using Tandem.Tests.WebSockets;
using Xunit;

namespace Tandem.Tests.Server;

/// <summary>What tokens open and close by WebSocket, asked of the real server by real sockets; its clock stands until a test moves it.</summary>
public sealed class SocketTokenTests : IAsyncLifetime
{
    private readonly FakeTimeProvider _time = new(FakeChunks.At(12));
    private readonly FakeChunks _chunks = new("es", "fr", "de");
    private AccessServer _server = null!;

    public async ValueTask InitializeAsync()
    {
        _chunks.Add(0, 12);
        _server = await AccessServer.StartAsync(
            new ServerOptions
            {
                Channels = [AccessServer.Channel("news", "es", "fr", "de"), AccessServer.Channel("sport", "es")],
                OperatorKeys = [[.. SHA256.HashData(Encoding.UTF8.GetBytes(AccessServer.Key))]],
                Access = new AccessOptions { Secrets = [Jwt.Secret], PremiumLanguages = ["de"] },
            },
            time: _time,
            chunks: _chunks.Stream);
        await ViewerAccessTests.Until(_server);
    }

    /// <summary>Sockets that are still there are told to go in a time that has to pass.</summary>
    public async ValueTask DisposeAsync()
    {
        var stopping = _server.DisposeAsync().AsTask();
        while (!stopping.IsCompleted)
        {
            _time.Advance(TimeSpan.FromSeconds(1));
            await Task.Delay(5);
        }

        await stopping;
    }

    [Theory]
    [InlineData("/ws/live/news?lang=es", null, 401, "missing")]
    [InlineData("/ws/live/news?lang=es", "forged", 401, "signature")]
    [InlineData("/ws/live/news?lang=es", "none", 401, "algorithm")]
    [InlineData("/ws/live/news?lang=es", "expired", 401, "expired")]
    [InlineData("/ws/live/sport?lang=es", "news", 403, "channel")]
    [InlineData("/ws/live/absent?lang=es", "news", 403, "channel")]
    [InlineData("/ws/live/news?lang=fr", "spanish", 403, "language")]
    [InlineData("/ws/live/news?lang=FR", "spanish", 403, "language")]
    [InlineData("/ws/live/news?lang=de", "news", 403, "premium")]
    public async Task Who_may_not_is_refused_before_the_upgrade_counted_and_told_nothing(string path, string? kind, int status, string reason)
    {
        var token = kind switch
        {
            null => null,
            "forged" => Jwt.Signed(Jwt.Claims(_time.GetUtcNow(), new { channels = "*" }), Jwt.OtherSecret),
            "none" => $"{Jwt.Part(new { alg = "none" })}.{Jwt.Part(Jwt.Claims(_time.GetUtcNow()))}.",
            "expired" => Token(new { exp = _time.GetUtcNow().AddMinutes(-10).ToUnixTimeSeconds() }),
            "spanish" => Token(new { languages = "es" }),
            _ => Token(),
        };
        (string, string)[] upgrade =
        [
            ("Connection", "Upgrade"), ("Upgrade", "websocket"), ("Sec-WebSocket-Version", "13"),
            ("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="), ("Sec-WebSocket-Protocol", "tandem.v1"),
        ];
        var counted = 0;
        foreach (var inHeader in token is null ? new[] { false } : [false, true])
        {
            using var answer = inHeader
                ? await _server.GetAsync(path, [.. upgrade, ("Authorization", $"Bearer {token}")])
                : await _server.GetAsync(token is null ? path : $"{path}&token={token}", upgrade);
            Assert.Equal(status, (int)answer.StatusCode);
            Assert.Equal(reason, await AccessServer.ReasonAsync(answer));
            Assert.Equal(++counted, await _server.SampleAsync($"tandem_access_refusals_total{{reason=\"{reason}\"}}"));
            var said = answer + await answer.Content.ReadAsStringAsync() + _server.Log;
            foreach (var secret in new[] { token ?? "SECRET", Jwt.Secret, "source.example", "inner matters", "SECRET" })
                Assert.DoesNotContain(secret, said, StringComparison.Ordinal);
        }

        foreach (var voice in new[] { "original", "es", "fr", "de" })
            Assert.Equal(0, await _server.SampleAsync($"tandem_viewers{{channel=\"news\",lang=\"{voice}\",via=\"ws\"}}"));
    }

    [Fact]
    public async Task A_token_for_one_language_cannot_be_replayed_for_another_on_the_socket_that_it_opened()
    {
        await using var client = await ConnectAsync("&lang=es", Token(new { languages = "es" }));
        await client.UntilAsync(() => client.Media.Count == 2, "the first chunk");
        Assert.Equal(["original -", "es False", "fr True", "de True"], Locks(client));
        await RefusedAsync(client, "fr");
        await RefusedAsync(client, "de");
        await ContinuesAsync(client, from: 13, rendition: 1);

        await client.SendAsync("""{"type":"select","language":"original"}""");
        await client.UntilAsync(() => client.Texts("status").Any(status => status.GetProperty("language").GetString() == "original"), "the original");
        await ContinuesAsync(client, from: 15, rendition: 0);
    }

    [Fact]
    public async Task A_premium_voice_wants_a_token_that_says_so()
    {
        await using var plain = await ConnectAsync("&lang=es", Token());
        await plain.UntilAsync(() => plain.Media.Count == 2, "the first chunk");
        Assert.Equal(["original -", "es False", "fr False", "de True"], Locks(plain));
        await RefusedAsync(plain, "de");
        await ContinuesAsync(plain, from: 13, rendition: 1);

        await using var premium = await ConnectAsync("&lang=es", Token(new { premium = true }));
        await premium.UntilAsync(() => premium.Media.Count == 2, "the first chunk");
        Assert.Equal(["original -", "es False", "fr False", "de False"], Locks(premium));
        await premium.SendAsync("""{"type":"select","language":"de"}""");
        await premium.UntilAsync(() => premium.Texts("status").Any(status => status.GetProperty("language").GetString() == "de"), "the premium voice");
        await ContinuesAsync(premium, from: 15, rendition: 3);
    }

    [Fact]
    public async Task Without_a_language_a_token_opens_what_it_may_hear()
    {
        await using var client = await ConnectAsync("", Token(new { languages = "fr" }));
        await client.UntilAsync(() => client.Media.Count == 2, "the first chunk");
        Assert.Equal("original", client.Texts("hello")[0].GetProperty("language").GetString());
        Assert.Equal(["original -", "es True", "fr False", "de True"], Locks(client));
    }

    [Fact]
    public async Task A_token_that_ends_while_its_viewer_watches_ends_the_socket()
    {
        await using var client = await ConnectAsync("&lang=es", Token());
        await client.UntilAsync(() => client.Texts("status").Count == 1 && client.Media.Count == 2, "the first chunk");
        _time.Advance(TimeSpan.FromMinutes(9));
        await client.UntilAsync(() => client.Texts("status").Count == 2, "another status");
        Assert.Empty(client.Texts("bye"));

        _time.Advance(TimeSpan.FromMinutes(1));
        await client.EndAsync();
        var bye = Assert.Single(client.Texts("bye"));
        Assert.Equal(("token_expired", true, 0), (bye.GetProperty("reason").GetString(), bye.GetProperty("reconnect").GetBoolean(), bye.GetProperty("afterMs").GetInt32()));
        Assert.Equal(WebSocketCloseStatus.PolicyViolation, client.Closed);
        const string Ends = "tandem_websocket_disconnects_total{channel=\"news\",reason=\"token_expired\",planned=\"yes\"}";
        while (await _server.SampleAsync(Ends) < 1)
            await Task.Delay(5);
        Assert.Equal(1, await _server.SampleAsync(Ends));
    }

    /// <summary>Its issuer's clock may be slow; whoever is cut off at once comes back at once, and so on.</summary>
    [Fact]
    public async Task A_token_that_has_just_ended_holds_as_long_as_it_is_let_in()
    {
        var token = Token();
        _time.Advance(TimeSpan.FromMinutes(10) + TimeSpan.FromSeconds(10));
        await using var client = await ConnectAsync("&lang=es", token);
        await client.UntilAsync(() => client.Texts("status").Count == 1 && client.Media.Count == 2, "the first chunk");
        _time.Advance(TimeSpan.FromSeconds(19));
        await client.UntilAsync(() => client.Texts("status").Count == 2, "another status");
        Assert.Empty(client.Texts("bye"));
        _time.Advance(TimeSpan.FromSeconds(1));
        await client.EndAsync();
        Assert.Equal("token_expired", Assert.Single(client.Texts("bye")).GetProperty("reason").GetString());
    }

    private Task<SocketClient> ConnectAsync(string query, string token) =>
        SocketClient.ConnectAsync(_server.Address, $"/ws/live/news?media=audio{query}&token={token}");

    private string Token(object? more = null) => Jwt.Signed(Jwt.Claims(_time.GetUtcNow(), more));

    /// <summary>Selects a voice, and sees that the server says no.</summary>
    private static async Task RefusedAsync(SocketClient client, string language)
    {
        await client.SendAsync($$"""{"type":"select","language":"{{language}}"}""");
        await client.UntilAsync(() => Refused().Count() == 1, $"a refusal of {language}");
        Assert.Equal("this voice needs another token", Refused().Single().GetProperty("detail").GetString());

        IEnumerable<JsonElement> Refused() => client.Texts("notice").Where(notice =>
            notice.GetProperty("code").GetString() == "refused" && notice.GetProperty("language").GetString() == language);
    }

    /// <summary>Publishes two chunks, and sees that the viewer gets them in a voice.</summary>
    private async Task ContinuesAsync(SocketClient client, long from, int rendition)
    {
        _chunks.Add(from, from + 1);
        _chunks.Announce();
        await client.UntilAsync(() => client.Media.Any(chunk => chunk.Sequence == from + 1), "two chunks");
        Assert.All(client.Media.Where(chunk => chunk.Sequence >= from), chunk => Assert.Equal(rendition, chunk.Rendition));
    }

    private static IEnumerable<string> Locks(SocketClient client) => client.Texts("hello")[0].GetProperty("renditions").EnumerateArray().Select(rendition =>
        $"{rendition.GetProperty("language").GetString()} {(rendition.TryGetProperty("locked", out var locked) ? locked.GetBoolean().ToString() : "-")}");
}
