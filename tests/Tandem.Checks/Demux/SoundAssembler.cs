namespace Tandem.Checks.Demux;

/// <summary>Cuts runs of ADTS or MPEG audio into frames; a run's time is that of its first frame, the others follow by their samples.</summary>
internal sealed class SoundAssembler
{
    private readonly List<TimedFrame> _frames = [];
    private FrameHeader? _first;
    private double _next;

    public SoundStream? Stream => _first is { } first ? new SoundStream(first.Codec, first.SampleRate, first.Samples, _frames) : null;

    /// <param name="data">Whole frames.</param>
    /// <param name="seconds">Time of the first frame that begins in it; null to go on where the last ended.</param>
    /// <param name="segment">Index of the segment.</param>
    public void Add(ReadOnlyMemory<byte> data, double? seconds, int segment)
    {
        _next = seconds ?? _next;
        while (data.Length > 0)
        {
            var header = FrameHeader.Read(data.Span) ?? throw new DemuxException($"No audio frame header in segment {segment}");
            if (header.Length > data.Length)
                throw new DemuxException($"Audio frame reaches past its run in segment {segment}");
            _first ??= header;
            _frames.Add(new TimedFrame(_next, data[..header.Length], segment));
            _next += header.Samples / (double)header.SampleRate;
            data = data[header.Length..];
        }
    }
}

/// <summary>What an ADTS (ISO/IEC 14496-3, 1.A.2) or MPEG-1 audio (ISO/IEC 11172-3, 2.4.1.3) header says.</summary>
internal readonly record struct FrameHeader(string Codec, int SampleRate, int Samples, int Length)
{
    private static readonly int[] _aacRates = [96000, 88200, 64000, 48000, 44100, 32000, 24000, 22050, 16000, 12000, 11025, 8000, 7350];
    private static readonly int[] _mpegRates = [44100, 48000, 32000];
    private static readonly int[] _layer2 = [0, 32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384];
    private static readonly int[] _layer3 = [0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320];

    /// <summary>The header at the beginning of <paramref name="data"/>; null where there is none.</summary>
    public static FrameHeader? Read(ReadOnlySpan<byte> data)
    {
        if (data.Length < 7 || data[0] != 0xFF || (data[1] & 0xE0) != 0xE0)
            return null;
        return (data[1] & 0x06) == 0 ? Adts(data) : Mpeg(data);
    }

    /// <summary>An ADTS header without CRC for a frame of <paramref name="length"/> bytes.</summary>
    public static byte[] Adts(int objectType, int rateIndex, int channels, int length)
    {
        var total = length + 7;
        return
        [
            0xFF, 0xF1,
            (byte)(((objectType - 1) << 6) | (rateIndex << 2) | (channels >> 2)),
            (byte)(((channels & 3) << 6) | (total >> 11)),
            (byte)(total >> 3),
            (byte)(((total & 7) << 5) | 0x1F),
            0xFC,
        ];
    }

    private static FrameHeader? Adts(ReadOnlySpan<byte> data)
    {
        var rate = (data[2] >> 2) & 0x0F;
        var length = ((data[3] & 3) << 11) | (data[4] << 3) | (data[5] >> 5);
        return rate >= _aacRates.Length || length < 7 ? null : new FrameHeader("aac", _aacRates[rate], 1024, length);
    }

    private static FrameHeader? Mpeg(ReadOnlySpan<byte> data)
    {
        var layer = 4 - ((data[1] >> 1) & 3);
        var bits = data[2] >> 4;
        var rate = (data[2] >> 2) & 3;
        if ((data[1] & 0x18) != 0x18 || layer is not (2 or 3) || bits is 0 or 15 || rate == 3)
            return null;
        var kilobits = (layer == 2 ? _layer2 : _layer3)[bits];
        var length = (144_000 * kilobits / _mpegRates[rate]) + ((data[2] >> 1) & 1);
        return new FrameHeader(layer == 2 ? "mp2" : "mp3", _mpegRates[rate], 1152, length);
    }
}

/// <summary>Reads packed audio: an ID3 tag with the timestamp, then ADTS or MPEG audio frames (RFC 8216, section 3.4).</summary>
internal sealed class PackedAudioDemuxer : ISegmentDemuxer
{
    private static readonly byte[] _owner = "com.apple.streaming.transportStreamTimestamp\0"u8.ToArray();
    private readonly SoundAssembler _sound = new();
    private readonly TickUnwrapper _unwrapper = new();
    private int _segment = -1;

    public PictureStream Pictures => new([]);

    public SoundStream? Sound => _sound.Stream;

    public void Read(byte[] segment)
    {
        _segment++;
        if (segment.Length < 10 || !segment.AsSpan(0, 3).SequenceEqual("ID3"u8))
            throw new DemuxException($"Segment {_segment} is neither MPEG-TS nor packed audio with an ID3 tag");
        var size = (segment[6] << 21) | (segment[7] << 14) | (segment[8] << 7) | segment[9];
        var owner = segment.AsSpan(0, 10 + size).IndexOf(_owner);
        if (owner < 0)
            throw new DemuxException($"Segment {_segment} has no timestamp in its ID3 tag");
        var stamp = System.Buffers.Binary.BinaryPrimitives.ReadInt64BigEndian(segment.AsSpan(owner + _owner.Length));
        if (stamp is < 0 or >= 1L << 33)
            throw new DemuxException($"Segment {_segment}: the timestamp {stamp} has more than 33 bits");
        _sound.Add(segment.AsMemory(10 + size), _unwrapper.Unwrap(stamp) / 90_000.0, _segment);
    }
}
