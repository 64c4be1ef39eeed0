using System.Collections.Immutable;
using System.Globalization;
using System.Net;
using Tandem.Server.Access;

namespace Tandem.Server.Configuration;

/// <summary>The settings that say who may watch and operate, and how the server is reached: some of the server's own, others below <c>access</c>.</summary>
internal static class AccessSettings
{
    public const string Key = "access";

    private const int MostSecrets = 4;
    private const int ShortestSecret = 32;
    private const int LongestSecret = 512;
    private const int MostEntries = 64;
    private const string Secret = "32 to 512 characters without + and spaces";

    private static readonly AccessOptions _defaults = AccessOptions.None;

    private static readonly Setting<int?> _adminPort = new(
        "admin_port", "number", Setting.None, "0 to 65535; 0 takes a free one", null, text => Optional(Values.Port(text)));

    private static readonly Setting<IPAddress> _adminListen =
        new("admin_listen", "IP address", "127.0.0.1", "any address of this machine", _defaults.AdminListen, Values.Address);

    private static readonly Setting<bool> _adminOpen = new("admin_open", "true or false", "false", "", false, Values.Flag);

    private static readonly Setting<ImmutableArray<IPNetwork>> _trustedProxies =
        new("trusted_proxies", "networks", Setting.None, "at most 64, such as 10.0.0.0/8", [], Networks);

    private static readonly Setting<ForwardedHeader> _forwardedHeader = new(
        "forwarded_header", "word", "x-forwarded-for", "x-forwarded-for, forwarded", ForwardedHeader.XForwardedFor, Header);

    private static readonly Setting<string?> _certificate = new("tls_certificate", "file", Setting.None, "PEM, the chain behind the certificate", null, Text);

    private static readonly Setting<string?> _certificateKey = new("tls_key", "file", "that of `tls_certificate`", "PEM, not encrypted", null, Text);

    private static readonly Setting<ImmutableArray<string>> _embedOrigins = new(
        "embed_origins", "origins", Setting.None, "at most 64 such as https://tv.example.com, or *", [], Origins);

    private static readonly Setting<ImmutableArray<string>> _secrets =
        new("secrets", "secrets", Setting.None, $"1 to {MostSecrets}, each {Secret}", [], Secrets);

    private static readonly Setting<Uri?> _keysUrl = new("jwks_url", "https address", Setting.None, "http at loopback addresses only", null, KeysUrl);

    private static readonly Setting<string?> _issuer = new("issuer", "text", Setting.None, "", null, Text);

    private static readonly Setting<string?> _audience = new("audience", "text", Setting.None, "", null, Text);

    private static readonly Setting<TimeSpan> _clockSkew = new(
        "clock_skew", "duration", "30s", "0s to 5m", _defaults.ClockSkew, text => Values.Duration(text, TimeSpan.Zero, TimeSpan.FromMinutes(5)));

    private static readonly Setting<string> _premiumClaim = new("premium_claim", "name of a claim", "premium", "", _defaults.PremiumClaim, text => text);

    private static readonly Setting<ImmutableArray<string>> _premiumLanguages =
        new("premium_languages", "languages", Setting.None, "1 to 32, BCP 47, each once", [], Values.Languages);

    private static readonly Setting<ImmutableArray<string>> _ticketSecrets =
        new("ticket_secrets", "secrets", "made from `secrets`", $"1 to {MostSecrets}, each {Secret}", [], Secrets);

    private static readonly Setting<string?> _cdnSecret = new("cdn_secret", "secret", Setting.None, Secret, null, CdnSecret);

    /// <summary>Those that stand beside the server's own.</summary>
    public static ImmutableArray<Setting> OfServer =>
        [_adminPort, _adminListen, _adminOpen, _trustedProxies, _forwardedHeader, _certificate, _certificateKey, _embedOrigins];

    /// <summary>Those below <c>access</c>.</summary>
    public static ImmutableArray<Setting> All =>
        [_secrets, _keysUrl, _issuer, _audience, _clockSkew, _premiumClaim, _premiumLanguages, _ticketSecrets, _cdnSecret];

    /// <summary>Reads both.</summary>
    /// <param name="settings">The whole configuration.</param>
    /// <param name="server">Reader of the server's own settings.</param>
    /// <param name="mistakes">Where mistakes go.</param>
    public static AccessOptions Read(ConfigMap settings, SettingReader server, List<Mistake> mistakes)
    {
        var options = new AccessOptions
        {
            AdminPort = server.Read(_adminPort),
            AdminListen = server.Read(_adminListen),
            AdminOpen = server.Read(_adminOpen),
            TrustedProxies = server.Read(_trustedProxies),
            ForwardedHeader = server.Read(_forwardedHeader),
            CertificateFile = server.Read(_certificate),
            CertificateKeyFile = server.Read(_certificateKey),
            EmbedOrigins = server.Read(_embedOrigins),
        };
        if (options is { CertificateKeyFile: not null, CertificateFile: null } && server.Fine(_certificate))
            server.Wrong(_certificateKey, server.PlaceOf(_certificateKey), "needs tls_certificate beside it");
        if (options.CertificateFile is { } file && CertificateFile.Problem(file, options.CertificateKeyFile) is { } problem)
            server.Wrong(_certificate, server.PlaceOf(_certificate), problem);
        if (Section.Find(settings, Key, "secrets: […]", mistakes) is not { } map)
            return options;

        var reader = new SettingReader(map, mistakes, "access: ");
        options = options with
        {
            Secrets = reader.Read(_secrets),
            KeysUrl = reader.Read(_keysUrl),
            Issuer = reader.Read(_issuer),
            Audience = reader.Read(_audience),
            ClockSkew = reader.Read(_clockSkew),
            PremiumClaim = reader.Read(_premiumClaim),
            PremiumLanguages = reader.Read(_premiumLanguages),
            TicketSecrets = reader.Read(_ticketSecrets),
            CdnSecret = reader.Read(_cdnSecret),
        };
        reader.RefuseOthers(All.Select(setting => setting.Name));
        Check(reader, options);
        return options;
    }

    private static void Check(SettingReader reader, AccessOptions options)
    {
        if (!reader.Fine(_secrets, _keysUrl, _ticketSecrets))
            return;
        if (!options.PremiumLanguages.IsEmpty && !options.NeedsToken)
            reader.Wrong(_premiumLanguages, reader.PlaceOf(_premiumLanguages), "needs tokens to tell who may have them; give secrets or jwks_url");
        if (options.KeysUrl is not null && options.Secrets.IsEmpty && options.TicketSecrets.IsEmpty)
        {
            reader.Wrong(
                _ticketSecrets,
                reader.PlaceOf(_ticketSecrets),
                "is missing; with jwks_url alone there is no secret that HLS addresses could be signed with: openssl rand -hex 32 makes one");
        }

        if (options.CdnSecret is not null && !options.NeedsToken)
            reader.Wrong(_cdnSecret, reader.PlaceOf(_cdnSecret), "has nothing to sign without tokens; give secrets or jwks_url, or leave it out");
    }

    private static Parsed<T?> Optional<T>(Parsed<T> parsed)
        where T : struct => parsed.Problem is { } problem ? new Wrong(problem) : (T?)parsed.Value;

    private static Parsed<string?> Text(string text) => text.Length is > 0 and <= 1024 ? text : new Wrong("is empty or longer than 1024 characters");

    private static string[] Parts(string text) => text.Split('+', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);

    /// <summary>Messages never show any of it.</summary>
    private static Parsed<ImmutableArray<string>> Secrets(string text)
    {
        var parts = Parts(text);
        foreach (var (index, part) in parts.Index())
        {
            if (!IsSecret(part))
                return new Wrong($"entry {index + 1} is no secret; use {Secret}, such as openssl rand -hex 32 prints");
        }

        return parts.Length is 0 or > MostSecrets ? new Wrong($"has {parts.Length} entries; give 1 to {MostSecrets}") : ImmutableArray.Create(parts);
    }

    private static Parsed<string?> CdnSecret(string text) =>
        IsSecret(text) && text.All(letter => char.IsAsciiLetterOrDigit(letter) || letter is '-' or '_')
            ? text
            : new Wrong("is no secret; use 32 to 512 letters and digits, such as openssl rand -hex 32 prints");

    private static bool IsSecret(string text) =>
        text.Length is >= ShortestSecret and <= LongestSecret
        && !text.Contains('+', StringComparison.Ordinal)
        && !text.Any(letter => char.IsWhiteSpace(letter) || char.IsControl(letter));

    private static Parsed<Uri?> KeysUrl(string text) =>
        Uri.TryCreate(text, UriKind.Absolute, out var address)
        && address.UserInfo.Length == 0
        && (address.Scheme == "https" || (address.Scheme == "http" && address.IsLoopback))
            ? address
            : new Wrong($"\"{Values.Shown(text)}\" is no address that keys may come from; use an https one, such as https://id.example.com/.well-known/jwks.json");

    private static Parsed<ForwardedHeader> Header(string text) => text.ToLowerInvariant() switch
    {
        "x-forwarded-for" => ForwardedHeader.XForwardedFor,
        "forwarded" => ForwardedHeader.Forwarded,
        _ => new Wrong($"\"{text}\" is not known; use x-forwarded-for or forwarded"),
    };

    private static Parsed<ImmutableArray<IPNetwork>> Networks(string text)
    {
        var networks = ImmutableArray.CreateBuilder<IPNetwork>();
        foreach (var part in Parts(text))
        {
            if (IPNetwork.TryParse(part, out var network))
                networks.Add(network);
            else if (IPAddress.TryParse(part, out var address))
                networks.Add(new IPNetwork(address, address.GetAddressBytes().Length * 8));
            else
                return new Wrong($"\"{part}\" is no network; write it such as 10.0.0.0/8, 192.0.2.7 or 2001:db8::/32");
        }

        return networks.Count > MostEntries
            ? new Wrong(string.Create(CultureInfo.InvariantCulture, $"names {networks.Count} networks; give at most {MostEntries}"))
            : networks.ToImmutable();
    }

    private static Parsed<ImmutableArray<string>> Origins(string text)
    {
        var parts = Parts(text);
        foreach (var part in parts)
        {
            if (part == "*")
                continue;

            // It goes into a header as it is.
            if (!Uri.TryCreate(part, UriKind.Absolute, out var origin)
                || origin.Scheme is not ("http" or "https")
                || origin.GetLeftPart(UriPartial.Authority) != part.TrimEnd('/')
                || part.AsSpan().ContainsAny(";, "))
            {
                return new Wrong($"\"{Values.Shown(part)}\" is no origin; write scheme and host, such as https://tv.example.com, or *");
            }
        }

        return parts.Length > MostEntries
            ? new Wrong($"names {parts.Length} origins; give at most {MostEntries}")
            : parts.Select(part => part.TrimEnd('/')).ToImmutableArray();
    }
}
