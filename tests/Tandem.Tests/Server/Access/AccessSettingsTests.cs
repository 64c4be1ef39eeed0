using System.Net;
using Tandem.Live.Dubbing;
using Tandem.Server.Access;
using Tandem.Server.Configuration;
using Xunit;

namespace Tandem.Tests.Server;

public sealed class AccessSettingsTests
{
    [Fact]
    public void They_are_read_wherever_they_stand()
    {
        var options = Load(
            $"""
            trusted_proxies: [10.0.0.0/8, 192.0.2.7, '2001:db8::/32']
            forwarded_header: forwarded
            admin_port: 9090
            embed_origins: [https://tv.example.com/]
            channels: []
            access:
              secrets: [{Jwt.Secret}]
              clock_skew: 5s
              premium_languages: [fr]
            limits:
              token_connections: 0
            admission:
              max_viewers: 500
              max_channels: auto
            """,
            ("TANDEM__ACCESS__SECRETS__1", Jwt.OtherSecret), ("TANDEM__LIMITS__ADDRESS_REQUESTS", "7")).Options!;
        Assert.Equal([Jwt.Secret, Jwt.OtherSecret], options.Access.Secrets);
        Assert.Equal(["10.0.0.0/8", "192.0.2.7/32", "2001:db8::/32"], options.Access.TrustedProxies.Select(network => network.ToString()));
        Assert.Equal((ForwardedHeader.Forwarded, 9090, TimeSpan.FromSeconds(5)), (options.Access.ForwardedHeader, options.Access.AdminPort, options.Access.ClockSkew));
        Assert.Equal("https://tv.example.com", Assert.Single(options.Access.EmbedOrigins));
        Assert.True(options.Access is { NeedsToken: true, AdminNeedsNoKey: true });
        Assert.Equal((7, 0, 20), (options.Limits.AddressRequests, options.Limits.TokenConnections, options.Limits.TokenRequests));
        Assert.Equal((500, null), (options.Admission.Viewers, options.Admission.Channels));

        var open = Load("admin_port: 1\nadmin_listen: 0.0.0.0\nchannels: []\n").Options!.Access;
        Assert.False(open.AdminNeedsNoKey);
        Assert.True(Load("admin_port: 1\nadmin_listen: 0.0.0.0\nadmin_open: true\nchannels: []\n").Options!.Access.AdminNeedsNoKey);
    }

    [Fact]
    public void Every_mistake_is_told_at_once_and_no_secret_is_shown()
    {
        var mistakes = Load(
            """
            trusted_proxies: [10.0.0.0/8, everybody]
            forwarded_header: x-real-ip
            admin_port: 99999
            embed_origins: ["https://a.example/path", "javascript:x"]
            tls_key: /no/key.pem
            channels: []
            access:
              secrets: [SECRET, 0123456789abcdef0123456789abcdef]
              jwks_url: http://id.example/keys
              clock_skew: 30
              premium_languages: [xx]
              cdn_secret: "SECRET SECRET SECRET SECRET SECRET SECRET"
              secret: SECRET
            limits:
              address_requests: -1
            admission: all
            """).Mistakes.Select(mistake => mistake.Problem).ToList();
        foreach (var part in new[]
        {
            "trusted_proxies: \"everybody\" is no network", "forwarded_header: \"x-real-ip\" is not known", "admin_port: \"99999\" is no port", "embed_origins: \"https://a.example/path\" is no origin",
            "tls_key: needs tls_certificate", "access: secrets: entry 1 is no secret", "access: jwks_url: \"http://id.example/keys\" is no address that keys may come from", "access: clock_skew: \"30\" has no unit",
            "access: premium_languages: \"xx\" is no language", "access: cdn_secret: is no secret", "access: secret is no setting; did you mean secrets?", "limits: address_requests: \"-1\" is out of range", "admission: is no list of settings",
        })
        {
            Assert.Contains(mistakes, mistake => mistake.Contains(part, StringComparison.Ordinal));
        }

        Assert.DoesNotContain(mistakes, mistake => mistake.Contains("SECRET", StringComparison.Ordinal) || mistake.Contains('\n', StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("access:\n  premium_languages: [fr]\n", "premium_languages: needs tokens")]
    [InlineData("access:\n  jwks_url: https://id.example/keys\n", "ticket_secrets: is missing")]
    [InlineData("access:\n  cdn_secret: 0123456789abcdef0123456789abcdef\n", "cdn_secret: has nothing to sign")]
    [InlineData("tls_certificate: /no/such.pem\n", "tls_certificate: /no/such.pem cannot be used")]
    public void What_does_not_go_together_is_told(string yaml, string part) =>
        Assert.Contains(part, Assert.Single(Load(yaml + "channels: []\n").Mistakes).Problem, StringComparison.Ordinal);

    private static Configured Load(string yaml, params (string Name, string Value)[] environment) => ConfigurationLoader.Load(
        new ConfigurationSources { Text = yaml, Environment = [.. environment.Select(variable => KeyValuePair.Create(variable.Name, variable.Value))] },
        (_, _, _) => EngineChoice.Of(_ => throw new InvalidOperationException()));
}
