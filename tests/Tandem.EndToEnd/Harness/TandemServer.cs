using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using Tandem.Checks.Hls;

namespace Tandem.EndToEnd.Harness;

/// <summary>
/// The real program as a child process: <c>tandem serve</c> on a free port, with a state folder of its own. All that its channels publish
/// is watched and checked (<see cref="PublishedRightAttribute"/>).
/// </summary>
public sealed class TandemServer : IAsyncDisposable
{
    private const int LogLimit = 20_000;

    /// <summary>What design.md promises for a clean end is 8 s; a busy machine gets the rest.</summary>
    private static readonly TimeSpan _endLimit = TimeSpan.FromSeconds(12);

    /// <summary>Dozens of channels and browsers on two cores pause for seconds; what is asserted here is that playlists do grow.</summary>
    private static readonly WatchOptions _watch = new() { Checker = new CheckerOptions { GrowthLimit = 4 } };

    private readonly List<string> _arguments;
    private readonly ConcurrentQueue<string> _log = new();
    private readonly HttpClient _http = new() { Timeout = TimeSpan.FromSeconds(10) };
    private readonly Dictionary<string, ChannelWatcher> _watchers = new(StringComparer.Ordinal);
    private readonly List<Func<string, HlsViolation, bool>> _excused = [];
    private Process? _process;

    private readonly IReadOnlyDictionary<string, string> _environment;

    private TandemServer(
        IReadOnlyList<string> channels, IEnumerable<string> more, IReadOnlyDictionary<string, string>? environment = null, WatchOptions? watch = null)
    {
        _environment = environment ?? new Dictionary<string, string>();
        Port = FreePort();
        StateFolder = Directory.CreateTempSubdirectory("tandem-e2e-").FullName;
        _arguments = ["serve", "--port", Port.ToString(CultureInfo.InvariantCulture), .. more];
        foreach (var channel in channels)
            _arguments.AddRange(["--channel", channel]);
        Root = new Uri($"http://127.0.0.1:{Port}/");
        foreach (var id in channels.Select(channel => channel.Split(',')[0]["id=".Length..]))
            _watchers[id] = ChannelWatcher.Start(Master(id), watch ?? _watch);
    }

    /// <summary>The port it serves on.</summary>
    public int Port { get; }

    /// <summary>Its address.</summary>
    public Uri Root { get; }

    /// <summary>Its <c>state_dir</c>.</summary>
    public string StateFolder { get; }

    /// <summary>Everything it wrote, both streams.</summary>
    public IReadOnlyCollection<string> Log => _log;

    /// <summary>Its process id; the test fails where it does not run.</summary>
    public int ProcessId => _process?.Id ?? throw new InvalidOperationException("The server does not run");

    /// <summary>Starts the program and waits until it answers.</summary>
    /// <param name="channels">One <c>--channel</c> each.</param>
    /// <param name="more">More arguments.</param>
    public static async Task<TandemServer> StartAsync(IEnumerable<string> channels, params IEnumerable<string> more)
    {
        var server = new TandemServer([.. channels], more);
        await server.StartAsync();
        return server;
    }

    /// <summary>The same for a test that has the machine to itself: playlists must grow as fast as AVPlayer demands.</summary>
    public static async Task<TandemServer> StartAloneAsync(IEnumerable<string> channels, params IEnumerable<(string Name, string Value)> environment)
    {
        var server = new TandemServer([.. channels], [], environment.ToDictionary(pair => pair.Name, pair => pair.Value), new WatchOptions());
        await server.StartAsync();
        return server;
    }

    /// <summary>The same with an environment of its own, such as a PATH with stand-ins.</summary>
    public static async Task<TandemServer> StartAsync(IEnumerable<string> channels, IReadOnlyDictionary<string, string> environment)
    {
        var server = new TandemServer([.. channels], [], environment);
        await server.StartAsync();
        return server;
    }

    /// <summary>A <c>--channel</c> value for a test's source.</summary>
    public static string Channel(
        string id, Uri input, string delay = "4s", string engine = "echo", string to = "es", string from = "en", string more = "",
        string video = "reference") =>
        $"id={id},input={input},from={from},to={to},delay={delay},engine={engine},video={video},allow_private=true"
        + (more.Length > 0 ? "," + more : "");

    /// <summary>The address of a channel's master playlist.</summary>
    public Uri Master(string channel) => new(Root, $"live/{channel}/master.m3u8");

    /// <summary>From now until the result is disposed, a channel's playlists need not answer or grow.</summary>
    public IDisposable ExpectOutage(string channel) => _watchers[channel].ExpectOutage();

    /// <summary>Violations that the test's source itself brings about, by channel.</summary>
    public void Excuse(Func<string, HlsViolation, bool> excuse) => _excused.Add(excuse);

    /// <summary>
    /// Excuses what killing the server brings about: its addresses are gone, so what was published lately is listed as gaps, and the rest of the
    /// window no more.
    /// </summary>
    public void ExcuseRestart() => Excuse((_, violation) => violation.Rule is HlsRule.Window or HlsRule.VoiceGap
        || (violation.Rule == HlsRule.Immutable && violation.What.StartsWith("gap of segment ", StringComparison.Ordinal)
            && violation.What.EndsWith("was False, is True", StringComparison.Ordinal)));

    /// <summary>Ends the watch and returns what was found and not excused, by channel; nothing is left to report.</summary>
    public async Task<IReadOnlyDictionary<string, IReadOnlyList<HlsViolation>>> EndWatchAsync()
    {
        var found = new Dictionary<string, IReadOnlyList<HlsViolation>>(StringComparer.Ordinal);
        foreach (var (id, watcher) in _watchers)
        {
            await watcher.DisposeAsync();
            found[id] = [.. watcher.Violations.Where(violation => !_excused.Exists(excuse => excuse(id, violation)))];
        }

        _watchers.Clear();
        return found;
    }

    /// <summary>Starts it (again), on the same port and state.</summary>
    public async Task StartAsync()
    {
        var program = Path.Combine(AppContext.BaseDirectory, "tandem.dll");
        var start = new ProcessStartInfo("dotnet") { UseShellExecute = false, RedirectStandardOutput = true, RedirectStandardError = true };
        start.ArgumentList.Add(program);
        foreach (var argument in _arguments)
            start.ArgumentList.Add(argument);
        start.Environment["TANDEM__state_dir"] = StateFolder;
        foreach (var (name, value) in _environment)
            start.Environment[name] = value;
        _process = Process.Start(start) ?? throw new InvalidOperationException("tandem did not start");
        _process.OutputDataReceived += (_, line) => Note(line.Data);
        _process.ErrorDataReceived += (_, line) => Note(line.Data);
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
        try
        {
            await AnsweringAsync(TimeSpan.FromSeconds(30));
        }
        catch
        {
            // Nobody has this server to dispose of.
            _process.Kill(entireProcessTree: true);
            throw;
        }
    }

    /// <summary>Ends it with SIGTERM and returns its exit code.</summary>
    /// <exception cref="InvalidOperationException">It took too long, or left a child process behind.</exception>
    public async Task<int> StopAsync() => await EndAsync("TERM");

    /// <summary>Kills it with SIGKILL.</summary>
    public async Task KillAsync() => await EndAsync("KILL");

    /// <summary>Sends a signal to any process of this server's.</summary>
    public static void Signal(int process, string signal)
    {
        using var kill = Process.Start("kill", [$"-{signal}", process.ToString(CultureInfo.InvariantCulture)]);
        kill.WaitForExit();
    }

    /// <summary>The ids of its child processes and theirs.</summary>
    public IReadOnlyList<int> Descendants() => ProcessTree.Below(ProcessId);

    /// <summary>Asks as an operator from now on: where there are keys, others are told less.</summary>
    public void Present(string key) => _http.DefaultRequestHeaders.Authorization = new System.Net.Http.Headers.AuthenticationHeaderValue("Bearer", key);

    /// <summary>The state of a channel from <c>/v1/channels/{id}</c>.</summary>
    public async Task<JsonElement> ChannelAsync(string id) =>
        JsonDocument.Parse(await _http.GetStringAsync(new Uri(Root, $"v1/channels/{id}"))).RootElement;

    /// <summary>The sum of a metric's series whose labels contain all of <paramref name="labels"/>, such as <c>channel="x"</c>; null for none.</summary>
    public async Task<double?> MetricAsync(string name, params string[] labels)
    {
        var text = await _http.GetStringAsync(new Uri(Root, "metrics"));
        var values = text.Split('\n')
            .Where(line => line.StartsWith(name + "{", StringComparison.Ordinal) || line.StartsWith(name + " ", StringComparison.Ordinal))
            .Where(line => labels.All(label => line.Contains(label, StringComparison.Ordinal)))
            .Select(line => double.Parse(line[(line.LastIndexOf(' ') + 1)..], CultureInfo.InvariantCulture))
            .ToList();
        return values.Count == 0 ? null : values.Sum();
    }

    /// <summary>The buckets of a histogram's series: upper edge, and how many lie below it.</summary>
    /// <param name="name">Of the histogram.</param>
    /// <param name="labels">All of these stand in a series' labels.</param>
    public async Task<IReadOnlyList<(double Edge, double Count)>> EdgesAsync(string name, params string[] labels)
    {
        var text = await _http.GetStringAsync(new Uri(Root, "metrics"));
        return [.. text.Split('\n').Where(line => line.StartsWith(name + "_bucket{", StringComparison.Ordinal)
            && labels.All(label => line.Contains(label, StringComparison.Ordinal))).Select(line =>
        {
            var edge = line[(line.IndexOf("le=\"", StringComparison.Ordinal) + 4)..].Split('"')[0];
            return (
                edge == "+Inf" ? double.PositiveInfinity : double.Parse(edge, CultureInfo.InvariantCulture),
                double.Parse(line[(line.LastIndexOf(' ') + 1)..], CultureInfo.InvariantCulture));
        })];
    }

    /// <summary>Waits until <paramref name="holds"/>.</summary>
    /// <exception cref="TimeoutException">It does not in time; the message ends with the server's log.</exception>
    public async Task UntilAsync(string what, Func<Task<bool>> holds, TimeSpan limit)
    {
        var began = TimeProvider.System.GetTimestamp();
        while (!await TryAsync(holds))
        {
            if (TimeProvider.System.GetElapsedTime(began) > limit)
                throw new TimeoutException($"Not within {limit.TotalSeconds:F0} s: {what}\n{Tail()}");
            await Task.Delay(TimeSpan.FromSeconds(0.2), TimeProvider.System);
        }
    }

    /// <summary>CPU and memory that it and its children took so far, one line.</summary>
    public string Load()
    {
        var own = ProcessTree.Usage(ProcessId) ?? default;
        var below = Descendants().Select(ProcessTree.Usage).OfType<(long Resident, TimeSpan Cpu)>().ToList();
        return string.Create(
            CultureInfo.InvariantCulture,
            $"server {own.Cpu.TotalSeconds:F1} s CPU, {own.Resident >> 20} MiB; {below.Count} children {below.Sum(use => use.Cpu.TotalSeconds):F1} s, {below.Sum(use => use.Resident) >> 20} MiB");
    }

    /// <summary>The end of its log.</summary>
    public string Tail(int lines = 40) => string.Join('\n', _log.TakeLast(lines).Select(line => line[..Math.Min(line.Length, 400)]));

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        try
        {
            var found = await EndWatchAsync();
            if (_process is not null)
                await StopAsync();
            PublishedRightAttribute.Report([.. found.Values.SelectMany(violations => violations)]);
        }
        finally
        {
            _http.Dispose();
            Directory.Delete(StateFolder, recursive: true);
        }
    }

    private async Task AnsweringAsync(TimeSpan limit)
    {
        await UntilAsync(
            "the server answers",
            async () =>
            {
                if (_process!.HasExited)
                    throw new InvalidOperationException($"tandem ended with {_process.ExitCode}\n{Tail()}");
                using var response = await _http.GetAsync(new Uri(Root, "health/live"));
                return response.IsSuccessStatusCode;
            },
            limit);
    }

    private async Task<int> EndAsync(string signal)
    {
        var process = _process ?? throw new InvalidOperationException("The server does not run");
        var below = process.HasExited ? [] : ProcessTree.Below(process.Id);
        _process = null;
        using (process)
        {
            if (!process.HasExited)
                Signal(process.Id, signal);
            using var limit = new CancellationTokenSource(_endLimit);
            try
            {
                await process.WaitForExitAsync(limit.Token);
            }
            catch (OperationCanceledException late)
            {
                process.Kill(entireProcessTree: true);
                throw new InvalidOperationException($"tandem did not end within {_endLimit.TotalSeconds:F0} s of SIG{signal}\n{Tail()}", late);
            }

            // Children see their parent's end by themselves; that takes a moment.
            for (var attempt = 0; attempt < 30 && below.Any(ProcessTree.Runs); attempt++)
                await Task.Delay(TimeSpan.FromSeconds(0.1), TimeProvider.System);
            var left = below.Where(ProcessTree.Runs).ToList();
            foreach (var orphan in left)
                Signal(orphan, "KILL");
            return left.Count == 0
                ? process.ExitCode
                : throw new InvalidOperationException($"tandem left {left.Count} child processes behind after SIG{signal}");
        }
    }

    private static async Task<bool> TryAsync(Func<Task<bool>> holds)
    {
        try
        {
            return await holds();
        }
        catch (Exception fault) when (fault is HttpRequestException or TaskCanceledException or JsonException or KeyNotFoundException)
        {
            return false;
        }
    }

    private void Note(string? line)
    {
        if (line is not null && _log.Count < LogLimit)
            _log.Enqueue(line);
    }

    private static int FreePort()
    {
        using var probe = new TcpListener(IPAddress.Loopback, 0);
        probe.Start();
        return ((IPEndPoint)probe.LocalEndpoint).Port;
    }
}
