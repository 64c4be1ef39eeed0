namespace Tandem.Live.Ingest;

/// <summary>What became of a file that was sent.</summary>
public enum PushResult
{
    /// <summary>It was not there before.</summary>
    Added,

    /// <summary>It is there instead of what was sent before under this name, or it was there just so.</summary>
    Replaced,

    /// <summary>Nothing to keep: it has no bytes.</summary>
    Empty,

    /// <summary>It is called a playlist, and is none.</summary>
    NotAPlaylist,

    /// <summary>Larger than <see cref="PushedFiles.LargestFile"/>.</summary>
    TooLarge,

    /// <summary>What is being sent at the moment leaves no room; a second later there may be some.</summary>
    NoRoom,
}

/// <summary>
/// A live source in memory: the playlists and segments of a source that brings them itself instead of being asked. Files may come in any
/// order, late, and twice; a <see cref="SourceFollower"/> reads them at a made-up address. Bounded in bytes and number: what is oldest goes
/// first, playlists, init segments and keys last.
/// </summary>
public sealed class PushedFiles
{
    private const string EntryName = "master.m3u8";
    private const int MaxFiles = 4096;

    // What listens behind is a minute and the delay, five at most.
    private static readonly TimeSpan s_oldest = TimeSpan.FromMinutes(10);

    // Packagers write the playlists of the variants before the master playlist; what comes within this is one start.
    private static readonly TimeSpan s_grace = TimeSpan.FromSeconds(2);

    // A media playlist that stands still for so long while another grows is one of a packager that came back under another name.
    private static readonly TimeSpan s_still = TimeSpan.FromMinutes(1);

    private readonly Lock _lock = new();
    private readonly Dictionary<string, PushedFile> _files = new(StringComparer.Ordinal);
    private readonly SourceLimits _limits = new();
    private readonly string _awaited;
    private readonly TimeProvider _time;
    private TaskCompletionSource _changed = NewPulse();
    private long _version;
    private long _stored;
    private long _incoming;

    /// <summary>An empty source.</summary>
    /// <param name="root">The made-up address that its files have; ends with a slash. Nobody resolves it.</param>
    /// <param name="capacity">Most bytes of files and of what is on its way; from 1 MiB.</param>
    /// <param name="awaited">What is said while there is no playlist: one line for people.</param>
    /// <param name="time">The clock.</param>
    public PushedFiles(Uri root, long capacity, string awaited, TimeProvider time)
    {
        Root = root;
        Capacity = capacity;
        _awaited = awaited;
        _time = time;
    }

    /// <summary>Where a follower begins: the playlist that leads to the others is found here.</summary>
    public Uri Root { get; }

    /// <summary>Most bytes.</summary>
    public long Capacity { get; }

    /// <summary>Bytes of the largest file that is taken: a quarter of all, at most what a source's segment may have.</summary>
    public int LargestFile => (int)Math.Min(_limits.SegmentBytes, Capacity / 4);

    /// <summary>Bytes that are held, of files and of what is on its way.</summary>
    public long Bytes
    {
        get
        {
            lock (_lock)
                return _stored + _incoming;
        }
    }

    /// <summary>Number of files.</summary>
    public int Count
    {
        get
        {
            lock (_lock)
                return _files.Count;
        }
    }

    /// <summary>The made-up address of a file.</summary>
    /// <param name="name">Without <see cref="PushedName.Problem"/>.</param>
    public Uri AddressOf(string name) => new(Root, string.Join('/', name.Split('/').Select(Uri.EscapeDataString)));

    /// <summary>Puts a file there, whole.</summary>
    /// <param name="name">Without <see cref="PushedName.Problem"/>.</param>
    /// <param name="bytes">Its content; not changed by anybody any more.</param>
    public PushResult Put(string name, ReadOnlyMemory<byte> bytes)
    {
        lock (_lock)
            return Store(name, bytes);
    }

    /// <summary>Begins to take a file that comes piece by piece; it is there once all of it is.</summary>
    public PushedUpload Receive(string name) => new(this, name);

    /// <summary>
    /// Takes a playlist away. Segments stay until they are old: packagers delete what has left their playlist, but those who follow it may
    /// still need it.
    /// </summary>
    public void Remove(string name)
    {
        lock (_lock)
        {
            if (!_files.TryGetValue(name, out var file) || !file.IsPlaylist)
                return;
            Forget(file);
            Changed();
        }
    }

    /// <summary>The content of a file; false where it is not there.</summary>
    public bool TryGet(string name, out ReadOnlyMemory<byte> bytes)
    {
        lock (_lock)
        {
            var found = _files.GetValueOrDefault(name);
            bytes = found?.Bytes ?? default;
            return found is not null;
        }
    }

    /// <summary>
    /// As <see cref="SourceHttp.FetchAsync"/>. What a playlist leads to and is not there yet is waited for as long as the request has
    /// patience.
    /// </summary>
    internal async Task<FetchOutcome> FetchAsync(FetchRequest request, CancellationToken cancellation)
    {
        if (PushedName.Of(Root, request.Address) is not { } name)
            return FetchOutcome.Failed(request, request.Address, "refused_address", "pushed playlists can only lead to files that are pushed too", retry: false);
        var (patience, began) = (Patience(request), _time.GetTimestamp());
        while (true)
        {
            cancellation.ThrowIfCancellationRequested();
            var (file, wait, changed) = Look(name, request.Kind);
            if (file is not null && wait <= TimeSpan.Zero)
                return Found(request, file);
            if (file is null)
            {
                wait = patience - _time.GetElapsedTime(began);
                if (wait <= TimeSpan.Zero)
                    return Missing(request, name, patience);
            }

            await EitherAsync(changed, wait, cancellation);
        }
    }

    /// <summary>Waits until a playlist is there, and is another than the one with this version; 0 for none.</summary>
    internal async Task ChangedAsync(Uri address, long version, CancellationToken cancellation)
    {
        if (PushedName.Of(Root, address) is not { } name)
        {
            await Task.Delay(Timeout.InfiniteTimeSpan, _time, cancellation);
            return;
        }

        while (true)
        {
            var (file, _, changed) = Look(name, FetchKind.Playlist);
            if (file is not null && file.Version != version)
                return;
            await changed.WaitAsync(cancellation);
        }
    }

    /// <summary>Sets room aside for what is on its way; at most half of all may be.</summary>
    internal bool TryReserve(long bytes)
    {
        lock (_lock)
        {
            if (_incoming + bytes > Capacity / 2 || !MakeRoom(bytes, MaxFiles))
                return false;
            _incoming += bytes;
            return true;
        }
    }

    internal void Release(long bytes)
    {
        lock (_lock)
            _incoming -= bytes;
    }

    /// <summary>Puts a file there whose room was set aside.</summary>
    internal PushResult Put(string name, ReadOnlyMemory<byte> bytes, long reserved)
    {
        lock (_lock)
        {
            _incoming -= reserved;
            return Store(name, bytes);
        }
    }

    private PushResult Store(string name, ReadOnlyMemory<byte> bytes)
    {
        if (bytes.IsEmpty)
            return PushResult.Empty;
        if (name.EndsWith(".m3u8", StringComparison.OrdinalIgnoreCase) && !PushedFile.StartsAsPlaylist(bytes.Span))
            return PushResult.NotAPlaylist;
        if (bytes.Length > LargestFile || (PushedFile.StartsAsPlaylist(bytes.Span) && bytes.Length > _limits.PlaylistBytes))
            return PushResult.TooLarge;
        var now = _time.GetUtcNow();

        // While the old state of a playlist is there, which names what is still needed.
        foreach (var old in _files.Values.Where(file => IsOld(file, now)).ToList())
            Forget(old);
        if (_files.TryGetValue(name, out var before))
        {
            if (before.Bytes.Span.SequenceEqual(bytes.Span))
                return PushResult.Replaced;
            Forget(before);
        }

        if (!MakeRoom(bytes.Length, MaxFiles - 1))
            return PushResult.NoRoom;
        _files[name] = PushedFile.Of(name, bytes, ++_version, now, before);
        _stored += bytes.Length;
        Changed();
        return before is null ? PushResult.Added : PushResult.Replaced;
    }

    /// <summary>Keys that rotate, and headers of every period, would fill the memory in hours: they go when no playlist names them any more.</summary>
    private bool IsOld(PushedFile file, DateTimeOffset now)
    {
        if (file.IsPlaylist || now - file.At <= s_oldest)
            return false;
        return !file.IsLasting || (now - file.LookedAt > s_oldest && !_files.Values.Any(playlist => playlist.IsPlaylist && playlist.Names(file)));
    }

    private bool MakeRoom(long bytes, int files)
    {
        while (_stored + _incoming + bytes > Capacity || _files.Count > files)
        {
            if (_files.Count == 0)
                return false;
            Forget(_files.Values.MinBy(file => (file.IsLasting, file.Version))!);
        }

        return true;
    }

    private void Forget(PushedFile file)
    {
        _files.Remove(file.Name);
        _stored -= file.Bytes.Length;
    }

    private void Changed()
    {
        _changed.SetResult();
        _changed = NewPulse();
    }

    /// <summary>A file, how long it is not to be believed yet, and what tells of the next change.</summary>
    private (PushedFile? File, TimeSpan Wait, Task Changed) Look(string name, FetchKind kind)
    {
        lock (_lock)
        {
            var (file, wait) = name.Length == 0 ? Entry() : (_files.GetValueOrDefault(name), TimeSpan.Zero);
            if (file is not null)
                file.LookedAt = _time.GetUtcNow();
            if (file is not null && kind is FetchKind.Init or FetchKind.Key)
                file!.IsLasting = true;
            return (file, wait, _changed.Task);
        }
    }

    private (PushedFile? File, TimeSpan Wait) Entry()
    {
        if (_files.Values.Where(file => file.IsMaster).MinBy(file => (file.Name != EntryName, file.FirstAt)) is { } master)
            return (master, TimeSpan.Zero);
        if (_files.TryGetValue(EntryName, out var named) && named.IsPlaylist)
            return (named, TimeSpan.Zero);
        var playlists = _files.Values.Where(file => file.IsPlaylist).OrderBy(file => file.FirstAt).ToList();
        if (playlists.Count == 0)
            return (null, TimeSpan.Zero);
        var newest = playlists.MaxBy(file => file.At)!;
        var entry = newest.At - playlists[0].At > s_still ? newest : playlists[0];
        return (entry, entry.FirstAt + s_grace - _time.GetUtcNow());
    }

    private TimeSpan Patience(FetchRequest request)
    {
        // A playlist that is not there is a state to be told; what it leads to is on its way.
        if (request.Kind == FetchKind.Playlist)
            return TimeSpan.Zero;
        var most = request.Kind == FetchKind.Segment ? _limits.SegmentTimeout : _limits.SmallTimeout;
        return request.Patience < most ? request.Patience.Value : most;
    }

    private FetchOutcome Found(FetchRequest request, PushedFile file)
    {
        var bytes = file.Bytes;
        if (request.Range is { } range)
        {
            if (range.Offset + range.Length > bytes.Length)
                return FetchOutcome.Failed(request, request.Address, "truncated", "the file ends before the byte range does");
            bytes = bytes.Slice((int)range.Offset, (int)range.Length);
        }

        return FetchOutcome.Found(bytes, AddressOf(file.Name), file.Version);
    }

    private FetchOutcome Missing(FetchRequest request, string name, TimeSpan patience) => name.Length == 0
        ? FetchOutcome.Failed(new SourceFault("playlist", SourceFault.Awaited, _awaited, Retry: true), request.Address)
        : FetchOutcome.Failed(
            request,
            request.Address,
            "not_found",
            patience > TimeSpan.Zero ? $"was not pushed within {patience.TotalSeconds:0.#} s" : "has not been pushed");

    private async Task EitherAsync(Task changed, TimeSpan wait, CancellationToken cancellation)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        await Task.WhenAny(changed, Task.Delay(wait, _time, either.Token));
        await either.CancelAsync();
    }

    private static TaskCompletionSource NewPulse() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
