using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text.RegularExpressions;
using Tandem.Server.Access;
using Tandem.Server.Configuration;
using Xunit;

namespace Tandem.Tests.Server;

/// <summary>The configuration of docs/access.md in a real nginx before the real server: it checks tickets by itself and keeps one copy for all.</summary>
public sealed partial class NginxTicketTests : IAsyncLifetime
{
    private static readonly string CdnSecret = new('c', 40);

    private readonly string _folder = Directory.CreateTempSubdirectory("tandem-nginx-").FullName;
    private readonly HttpClient _http = new();
    private AccessServer _server = null!;
    private Process? _nginx;

    public async ValueTask InitializeAsync()
    {
        _server = await AccessServer.StartAsync(new ServerOptions
        {
            Channels = [AccessServer.Channel("news", "es", "fr", "pt-BR")],
            Access = new AccessOptions { Secrets = [Jwt.Secret], CdnSecret = CdnSecret, TrustedProxies = [IPNetwork.Parse("127.0.0.1/32")] },
        });
        await ViewerAccessTests.Until(_server);
        var port = FreePort();
        var text = Block().Match(Checkout.Read("docs/access.md")).Groups["text"].Value
            .Replace("/var/cache/nginx/tandem", Path.Combine(_folder, "cache"), StringComparison.Ordinal)
            .Replace("/var/log/nginx/tandem.log", Path.Combine(_folder, "access.log"), StringComparison.Ordinal)
            .Replace("127.0.0.1:8080", $"127.0.0.1:{_server.Address.Port}", StringComparison.Ordinal)
            .Replace("listen 8000", $"listen 127.0.0.1:{port}", StringComparison.Ordinal)
            .Replace("CDN_SECRET", CdnSecret, StringComparison.Ordinal);
        File.WriteAllText(Path.Combine(_folder, "nginx.conf"), $$"""
            daemon off;
            master_process off;
            pid {{_folder}}/nginx.pid;
            error_log {{_folder}}/error.log;
            events { }
            http {
            access_log off;
            client_body_temp_path {{_folder}}/body;
            proxy_temp_path {{_folder}}/proxy;
            fastcgi_temp_path {{_folder}}/fastcgi;
            uwsgi_temp_path {{_folder}}/uwsgi;
            scgi_temp_path {{_folder}}/scgi;
            {{text}}
            }
            """);
        _nginx = Process.Start(new ProcessStartInfo("nginx", ["-p", _folder, "-c", Path.Combine(_folder, "nginx.conf"), "-e", Path.Combine(_folder, "error.log")]));
        _http.BaseAddress = new Uri(string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{port}"));
        for (var step = 0; ; step++)
        {
            try
            {
                using var answer = await _http.GetAsync("/health/live");
                return;
            }
            catch (HttpRequestException) when (step < 2000 && !_nginx!.HasExited)
            {
                await Task.Delay(5);
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_nginx is { HasExited: false })
            _nginx.Kill();
        _nginx?.Dispose();
        _http.Dispose();
        await _server.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task It_checks_tickets_itself_and_asks_the_origin_once_for_all_viewers()
    {
        var tickets = new List<string>();
        for (var viewer = 0; viewer < 3; viewer++)
            tickets.Add(await TicketAsync(new { languages = new[] { "es", "pt-BR" }, sub = $"viewer {viewer}", exp = DateTimeOffset.UtcNow.AddMinutes(5 + viewer).ToUnixTimeSeconds() }));
        Assert.Equal(3, tickets.Distinct(StringComparer.Ordinal).Count());
        foreach (var path in new[] { "es/g/1.aac", "pt-BR/g/1.aac", "subs/es/index.m3u8", "original/g/1.aac", "source/v0.m3u8" })
        {
            foreach (var ticket in tickets)
            {
                using var answer = await _http.GetAsync($"/live/news/{ticket}/{path}");
                Assert.True(answer.IsSuccessStatusCode, $"{path}: {answer.StatusCode}");
            }
        }

        // Each once; what is not there is not asked for at all.
        var log = await LogAsync(15);
        Assert.Equal(5, log.Count(line => line.EndsWith(" MISS", StringComparison.Ordinal)));
        Assert.Equal(10, log.Count(line => line.EndsWith(" HIT", StringComparison.Ordinal)));
        Assert.DoesNotContain(log, line => line.Contains('~', StringComparison.Ordinal));

        var (good, all) = (tickets[0], await TicketAsync(new { sub = "all" }));
        Assert.Equal(HttpStatusCode.OK, await StatusAsync($"/live/news/{all}/fr/g/1.aac"));
        foreach (var (path, status) in new[]
        {
            ($"{good}/fr/g/1.aac", HttpStatusCode.Forbidden),
            ($"{good}/subs/fr/index.m3u8", HttpStatusCode.Forbidden),
            ($"{good}/s/g/1.aac", HttpStatusCode.Forbidden),
            ($"{good}/es%2F..%2Ffr/g/1.aac", HttpStatusCode.Forbidden),
            ($"{good.Replace(".es_pt-BR.", "._.", StringComparison.Ordinal)}/fr/g/1.aac", HttpStatusCode.Forbidden),
            ($"{good.Replace("~1", "~2", StringComparison.Ordinal)}/es/g/1.aac", HttpStatusCode.Forbidden),
            ($"{good[..^3]}AAA/es/g/1.aac", HttpStatusCode.Forbidden),
            ($"~1000._.x.{Tickets.CdnSignature(CdnSecret, "1000", "news", "_")}/es/g/1.aac", HttpStatusCode.Unauthorized),
            ("es/g/1.aac", HttpStatusCode.Unauthorized),
        })
        {
            Assert.Equal((path, status), (path, await StatusAsync($"/live/news/{path}")));
        }

        Assert.Equal(HttpStatusCode.Forbidden, await StatusAsync($"/live/sport/{good}/es/g/1.aac"));
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    private async Task<HttpStatusCode> StatusAsync(string path)
    {
        using var answer = await _http.GetAsync(path);
        return answer.StatusCode;
    }

    private async Task<string> TicketAsync(object claims)
    {
        var master = await _http.GetStringAsync($"/live/news/master.m3u8?token={Jwt.Signed(Jwt.Claims(DateTimeOffset.UtcNow, claims))}");
        return TicketShape().Match(master).Value;
    }

    private async Task<string[]> LogAsync(int lines)
    {
        for (var step = 0; ; step++)
        {
            var read = File.Exists(Path.Combine(_folder, "access.log")) ? await File.ReadAllLinesAsync(Path.Combine(_folder, "access.log")) : [];
            if (read.Length >= lines || step > 1000)
                return read;
            await Task.Delay(5);
        }
    }

    [GeneratedRegex("```nginx\n(?<text>.*?)```", RegexOptions.Singleline | RegexOptions.ExplicitCapture)]
    private static partial Regex Block();

    [GeneratedRegex("~[^/]+")]
    private static partial Regex TicketShape();
}
