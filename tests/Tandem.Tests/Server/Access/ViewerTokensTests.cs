using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Tandem.Server.Access;
using Xunit;

namespace Tandem.Tests.Server;

public sealed class ViewerTokensTests : IDisposable
{
    private readonly FakeTimeProvider _time = new(new DateTimeOffset(2026, 11, 24, 12, 0, 0, TimeSpan.Zero));
    private readonly RSA _rsa = RSA.Create(2048);
    private readonly RSA _newRsa = RSA.Create(2048);
    private readonly ECDsa _ec = ECDsa.Create(ECCurve.NamedCurves.nistP256);
    private readonly KeySet _set = new();
    private readonly List<IDisposable> _made = [];

    public void Dispose()
    {
        _made.ForEach(one => one.Dispose());
        _rsa.Dispose();
        _newRsa.Dispose();
        _ec.Dispose();
        _set.Dispose();
    }

    [Fact]
    public async Task A_good_token_opens_what_it_names()
    {
        var read = await Tokens(Secrets()).ReadAsync(Jwt.Signed(Jwt.Claims(Now, new { channels = new[] { "news", "sport" }, languages = new[] { "es" }, premium = true })));
        Assert.Null(read.Refusal);
        Assert.Equal(["news", "sport"], read.Claims!.Channels);
        Assert.Equal(["es"], read.Claims.Languages!.Value);
        Assert.True(read.Claims.Premium);
        Assert.Equal(Now.AddMinutes(10), read.Claims.Expires);
    }

    [Theory]
    [InlineData("""{"channels":[]}""", false)]
    [InlineData("""{"channels":null}""", false)]
    [InlineData("""{"channels":"*"}""", true)]
    [InlineData("""{"channels":{"news":true}}""", false)]
    [InlineData("""{"channels":["sport",1]}""", false)]
    [InlineData("""{"channels":"NEWS"}""", false)]
    public async Task A_channel_is_open_only_where_it_is_named(string claims, bool opens)
    {
        var read = await Tokens(Secrets()).ReadAsync(Jwt.Signed(Jwt.Claims(Now, JsonSerializer.Deserialize<JsonElement>(claims))));
        Assert.Equal(opens, read.Claims!.Opens("news"));
    }

    [Theory]
    [InlineData("""{"exp":1}""", "expired")]
    [InlineData("""{"exp":null}""", "no_expiry")]
    [InlineData("""{"exp":"tomorrow"}""", "malformed")]
    [InlineData("""{"nbf":99999999999}""", "not_yet")]
    [InlineData("""{"aud":"others"}""", "audience")]
    [InlineData("""{"languages":5}""", "malformed")]
    [InlineData("""{"languages":{"es":true}}""", "malformed")]
    public async Task Claims_that_do_not_hold_refuse(string claims, string reason) =>
        Assert.Equal(reason, (await Tokens(Secrets()).ReadAsync(Jwt.Signed(Jwt.Claims(Now, JsonSerializer.Deserialize<JsonElement>(claims))))).Refusal);

    [Fact]
    public async Task Clocks_may_be_apart_by_as_much_as_is_set()
    {
        var tokens = Tokens(Secrets() with { ClockSkew = TimeSpan.FromSeconds(30) });
        async Task<string?> At(int exp, int nbf) => (await tokens.ReadAsync(Jwt.Signed(
            Jwt.Claims(Now, new { exp = Now.AddSeconds(exp).ToUnixTimeSeconds(), nbf = Now.AddSeconds(nbf).ToUnixTimeSeconds() })))).Refusal;
        Assert.Null(await At(-29, -60));
        Assert.Equal("expired", await At(-30, -60));
        Assert.Null(await At(60, 30));
        Assert.Equal("not_yet", await At(60, 31));
    }

    [Fact]
    public async Task Issuer_and_audience_must_be_ours_where_they_are_set()
    {
        var tokens = Tokens(Secrets() with { Issuer = "https://id.example/", Audience = "tandem" });
        async Task<string?> With(object more) => (await tokens.ReadAsync(Jwt.Signed(Jwt.Claims(Now, more)))).Refusal;
        Assert.Null(await With(new { iss = "https://id.example/", aud = new[] { "web", "tandem" } }));
        Assert.Equal("issuer", await With(new { iss = "https://evil.example/", aud = "tandem" }));
        Assert.Equal("issuer", await With(new { aud = "tandem" }));
        Assert.Equal("audience", await With(new { iss = "https://id.example/", aud = "web" }));
        Assert.Equal("audience", await With(new { iss = "https://id.example/" }));
    }

    [Fact]
    public async Task Two_secrets_are_valid_at_once_and_a_third_is_not()
    {
        var tokens = Tokens(Secrets() with { Secrets = [Jwt.Secret, Jwt.OtherSecret] });
        Assert.Null((await tokens.ReadAsync(Jwt.Signed(Jwt.Claims(Now)))).Refusal);
        Assert.Null((await tokens.ReadAsync(Jwt.Signed(Jwt.Claims(Now), Jwt.OtherSecret))).Refusal);
        Assert.Equal("signature", (await tokens.ReadAsync(Jwt.Signed(Jwt.Claims(Now), new string('x', 32)))).Refusal);
    }

    [Fact]
    public async Task What_is_forged_is_refused()
    {
        var tokens = Tokens(Secrets());
        var good = Jwt.Signed(Jwt.Claims(Now));
        var parts = good.Split('.');
        var rich = Jwt.Part(Jwt.Claims(Now, new { channels = "*" }));
        async Task<string?> Of(string token) => (await tokens.ReadAsync(token)).Refusal;
        Assert.Null(await Of(good));
        Assert.Equal("signature", await Of($"{parts[0]}.{rich}.{parts[2]}"));
        Assert.Equal("signature", await Of($"{parts[0]}.{parts[1]}."));
        Assert.Equal("signature", await Of($"{parts[0]}.{parts[1]}.{Jwt.Base64(new byte[32])}"));
        Assert.Equal("algorithm", await Of($"{Jwt.Part(new { alg = "none" })}.{rich}."));
        Assert.Equal("algorithm", await Of($"{Jwt.Part(new { alg = "None" })}.{rich}.{parts[2]}"));
        Assert.Equal("algorithm", await Of(Jwt.Signed(Jwt.Claims(Now), bytes => HMACSHA512.HashData(Encoding.UTF8.GetBytes(Jwt.Secret), bytes), new { alg = "HS512" })));
        Assert.Equal("malformed", await Of(Jwt.Signed(Jwt.Claims(Now), header: new { alg = "HS256", crit = new[] { "exp" } })));
        foreach (var garbage in new[] { "", ".", "..", "a.b.c", "a.b", good + ".x.y", new string('a', 10_000), "%00.%00.%00", $"{Jwt.Base64("[]"u8.ToArray())}.{parts[1]}.{parts[2]}" })
            Assert.Contains(await Of(garbage), new[] { "malformed", "algorithm" });
    }

    [Fact]
    public async Task Public_keys_check_their_own_kind_of_signature_and_never_serve_as_a_secret()
    {
        _set.Keys = [Rsa(_rsa, "r1"), Ec(_ec, "e1")];
        var tokens = Tokens(WithKeys());
        Assert.Null((await tokens.ReadAsync(ByRsa(_rsa, "r1"))).Refusal);
        Assert.Null((await tokens.ReadAsync(ByRsa(_rsa, null))).Refusal);
        Assert.Null((await tokens.ReadAsync(ByEc("e1"))).Refusal);
        Assert.Equal("signature", (await tokens.ReadAsync(ByRsa(_newRsa, "r1"))).Refusal);
        Assert.Equal("signature", (await tokens.ReadAsync(ByEc("r1"))).Refusal);

        // The public key, in every form that somebody may try, as a secret (algorithm confusion).
        foreach (var secret in new[] { _rsa.ExportRSAPublicKeyPem(), _rsa.ExportSubjectPublicKeyInfoPem(), _rsa.ExportSubjectPublicKeyInfoPem() + "\n" })
            Assert.Equal("algorithm", (await tokens.ReadAsync(Jwt.Signed(Jwt.Claims(Now), secret, new { alg = "HS256", kid = "r1" }))).Refusal);
        var both = Tokens(WithKeys() with { Secrets = [Jwt.Secret] });
        Assert.Equal("signature", (await both.ReadAsync(Jwt.Signed(Jwt.Claims(Now), _rsa.ExportSubjectPublicKeyInfoPem(), new { alg = "HS256", kid = "r1" }))).Refusal);
        Assert.Null((await both.ReadAsync(Jwt.Signed(Jwt.Claims(Now)))).Refusal);

        // A key that a token brings along is nobody's.
        var own = _newRsa.ExportParameters(false);
        var header = new { alg = "RS256", jwk = new { kty = "RSA", n = Jwt.Base64(own.Modulus!), e = Jwt.Base64(own.Exponent!) } };
        Assert.Equal("signature", (await tokens.ReadAsync(Jwt.Signed(Jwt.Claims(Now), bytes => Sign(_newRsa, bytes), header))).Refusal);
    }

    [Fact]
    public async Task A_set_of_keys_may_hold_what_is_of_no_use_here()
    {
        using var small = RSA.Create(1024);
        _set.Keys =
        [
            new { kty = "oct", kid = "o", k = Jwt.Base64(Encoding.UTF8.GetBytes(Jwt.Secret)) },
            Rsa(small, "small"),
            new { kty = "RSA", kid = "enc", use = "enc", n = "AQAB", e = "AQAB" },
        ];
        var tokens = Tokens(WithKeys());
        Assert.Equal("signature", (await tokens.ReadAsync(ByRsa(small, "small"))).Refusal);
        Assert.Equal("algorithm", (await tokens.ReadAsync(Jwt.Signed(Jwt.Claims(Now)))).Refusal);
    }

    [Fact]
    public async Task A_new_key_is_fetched_when_a_token_names_it_but_not_for_each_token()
    {
        _set.Keys = [Rsa(_rsa, "r1")];
        var tokens = Tokens(WithKeys());
        Assert.Null((await tokens.ReadAsync(ByRsa(_rsa, "r1"))).Refusal);
        Assert.Equal(1, _set.Asked);

        _set.Keys = [Rsa(_rsa, "r1"), Rsa(_newRsa, "r2")];
        for (var time = 0; time < 10; time++)
            Assert.Equal("signature", (await tokens.ReadAsync(ByRsa(_newRsa, "r2"))).Refusal);
        Assert.Equal(1, _set.Asked);
        _time.Advance(TimeSpan.FromSeconds(30));
        Assert.Null((await tokens.ReadAsync(ByRsa(_newRsa, "r2"))).Refusal);
        Assert.Null((await tokens.ReadAsync(ByRsa(_rsa, "r1"))).Refusal);
        Assert.Equal(2, _set.Asked);
    }

    [Fact]
    public async Task A_key_that_was_withdrawn_is_refused_and_a_set_that_is_gone_changes_nothing()
    {
        _set.Keys = [Rsa(_rsa, "r1"), Rsa(_newRsa, "r2")];
        var tokens = Tokens(WithKeys());
        Assert.Null((await tokens.ReadAsync(ByRsa(_rsa, "r1"))).Refusal);

        _set.Fails = true;
        _time.Advance(TimeSpan.FromMinutes(6));
        for (var time = 0; time < 2; time++)
            Assert.Null((await tokens.ReadAsync(ByRsa(_rsa, "r1"))).Refusal);

        (_set.Fails, _set.Keys) = (false, [Rsa(_newRsa, "r2")]);
        _time.Advance(TimeSpan.FromMinutes(6));
        for (var time = 0; time < 500 && (await tokens.ReadAsync(ByRsa(_rsa, "r1"))).Refusal is null; time++)
            await Task.Delay(5);
        Assert.Equal("signature", (await tokens.ReadAsync(ByRsa(_rsa, "r1"))).Refusal);
        Assert.Null((await tokens.ReadAsync(ByRsa(_newRsa, "r2"))).Refusal);
    }

    [Theory]
    [InlineData(HttpStatusCode.InternalServerError, "")]
    [InlineData(HttpStatusCode.Redirect, "")]
    [InlineData(HttpStatusCode.OK, "<html>")]
    public async Task While_keys_were_never_there_viewers_are_told_to_come_again(HttpStatusCode status, string text)
    {
        (_set.Status, _set.Text) = (status, text);
        var tokens = Tokens(WithKeys());
        Assert.Equal("keys", (await tokens.ReadAsync(ByRsa(_rsa, "r1"))).Refusal);
        var verdict = Refusals.OfToken("keys");
        Assert.Equal((503, TimeSpan.FromSeconds(5)), (verdict.Status, verdict.RetryAfter));
    }

    [Fact]
    public void Voices_are_those_of_the_claim_without_the_premium_ones()
    {
        TokenClaims Of(string[]? languages, bool premium) => new(["news"], languages is null ? null : [.. languages], premium, Now);
        Assert.Null(Of(null, premium: false).Voices(["es", "fr"], []));
        Assert.Null(Of(null, premium: true).Voices(["es", "fr"], ["fr"]));
        Assert.Equal(["es"], Of(null, premium: false).Voices(["es", "fr"], ["fr"])!.Value);
        Assert.Equal(["FR"], Of(["FR", "de"], premium: true).Voices(["es", "fr"], ["fr"])!.Value);
        Assert.Empty(Of(["fr"], premium: false).Voices(["es", "fr"], ["fr"])!.Value);
        Assert.Equal("premium", Of(["fr"], premium: false).Refusal("fr", ["fr"]));
        Assert.Equal("language", Of(["fr"], premium: false).Refusal("es", ["es"]));
        Assert.Null(Of(null, premium: false).Refusal("es", ["fr"]));
    }

    private DateTimeOffset Now => _time.GetUtcNow();

    private static AccessOptions Secrets() => new() { Secrets = [Jwt.Secret] };

    private static AccessOptions WithKeys() => new() { KeysUrl = new Uri("https://id.example/keys"), TicketSecrets = [Jwt.Secret] };

    private static byte[] Sign(RSA key, byte[] bytes) => key.SignData(bytes, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);

    private static object Rsa(RSA key, string id)
    {
        var parameters = key.ExportParameters(false);
        return new { kty = "RSA", kid = id, use = "sig", n = Jwt.Base64(parameters.Modulus!), e = Jwt.Base64(parameters.Exponent!) };
    }

    private static object Ec(ECDsa key, string id)
    {
        var point = key.ExportParameters(false).Q;
        return new { kty = "EC", kid = id, crv = "P-256", x = Jwt.Base64(point.X!), y = Jwt.Base64(point.Y!) };
    }

    private string ByRsa(RSA key, string? id) =>
        Jwt.Signed(Jwt.Claims(Now), bytes => Sign(key, bytes), id is null ? new { alg = "RS256" } : new { alg = "RS256", kid = id });

    private string ByEc(string id) => Jwt.Signed(Jwt.Claims(Now), bytes => _ec.SignData(bytes, HashAlgorithmName.SHA256), new { alg = "ES256", kid = id });

    private ViewerTokens Tokens(AccessOptions options)
    {
        var keys = new SigningKeys(options, _time, NullLogger.Instance, _set);
        _made.Add(keys);
        return new ViewerTokens(options, keys, _time);
    }

    private sealed class KeySet : HttpMessageHandler
    {
        public object[] Keys { get; set; } = [];

        public bool Fails { get; set; }

        public HttpStatusCode Status { get; set; } = HttpStatusCode.OK;

        public string? Text { get; set; }

        public int Asked { get; private set; }

        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            Asked++;
            if (Fails)
                throw new HttpRequestException("no route");
            return Task.FromResult(new HttpResponseMessage(Status) { Content = new StringContent(Text ?? JsonSerializer.Serialize(new { keys = Keys })) });
        }
    }
}
