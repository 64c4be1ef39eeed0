using System.Globalization;
using System.IO.Hashing;

namespace Tandem.Operations.Load;

/// <summary>
/// What a viewer by WebSocket knows of its channel, over all its connections: order, times and content of both tracks. Chunks pass through;
/// none is held.
/// </summary>
internal sealed class SocketChannel(LoadServices services, DecodeSample? sample)
{
    /// <summary>docs/protocol.md: a chunk lasts at most 0.5 s.</summary>
    private const long LongestChunk = 500_000;

    /// <summary>A chunk that seems to come from the future by more than this was stamped wrongly, µs.</summary>
    private const long LongestFuture = 500_000;

    private const long AckInterval = 2_000_000;
    private const int Video = 1;
    private const int Audio = 2;

    private readonly byte[] _head = new byte[255];
    private readonly XxHash3 _hash = new();
    private readonly TrackState[] _tracks = [new(), new()];
    private readonly MediaClock _clock = new(voiceTolerance: 0.035, pictureTolerance: 0.1);
    private int _headLength;
    private ChunkHeader? _header;
    private Mp4Walk? _walk;
    private long? _connectedAt;
    private long _segment = 2_000_000;
    private bool _hello;
    private bool _hasVideo = !services.Options.AudioOnly;
    private bool _hasAudio = true;

    /// <summary>How many tracks are played.</summary>
    public int Tracks => (_hasVideo ? 1 : 0) + (_hasAudio ? 1 : 0);

    private bool Seen => Array.Exists(_tracks, track => track.Order.Next is not null);

    /// <summary>A connection stands.</summary>
    public void Connected(long now)
    {
        _connectedAt ??= now;
        (_hello, _header, _walk) = (false, null, null);
    }

    /// <summary>The connection only said that there is no room: what was published before the next one is not late for this viewer, but owed.</summary>
    public void TurnedAway()
    {
        if (!Seen)
            _connectedAt = null;
    }

    /// <summary>The server introduces itself.</summary>
    public void Hello(in ServerMessage hello)
    {
        _hello = true;
        _segment = Math.Clamp(hello.SegmentMs ?? 2000, 100, 60_000) * 1000;
        if (hello.Tracks is { } tracks and not 0)
            (_hasVideo, _hasAudio) = ((tracks & Video) != 0, (tracks & Audio) != 0);
    }

    /// <summary>The server leaves chunks out.</summary>
    public void Announce(int track, ulong from, ulong to)
    {
        if (track is Video or Audio)
            _tracks[track - 1].Order.Announce(from, to);
    }

    /// <summary>The next numbers wanted, as in the query; null before anything came.</summary>
    public string? Resume()
    {
        var parts = new[] { (Name: "audio", Order: _tracks[Audio - 1].Order), (Name: "video", Order: _tracks[Video - 1].Order) }
            .Where(track => track.Order.Next is not null)
            .Select(track => string.Create(CultureInfo.InvariantCulture, $"{track.Name}:{track.Order.Next}"))
            .ToList();
        return parts.Count == 0 ? null : string.Join(',', parts);
    }

    /// <summary>The place of a track in the player; null where it is not played.</summary>
    public int? IndexOf(int track) => track switch
    {
        Video when _hasVideo => 0,
        Audio when _hasAudio => _hasVideo ? 1 : 0,
        _ => null,
    };

    /// <summary>Whether it is time to acknowledge.</summary>
    public bool AckIsDue(int track, long now)
    {
        var state = _tracks[track - 1];
        if (now - state.AcknowledgedAt < AckInterval)
            return false;
        state.AcknowledgedAt = now;
        return true;
    }

    /// <summary>A binary message begins.</summary>
    public void Begin()
    {
        (_headLength, _header, _walk) = (0, null, null);
        _hash.Reset();
    }

    /// <summary>The next bytes of it.</summary>
    public void Feed(ReadOnlySpan<byte> bytes)
    {
        if (_header is null)
        {
            if (!TakeHead(ref bytes))
                return;
        }

        if (_walk is null || bytes.Length == 0)
            return;
        _walk.Feed(bytes);
        _hash.Append(bytes);
        sample?.Feed(_header!.Value.Track, bytes);
    }

    /// <summary>It is whole. Returns the chunk if it is a new one.</summary>
    public ChunkHeader? End(long now, long wantedAt, Tally tally, Action<FaultKind, string> fault)
    {
        if (_header is not { } header)
        {
            fault(FaultKind.Protocol, $"a binary message of {_headLength} bytes has no whole header");
            return null;
        }

        if (header.Kind is not (1 or 2) || header.Track is not (Video or Audio))
            return null;
        if (!_hello)
            fault(FaultKind.Protocol, "media before hello");
        _hello = true;
        var state = _tracks[header.Track - 1];
        var broken = _walk?.End();
        if (broken is not null)
            fault(FaultKind.Structure, $"{(header.Kind == 1 ? "init" : "chunk")} {header.Sequence} of track {header.Track}: {broken}");
        var differs = broken is null && services.Chunks.Differs(
            new ChunkName(header.Kind, header.Track, header.Rendition, header.Generation, header.Kind == 1 ? 0 : header.Sequence),
            _hash.GetCurrentHashAsUInt64());
        if (differs)
            fault(FaultKind.Content, $"{(header.Kind == 1 ? "init" : "chunk")} {header.Sequence} of track {header.Track} has other bytes than other viewers got");
        if (header.Kind == 1)
        {
            state.Init = _walk?.Init;
            state.InitOf = (header.Generation, header.Rendition);
            sample?.Commit(header.Track, init: true);
            return null;
        }

        return EndChunk(header, state, broken is null && !differs, now, wantedAt, tally, fault);
    }

    /// <summary>What should have come.</summary>
    public long Owed(long span, bool audioOnly)
    {
        var slack = (2 * _segment) + 2_000_000;
        var seen = Seen;
        return (!audioOnly && _hasVideo ? _tracks[Video - 1].Owed.Missing(span, seen ? slack : 0) : 0)
            + (_hasAudio ? _tracks[Audio - 1].Owed.Missing(span, seen ? slack : 0) : 0);
    }

    private ChunkHeader? EndChunk(ChunkHeader header, TrackState state, bool whole, long now, long wantedAt, Tally tally,
        Action<FaultKind, string> fault)
    {
        if (state.InitOf != (header.Generation, header.Rendition))
        {
            fault(FaultKind.Protocol, $"chunk {header.Sequence} of track {header.Track} comes before the init segment of generation {header.Generation}, rendition {header.Rendition}");
            state.InitOf = (header.Generation, header.Rendition);
        }

        if (header.Duration is 0 or > (uint)(LongestChunk + 100_000))
            fault(FaultKind.Protocol, $"chunk {header.Sequence} of track {header.Track} lasts {header.Duration / 1000} ms");
        var timed = true;
        var verdict = state.Order.Take(header, (kind, what) =>
        {
            timed = false;
            fault(kind, what);
        });
        sample?.Commit(header.Track, init: false, keep: verdict.IsNew && whole);
        if (!verdict.IsNew)
            return null;
        tally.Undelivered(verdict.Missing);
        tally.Undelivered(verdict.Skipped, skipped: true);
        state.Owed.Lost(verdict.Missing + verdict.Skipped);
        var published = header.PublishedAt + (services.Offset.Microseconds ?? 0);
        if (published - now > LongestFuture)
            fault(FaultKind.Time, $"chunk {header.Sequence} of track {header.Track} was published {(published - now) / 1000} ms after it came");
        tally.Delivered(published >= (_connectedAt ?? now) ? now - published : null);
        if (published >= wantedAt)
            state.Owed.Came(header.Duration);
        if (header.Discontinuity)
            state.Epoch++;
        if (whole && timed)
            CheckMedia(header, state, fault);
        return header;
    }

    private void CheckMedia(in ChunkHeader header, TrackState state, Action<FaultKind, string> fault)
    {
        var times = _walk!.Times;
        if ((header.Track == Audio ? times.Voice : times.Picture) is { } media)
            _clock.Take(header.Track == Audio, state.Epoch, header.SourceTime / 1e6, media, times.Wraps, fault);
    }

    private bool TakeHead(ref ReadOnlySpan<byte> bytes)
    {
        while (true)
        {
            var wanted = _headLength < 4 ? 4 : Math.Max(_head[3], (byte)ChunkHeader.Least);
            var count = Math.Min(wanted - _headLength, bytes.Length);
            bytes[..count].CopyTo(_head.AsSpan(_headLength));
            _headLength += count;
            bytes = bytes[count..];
            if (_headLength < wanted)
                return false;
            if (wanted > 4)
                break;
        }

        if (_head[3] < ChunkHeader.Least)
            return false;
        var header = ChunkHeader.Read(_head);
        _header = header;
        if (header.Track is Video or Audio && header.Kind is 1 or 2)
        {
            var state = _tracks[header.Track - 1];
            _walk = new Mp4Walk(header.Kind == 1 || state.InitOf != (header.Generation, header.Rendition) ? null : state.Init);
            sample?.Begin(header.Track);
        }

        return true;
    }

    private sealed class TrackState
    {
        public TrackOrder Order { get; } = new();

        public OwedMedia Owed { get; } = new(LongestChunk);

        public Mp4Init? Init { get; set; }

        public (uint Generation, ushort Rendition)? InitOf { get; set; }

        public long Epoch { get; set; }

        public long AcknowledgedAt { get; set; }
    }
}
