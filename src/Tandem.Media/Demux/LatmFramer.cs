namespace Tandem.Media.Demux;

/// <summary>
/// Cuts AAC in LATM with LOAS sync (ISO/IEC 14496-3, 1.7) into bare AAC frames. Only what broadcasters send is read: one programme, one
/// layer, one sub-frame, frame lengths in the payload; anything else counts as damaged.
/// </summary>
internal sealed class LatmFramer
{
    private const int HeaderLength = 3;

    private readonly FrameClock _clock = new();
    private byte[] _bytes = [];
    private int _count;
    private long? _anchor;
    private int _anchorAt;
    private AudioSpecificConfig? _config;

    public List<SoundFrame> Frames { get; private set; } = [];

    public int Damaged { get; private set; }

    /// <summary>AudioSpecificConfig; null until one was seen.</summary>
    public byte[]? Configuration { get; private set; }

    public int SampleRate => _config?.CoreRate ?? 0;

    public int Channels => _config?.Channels ?? 0;

    public void Begin(bool continues)
    {
        Frames = [];
        Damaged = 0;
        if (continues)
            return;
        _count = 0;
        _anchor = null;
        _clock.Forget();
        _config = null;
        Configuration = null;
    }

    public void Anchor(long ticks)
    {
        _anchor = ticks;
        _anchorAt = _count;
    }

    public void Lose()
    {
        if (_count > 0)
            Damaged++;
        _count = 0;
        _anchor = null;
        _clock.Forget();
    }

    public void Append(ReadOnlySpan<byte> bytes)
    {
        if (_count + bytes.Length > _bytes.Length)
            Array.Resize(ref _bytes, Math.Max(_count + bytes.Length, 16_384));
        bytes.CopyTo(_bytes.AsSpan(_count));
        _count += bytes.Length;
        var at = 0;
        while (_count - at >= HeaderLength)
        {
            var rest = _bytes.AsSpan(at, _count - at);
            if (rest[0] != 0x56 || (rest[1] & 0xE0) != 0xE0)
            {
                at++;
                continue;
            }

            var length = HeaderLength + (((rest[1] & 0x1F) << 8) | rest[2]);
            if (rest.Length < length)
                break;
            if (rest.Length >= length + 2 && (rest[length] != 0x56 || (rest[length + 1] & 0xE0) != 0xE0))
            {
                at++;
                continue;
            }

            if (_anchor is { } ticks && at >= _anchorAt)
            {
                _clock.Anchor(ticks);
                _anchor = null;
            }

            Take(rest[HeaderLength..length]);
            at += length;
        }

        _bytes.AsSpan(at, _count - at).CopyTo(_bytes);
        _count -= at;
        _anchorAt = Math.Max(0, _anchorAt - at);
    }

    private void Take(ReadOnlySpan<byte> element)
    {
        var bits = new BitReader(element);
        if (!bits.Flag() && !ReadConfig(ref bits, element))
        {
            Damaged++;
            _config = null;
            return;
        }

        if (_config is not { } config)
            return;
        var length = 0;
        uint part;
        do
        {
            part = bits.Read(8);
            length += (int)part;
        }
        while (part == 255 && !bits.Overrun);
        if (length == 0 || length * 8 > bits.Left)
        {
            Damaged++;
            return;
        }

        var frame = new byte[length];
        for (var i = 0; i < length; i++)
            frame[i] = (byte)bits.Read(8);
        if (_clock.Next(config.FrameSamples, config.CoreRate) is { } ticks)
            Frames.Add(new SoundFrame(ticks & ((1L << 33) - 1), config.FrameSamples, frame, 0));
    }

    // StreamMuxConfig, 1.7.3.
    private bool ReadConfig(ref BitReader bits, ReadOnlySpan<byte> element)
    {
        var version = bits.Flag();
        if (version && bits.Flag())
            return false;
        if (version)
            ReadValue(ref bits);
        var sameFraming = bits.Flag();
        var subFrames = bits.Read(6);
        var programs = bits.Read(4);
        var layers = bits.Read(3);
        if (!sameFraming || subFrames != 0 || programs != 0 || layers != 0)
            return false;
        var configBits = version ? (int)ReadValue(ref bits) : 0;
        var begin = bits.Position;
        if (AudioSpecificConfig.Read(ref bits) is not { } config)
            return false;
        var used = Math.Max(configBits, config.Bits);
        var copy = new BitReader(element);
        Skip(ref copy, begin);
        var bytes = new byte[(used + 7) / 8];
        for (var i = 0; i < bytes.Length; i++)
            bytes[i] = (byte)(copy.Read(Math.Min(8, used - (i * 8))) << Math.Max(0, 8 - (used - (i * 8))));
        Skip(ref bits, used - config.Bits);
        if (bits.Read(3) != 0)
            return false;
        bits.Read(8);

        // otherDataLenBits and crcCheckSum: what they announce stands behind the payload, where nobody looks.
        if (bits.Flag())
            _ = version ? (int)ReadValue(ref bits) : ReadOther(ref bits);
        if (bits.Flag())
            bits.Read(8);
        if (bits.Overrun || config.Channels == 0)
            return false;
        if (_config != config)
        {
            _config = config;
            Configuration = bytes;
        }

        return true;
    }

    private static void Skip(ref BitReader bits, int count)
    {
        for (; count > 0; count -= 32)
            bits.Read(Math.Min(count, 32));
    }

    private static int ReadOther(ref BitReader bits)
    {
        var value = 0;
        bool more;
        do
        {
            more = bits.Flag();
            value = (value << 8) + (int)bits.Read(8);
        }
        while (more && !bits.Overrun);
        return value;
    }

    private static uint ReadValue(ref BitReader bits)
    {
        var count = (int)bits.Read(2) + 1;
        return bits.Read(8 * Math.Min(count, 4));
    }
}
