using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text.RegularExpressions;
using Tandem.EndToEnd.Harness;
using Xunit;

namespace Tandem.EndToEnd.Delivery;

/// <summary>Debian's nginx with the configuration that stands in docs/cdn.md: only its ports and folders are others.</summary>
public sealed partial class DocumentedNginx : IAsyncDisposable
{
    private const string Program = "/usr/sbin/nginx";
    private readonly string _folder = Directory.CreateTempSubdirectory("tandem-nginx-").FullName;
    private readonly ConcurrentQueue<string> _log = new();
    private Process? _process;

    private DocumentedNginx(int port) => Root = new Uri($"http://127.0.0.1:{port}/");

    /// <summary>Where viewers reach it.</summary>
    public Uri Root { get; }

    /// <summary>Starts it in front of a port of this machine.</summary>
    public static async Task<DocumentedNginx> StartAsync(int origin)
    {
        if (!File.Exists(Program))
            Assert.Skip("nginx-light is not installed");
        var nginx = new DocumentedNginx(FreePort());
        var file = Path.Combine(nginx._folder, "nginx.conf");
        await File.WriteAllTextAsync(file, nginx.Around(Adapted(Documented(), nginx.Root.Port, origin, nginx._folder)));
        var start = new ProcessStartInfo(Program, ["-p", nginx._folder, "-c", file, "-e", "stderr"]) { RedirectStandardError = true, UseShellExecute = false };
        nginx._process = Process.Start(start)!;
        nginx._process.ErrorDataReceived += (_, line) => nginx._log.Enqueue(line.Data ?? "");
        nginx._process.BeginErrorReadLine();
        for (var attempt = 0; !await AnswersAsync(nginx.Root.Port); attempt++)
        {
            if (nginx._process.HasExited || attempt > 150)
                throw new InvalidOperationException($"nginx did not start:\n{string.Join('\n', nginx._log)}");
            await Task.Delay(TimeSpan.FromSeconds(0.1), TimeProvider.System);
        }

        return nginx;
    }

    /// <summary>The configuration as docs/cdn.md has it.</summary>
    public static string Documented()
    {
        var snippets = Snippet().Matches(File.ReadAllText(Path.Combine(Checkout.Root, "docs", "cdn.md")));
        return Assert.Single(snippets).Groups["text"].Value;
    }

    /// <summary>The same with other ports and folders; what is replaced must be there.</summary>
    public static string Adapted(string configuration, int port, int origin, string folder)
    {
        foreach (var (from, to, times) in new[]
        {
            ("server 127.0.0.1:8080;", string.Create(CultureInfo.InvariantCulture, $"server 127.0.0.1:{origin};"), 1),
            ("listen 80;", string.Create(CultureInfo.InvariantCulture, $"listen 127.0.0.1:{port};"), 1),
            ("/var/cache/nginx/", folder + "/", 2),
        })
        {
            Assert.Equal(times, configuration.Split(from).Length - 1);
            configuration = configuration.Replace(from, to, StringComparison.Ordinal);
        }

        return configuration;
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (_process is { } process)
        {
            if (!process.HasExited)
                TandemServer.Signal(process.Id, "TERM");
            await process.WaitForExitAsync();
            process.Dispose();
        }

        Directory.Delete(_folder, recursive: true);
    }

    // What Debian's own nginx.conf has around conf.d.
    private string Around(string configuration) => $$"""
        {{(Environment.IsPrivilegedProcess ? "user root;" : "")}}
        daemon off;
        worker_processes 1;
        pid {{_folder}}/nginx.pid;
        events { worker_connections 4096; }
        http {
            access_log off;
            client_body_temp_path {{_folder}}/body;
            proxy_temp_path {{_folder}}/proxy;
            fastcgi_temp_path {{_folder}}/fastcgi;
            scgi_temp_path {{_folder}}/scgi;
            uwsgi_temp_path {{_folder}}/uwsgi;
            sendfile on;
            {{configuration}}
        }
        """;

    private static async Task<bool> AnswersAsync(int port)
    {
        using var probe = new TcpClient();
        try
        {
            await probe.ConnectAsync(IPAddress.Loopback, port);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    private static int FreePort()
    {
        using var probe = new TcpListener(IPAddress.Loopback, 0);
        probe.Start();
        return ((IPEndPoint)probe.LocalEndpoint).Port;
    }

    [GeneratedRegex(@"^```nginx\n(?<text>.*?)^```", RegexOptions.Singleline | RegexOptions.Multiline | RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant, 1000)]
    private static partial Regex Snippet();
}
