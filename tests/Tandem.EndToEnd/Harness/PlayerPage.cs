using System.Collections.Concurrent;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.Json;
using Microsoft.Playwright;

namespace Tandem.EndToEnd.Harness;

/// <summary>A stretch during which a playing element stood still.</summary>
/// <param name="From">Page seconds.</param>
/// <param name="To">Page seconds.</param>
/// <param name="At">Media time.</param>
public sealed record Stall(double From, double To, double At)
{
    /// <summary>How long, s.</summary>
    public double Seconds => To - From;
}

/// <summary>Media time that moved otherwise than by playing.</summary>
public sealed record Jump(double Time, double From, double To);

/// <summary>An error that a player reported.</summary>
public sealed record PlayerError(double Time, bool Fatal, string What);

/// <summary>A voice or level that a player switched to.</summary>
public sealed record PlayerSwitch(double Time, string What);

/// <summary>A request of a page.</summary>
/// <param name="Time">When it was answered or given up, page seconds.</param>
/// <param name="Address">What was asked for.</param>
/// <param name="Outcome">The status, or what went wrong.</param>
public sealed record PlayerRequest(double Time, string Address, string Outcome)
{
    /// <inheritdoc/>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Time:F1} {Outcome} {Address}");
}

/// <summary>What the page saw since it was opened; times are page seconds.</summary>
public sealed record PlayerReport(
    double Now,
    double CurrentTime,
    double BufferedTo,
    bool Paused,
    int ReadyState,
    IReadOnlyList<int> Widths,
    long DecodedFrames,
    IReadOnlyList<Stall> Stalls,
    IReadOnlyList<Jump> Jumps,
    IReadOnlyList<PlayerError> Errors,
    IReadOnlyList<PlayerSwitch> Switches)
{
    /// <summary>Errors that ended playback.</summary>
    public IEnumerable<PlayerError> Fatal => Errors.Where(error => error.Fatal);

    /// <inheritdoc/>
    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture,
        $"at {CurrentTime:F2} of {Now:F1} s (buffered to {BufferedTo:F2}, ready {ReadyState}, {DecodedFrames} frames)\n")
        + $"stalls: {Each(Stalls, stall => string.Create(CultureInfo.InvariantCulture, $"{stall.From:F1}–{stall.To:F1} at {stall.At:F2}"))}\n"
        + $"jumps: {Each(Jumps, jump => string.Create(CultureInfo.InvariantCulture, $"{jump.Time:F1} from {jump.From:F2} to {jump.To:F2}"))}\n"
        + $"errors: {Each(Errors.GroupBy(error => error.What), same => string.Create(CultureInfo.InvariantCulture, $"\n  {same.Count()} × {same.First().Time:F1}–{same.Last().Time:F1}{(same.First().Fatal ? " FATAL" : "")} {same.Key}"))}\n"
        + $"widths: {string.Join(' ', Widths)}\nswitches: {Each(Switches, one => string.Create(CultureInfo.InvariantCulture, $"{one.Time:F1} {one.What}"))}";

    private static string Each<T>(IEnumerable<T> items, Func<T, string> text) => string.Join("; ", items.Take(40).Select(text));
}

/// <summary>A page on which a player plays one channel.</summary>
public sealed class PlayerPage(IPage page, IBrowserContext context, Player player) : IAsyncDisposable
{
    private static readonly JsonSerializerOptions _json = new(JsonSerializerDefaults.Web);
    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(60);
    private readonly ConcurrentQueue<string> _console = Listen(page);
    private readonly ConcurrentQueue<PlayerRequest> _requests = Watch(page);

    /// <summary>Which player.</summary>
    public Player Player { get; } = player;

    /// <summary>What the page wrote to its console, each line with its page second.</summary>
    public IReadOnlyCollection<string> Console => _console;

    /// <summary>What was asked for and what came of it, in the order in which it ended; the last few thousand.</summary>
    public IReadOnlyCollection<PlayerRequest> Requests => _requests;

    /// <summary>Loads and plays; returns when the player has begun to play.</summary>
    /// <param name="master">The channel's master playlist.</param>
    /// <param name="config">The player's own configuration as JSON.</param>
    /// <exception cref="TimeoutException">It never began, as hls.js does where discontinuity sequences disagree, without an error.</exception>
    public async Task PlayAsync(Uri master, string config = "{}")
    {
        await page.EvaluateAsync("async () => await probe.listen()");
        var begun = page.EvaluateAsync("async ([address, config]) => await probe.load(address, JSON.parse(config))", new[] { master.ToString(), config });
        await begun.WaitAsync(_patience, TimeProvider.System);
    }

    /// <summary>Names of the voices that the player offers.</summary>
    public Task<string[]> VoicesAsync() => page.EvaluateAsync<string[]>("() => probe.voices()");

    /// <summary>Switches to a voice by its name or language.</summary>
    public Task ChooseAsync(string voice) => page.EvaluateAsync("name => probe.choose(name)", voice);

    /// <summary>Forces a quality, lowest first.</summary>
    public Task LevelAsync(int level) => page.EvaluateAsync("index => probe.level(index)", level);

    /// <summary>What the player itself knows of its buffers, for a failed test's message.</summary>
    public Task<string> DetailAsync() => page.EvaluateAsync<string>("() => probe.detail()");

    /// <summary>How many qualities there are.</summary>
    public Task<int> LevelsAsync() => page.EvaluateAsync<int>("() => probe.levels()");

    /// <summary>What is heard in the next seconds: one channel, 48 kHz.</summary>
    public async Task<float[]> RecordAsync(double seconds)
    {
        var text = await page.EvaluateAsync<string>("async seconds => await probe.record(seconds)", seconds);
        var samples = MemoryMarshal.Cast<byte, short>(Convert.FromBase64String(text));
        var heard = new float[samples.Length];
        for (var index = 0; index < heard.Length; index++)
            heard[index] = samples[index] / 32768f;
        return heard;
    }

    /// <summary>From now on no playlist reaches the page; with false, they do again.</summary>
    public Task HoldPlaylistsAsync(bool hold) =>
        hold ? page.RouteAsync("**/*.m3u8", route => route.AbortAsync("connectionrefused")) : page.UnrouteAsync("**/*.m3u8");

    /// <summary>What the page saw.</summary>
    public async Task<PlayerReport> ReportAsync()
    {
        var text = await page.EvaluateAsync<string>("() => JSON.stringify(probe.report())");
        return JsonSerializer.Deserialize<PlayerReport>(text, _json) ?? throw new InvalidOperationException("The page reported nothing");
    }

    /// <summary>Waits until so much more media time was played.</summary>
    /// <exception cref="TimeoutException">It was not within <paramref name="limit"/>; the message is the page's report.</exception>
    public async Task PlayedAsync(double seconds, TimeSpan limit)
    {
        var start = await ReportAsync();
        var began = TimeProvider.System.GetTimestamp();
        while (true)
        {
            var now = await ReportAsync();
            if (now.CurrentTime - start.CurrentTime >= seconds)
                return;
            if (TimeProvider.System.GetElapsedTime(began) > limit)
                throw new TimeoutException($"{Player} played {now.CurrentTime - start.CurrentTime:F1} of {seconds} s in {limit.TotalSeconds:F0} s: {now}\n{string.Join('\n', _console.TakeLast(10))}");
            await Task.Delay(TimeSpan.FromSeconds(0.25), TimeProvider.System);
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync() => await context.CloseAsync();

    private static ConcurrentQueue<string> Listen(IPage page)
    {
        var lines = new ConcurrentQueue<string>();
        var began = TimeProvider.System.GetTimestamp();
        page.Console += (_, message) =>
        {
            if (lines.Count < 1000)
                lines.Enqueue(string.Create(CultureInfo.InvariantCulture, $"{TimeProvider.System.GetElapsedTime(began).TotalSeconds:F1} {message.Text}"));
        };
        page.PageError += (_, fault) => lines.Enqueue("page error: " + fault);
        return lines;
    }

    private static ConcurrentQueue<PlayerRequest> Watch(IPage page)
    {
        var requests = new ConcurrentQueue<PlayerRequest>();
        var began = TimeProvider.System.GetTimestamp();
        page.Response += (_, response) => Add(response.Url, response.Status.ToString(CultureInfo.InvariantCulture));
        page.RequestFailed += (_, request) => Add(request.Url, request.Failure ?? "failed");
        return requests;

        void Add(string address, string outcome)
        {
            requests.Enqueue(new PlayerRequest(TimeProvider.System.GetElapsedTime(began).TotalSeconds, address, outcome));
            while (requests.Count > 4000)
                requests.TryDequeue(out PlayerRequest? _);
        }
    }
}
