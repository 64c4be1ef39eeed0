namespace Tandem.Checks.Hls;

/// <summary>
/// Watches a running channel over HTTP as players do: its master, all its media playlists again and again, every new segment of its voices
/// and captions. What it sees goes to a <see cref="PlaylistChecker"/>. Until the master is there for the first time it waits quietly; from
/// then on everything that is listed must be there, except in an <see cref="ExpectOutage"/>.
/// </summary>
public sealed class ChannelWatcher : IAsyncDisposable
{
    private readonly Uri _master;
    private readonly WatchOptions _options;
    private readonly HttpClient _http;
    private readonly CancellationTokenSource _stop = new();
    private readonly HashSet<string> _inits = [];
    private readonly HashSet<string> _segments = [];
    private readonly Task _loop;
    private volatile bool _outage;
    private int _rounds;

    private ChannelWatcher(Uri master, WatchOptions options)
    {
        _master = master;
        _options = options;
        Checker = new PlaylistChecker(options.Checker);
        _http = new HttpClient(new SocketsHttpHandler { AutomaticDecompression = System.Net.DecompressionMethods.All }) { Timeout = options.Timeout };
        if (options.Origin is { } origin)
            _http.DefaultRequestHeaders.Add("Origin", origin);
        _loop = Task.Run(Watch);
    }

    /// <summary>Where everything goes.</summary>
    public PlaylistChecker Checker { get; }

    /// <summary>Everything that was broken so far.</summary>
    public IReadOnlyList<HlsViolation> Violations => Checker.Violations;

    /// <summary>Rounds of all playlists since the master was there.</summary>
    public int Rounds => Volatile.Read(ref _rounds);

    /// <summary>Begins to watch.</summary>
    public static ChannelWatcher Start(Uri master, WatchOptions? options = null) => new(master, options ?? new WatchOptions());

    /// <summary>From now until the result is disposed, nothing need answer and nothing need grow; rules on what is published still hold.</summary>
    public IDisposable ExpectOutage()
    {
        Checker.BeginPause(_options.Time.GetUtcNow());
        _outage = true;
        return new Outage(this);
    }

    /// <summary>Waits until something holds, such as a number of rounds; throws <see cref="TimeoutException"/>.</summary>
    public async Task Until(Func<ChannelWatcher, bool> condition, TimeSpan timeout)
    {
        var end = _options.Time.GetTimestamp();
        while (!condition(this))
        {
            if (_options.Time.GetElapsedTime(end) > timeout)
                throw new TimeoutException($"After {timeout.TotalSeconds:F0} s it does not hold.\n{Checker.Summary}");
            await Task.Delay(TimeSpan.FromMilliseconds(50), _options.Time);
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _loop;
        _http.Dispose();
        _stop.Dispose();
    }

    private async Task Watch()
    {
        try
        {
            while (true)
            {
                await Round();
                await Task.Delay(_options.Interval, _options.Time, _stop.Token);
            }
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            // Told to stop.
        }
    }

    private async Task Round()
    {
        if (await Playlist(_master, mustBeThere: _rounds > 0) is not { IsMaster: true } master)
            return;
        var addresses = master.Variants.Concat(master.Renditions).Concat(master.IFrames)
            .Select(entry => entry.Uri).OfType<string>().Select(uri => new Uri(_master, uri)).Distinct().ToList();

        // Pictures first: what they list, a voice must have that is asked for afterwards.
        foreach (var address in addresses.OrderBy(address => Checker.RoleOf(address)))
        {
            if (await Playlist(address, mustBeThere: true) is { } playlist)
                await Segments(address, playlist);
        }

        Interlocked.Increment(ref _rounds);
    }

    private async Task<HlsPlaylist?> Playlist(Uri address, bool mustBeThere)
    {
        var requested = _options.Time.GetUtcNow();
        if (await Get(address, mustBeThere) is not { } answer)
            return null;
        var received = _options.Time.GetUtcNow();
        if (answer.Type is not ("application/vnd.apple.mpegurl" or "application/x-mpegurl" or "audio/mpegurl"))
            Checker.Report(HlsRule.Fetch, address, received, $"Content-Type is {answer.Type}");
        return Checker.Observe(address, requested, received, System.Text.Encoding.UTF8.GetString(answer.Body));
    }

    private async Task Segments(Uri address, HlsPlaylist playlist)
    {
        // Of the source's own playlists, what Tandem serves itself is read as well.
        var isCarried = playlist.Segments.Any(segment => segment.Address.Authority == address.Authority);
        var wanted = Checker.RoleOf(address) switch
        {
            PlaylistRole.Original or PlaylistRole.Dub or PlaylistRole.Captions => _options.FetchVoices,
            PlaylistRole.Picture => _options.FetchPictures || (isCarried && _options.FetchVoices),
            _ => isCarried && _options.FetchVoices,
        };
        if (!wanted)
            return;
        foreach (var segment in playlist.Segments.Where(segment => !segment.Gap
            && (_options.FetchPictures || segment.Address.Authority == address.Authority) && _segments.Add($"{segment.Address} {segment.Range}")))
        {
            if (segment.Map is { } map && !map.Contains(' ', StringComparison.Ordinal) && _inits.Add(map) && await Get(new Uri(map), mustBeThere: true) is { } init)
                Checker.ObserveInit(segment, _options.Time.GetUtcNow(), init.Body);
            if (await Get(segment.Address, mustBeThere: true, segment.Range) is { } answer)
                Checker.ObserveSegment(address, segment, _options.Time.GetUtcNow(), answer.Body);
        }
    }

    private async Task<(byte[] Body, string? Type)?> Get(Uri address, bool mustBeThere, string? range = null)
    {
        // A request of an outage may be answered when the outage is over.
        var isExcused = _outage;
        string fault;
        try
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, address);
            if (range?.Split('@') is [var length, var offset])
            {
                var from = long.Parse(offset, System.Globalization.CultureInfo.InvariantCulture);
                request.Headers.Range = new(from, from + long.Parse(length, System.Globalization.CultureInfo.InvariantCulture) - 1);
            }

            using var response = await _http.SendAsync(request, _stop.Token);
            if (response.IsSuccessStatusCode)
            {
                CheckOrigin(address, response);
                return (await response.Content.ReadAsByteArrayAsync(_stop.Token), response.Content.Headers.ContentType?.MediaType);
            }

            fault = $"answers {(int)response.StatusCode}";
        }
        catch (HttpRequestException exception)
        {
            fault = exception.Message;
        }
        catch (OperationCanceledException) when (!_stop.IsCancellationRequested)
        {
            fault = $"does not answer within {_options.Timeout.TotalSeconds} s";
        }

        if (mustBeThere && !isExcused && !_outage)
            Checker.Report(HlsRule.Fetch, address, _options.Time.GetUtcNow(), fault);
        return null;
    }

    private void CheckOrigin(Uri address, HttpResponseMessage response)
    {
        if (_options.Origin is not { } origin)
            return;
        var allowed = response.Headers.TryGetValues("Access-Control-Allow-Origin", out var values) ? string.Join(',', values) : "nothing";
        if (allowed != "*" && allowed != origin)
            Checker.Report(HlsRule.Fetch, address, _options.Time.GetUtcNow(), $"a page of {origin} may not read it: allowed is {allowed}");
    }

    private sealed class Outage(ChannelWatcher watcher) : IDisposable
    {
        public void Dispose()
        {
            if (!watcher._outage)
                return;
            watcher.Checker.EndPause(watcher._options.Time.GetUtcNow());
            watcher._outage = false;
        }
    }
}
