using Tandem.Media.Demux;
using Tandem.Media.Worker;

namespace Tandem.Media.Remux;

/// <summary>
/// Takes the sound out of one segment of a transport stream (ISO/IEC 13818-1). Packets of pictures and of timed metadata stay as they are
/// but for their counters; PAT and PMT are written anew. The new packets take the place of the old: a segment only gets shorter.
/// </summary>
internal sealed class TsRemuxer
{
    private readonly TsTables _tables = new();
    private readonly TsCounters _counters = new();
    private readonly Dictionary<int, TsStream> _streams = [];
    private readonly List<byte> _front = [];
    private TsProgramme? _followed;
    private TsProgramme? _told;
    private byte[] _toldPat = [];
    private bool _patIsFresh;
    private bool _pmtIsFresh;
    private int _count;

    /// <summary>Does one segment.</summary>
    /// <param name="data">The segment; it is written over.</param>
    /// <param name="init">Packets that come before it; may be empty.</param>
    /// <param name="memory">What <see cref="TsMemory"/> wrote after the segment before.</param>
    public static RemuxResult Remux(Memory<byte> data, ReadOnlySpan<byte> init, ReadOnlySpan<byte> memory)
    {
        var remuxer = new TsRemuxer();
        TsMemory.Read(memory, remuxer._tables, remuxer._counters);
        return remuxer.Remux(data, init);
    }

    private RemuxResult Remux(Memory<byte> data, ReadOnlySpan<byte> init)
    {
        // Players are told the programme before its first packet, wherever the source tells it.
        FindTables(init);
        FindTables(data.Span);
        _tables.Restart();
        if (_tables.Programme is null)
            return RemuxResult.Failed(DecodeFault.NotMedia, "a transport stream without a programme");
        TellTables(_front);
        MovePackets(data.Span);

        var pictures = _streams.Values.Where(stream => stream.Type.Kind == TrackKind.Picture).ToList();
        if (pictures.Count == 0)
            return RemuxResult.Failed(DecodeFault.NoPicture, "a transport stream without a picture");
        const long FallbackPictureDuration = 3600;
        var ended = _streams.Values.Select(stream => stream.End(FallbackPictureDuration)).ToList();
        if (ended.Find(stream => stream.Encrypted) is { } encrypted)
            return RemuxResult.Failed(DecodeFault.Encrypted, $"the {encrypted.Codec} stream of PID {encrypted.Id} is encrypted");
        var clock = ended.Find(stream => stream.Kind == TrackKind.Picture && stream.Pictures.Count > 0)?.Pictures;
        return RemuxResult.Of(new Remuxed(
            Container.MpegTs,
            Init: ReadOnlyMemory<byte>.Empty,
            Pieces: [_front.ToArray(), data[.._count]],
            [.. ended.Select(stream => new TrackInfo(stream.Id, stream.Kind, stream.Codec, stream.CodecsTag, stream.Language, 0, 0))],
            clock?.Start & PesHeader.TicksMask,
            clock?.End & PesHeader.TicksMask,
            TsMemory.Write(_tables, _counters)));
    }

    /// <summary>Reads up to the first PMT.</summary>
    private void FindTables(ReadOnlySpan<byte> data)
    {
        var stride = TsSync.Stride(data, out var at);
        while (stride != 0 && at + TsPacket.Size <= data.Length)
        {
            if (data[at] != TsPacket.Sync)
            {
                at = TsSync.Next(data, at + 1, stride);
                continue;
            }

            if (TsPacket.TryRead(data.Slice(at, TsPacket.Size), out var packet) && !packet.Damaged && _tables.Follows(packet.Pid)
                && _tables.Add(packet) && packet.Pid != 0)
                return;
            at += stride;
        }
    }

    private void MovePackets(Span<byte> data)
    {
        Span<byte> packet = stackalloc byte[TsPacket.Size];
        var stride = TsSync.Stride(data, out var at);
        while (stride != 0 && at + TsPacket.Size <= data.Length)
        {
            if (data[at] != TsPacket.Sync)
            {
                at = TsSync.Next(data, at + 1, stride);
                continue;
            }

            // What is written for a packet takes no more room than it and those before it did.
            data.Slice(at, TsPacket.Size).CopyTo(packet);
            Move(packet, data[..(at + TsPacket.Size)]);
            at += stride;
        }
    }

    private void Move(Span<byte> bytes, Span<byte> room)
    {
        var header = new TsPacketHeader(bytes);
        if (header.Damaged)
            return;
        if (_tables.Follows(header.Pid))
        {
            if (TsPacket.TryRead(bytes, out var table) && _tables.Add(table))
                RetellTables(header.Pid, room);
            return;
        }

        if (_tables.Programme is not { } programme)
            return;
        if (programme.Keeps(header.Pid))
        {
            Follow(programme, bytes);
            bytes[3] = (byte)((bytes[3] & 0xF0)
                | _counters.Next(header.Pid, header.Counter, header.HasPayload, header.Discontinuity));
            Put(bytes, room);
        }
        else if (programme.ClockMoves && header.Pid == programme.Clock && header.HasClock)
        {
            TsPacketHeader.KeepClockOnly(bytes, programme.Picture!.Value);
            bytes[3] |= (byte)_counters.Next(programme.Picture.Value, 0, hasPayload: false, mayJump: false);
            Put(bytes, room);
        }
    }

    private void Follow(TsProgramme programme, ReadOnlySpan<byte> bytes)
    {
        if (programme != _followed)
        {
            _followed = programme;
            foreach (var (pid, stream) in _streams)
            {
                if (!programme.Kept.TryGetValue(pid, out var entry) || entry.TypeNumber != stream.TypeNumber)
                    _streams.Remove(pid);
            }
        }

        if (!TsPacket.TryRead(bytes, out var packet) || !programme.Kept.TryGetValue(packet.Pid, out var kept))
            return;
        if (!_streams.TryGetValue(packet.Pid, out var followed))
        {
            followed = new TsStream(packet.Pid, kept.TypeNumber, kept.Type, kept.Descriptors);
            followed.Begin(continues: false);
            _streams[packet.Pid] = followed;
        }

        followed.Add(packet);
    }

    /// <summary>Repeats a table where the source does, unless nothing but tables came since it was told.</summary>
    private void RetellTables(int pid, Span<byte> room)
    {
        var fresh = pid == 0 ? _patIsFresh && _tables.Pat.AsSpan().SequenceEqual(_toldPat) : _pmtIsFresh && _told == _tables.Programme;
        if (fresh)
            return;
        var packets = new List<byte>();
        if (pid == 0)
            TellPat(packets);
        else
            TellPmt(packets);
        for (var at = 0; at < packets.Count; at += TsPacket.Size)
            Put(packets.GetRange(at, TsPacket.Size).ToArray(), room);
        if (pid == 0)
            _patIsFresh = true;
        else
            _pmtIsFresh = true;
    }

    private void TellTables(List<byte> to)
    {
        TellPat(to);
        if (_tables.Programme is not null)
            TellPmt(to);
        _patIsFresh = true;
        _pmtIsFresh = true;
    }

    private void TellPat(List<byte> to)
    {
        TsPacketHeader.WriteSection(to, 0, _tables.Pat, () => _counters.Next(0));
        _toldPat = _tables.Pat;
    }

    private void TellPmt(List<byte> to)
    {
        var pid = _tables.PmtPid!.Value;
        TsPacketHeader.WriteSection(to, pid, _tables.Programme!.Section, () => _counters.Next(pid));
        _told = _tables.Programme;
    }

    private void Put(ReadOnlySpan<byte> packet, Span<byte> room)
    {
        packet.CopyTo(room[_count..]);
        _count += TsPacket.Size;
        _patIsFresh = false;
        _pmtIsFresh = false;
    }
}
