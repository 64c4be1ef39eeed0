using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Text;
using System.Threading.Channels;
using Microsoft.Extensions.Time.Testing;
using Tandem.Live.Ingest;
using Xunit;

namespace Tandem.Tests.Ingest;

/// <summary>A source on fake time: addresses and what they answer at the moment.</summary>
internal sealed class FakeSource : IAsyncDisposable
{
    public static readonly Uri Input = new("https://live.example/ch/master.m3u8");

    private const double Step = 0.125;

    private readonly ConcurrentDictionary<string, Func<FetchRequest, FetchOutcome>> _answers = new();
    private readonly OneThread _thread = new();
    private readonly List<SourceEvent> _events = [];
    private SourceFollower? _follower;
    private readonly List<CarriedMedia> _carried = [];
    private Task _reading = Task.CompletedTask;

    public FakeTimeProvider Time { get; } = new(new DateTimeOffset(2026, 3, 1, 12, 0, 0, TimeSpan.Zero));

    /// <summary>Every request with its time.</summary>
    public ConcurrentQueue<(DateTimeOffset At, FetchRequest Request)> Requests { get; } = new();

    public IReadOnlyList<SourceEvent> Events
    {
        get
        {
            lock (_events)
                return [.. _events];
        }
    }

    /// <summary>What came of carried playlists.</summary>
    public IReadOnlyList<CarriedMedia> Carried
    {
        get
        {
            lock (_events)
                return [.. _carried];
        }
    }

    public void Carry(ImmutableHashSet<PlaylistId> playlists, TimeSpan backFill) => _follower!.Carry(playlists, backFill);

    public void ReadCaptions(ImmutableHashSet<PlaylistId> playlists, TimeSpan backFill) => _follower!.ReadCaptions(playlists, backFill);

    /// <summary>When an address was asked for, in seconds from the start.</summary>
    public IReadOnlyList<double> Asked(string path) =>
        [.. Requests.Where(item => item.Request.Address.AbsolutePath == path).Select(item => (item.At - Time.Start).TotalSeconds)];

    public IEnumerable<T> All<T>()
        where T : SourceEvent => Events.OfType<T>();

    public void Text(string path, string text) => Text(path, () => text);

    public void Text(string path, Func<string> text) =>
        Answer(path, request => FetchOutcome.Found(Encoding.UTF8.GetBytes(text()), request.Address));

    public void Bytes(string path, byte[] bytes) => Answer(path, request => FetchOutcome.Found(bytes, request.Address));

    public void Fails(string path, string reason, bool retry = true) =>
        Answer(path, request => FetchOutcome.Failed(request, request.Address, reason, "it fails", retry));

    public void Answer(string path, Func<FetchRequest, FetchOutcome> answer) => _answers[path] = answer;

    public void Start(Func<SourceOptions, SourceOptions>? change = null)
    {
        var options = new SourceOptions { Input = Input, Language = "en" };
        Follow(new SourceFollower(change?.Invoke(options) ?? options, Time, FetchAsync, scheduler: _thread));
    }

    /// <summary>Follows files that a test pushes.</summary>
    public void Start(PushedFiles files, Func<SourceOptions, SourceOptions>? change = null)
    {
        var options = new SourceOptions { Input = files.Root, Language = "en" };
        Follow(new SourceFollower(change?.Invoke(options) ?? options, Time, files.FetchAsync, files.ChangedAsync, _thread));
    }

    private void Follow(SourceFollower follower)
    {
        _follower = follower;
        _reading = Task.Factory.StartNew(
            () => Task.WhenAll(ReadAsync(_follower), ReadCarriedAsync(_follower.Carried, _carried), ReadCarriedAsync(_follower.Captioned, [])),
            CancellationToken.None,
            TaskCreationOptions.None,
            _thread).Unwrap();
    }

    /// <summary>Lets fake time go by in steps small enough to tell what happened when.</summary>
    public async Task RunAsync(double seconds)
    {
        await _thread.SettleAsync(fromOutside: true);
        for (var step = 0; step < Math.Round(seconds / Step); step++)
        {
            Time.Advance(TimeSpan.FromSeconds(Step));
            await _thread.SettleAsync(fromOutside: false);
        }
    }

    public async Task RunUntilAsync(Func<bool> reached, double seconds = 120)
    {
        for (var step = 0; step < seconds / Step && !reached(); step++)
            await RunAsync(Step);
        Assert.True(reached(), "not reached; events: " + string.Join(", ", Events.Select(item => item.GetType().Name)));
    }

    public async Task<FetchOutcome> FetchAsync(FetchRequest request, CancellationToken cancellation)
    {
        Requests.Enqueue((Time.GetUtcNow(), request));
        cancellation.ThrowIfCancellationRequested();
        await Task.Yield();
        return _answers.TryGetValue(request.Address.AbsolutePath, out var answer)
            ? answer(request)
            : FetchOutcome.Failed(request, request.Address, "not_found", "the server answers 404");
    }

    public async ValueTask DisposeAsync()
    {
        if (_follower is not null)
            await _follower.DisposeAsync();
        await _reading;
        _thread.Dispose();
    }

    private async Task ReadAsync(SourceFollower follower)
    {
        await foreach (var what in follower.ReadAsync(default))
        {
            lock (_events)
                _events.Add(what);
        }
    }

    private async Task ReadCarriedAsync(ChannelReader<CarriedMedia> fetched, List<CarriedMedia> into)
    {
        await foreach (var media in fetched.ReadAllAsync())
        {
            lock (_events)
                into.Add(media);
        }
    }
}
