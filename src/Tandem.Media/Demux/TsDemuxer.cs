using Tandem.Media.Worker;

namespace Tandem.Media.Demux;

/// <summary>
/// Takes an MPEG-2 transport stream apart, segment by segment (ISO/IEC 13818-1). Managed code, so that hostile bytes meet bounds checks
/// before they meet a decoder; of the picture it reads time stamps and profile only.
/// </summary>
/// <param name="captions">Whether the caption bytes of pictures are wanted, too.</param>
internal sealed class TsDemuxer(bool captions = false)
{
    // A PMT of one programme names a few streams; more are not worth following.
    private const int MostStreams = 64;

    private readonly Dictionary<int, TsStream> _streams = [];
    private readonly PsiSection _pat = new();
    private PsiSection _pmt = new();
    private int? _pmtPid;
    private int _damaged;
    private bool _continues;
    private long _pictureDuration = 3600;

    /// <summary>Whether bytes look like packets: a sync byte each 188, 192 or 204 bytes.</summary>
    public static bool Recognises(ReadOnlySpan<byte> data) => TsSync.Stride(data, out _) != 0;

    /// <summary>Reads a segment.</summary>
    /// <param name="init">Packets that come before it, such as those an EXT-X-MAP names; may be empty.</param>
    /// <param name="data">The segment.</param>
    /// <param name="continues">Whether it goes on where the last one ended.</param>
    public Demuxed Read(ReadOnlySpan<byte> init, ReadOnlySpan<byte> data, bool continues)
    {
        _continues = continues;
        _damaged = 0;
        if (!continues)
        {
            _streams.Clear();
            _pmtPid = null;
        }

        foreach (var stream in _streams.Values)
            stream.Begin(continues);
        ReadPackets(init);
        ReadPackets(data);

        var result = new List<ElementaryStream>();
        foreach (var stream in _streams.Values)
        {
            var ended = stream.End(_pictureDuration);
            _damaged += stream.Damaged;
            if (ended.Pictures.Count > 2)
                _pictureDuration = (ended.Pictures.End!.Value - ended.Pictures.Start!.Value) / ended.Pictures.Count;
            result.Add(ended);
        }

        return new Demuxed(Container.MpegTs, result, _damaged);
    }

    private void ReadPackets(ReadOnlySpan<byte> data)
    {
        var stride = TsSync.Stride(data, out var at);
        if (stride == 0)
            return;
        while (at + TsPacket.Size <= data.Length)
        {
            if (data[at] != TsPacket.Sync)
            {
                _damaged++;
                at = TsSync.Next(data, at + 1, stride);
                continue;
            }

            if (TsPacket.TryRead(data.Slice(at, TsPacket.Size), out var packet))
                Take(packet);
            at += stride;
        }
    }

    private void Take(in TsPacket packet)
    {
        if (_streams.TryGetValue(packet.Pid, out var stream))
            stream.Add(packet);
        else if (packet.Damaged)
            _damaged++;
        else if (packet.Pid == 0)
            ReadPat(_pat.Add(packet.Payload, packet.Begins));
        else if (packet.Pid == _pmtPid)
            ReadPmt(_pmt.Add(packet.Payload, packet.Begins));
    }

    // 2.4.4.3. HLS allows one programme (RFC 8216, section 3.2); of several the first is taken.
    private void ReadPat(ReadOnlySpan<byte> section)
    {
        if (section.Length < 8 || section[0] != 0x00)
            return;
        for (var at = 8; at + 4 <= section.Length; at += 4)
        {
            var program = (section[at] << 8) | section[at + 1];
            if (program == 0)
                continue;
            var pid = ((section[at + 2] & 0x1F) << 8) | section[at + 3];
            if (pid != _pmtPid)
                _pmt = new PsiSection();
            _pmtPid = pid;
            return;
        }
    }

    // 2.4.4.8.
    private void ReadPmt(ReadOnlySpan<byte> section)
    {
        if (section.Length < 12 || section[0] != 0x02)
            return;
        var at = 12 + (((section[10] & 0x0F) << 8) | section[11]);
        var found = new HashSet<int>();
        while (at + 5 <= section.Length && found.Count < MostStreams)
        {
            var type = section[at];
            var pid = ((section[at + 1] & 0x1F) << 8) | section[at + 2];
            var length = ((section[at + 3] & 0x0F) << 8) | section[at + 4];
            if (at + 5 + length > section.Length)
                break;
            found.Add(pid);
            Follow(pid, type, section.Slice(at + 5, length));
            at += 5 + length;
        }

        foreach (var gone in _streams.Keys.Where(pid => !found.Contains(pid)).ToList())
            _streams.Remove(gone);
    }

    private void Follow(int pid, byte typeNumber, ReadOnlySpan<byte> descriptors)
    {
        if (pid == 0 || pid == _pmtPid)
            return;
        var type = TsStreamType.Of(typeNumber, descriptors);
        if (_streams.TryGetValue(pid, out var known) && known.TypeNumber == typeNumber && known.Type == type)
            return;
        var stream = new TsStream(pid, typeNumber, type, descriptors, captions);
        stream.Begin(_continues);
        _streams[pid] = stream;
    }
}
