using Tandem.Media.Captions;
using Tandem.Media.Worker;

namespace Tandem.Media.Demux;

/// <summary>One elementary stream of a transport stream, kept from segment to segment.</summary>
internal sealed class TsStream
{
    private const int SearchedForSps = 2048;

    private readonly byte[] _header = new byte[PesHeader.Longest];
    private readonly PictureClock _pictures = new();
    private readonly SoundFramer? _framer;
    private readonly LatmFramer? _latm;
    private readonly PictureCaptions? _captions;
    private int _headerCount;
    private bool _inHeader;
    private bool _inPayload;
    private int _payloadLeft;
    private int _searched;
    private byte[]? _front;
    private int? _counter;
    private long? _unwrapped;
    private int _scrambled;
    private int _packets;
    private readonly (int Channels, byte[] Head)? _opus;
    private string? _codecsTag;

    public TsStream(int pid, byte typeNumber, TsStreamType type, ReadOnlySpan<byte> descriptors, bool captions = false)
    {
        Pid = pid;
        TypeNumber = typeNumber;
        Type = type;
        var language = TsStreamType.Descriptor(descriptors, 0x0A);
        if (language.Length >= 4)
        {
            Language = LanguageTag.FromIso639(language[..3]);

            // ISO/IEC 13818-1, table 2-60: clean effects, for the hearing impaired, commentary for the visually impaired.
            Special = language[3] is >= 1 and <= 3;
        }

        if (captions && type is { Kind: TrackKind.Picture, Codec: "h264" or "hevc" })
            _captions = new PictureCaptions(type.Codec == "hevc");
        if (type.Syntax == FrameSyntax.Opus)
            _opus = OpusHeader.Configuration(descriptors);
        if (type.Syntax == FrameSyntax.Latm)
            _latm = new LatmFramer();
        else if (type.Syntax is { } syntax)
            _framer = new SoundFramer(syntax);
    }

    public int Pid { get; }

    public byte TypeNumber { get; }

    public TsStreamType Type { get; }

    public string? Language { get; }

    public bool Special { get; }

    /// <summary>Packets of this segment that were lost or marked damaged.</summary>
    public int Damaged { get; private set; }

    /// <summary>Begins a segment.</summary>
    public void Begin(bool continues)
    {
        _framer?.Begin(continues);
        _latm?.Begin(continues);
        _pictures.Clear();
        _captions?.Begin();
        _unwrapped = null;
        _scrambled = 0;
        _packets = 0;
        Damaged = 0;
        if (continues)
            return;
        _captions?.Forget();
        _counter = null;
        _inHeader = false;
        _inPayload = false;
    }

    /// <summary>Adds one packet's payload.</summary>
    public void Add(in TsPacket packet)
    {
        _packets++;
        if (packet.Scrambled)
        {
            _scrambled++;
            return;
        }

        if (packet.Counter == _counter && !packet.Discontinuity && _packets > 1)
            return; // A repeated packet, which the standard allows once.
        if (packet.Damaged || (_counter is { } last && packet.Counter != ((last + 1) & 15) && !packet.Discontinuity))
            Lose(packet.Damaged);
        _counter = packet.Counter;
        if (packet.Begins)
        {
            _inHeader = true;
            _inPayload = false;
            _headerCount = 0;
        }

        if (_inHeader)
            AddToHeader(packet.Payload);
        else if (_inPayload)
            AddPayload(packet.Payload);
    }

    /// <summary>Ends the segment and says what it held.</summary>
    public ElementaryStream End(long fallbackPictureDuration)
    {
        _framer?.End();
        _pictures.FallbackDuration = fallbackPictureDuration;
        Damaged += (_framer?.Damaged ?? 0) + (_latm?.Damaged ?? 0);
        var stream = new ElementaryStream(Pid, Type.Kind, Type.Codec)
        {
            Language = Language,
            Special = Special,
            Encrypted = Type.Encrypted || (_scrambled > 0 && _scrambled * 2 > _packets),
            CodecsTag = _codecsTag,
            Frames = _framer?.Frames ?? _latm?.Frames ?? [],
            Pictures = _pictures,
            Captions = _captions?.End() ?? [],
        };
        if (_framer?.Newest is { } header)
            Describe(stream, header);
        if (_opus is { } opus)
        {
            stream.AudioSpecificConfig = opus.Head;
            stream.DecoderConfiguration = opus.Head;
            stream.Channels = opus.Channels;
        }
        else if (Type.Syntax == FrameSyntax.Opus)
        {
            stream.Codec = "opus of an unknown layout";
        }

        if (_latm?.Configuration is { } configuration)
        {
            stream.AudioSpecificConfig = configuration;
            stream.DecoderConfiguration = configuration;
            stream.SampleRate = _latm.SampleRate;
            stream.Channels = _latm.Channels;
        }

        return stream;
    }

    internal static void Describe(ElementaryStream stream, FrameHeader header)
    {
        stream.Codec = header.Codec;
        stream.SampleRate = header.SampleRate;
        stream.Channels = header.Channels;
        if (header.Configuration != 0)
            stream.AudioSpecificConfig = new[] { (byte)(header.Configuration >> 8), (byte)header.Configuration };
    }

    private void Lose(bool marked)
    {
        // Packagers that mux each segment by itself begin to count anew in each: only what was carried over is lost then.
        if (_packets > 1 || marked)
            Damaged++;
        _inHeader = false;
        _inPayload = false;
        _framer?.Lose();
        _latm?.Lose();
        _captions?.Forget();
    }

    private void AddToHeader(ReadOnlySpan<byte> bytes)
    {
        var had = _headerCount;
        var take = Math.Min(bytes.Length, _header.Length - had);
        bytes[..take].CopyTo(_header.AsSpan(had));
        _headerCount += take;
        var match = PesHeader.Read(_header.AsSpan(0, _headerCount), out var header);
        if (match == HeaderMatch.Short && _headerCount < _header.Length)
            return;
        _inHeader = false;
        if (match != HeaderMatch.Yes)
        {
            Damaged++;
            return;
        }

        if (header.Encrypted)
            _scrambled += 16;
        _inPayload = true;
        _payloadLeft = header.Payload ?? int.MaxValue;
        _searched = 0;
        if (header.Ticks is { } ticks)
            Anchor(ticks);
        AddPayload(bytes[Math.Max(0, header.Length - had)..]);
    }

    private void Anchor(long ticks)
    {
        _framer?.Anchor(ticks);
        _latm?.Anchor(ticks);
        if (Type.Kind != TrackKind.Picture)
            return;

        // Within one segment times are compared, so the wrap must not fall between them.
        const long Wrap = 1L << 33;
        var near = _unwrapped ?? ticks;
        var difference = (((ticks - near) % Wrap) + Wrap + (Wrap / 2)) % Wrap - (Wrap / 2);
        _unwrapped = near + difference;
        _pictures.Add(near + difference);
        _captions?.BeginPicture(near + difference);
    }

    private void AddPayload(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length > _payloadLeft)
            bytes = bytes[.._payloadLeft];
        if (_payloadLeft != int.MaxValue)
            _payloadLeft -= bytes.Length;
        if (bytes.IsEmpty)
            return;
        _framer?.Append(bytes);
        _latm?.Append(bytes);
        _captions?.Append(bytes);
        if (Type.Codec is "h264" or "hevc" && _codecsTag is null && _searched < SearchedForSps)
            FindParameterSet(bytes);
    }

    // A sequence parameter set stands at the front of the first picture, wherever packets cut it.
    private void FindParameterSet(ReadOnlySpan<byte> bytes)
    {
        _front ??= new byte[SearchedForSps];
        var take = Math.Min(bytes.Length, SearchedForSps - _searched);
        bytes[..take].CopyTo(_front.AsSpan(_searched));
        _searched += take;
        _codecsTag = PictureTag.FromParameterSet(Type.Codec, _front.AsSpan(0, _searched));
        if (_codecsTag is not null)
            _front = null;
    }
}
