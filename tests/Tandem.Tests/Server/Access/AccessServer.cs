using System.Collections.Concurrent;
using System.Net;
using System.Text;
using Microsoft.Extensions.Logging;
using Tandem.Live;
using Tandem.Live.Dubbing;
using Tandem.Live.Package;
using Tandem.Media;
using Tandem.Server;
using Tandem.Server.Configuration;
using Xunit;

namespace Tandem.Tests.Server;

/// <summary>A real server on a free port whose channels hold a master playlist, a segment of each voice, and nothing else; all that it logs is kept.</summary>
internal sealed class AccessServer : IAsyncDisposable
{
    public const string Key = "a key of an operator";

    private readonly TandemMeter _meter = new();
    private readonly Lines _lines = new();
    private readonly string _folder;
    private readonly bool _ownFolder;
    private TandemServer? _server;

    private readonly ChunkStream? _chunks;

    private AccessServer(string? folder, ChunkStream? chunks)
    {
        _chunks = chunks;
        _ownFolder = folder is null;
        _folder = folder ?? Directory.CreateTempSubdirectory("tandem-access-").FullName;
    }

    public HttpClient Http { get; } = new(new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false, AutomaticDecompression = DecompressionMethods.None });

    public Uri Address => _server!.Address;

    public Uri AdminAddress => _server!.AdminAddress!;

    public string Folder => _folder;

    /// <summary>Ids of channels whose stop was called.</summary>
    public ConcurrentQueue<string> Stopped { get; } = new();

    /// <summary>Settings of channels that were started.</summary>
    public ConcurrentQueue<ChannelOptions> Started { get; } = new();

    public string Log => string.Join('\n', _lines.All);

    /// <param name="options">The settings.</param>
    /// <param name="folder">Where state is kept; null for a folder of its own.</param>
    /// <param name="time">The server's clock; null for the system's.</param>
    /// <param name="pages">Whether it has a page.</param>
    /// <param name="chunks">What viewers of <c>news</c> get by WebSocket; null for nothing.</param>
    public static async Task<AccessServer> StartAsync(
        ServerOptions options, string? folder = null, TimeProvider? time = null, bool pages = false, ChunkStream? chunks = null)
    {
        var server = new AccessServer(folder, chunks);
        string? built = null;
        if (pages)
        {
            built = Directory.CreateDirectory(Path.Combine(server._folder, "pages")).FullName;
            File.WriteAllText(Path.Combine(built, "index.html"), "<!doctype html><title>Tandem</title>");
        }

        // As the program has it at log_level: debug.
        var logs = LoggerFactory.Create(builder => builder.AddProvider(server._lines).SetMinimumLevel(LogLevel.Debug).AddFilter("Microsoft", LogLevel.Warning));
        var parts = new ServerParts(time ?? TimeProvider.System, logs, server._meter, new MediaLibraries("5.1-test", []), server.Start, built);
        server._server = await TandemServer.StartAsync(options with { Port = 0, StateDirectory = server._folder }, parts, CancellationToken.None);
        server.Http.BaseAddress = server.Address;
        return server;
    }

    public static ConfiguredChannel Channel(string id, params string[] to) => new(
        new ChannelOptions { Id = id, Input = new Uri("https://user:SECRET@source.example/a/master.m3u8?token=SECRET"), From = "en", To = [.. to] }, EngineChoice.Refused("none"));

    public async Task<HttpResponseMessage> SendAsync(HttpMethod method, string path, HttpContent? content = null, params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(method, path) { Content = content };
        foreach (var (name, value) in headers)
            request.Headers.TryAddWithoutValidation(name, value);
        return await Http.SendAsync(request);
    }

    public Task<HttpResponseMessage> GetAsync(string path, params (string Name, string Value)[] headers) => SendAsync(HttpMethod.Get, path, null, headers);

    /// <summary>A metric's value; 0 where it is not there.</summary>
    public async Task<double> SampleAsync(string sample)
    {
        using var answer = await GetAsync("/metrics", ("Authorization", $"Bearer {Key}"));
        return Exposition.Parse(await answer.Content.ReadAsStringAsync()).Samples.GetValueOrDefault(sample);
    }

    public async ValueTask DisposeAsync()
    {
        if (_server is not null)
            await _server.DisposeAsync();
        Http.Dispose();
        _meter.Dispose();
        if (_ownFolder)
            Directory.Delete(_folder, recursive: true);
    }

    public static async Task<string> ReasonAsync(HttpResponseMessage answer)
    {
        Assert.Equal("application/problem+json", answer.Content.Headers.ContentType?.MediaType);
        using var problem = System.Text.Json.JsonDocument.Parse(await answer.Content.ReadAsStringAsync());
        return problem.RootElement.TryGetProperty("reason", out var reason) ? reason.GetString()! : "";
    }

    private static PublishedResource Playlist(string text) => new("application/vnd.apple.mpegurl", Encoding.UTF8.GetBytes(text), ResourceLife.Playlist);

    private RunningChannel Start(ConfiguredChannel channel)
    {
        var options = channel.Options;
        Started.Enqueue(options);
        _ = new ChannelMetrics(_meter, options.Id, options.To);
        var publication = new Publication();
        foreach (var voice in options.To.Append("original"))
        {
            publication.Publish($"{voice}/index.m3u8", Playlist($"#EXTM3U\ng/1.aac\n"));
            publication.Publish($"{voice}/g/1.aac", new PublishedResource("audio/aac", Encoding.UTF8.GetBytes($"{options.Id} {voice}"), ResourceLife.Immutable));
            publication.Publish($"subs/{voice}/index.m3u8", Playlist("#EXTM3U\n"));
        }

        publication.Publish("source/v0.m3u8", Playlist("#EXTM3U\nhttps://source.example/1.ts\n"));
        publication.Master = address => "#EXTM3U\n"
            + string.Concat(options.To.Append("original").Select((voice, index) =>
                $"#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID=\"a\",NAME=\"{voice}\",LANGUAGE=\"{voice}\",DEFAULT={(index == 0 ? "YES" : "NO")},AUTOSELECT=YES,URI=\"{address}{voice}/index.m3u8\"\n"))
            + string.Concat(options.To.Select(voice => $"#EXT-X-MEDIA:TYPE=SUBTITLES,GROUP-ID=\"s\",NAME=\"{voice}\",LANGUAGE=\"{voice}\",DEFAULT=NO,URI=\"{address}subs/{voice}/index.m3u8\"\n"))
            + $"#EXT-X-STREAM-INF:BANDWIDTH=3000000,AUDIO=\"a\",SUBTITLES=\"s\"\n{address}source/v0.m3u8\n";
        return new RunningChannel(
            publication,
            () => new ChannelSnapshot
            {
                Id = options.Id,
                State = ChannelState.Live,
                Reason = "inner matters",
                Input = ChannelSnapshot.WithoutSecrets(options.Input),
                From = options.From,
                DelaySeconds = options.Delay.TotalSeconds,
                Video = "reference",
                Engine = new EngineSnapshot(options.Engine, true),
                Worker = new WorkerSnapshot(3, ["network"], []),
                Languages = [.. options.To.Select(voice => new LanguageSnapshot(voice, LanguageState.Dubbed))],
            },
            () =>
            {
                Stopped.Enqueue(options.Id);
                return ValueTask.CompletedTask;
            })
        {
            Chunks = options.Id == "news" ? _chunks : null,
        };
    }

    private sealed class Lines : ILoggerProvider, ILogger
    {
        public ConcurrentQueue<string> All { get; } = new();

        public ILogger CreateLogger(string categoryName) => this;

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            All.Enqueue($"{logLevel}: {formatter(state, exception)} {exception}");

        public void Dispose()
        {
        }
    }
}
