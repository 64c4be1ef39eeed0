namespace Tandem.Operations.Load;

/// <summary>
/// Walks through packed audio (RFC 8216, section 3.4): ID3 tags with the time, then AAC frames with ADTS headers (ISO/IEC 13818-7, 6.2).
/// </summary>
internal sealed class AdtsWalk : ISegmentWalk
{
    private const int HeadLength = 10;
    private const int LongestTag = 1 << 20;

    private static readonly int[] _rates = [96000, 88200, 64000, 48000, 44100, 32000, 24000, 22050, 16000, 12000, 11025, 8000, 7350];

    private readonly byte[] _head = new byte[HeadLength];
    private readonly byte[] _tag = new byte[128];
    private int _headLength;
    private int _tagLength;
    private int _tagLeft;
    private long _left;
    private int _frames;
    private int _rate;
    private double? _start;
    private string? _fault;

    /// <inheritdoc/>
    public SegmentTimes Times
    {
        get
        {
            double? end = _start is { } start && _rate > 0 ? start + (_frames * 1024.0 / _rate) : null;
            return new SegmentTimes(_start, end, null, null, Wraps: true);
        }
    }

    /// <inheritdoc/>
    public void Feed(ReadOnlySpan<byte> bytes)
    {
        while (bytes.Length > 0 && _fault is null)
        {
            if (_tagLeft > 0)
            {
                TakeTag(ref bytes);
            }
            else if (_left > 0)
            {
                var count = (int)Math.Min(_left, bytes.Length);
                _left -= count;
                bytes = bytes[count..];
            }
            else
            {
                TakeHead(ref bytes);
            }
        }
    }

    /// <inheritdoc/>
    public string? End()
    {
        if (_left > 0 || _headLength > 0 || _tagLeft > 0)
            _fault ??= "it ends in the middle of a frame";
        return _fault ??= _frames == 0 ? "no sound at all" : null;
    }

    private void TakeHead(ref ReadOnlySpan<byte> bytes)
    {
        // The first three bytes tell whether a tag or a frame begins; their headers are of different length.
        var wanted = _headLength < 3 ? 3 : _head[0] == 'I' ? HeadLength : 7;
        var count = Math.Min(wanted - _headLength, bytes.Length);
        bytes[..count].CopyTo(_head.AsSpan(_headLength));
        _headLength += count;
        bytes = bytes[count..];
        if (_headLength < wanted || wanted == 3)
            return;
        _headLength = 0;
        if (_head[0] == 'I')
            BeginTag();
        else
            BeginFrame();
    }

    private void BeginTag()
    {
        _tagLeft = ((_head[6] & 0x7F) << 21) | ((_head[7] & 0x7F) << 14) | ((_head[8] & 0x7F) << 7) | (_head[9] & 0x7F);
        _tagLength = 0;
        if (_head[1] != 'D' || _head[2] != '3' || _tagLeft > LongestTag)
            _fault = "no ID3 tag where one begins";
    }

    private void TakeTag(ref ReadOnlySpan<byte> bytes)
    {
        var count = Math.Min(_tagLeft, bytes.Length);
        var kept = Math.Min(count, _tag.Length - _tagLength);
        bytes[..kept].CopyTo(_tag.AsSpan(_tagLength));
        _tagLength += kept;
        _tagLeft -= count;
        bytes = bytes[count..];
        if (_tagLeft == 0 && _start is null)
            _start = TimeOf(_tag.AsSpan(0, _tagLength));
    }

    private static double? TimeOf(ReadOnlySpan<byte> tag)
    {
        var owner = "com.apple.streaming.transportStreamTimestamp\0"u8;
        var at = tag.IndexOf(owner);
        return at >= 0 && at + owner.Length + 8 <= tag.Length
            ? (System.Buffers.Binary.BinaryPrimitives.ReadInt64BigEndian(tag[(at + owner.Length)..]) & ((1L << 33) - 1)) / 90_000.0
            : null;
    }

    private void BeginFrame()
    {
        var length = ((_head[3] & 3) << 11) | (_head[4] << 3) | (_head[5] >> 5);
        var index = (_head[2] >> 2) & 0xF;
        if (_head[0] != 0xFF || (_head[1] & 0xF6) != 0xF0 || length < 7 || index >= _rates.Length)
        {
            _fault = $"no AAC frame where frame {_frames} should begin";
            return;
        }

        if (_rate != 0 && _rate != _rates[index])
            _fault = $"the sample rate changes from {_rate} to {_rates[index]}";
        _rate = _rates[index];
        _frames += 1 + (_head[6] & 3);
        _left = length - 7;
    }
}
