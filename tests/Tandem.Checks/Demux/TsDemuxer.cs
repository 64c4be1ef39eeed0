namespace Tandem.Checks.Demux;

/// <summary>Takes transport stream segments apart; every segment brings its PAT and PMT.</summary>
internal sealed class TsDemuxer : ISegmentDemuxer
{
    // Stream types (ISO/IEC 13818-1, table 2-34).
    private const int Avc = 0x1B;
    private const int Hevc = 0x24;

    private readonly List<TimedFrame> _pictures = [];
    private readonly SoundAssembler _sound = new();
    private readonly Dictionary<int, Elementary> _streams = [];
    private int _segment = -1;
    private int _pmt = -1;
    private int _soundPid = -1;

    public PictureStream Pictures => new(_pictures, _streams.Values.Any(stream => stream.Type == Hevc) ? "hevc" : "h264");

    public SoundStream? Sound => _sound.Stream;

    public void Read(byte[] segment)
    {
        _segment++;
        for (var offset = 0; offset + TsPacket.Size <= segment.Length; offset += TsPacket.Size)
        {
            var packet = segment.AsSpan(offset, TsPacket.Size);
            if (packet[0] != 0x47)
                throw new DemuxException($"Lost sync at byte {offset} of segment {_segment}");
            Take(packet);
        }

        foreach (var stream in _streams.Values)
            Flush(stream);
    }

    private void Take(ReadOnlySpan<byte> packet)
    {
        var pid = TsPacket.Pid(packet);
        var payload = packet[TsPacket.PayloadOffset(packet)..];
        if (payload.IsEmpty)
            return;
        if (pid == 0 && TsPacket.Starts(packet))
            _pmt = ((payload[1 + payload[0] + 10] & 0x1F) << 8) | payload[1 + payload[0] + 11];
        else if (pid == _pmt && TsPacket.Starts(packet))
            ReadPmt(payload[(1 + payload[0])..]);
        else if (_streams.TryGetValue(pid, out var stream))
            Append(stream, TsPacket.Starts(packet), payload);
    }

    private void Append(Elementary stream, bool starts, ReadOnlySpan<byte> payload)
    {
        if (starts)
        {
            Flush(stream);
            var (pts, _) = TsPacket.StampOffsets(payload);
            stream.Ticks = pts < 0 ? null : stream.Unwrapper.Unwrap(TsPacket.ReadStamp(payload[pts..]));
            payload = payload[(9 + payload[8])..];
            stream.Open = true;
        }

        if (stream.Open)
            stream.Data.Write(payload);
    }

    private void Flush(Elementary stream)
    {
        if (stream.Open && stream.Data.Length > 0)
        {
            var data = stream.Data.ToArray();
            if (stream.Type is Avc or Hevc)
                _pictures.Add(new TimedFrame((stream.Ticks ?? 0) / 90_000.0, data, _segment));
            else
                _sound.Add(data, stream.Ticks / 90_000.0, _segment);
        }

        stream.Data.SetLength(0);
        stream.Open = false;
    }

    private void ReadPmt(ReadOnlySpan<byte> section)
    {
        var end = 3 + (((section[1] & 0x0F) << 8) | section[2]) - 4;
        var at = 12 + (((section[10] & 0x0F) << 8) | section[11]);
        while (at + 5 <= end)
        {
            var type = section[at];
            var pid = ((section[at + 1] & 0x1F) << 8) | section[at + 2];
            var sound = type is 0x0F or 0x03 or 0x04;
            if (sound && _soundPid < 0)
                _soundPid = pid;
            if (type is Avc or Hevc || (sound && pid == _soundPid))
                _streams.TryAdd(pid, new Elementary(type));
            at += 5 + (((section[at + 3] & 0x0F) << 8) | section[at + 4]);
        }
    }

    private sealed class Elementary(int type)
    {
        public int Type { get; } = type;

        public TickUnwrapper Unwrapper { get; } = new();

        public MemoryStream Data { get; } = new();

        public long? Ticks { get; set; }

        public bool Open { get; set; }
    }
}
