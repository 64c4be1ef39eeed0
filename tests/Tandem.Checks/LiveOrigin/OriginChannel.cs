using System.Collections.Concurrent;
using System.Collections.Immutable;
using Tandem.Checks.Demux;
using Tandem.Checks.Signals;

namespace Tandem.Checks.LiveOrigin;

/// <summary>One live channel of an origin: what it serves at any time, and the commands that change its ways.</summary>
public sealed class OriginChannel
{
    private const int LogLimit = 50_000;
    private readonly TimeProvider _time;
    private readonly OriginSchedule _schedule;
    private readonly ConcurrentQueue<OriginRequest> _log = new();
    private readonly Dictionary<string, List<Dictionary<int, int>>> _counters = new(StringComparer.Ordinal);
    private ImmutableList<OriginFault> _faults = [];

    internal OriginChannel(string id, Uri root, OriginOptions options, TimeProvider time)
    {
        Id = id;
        Root = root;
        Options = options;
        _time = time;
        Addresses = new OriginAddresses(id, options, (track, entry) => Bytes(track, entry).Length);
        _schedule = new OriginSchedule(options, time.GetUtcNow());
    }

    /// <summary>Names it in addresses.</summary>
    public string Id { get; }

    /// <summary>What is on the air.</summary>
    public OriginOptions Options { get; }

    /// <summary>The address of the master playlist, signed where the channel signs.</summary>
    public Uri Master => new(Root, Addresses.Master(_time.GetUtcNow()));

    /// <summary>Requests so far, oldest first; the oldest are forgotten beyond 50,000.</summary>
    public IReadOnlyCollection<OriginRequest> Requests => _log;

    internal Uri Root { get; }

    internal OriginAddresses Addresses { get; }

    internal ImmutableList<OriginFault> Faults => _faults;

    /// <summary>Lets a fault act until what is returned is disposed.</summary>
    public IDisposable Inject(OriginFault fault)
    {
        ImmutableInterlocked.Update(ref _faults, faults => faults.Add(fault));
        return new Undo(() => ImmutableInterlocked.Update(ref _faults, faults => faults.Remove(fault)));
    }

    /// <summary>Everything fails with 503 until what is returned is disposed; the source's time goes on behind it.</summary>
    public IDisposable Outage() => Inject(new StatusFault(Resource.All, 503));

    /// <summary>Playlists stay as they are now until what is returned is disposed.</summary>
    public IDisposable Freeze() => Inject(new StaleFault(_time.GetUtcNow()));

    /// <summary>The encoder stands still until <see cref="Resume"/>.</summary>
    public void Pause() => _schedule.Pause(_time.GetUtcNow());

    /// <summary>The encoder goes on where it stood.</summary>
    public void Resume() => _schedule.Resume(_time.GetUtcNow());

    /// <summary>
    /// The encoder starts again: numbers from <paramref name="sequence"/>, timestamps from <paramref name="ticks"/>, an empty playlist,
    /// and no EXT-X-DISCONTINUITY.
    /// </summary>
    public void Restart(long sequence = 0, long ticks = 126_000) => _schedule.Restart(_time.GetUtcNow(), sequence, ticks);

    /// <summary>The next segment follows EXT-X-DISCONTINUITY (if <paramref name="tagged"/>) and starts at <paramref name="ticks"/>.</summary>
    public void Break(long ticks, bool tagged = true) => _schedule.Break(_time.GetUtcNow(), ticks, tagged);

    /// <summary>The next segments are listed with EXT-X-GAP and cannot be had.</summary>
    public void Gap(int segments) => _schedule.Gap(_time.GetUtcNow(), segments);

    /// <summary>The playlist's segments now.</summary>
    public IReadOnlyList<OriginEntry> Window() => _schedule.Window(_time.GetUtcNow());

    internal OriginEntry? Find(int life, long sequence) => _schedule.Find(_time.GetUtcNow(), life, sequence);

    internal string MasterText() => PlaylistWriter.Master(Options, track => Addresses.Playlist(track, _time.GetUtcNow()));

    internal string PlaylistText(Track track, DateTimeOffset at) => PlaylistWriter.Media(Options, track, _schedule.Window(at), Addresses);

    internal void Note(OriginRequest request)
    {
        _log.Enqueue(request);
        while (_log.Count > LogLimit)
            _log.TryDequeue(out _);
    }

    /// <summary>A segment as it is served.</summary>
    internal byte[] Bytes(Track track, OriginEntry entry)
    {
        var at = _schedule.At(entry.Ordinal);
        var piece = track.Pieces[at.Piece].Data;
        var moved = track.Init is not null
            ? Retime.Mp4(track.Init, piece, at.Shift)
            : Retime.Ts(piece, at.Shift, CountersBefore(track, at.Ordinal));
        return Addresses.Encrypted(at, moved);
    }

    /// <summary>Continuity counters as they stand when a segment begins: all segments before it are counted, whoever asked for them.</summary>
    private Dictionary<int, int> CountersBefore(Track track, long ordinal)
    {
        lock (_counters)
        {
            if (!_counters.TryGetValue(track.Name, out var known))
                _counters[track.Name] = known = [[]];
            while (known.Count <= ordinal)
            {
                var counters = new Dictionary<int, int>(known[^1]);
                var data = track.Pieces[_schedule.At(known.Count - 1).Piece].Data;
                for (var offset = 0; offset + TsPacket.Size <= data.Length; offset += TsPacket.Size)
                {
                    var packet = data.AsSpan(offset, TsPacket.Size);
                    if (TsPacket.HasPayload(packet))
                        counters[TsPacket.Pid(packet)] = (counters.GetValueOrDefault(TsPacket.Pid(packet)) + 1) & 0x0F;
                }

                known.Add(counters);
            }

            return new Dictionary<int, int>(known[(int)ordinal]);
        }
    }

    private sealed class Undo(Action undo) : IDisposable
    {
        public void Dispose() => undo();
    }
}
