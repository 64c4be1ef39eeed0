using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Xunit;

namespace Tandem.EndToEnd.Alerting;

/// <summary>A program of Debian's that runs for a test, with a folder of its own.</summary>
public sealed class Daemon : IAsyncDisposable
{
    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(60);

    private readonly Process _process;
    private readonly ConcurrentQueue<string> _log = new();
    private readonly string _folder;

    private Daemon(string folder, Uri root, ProcessStartInfo start)
    {
        _folder = folder;
        Root = root;
        start.WorkingDirectory = folder;
        start.RedirectStandardError = true;
        start.RedirectStandardOutput = true;
        _process = Process.Start(start) ?? throw new InvalidOperationException($"{start.FileName} did not start");
        _process.ErrorDataReceived += (_, line) => _log.Enqueue(line.Data ?? "");
        _process.OutputDataReceived += (_, line) => _log.Enqueue(line.Data ?? "");
        _process.BeginErrorReadLine();
        _process.BeginOutputReadLine();
    }

    /// <summary>Its address.</summary>
    public Uri Root { get; }

    /// <summary>Starts it and waits until it is ready; the test is skipped where it is not installed.</summary>
    /// <param name="program">Its path.</param>
    /// <param name="folder">Where it works; deleted at its end.</param>
    /// <param name="root">Where it listens.</param>
    /// <param name="arguments">Its arguments.</param>
    public static async Task<Daemon> StartAsync(string program, string folder, Uri root, params string[] arguments)
    {
        if (!File.Exists(program))
            Assert.Skip($"No {program} here: deploy/packages.txt names its package");
        var daemon = new Daemon(folder, root, new ProcessStartInfo(program, arguments));
        using var http = new HttpClient { Timeout = TimeSpan.FromSeconds(5) };
        await daemon.UntilAsync("it is ready", async () => (await http.GetAsync(new Uri(root, "-/ready"))).IsSuccessStatusCode);
        return daemon;
    }

    /// <summary>An address of loopback whose port is free.</summary>
    public static Uri FreeAddress()
    {
        using var probe = new TcpListener(IPAddress.Loopback, 0);
        probe.Start();
        return new Uri($"http://127.0.0.1:{((IPEndPoint)probe.LocalEndpoint).Port}/");
    }

    /// <summary>Waits until <paramref name="holds"/>.</summary>
    /// <exception cref="TimeoutException">It does not in time; the message ends with the program's log.</exception>
    public async Task UntilAsync(string what, Func<Task<bool>> holds, TimeSpan? limit = null)
    {
        var began = TimeProvider.System.GetTimestamp();
        while (!await TryAsync(holds))
        {
            if (_process.HasExited)
                throw new InvalidOperationException($"{_process.StartInfo.FileName} ended with {_process.ExitCode}\n{Tail()}");
            if (TimeProvider.System.GetElapsedTime(began) > (limit ?? _patience))
                throw new TimeoutException($"Not within {(limit ?? _patience).TotalSeconds:F0} s: {what}\n{Tail()}");
            await Task.Delay(TimeSpan.FromSeconds(0.2), TimeProvider.System);
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
            _process.Kill();
        await _process.WaitForExitAsync();
        _process.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    private static async Task<bool> TryAsync(Func<Task<bool>> holds)
    {
        try
        {
            return await holds();
        }
        catch (Exception fault) when (fault is HttpRequestException or TaskCanceledException)
        {
            return false;
        }
    }

    private string Tail() => string.Join('\n', _log.TakeLast(30));
}
