using System.Collections.Concurrent;
using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography;

namespace Tandem.Checks.Recording;

/// <summary>
/// Follows a live channel as a player at its edge does and keeps all it gets: polls the playlists of the lowest variant and of its renditions,
/// fetches every segment when it is first listed, and never gives up.
/// </summary>
public sealed class HlsRecorder : IAsyncDisposable
{
    private const int ProblemLimit = 200;
    private readonly HttpClient _http = new(new SocketsHttpHandler { AutomaticDecompression = DecompressionMethods.All });
    private readonly CancellationTokenSource _stop = new();
    private readonly TimeSpan _pace;
    private readonly TimeProvider _time;
    private readonly ConcurrentQueue<string> _problems = new();
    private readonly ConcurrentDictionary<Uri, Task<byte[]>> _kept = new();
    private readonly ConcurrentDictionary<string, Follower> _followers = new(StringComparer.Ordinal);
    private readonly Func<MasterItem, bool> _wanted;
    private readonly Task _run;
    private string _master = "";

    private HlsRecorder(Uri master, TimeSpan pace, TimeProvider time, Func<MasterItem, bool>? wanted)
    {
        _pace = pace;
        _time = time;
        _wanted = wanted ?? (item => item.Type != "VARIANT" || item.Name == "v0");
        _http.DefaultRequestHeaders.UserAgent.ParseAdd("recorder/1");
        _http.Timeout = TimeSpan.FromSeconds(20);
        _run = FollowAsync(master);
    }

    /// <summary>Begins to record.</summary>
    /// <param name="master">May not exist yet.</param>
    /// <param name="pace">Time between polls of a playlist; half a second by default.</param>
    /// <param name="time">The clock.</param>
    /// <param name="wanted">What to follow; by default the lowest variant and all renditions.</param>
    public static HlsRecorder Start(Uri master, TimeSpan? pace = null, TimeProvider? time = null, Func<MasterItem, bool>? wanted = null) =>
        new(master, pace ?? TimeSpan.FromSeconds(0.5), time ?? TimeProvider.System, wanted);

    /// <summary>What there is by now.</summary>
    public HlsRecording Snapshot() => new(
        _master, [.. _followers.Values.OrderBy(follower => follower.Item.Type == "VARIANT" ? 0 : 1).Select(follower => follower.Track())], [.. _problems]);

    /// <summary>Waits until <paramref name="enough"/> holds.</summary>
    /// <exception cref="TimeoutException">It does not within <paramref name="limit"/>; the message tells what there is.</exception>
    public async Task<HlsRecording> UntilAsync(Func<HlsRecording, bool> enough, TimeSpan limit)
    {
        var start = _time.GetTimestamp();
        while (true)
        {
            var now = Snapshot();
            if (enough(now))
                return now;
            if (_time.GetElapsedTime(start) > limit)
            {
                var tracks = string.Join("; ", now.Tracks.Select(track => $"{track.Item.Type} {track.Item.Name}: {track.Segments.Count} segments, {track.Seconds:F1} s"));
                throw new TimeoutException($"Not enough after {limit.TotalSeconds:F0} s. {tracks}. Problems: {string.Join(" | ", now.Problems.TakeLast(8))}");
            }

            await Task.Delay(TimeSpan.FromSeconds(0.2), _time);
        }
    }

    /// <summary>Waits until every followed track has so many seconds.</summary>
    public Task<HlsRecording> SecondsAsync(double seconds, TimeSpan limit) =>
        UntilAsync(recording => recording.Tracks.Count > 0 && recording.Tracks.All(track => track.Seconds >= seconds), limit);

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _run;
        _http.Dispose();
        _stop.Dispose();
    }

    private async Task FollowAsync(Uri master)
    {
        try
        {
            while (_master.Length == 0)
            {
                var text = await TextAsync(master);
                if (text?.Text.Contains("#EXT-X-STREAM-INF", StringComparison.Ordinal) == true)
                    await Task.WhenAll(Follow(text.Value.Address, text.Value.Text));
                else
                    await Task.Delay(_pace, _time, _stop.Token);
            }
        }
        catch (OperationCanceledException)
        {
            // Stopped.
        }
    }

    private List<Task> Follow(Uri master, string text)
    {
        _master = text;
        var items = ReadPlaylist.Master(master, text);
        var variant = items.First(item => item.Type == "VARIANT").Attributes;
        var variables = ReadPlaylist.Variables(text);
        var tasks = new List<Task>();
        foreach (var item in items.Where(item => item.Address is not null && _wanted(item)))
        {
            if (item.Type != "VARIANT" && item.Group != variant.GetValueOrDefault(item.Type))
                continue;
            var follower = _followers.GetOrAdd($"{item.Type} {item.Name}", _ => new Follower(item));
            tasks.Add(FollowAsync(follower, variables));
        }

        return tasks;
    }

    private async Task FollowAsync(Follower follower, IReadOnlyDictionary<string, string> variables)
    {
        while (!_stop.IsCancellationRequested)
        {
            if (await TextAsync(follower.Item.Address!) is { } playlist && playlist.Text.StartsWith("#EXTM3U", StringComparison.Ordinal))
            {
                var fresh = follower.New(ReadPlaylist.Media(playlist.Address, playlist.Text, variables));
                await Task.WhenAll(fresh.Select(segment => FetchAsync(follower, segment, follower.Life)));
            }

            await Task.Delay(_pace, _time, _stop.Token);
        }
    }

    private async Task FetchAsync(Follower follower, ListedSegment listed, int life)
    {
        var listedAt = _time.GetUtcNow();
        byte[]? init = null;
        byte[]? data = null;
        var failure = listed.Gap ? "gap" : "";
        try
        {
            if (listed.Init is { } map)
                init = await KeptAsync(map.Address, map.Offset is { } offset ? (offset, map.Length ?? 0) : null);
            if (!listed.Gap)
                data = await BytesAsync(listed.Address, listed.Range);
            if (data is not null && listed.Key is { } key)
            {
                using var aes = Aes.Create();
                aes.Key = await KeptAsync(key.Address, null);
                data = aes.DecryptCbc(data, key.Iv);
            }
        }
        catch (Exception fault) when (fault is HttpRequestException or TaskCanceledException or IOException or CryptographicException)
        {
            _stop.Token.ThrowIfCancellationRequested();
            failure = fault.Message;
            Problem($"{listed.Address.AbsolutePath}: {fault.Message}");
        }

        follower.Add(new RecordedSegment(listed, listedAt, init, data, failure, life));
    }

    private Task<byte[]> KeptAsync(Uri address, (long Offset, long Length)? range) => _kept.GetOrAdd(address, _ => BytesAsync(address, range));

    private async Task<byte[]> BytesAsync(Uri address, (long Offset, long Length)? range)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, address);
        if (range is { } part)
            request.Headers.Range = new RangeHeaderValue(part.Offset, part.Offset + part.Length - 1);
        using var response = await _http.SendAsync(request, _stop.Token);
        response.EnsureSuccessStatusCode();
        return await response.Content.ReadAsByteArrayAsync(_stop.Token);
    }

    private async Task<(Uri Address, string Text)?> TextAsync(Uri address)
    {
        try
        {
            using var response = await _http.GetAsync(address, _stop.Token);
            if (response.IsSuccessStatusCode)
                return (response.RequestMessage!.RequestUri!, await response.Content.ReadAsStringAsync(_stop.Token));
            Problem($"{address.AbsolutePath}: {(int)response.StatusCode}");
        }
        catch (Exception fault) when (fault is HttpRequestException or TaskCanceledException or IOException)
        {
            _stop.Token.ThrowIfCancellationRequested();
            Problem($"{address.AbsolutePath}: {fault.Message}");
        }

        return null;
    }

    private void Problem(string line)
    {
        if (_problems.Count < ProblemLimit)
            _problems.Enqueue($"{_time.GetUtcNow():HH:mm:ss.f} {line}");
    }

    private sealed class Follower(MasterItem item)
    {
        private readonly Lock _lock = new();
        private readonly List<RecordedSegment> _segments = [];
        private readonly HashSet<string> _seen = new(StringComparer.Ordinal);
        private long _newest = -1;

        public MasterItem Item { get; } = item;

        /// <summary>How often the numbers went back.</summary>
        public int Life { get; private set; }

        /// <summary>A number may come again after a restart of the source itself, so the address counts too, without its signature.</summary>
        public List<ListedSegment> New(IReadOnlyList<ListedSegment> listed)
        {
            lock (_lock)
            {
                var fresh = listed.Where(segment => _seen.Add($"{segment.Sequence} {segment.Address.GetLeftPart(UriPartial.Path)}")).ToList();
                if (fresh.Count > 0 && fresh[0].Sequence <= _newest)
                    Life++;
                _newest = fresh.Count > 0 ? fresh[^1].Sequence : _newest;
                return fresh;
            }
        }

        public void Add(RecordedSegment segment)
        {
            lock (_lock)
                _segments.Add(segment);
        }

        public RecordedTrack Track()
        {
            lock (_lock)
                return new RecordedTrack(Item, [.. _segments.OrderBy(segment => segment.ListedAt).ThenBy(segment => segment.Listed.Sequence)]);
        }
    }
}
