using System.Collections.Immutable;
using System.Net;

namespace Tandem.Server.Access;

/// <summary>The header in which proxies say for whom they ask.</summary>
internal enum ForwardedHeader
{
    /// <summary><c>X-Forwarded-For</c> and <c>X-Forwarded-Proto</c>.</summary>
    XForwardedFor,

    /// <summary><c>Forwarded</c> (RFC 7239).</summary>
    Forwarded,
}

/// <summary>Who may watch and operate, and how they reach the server. Immutable; docs/configuration.md has defaults and ranges.</summary>
public sealed record AccessOptions
{
    /// <summary>Secrets that viewers' tokens may be signed with (HS256); several for rotation.</summary>
    public ImmutableArray<string> Secrets { get; init; } = [];

    /// <summary>Where the public keys are that viewers' tokens may be signed with (RS256, ES256).</summary>
    public Uri? KeysUrl { get; init; }

    /// <summary>What a token's <c>iss</c> must be; null for anything.</summary>
    public string? Issuer { get; init; }

    /// <summary>What a token's <c>aud</c> must hold; null: tokens must have none.</summary>
    public string? Audience { get; init; }

    /// <summary>How far clocks may be apart.</summary>
    public TimeSpan ClockSkew { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>The claim, true or false, that opens <see cref="PremiumLanguages"/>.</summary>
    public string PremiumClaim { get; init; } = "premium";

    /// <summary>Voices that only tokens with <see cref="PremiumClaim"/> open.</summary>
    public ImmutableArray<string> PremiumLanguages { get; init; } = [];

    /// <summary>Secrets that sign the tickets in HLS addresses; the first signs, all are known. Empty: made from <see cref="Secrets"/>.</summary>
    public ImmutableArray<string> TicketSecrets { get; init; } = [];

    /// <summary>Secret of the second signature, which nginx can check; null for none.</summary>
    public string? CdnSecret { get; init; }

    /// <summary>Port of the operators' own listener; null for none, 0 takes a free one.</summary>
    public int? AdminPort { get; init; }

    /// <summary>Address of the operators' own listener.</summary>
    public IPAddress AdminListen { get; init; } = IPAddress.Loopback;

    /// <summary>Whether the operators' own listener needs no key although it is not at a loopback address.</summary>
    public bool AdminOpen { get; init; }

    /// <summary>Proxies whose word on who asks is taken.</summary>
    public ImmutableArray<IPNetwork> TrustedProxies { get; init; } = [];

    /// <summary>The header that they write.</summary>
    internal ForwardedHeader ForwardedHeader { get; init; }

    /// <summary>Sites that may show the viewers' page in a frame: origins, or <c>*</c>.</summary>
    public ImmutableArray<string> EmbedOrigins { get; init; } = [];

    /// <summary>Certificate and its chain, PEM; null for plain HTTP.</summary>
    public string? CertificateFile { get; init; }

    /// <summary>The certificate's private key, PEM; null where it stands in the same file.</summary>
    public string? CertificateKeyFile { get; init; }

    /// <summary>Nothing configured.</summary>
    public static AccessOptions None { get; } = new();

    /// <summary>Whether viewers need a token.</summary>
    public bool NeedsToken => !Secrets.IsEmpty || KeysUrl is not null;

    /// <summary>Whether the operators' own listener asks for no key.</summary>
    public bool AdminNeedsNoKey => AdminPort is not null && (IPAddress.IsLoopback(AdminListen) || AdminOpen);
}
