using System.Collections.Immutable;
using System.Text.Json;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace Tandem.Server.Access;

/// <summary>What became of a token: what it opens, or a word of <see cref="Refusals"/>.</summary>
internal readonly record struct TokenResult(TokenClaims? Claims, string? Refusal)
{
    public static implicit operator TokenResult(string refusal) => new(null, refusal);
}

/// <summary>
/// Checks viewers' tokens: signed JWTs (RFC 7519). The algorithm chooses the kind of key: a public key never serves as a secret. Unsigned,
/// encrypted and critical-header tokens are refused.
/// </summary>
/// <param name="options">What is accepted.</param>
/// <param name="keys">The keys.</param>
/// <param name="time">The clock.</param>
internal sealed class ViewerTokens(AccessOptions options, SigningKeys keys, TimeProvider time)
{
    // Ours are below 1 KiB; those of identity providers may carry more claims. Query and header lines end at 8 KiB anyway.
    private const int Longest = 6 * 1024;

    private const int MostEntries = 256;

    private readonly JsonWebTokenHandler _handler = new() { MapInboundClaims = false, MaximumTokenSizeInBytes = Longest };

    /// <summary>Checks one.</summary>
    public async ValueTask<TokenResult> ReadAsync(string token)
    {
        if (Parse(token) is not { } jwt)
            return Refusals.Malformed;
        if (!keys.Takes(jwt.Alg))
            return Refusals.Algorithm;
        if (await keys.ForAsync(jwt.Alg, jwt.Kid) is not { } found)
            return Refusals.Keys;
        if (found.IsEmpty)
            return Refusals.Signature;
        var result = await _handler.ValidateTokenAsync(jwt, new TokenValidationParameters
        {
            ValidAlgorithms = [jwt.Alg],
            IssuerSigningKeys = found,
            TryAllIssuerSigningKeys = true,
            RequireSignedTokens = true,
            ValidateIssuer = options.Issuer is not null,
            ValidIssuer = options.Issuer,
            ValidateAudience = options.Audience is not null,
            ValidAudience = options.Audience,

            // Below, with a clock of our own and a word for each case.
            ValidateLifetime = false,
        });
        if (!result.IsValid)
            return WordOf(result.Exception);

        // RFC 7519, section 4.1.3: who does not know itself in aud has to refuse.
        if (options.Audience is null && jwt.Audiences.Any())
            return Refusals.Audience;
        return LifetimeRefusal(jwt) ?? ClaimsOf(jwt);
    }

    private static JsonWebToken? Parse(string token)
    {
        if (token.Length is 0 or > Longest || token.AsSpan().Count('.') != 2)
            return null;
        try
        {
            var jwt = new JsonWebToken(token);

            // RFC 7515, section 4.1.11: what is critical and not understood is refused; nothing critical is understood here.
            return jwt.TryGetHeaderValue<object>("crit", out _) ? null : jwt;
        }
        catch (Exception exception) when (exception is ArgumentException or SecurityTokenException or JsonException or FormatException)
        {
            return null;
        }
    }

    private static string WordOf(Exception? exception) => exception switch
    {
        SecurityTokenInvalidAlgorithmException => Refusals.Algorithm,
        SecurityTokenInvalidIssuerException => Refusals.Issuer,
        SecurityTokenInvalidAudienceException => Refusals.Audience,
        _ => Refusals.Signature,
    };

    /// <summary>Texts of a claim that is one text or a list of them; null where there is none or it is something else.</summary>
    private static ImmutableArray<string>? Texts(JsonElement payload, string claim)
    {
        if (!payload.TryGetProperty(claim, out var value))
            return null;
        switch (value.ValueKind)
        {
            case JsonValueKind.String:
                return [value.GetString()!];
            case JsonValueKind.Array when value.GetArrayLength() <= MostEntries
                && value.EnumerateArray().All(entry => entry.ValueKind == JsonValueKind.String):
                return [.. value.EnumerateArray().Select(entry => entry.GetString()!)];
            default:
                return null;
        }
    }

    private string? LifetimeRefusal(JsonWebToken jwt)
    {
        if (!jwt.TryGetPayloadValue<object>("exp", out _) || jwt.ValidTo == DateTime.MinValue)
            return Refusals.NoExpiry;

        // The skew goes to the side of now: what a token says may be the end of all time.
        var now = time.GetUtcNow().UtcDateTime;
        if (now - options.ClockSkew >= jwt.ValidTo)
            return Refusals.Expired;
        return jwt.ValidFrom > now + options.ClockSkew ? Refusals.NotYet : null;
    }

    private TokenResult ClaimsOf(JsonWebToken jwt)
    {
        using var document = JsonDocument.Parse(Base64UrlEncoder.DecodeBytes(jwt.EncodedPayload));
        var payload = document.RootElement;

        // A claim that is there and not understood must not open more than meant.
        var languages = Texts(payload, "languages");
        if (languages is null && payload.TryGetProperty("languages", out _))
            return Refusals.Malformed;
        var premium = payload.TryGetProperty(options.PremiumClaim, out var claim) && claim.ValueKind == JsonValueKind.True;
        return new TokenResult(
            new TokenClaims(Texts(payload, "channels") ?? [], languages, premium, new DateTimeOffset(jwt.ValidTo, TimeSpan.Zero)), null);
    }
}
