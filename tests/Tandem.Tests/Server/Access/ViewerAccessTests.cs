using System.Collections.Immutable;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using Tandem.Server.Access;
using Tandem.Server.Configuration;
using Xunit;

namespace Tandem.Tests.Server;

/// <summary>Who may watch, asked of the real server over HTTP.</summary>
public sealed partial class ViewerAccessTests : IAsyncLifetime
{
    private AccessServer _server = null!;

    public async ValueTask InitializeAsync()
    {
        _server = await AccessServer.StartAsync(Options());
        await Until(_server);
    }

    public async ValueTask DisposeAsync() => await _server.DisposeAsync();

    [Theory]
    [InlineData("header")]
    [InlineData("query")]
    [InlineData("cookie")]
    public async Task A_token_may_come_in_three_ways_and_what_a_header_opened_stays_out_of_shared_caches(string way)
    {
        var token = Token();
        using var answer = way switch
        {
            "header" => await _server.GetAsync("/live/news/es/g/1.aac", ("Authorization", $"Bearer {token}")),
            "query" => await _server.GetAsync($"/live/news/es/g/1.aac?token={token}"),
            _ => await _server.GetAsync("/live/news/es/g/1.aac", ("Cookie", $"a=b; tandem_token={token}")),
        };
        Assert.Equal("news es", await answer.Content.ReadAsStringAsync());
        Assert.Equal(way == "query", answer.Headers.CacheControl!.Public);
        Assert.Equal(way != "query", answer.Headers.CacheControl.Private);
    }

    [Fact]
    public async Task A_ticket_travels_from_the_master_and_what_is_behind_it_is_the_same_for_all()
    {
        var bodies = new HashSet<string>(StringComparer.Ordinal);
        var tickets = new HashSet<string>(StringComparer.Ordinal);
        foreach (var minutes in new[] { 5, 10 })
        {
            using var master = await _server.GetAsync($"/live/news/master.m3u8?token={Token(new { exp = DateTimeOffset.UtcNow.AddMinutes(minutes).ToUnixTimeSeconds() })}");
            Assert.Equal("no-store, private", master.Headers.CacheControl!.ToString());
            var text = await master.Content.ReadAsStringAsync();
            Assert.DoesNotContain("token", text, StringComparison.Ordinal);
            var addresses = Addresses().Matches(text).Select(match => match.Value).ToList();
            Assert.Equal(6, addresses.Count);
            tickets.Add(addresses[0].Split('/')[5]);
            foreach (var address in addresses)
            {
                using var playlist = await _server.GetAsync(new Uri(address).PathAndQuery);
                Assert.Equal(HttpStatusCode.OK, playlist.StatusCode);
                Assert.True(playlist.Headers.CacheControl!.Public);
            }

            // As a player resolves what the playlist names.
            var voice = new Uri(addresses.Single(address => address.Contains("/fr/", StringComparison.Ordinal) && !address.Contains("subs", StringComparison.Ordinal)));
            bodies.Add(await _server.Http.GetStringAsync(voice) + await _server.Http.GetStringAsync(new Uri(voice, "g/1.aac")));
        }

        Assert.Equal(2, tickets.Count);
        Assert.Equal("#EXTM3U\ng/1.aac\nnews fr", Assert.Single(bodies));
    }

    [Theory]
    [InlineData("/live/news/es/g/1.aac", null, 401, "missing")]
    [InlineData("/live/news/master.m3u8", null, 401, "missing")]
    [InlineData("/live/nobody/master.m3u8", null, 401, "missing")]
    [InlineData("/v1/channels", null, 401, "missing")]
    [InlineData("/v1/channels/news", null, 401, "missing")]
    [InlineData("/live/news/es/g/1.aac", "forged", 401, "signature")]
    [InlineData("/live/news/es/g/1.aac", "none", 401, "algorithm")]
    [InlineData("/live/news/es/g/1.aac", "expired", 401, "expired")]
    [InlineData("/live/news/es/g/1.aac", "garbage", 401, "malformed")]
    [InlineData("/live/sport/es/g/1.aac", "news", 403, "channel")]
    [InlineData("/live/nobody/es/g/1.aac", "news", 403, "channel")]
    [InlineData("/v1/channels/sport", "news", 403, "channel")]
    [InlineData("/live/news/fr/g/1.aac", "spanish", 403, "language")]
    [InlineData("/live/news/subs/fr/index.m3u8", "spanish", 403, "language")]
    [InlineData("/live/news/FR/g/1.aac", "spanish", 403, "language")]
    [InlineData("/live/news/de/g/1.aac", "news", 403, "premium")]
    public async Task Who_may_not_is_refused_counted_and_told_nothing(string path, string? kind, int status, string reason)
    {
        var token = kind switch
        {
            null => null,
            "forged" => Jwt.Signed(Jwt.Claims(DateTimeOffset.UtcNow, new { channels = "*" }), new string('x', 40)),
            "none" => $"{Jwt.Part(new { alg = "none" })}.{Jwt.Part(Jwt.Claims(DateTimeOffset.UtcNow))}.",
            "expired" => Token(new { exp = 1000 }),
            "garbage" => "SECRET-garbage",
            "spanish" => Token(new { languages = "es" }),
            _ => Token(),
        };
        using var answer = await _server.GetAsync(token is null ? path : $"{path}?token={token}");
        Assert.Equal(status, (int)answer.StatusCode);
        Assert.Equal(reason, await AccessServer.ReasonAsync(answer));
        Assert.Equal("no-store", answer.Headers.CacheControl!.ToString());
        Assert.Equal(status == 401, answer.Headers.WwwAuthenticate.Any(scheme => scheme.Scheme == "Bearer"));
        Assert.Equal(1, await _server.SampleAsync($"tandem_access_refusals_total{{reason=\"{reason}\"}}"));

        var said = answer + await answer.Content.ReadAsStringAsync() + _server.Log;
        foreach (var secret in new[] { token ?? "SECRET", "news es", "source.example", Jwt.Secret, "inner matters", "SECRET" })
            Assert.DoesNotContain(secret, said, StringComparison.Ordinal);
        if (path.StartsWith("/live", StringComparison.Ordinal))
            Assert.Equal("*", answer.Headers.GetValues("Access-Control-Allow-Origin").Single());
    }

    [Fact]
    public async Task Whether_a_channel_exists_makes_no_difference_to_those_who_may_not_see_it()
    {
        async Task<string> Ask(string path)
        {
            using var answer = await _server.GetAsync($"{path}?token={Token()}");
            answer.Headers.Date = null;
            return answer.ToString() + await answer.Content.ReadAsStringAsync();
        }

        Assert.Equal(await Ask("/live/sport/master.m3u8"), await Ask("/live/absent/master.m3u8"));
        Assert.Equal(await Ask("/v1/channels/sport"), await Ask("/v1/channels/absent"));
    }

    [Fact]
    public async Task A_ticket_is_no_good_for_another_voice_channel_time_or_with_a_letter_changed()
    {
        var text = await _server.Http.GetStringAsync($"/live/news/master.m3u8?token={Token(new { languages = "es" })}");
        var ticket = Addresses().Match(text).Value.Split('/')[5];
        Assert.StartsWith("~", ticket, StringComparison.Ordinal);
        async Task<string> Ask(string path)
        {
            using var answer = await _server.GetAsync(path);
            return answer.IsSuccessStatusCode ? "" : await AccessServer.ReasonAsync(answer);
        }

        Assert.Equal("", await Ask($"/live/news/{ticket}/es/g/1.aac"));
        Assert.Equal("", await Ask($"/live/news/{ticket}/original/g/1.aac"));
        Assert.Equal("language", await Ask($"/live/news/{ticket}/fr/g/1.aac"));
        Assert.Equal("language", await Ask($"/live/news/{ticket}/subs/fr/index.m3u8"));
        Assert.Equal("signature", await Ask($"/live/sport/{ticket}/es/g/1.aac"));
        Assert.Equal("signature", await Ask($"/live/news/{ticket.Replace(".es.", ".es_fr.", StringComparison.Ordinal)}/fr/g/1.aac"));
        Assert.Equal("signature", await Ask($"/live/news/{ticket.Replace(".es.", "._.", StringComparison.Ordinal)}/fr/g/1.aac"));
        Assert.Equal("signature", await Ask($"/live/news/{ticket.Replace("~1", "~2", StringComparison.Ordinal)}/es/g/1.aac"));
        Assert.Equal("malformed", await Ask("/live/news/~/es/g/1.aac"));
        Assert.Equal("malformed", await Ask("/live/news/~99999999999999999999._.x/es/g/1.aac"));

        // Neither does a ticket make a page's requests, nor a token in the place of one.
        Assert.Equal("malformed", await Ask($"/live/news/~{Token()}/es/g/1.aac"));
        Assert.Equal("missing", await Ask($"/v1/channels/{ticket}"));
    }

    [Fact]
    public void A_ticket_ends_and_old_secrets_still_open_it()
    {
        var now = new DateTimeOffset(2026, 11, 24, 12, 0, 0, TimeSpan.Zero);
        var before = new Tickets(new AccessOptions { Secrets = [Jwt.Secret] });
        var after = new Tickets(new AccessOptions { Secrets = [Jwt.OtherSecret, Jwt.Secret] });
        var gone = new Tickets(new AccessOptions { Secrets = [Jwt.OtherSecret] });
        var ticket = before.Issue("news", ["es", "pt-BR"], now.AddMinutes(1), 7);
        Assert.Equal(["es", "pt-BR"], after.Read(ticket, "news", now).Ticket.Languages!.Value);
        Assert.Equal("signature", gone.Read(ticket, "news", now).Refusal);
        Assert.Null(before.Read(ticket, "news", now.AddSeconds(59)).Refusal);
        Assert.Equal("expired", before.Read(ticket, "news", now.AddSeconds(60)).Refusal);
        Assert.Null(before.Read(before.Issue("news", null, now.AddMinutes(1), 7), "news", now).Ticket.Languages);
        Assert.Empty(before.Read(before.Issue("news", ImmutableArray<string>.Empty, now.AddMinutes(1), 7), "news", now).Ticket.Languages!.Value);

        // A secret of its own, and that of nginx, which proves nothing here.
        var own = new Tickets(new AccessOptions { Secrets = [Jwt.Secret], TicketSecrets = [Jwt.OtherSecret], CdnSecret = new string('c', 32) });
        Assert.Equal("signature", own.Read(ticket, "news", now).Refusal);
        var signed = own.Issue("news", null, now.AddMinutes(1), 7);
        Assert.Equal(4, signed.Split('.').Length);
        var parts = signed.Split('.');
        Assert.Equal("signature", own.Read($"{parts[0]}.{parts[1]}.{parts[3]}.{parts[3]}", "news", now).Refusal);
    }

    [Fact]
    public void A_ticket_is_its_viewer_s_own_and_has_one_form()
    {
        var now = new DateTimeOffset(2026, 11, 24, 12, 0, 0, TimeSpan.Zero);
        var tickets = new Tickets(new AccessOptions { Secrets = [Jwt.Secret] });
        var (one, other) = (tickets.Issue("news", null, now.AddMinutes(1), 1), tickets.Issue("news", null, now.AddMinutes(1), 2));
        Assert.NotEqual(one, other);
        Assert.Equal(((UInt128)1, (UInt128)2), (tickets.Read(one, "news", now).Ticket.Viewer, tickets.Read(other, "news", now).Ticket.Viewer));

        // What is counted is signed: whoever changes it has no ticket.
        var parts = one.Split('.');
        Assert.Equal("signature", tickets.Read($"{parts[0]}.{parts[1]}.AAAAAAAAAAAAAAAAAAAAAA{parts[2][22..]}", "news", now).Refusal);
        Assert.Equal((UInt128)1, tickets.Read($"{one}.1", "news", now).Ticket.Viewer);
        Assert.Equal("malformed", tickets.Read($"{one}.1.2", "news", now).Refusal);
        Assert.Equal("malformed", tickets.Read($"~{one}", "news", now).Refusal);
    }

    [Fact]
    public async Task A_master_lists_only_the_voices_that_are_open()
    {
        var text = await _server.Http.GetStringAsync($"/live/news/master.m3u8?token={Token(new { languages = new[] { "fr", "de" } })}");
        Assert.DoesNotContain("/es/", text, StringComparison.Ordinal);
        Assert.DoesNotContain("/de/", text, StringComparison.Ordinal);
        Assert.Matches("NAME=\"fr\".*DEFAULT=YES", text);
        Assert.Single(Regex.Matches(text, "DEFAULT=YES"));
        Assert.Contains("/original/index.m3u8", text, StringComparison.Ordinal);
        Assert.Contains("SUBTITLES=\"s\"", text, StringComparison.Ordinal);

        var none = await _server.Http.GetStringAsync($"/live/news/master.m3u8?token={Token(new { languages = "de" })}");
        Assert.DoesNotContain("SUBTITLES", none, StringComparison.Ordinal);
        Assert.Contains("AUDIO=\"a\"", none, StringComparison.Ordinal);
        Assert.Matches("NAME=\"original\".*DEFAULT=YES", none);
        Assert.EndsWith("\n", none, StringComparison.Ordinal);

        var premium = await _server.Http.GetStringAsync($"/live/news/master.m3u8?token={Token(new { premium = true })}");
        Assert.Contains("/de/index.m3u8", premium, StringComparison.Ordinal);
        Assert.Equal("news de", await _server.Http.GetStringAsync($"/live/news/de/g/1.aac?token={Token(new { premium = true })}"));
        using var no = await _server.GetAsync($"/live/news/de/g/1.aac?token={Token(new { premium = "true" })}");
        Assert.Equal("premium", await AccessServer.ReasonAsync(no));
    }

    [Fact]
    public async Task An_audio_only_variant_of_a_closed_voice_plays_the_original()
    {
        var view = new MasterView("~t", ["fr"], ["es", "fr"]);
        var text = view.Render(address => $"#EXTM3U\n#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID=\"a\",NAME=\"x, DEFAULT=YES\",URI=\"{address}es/index.m3u8\"\n#EXT-X-STREAM-INF:BANDWIDTH=1,CODECS=\"a,b\"\n{address}es/index.m3u8\n", new Uri("https://h/live/news/"));
        Assert.Equal("#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1,CODECS=\"a,b\"\nhttps://h/live/news/~t/original/index.m3u8\n", text);
        await Task.CompletedTask;
    }

    [Fact]
    public async Task A_page_sees_of_channels_what_it_needs_and_operators_see_all()
    {
        using var seen = JsonDocument.Parse(await _server.Http.GetStringAsync($"/v1/channels?token={Token(new { channels = new[] { "news", "absent" } })}"));
        var channel = Assert.Single(seen.RootElement.GetProperty("channels").EnumerateArray());
        Assert.Equal("news", channel.GetProperty("id").GetString());
        Assert.Equal(["es", "fr"], channel.GetProperty("languages").EnumerateArray().Select(language => language.GetProperty("language").GetString()!));
        Assert.Equal(8, channel.GetProperty("delaySeconds").GetDouble());
        Assert.DoesNotContain("source.example", channel.GetRawText(), StringComparison.Ordinal);
        Assert.DoesNotContain("inner", channel.GetRawText(), StringComparison.Ordinal);

        using var all = await _server.GetAsync("/v1/channels", ("Authorization", $"Bearer {AccessServer.Key}"));
        var text = await all.Content.ReadAsStringAsync();
        Assert.Contains("https://source.example/a/master.m3u8", text, StringComparison.Ordinal);
        Assert.Contains("sport", text, StringComparison.Ordinal);
        using var watch = await _server.GetAsync("/live/sport/es/g/1.aac", ("Authorization", $"Bearer {AccessServer.Key}"));
        Assert.Equal("sport es", await watch.Content.ReadAsStringAsync());
    }

    [Fact]
    public async Task Logs_hold_no_token_and_no_ticket_even_where_something_breaks()
    {
        var token = Token();
        var master = await _server.Http.GetStringAsync($"/live/news/master.m3u8?token={token}");
        var ticket = Addresses().Match(master).Value.Split('/')[5];
        using var fine = await _server.GetAsync($"/live/news/{ticket}/es/g/1.aac");
        using var gone = await _server.GetAsync($"/live/news/{ticket}/es/g/2.aac");
        Assert.Equal("/live/news/~…/es/g/1.aac", AccessPipeline.Loggable($"/live/news/{ticket}/es/g/1.aac"));
        Assert.Equal("/live/news/~…/es/g/1.aac", AccessPipeline.Loggable($"/Live/news/{ticket}/es/g/1.aac"));
        Assert.Equal("/live/news/~…/", AccessPipeline.Loggable($"/live/news/{ticket}"));
        Assert.Equal("/v1/channels", AccessPipeline.Loggable("/v1/channels"));
        foreach (var secret in new[] { token, token.Split('.')[2], ticket, ticket.Split('.')[2] })
            Assert.DoesNotContain(secret, _server.Log, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_tokens_configured_everybody_may_watch_and_a_left_over_ticket_does_no_harm()
    {
        await using var open = await AccessServer.StartAsync(new ServerOptions { Channels = [AccessServer.Channel("news", "es")] });
        await Until(open);
        Assert.Equal("news es", await open.Http.GetStringAsync("/live/news/es/g/1.aac"));
        Assert.Equal("news es", await open.Http.GetStringAsync("/live/news/~1._.x/es/g/1.aac"));
        using var master = await open.GetAsync("/live/news/master.m3u8?token=whatever");
        Assert.True(master.Headers.CacheControl is { NoStore: false, MaxAge: not null }, master.ToString());
        Assert.DoesNotContain("~", await master.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        Assert.Contains("source.example", await open.Http.GetStringAsync("/v1/channels"), StringComparison.Ordinal);
    }

    internal static async Task Until(AccessServer server)
    {
        for (var step = 0; step < 2000; step++)
        {
            using var answer = await server.GetAsync("/v1/channels", ("Authorization", $"Bearer {AccessServer.Key}"));
            if (!(await answer.Content.ReadAsStringAsync()).Contains("starting", StringComparison.Ordinal))
                return;
            await Task.Delay(5);
        }
    }

    private static ServerOptions Options() => new()
    {
        Channels = [AccessServer.Channel("news", "es", "fr", "de"), AccessServer.Channel("sport", "es")],
        OperatorKeys = [[.. SHA256.HashData(Encoding.UTF8.GetBytes(AccessServer.Key))]],
        Access = new AccessOptions { Secrets = [Jwt.Secret], PremiumLanguages = ["de"] },
    };

    private static string Token(object? more = null) => Jwt.Signed(Jwt.Claims(DateTimeOffset.UtcNow, more));

    [GeneratedRegex("http://[^\"\\s]+")]
    private static partial Regex Addresses();
}
