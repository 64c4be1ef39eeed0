using System.Buffers.Binary;

namespace Tandem.Live.Package;

/// <summary>Tracks of <c>tandem.v1</c> (docs/protocol.md).</summary>
public enum MediaTrack : byte
{
    /// <summary>The picture.</summary>
    Video = 1,

    /// <summary>A voice, or the original.</summary>
    Audio = 2,
}

/// <summary>What a chunk is, beside its media.</summary>
[Flags]
public enum ChunkFlags : byte
{
    /// <summary>Nothing of the following.</summary>
    None = 0,

    /// <summary>Decoding can begin here.</summary>
    CutPoint = 1,

    /// <summary>The first after a break of source time.</summary>
    Discontinuity = 2,

    /// <summary>The last of its segment.</summary>
    EndsSegment = 4,

    /// <summary>There is no media for this time: the payload is empty.</summary>
    Empty = 8,
}

/// <summary>
/// One binary message of <c>tandem.v1</c> with its WebSocket frame header (RFC 6455, 5.2) in front: made once, never changed, and sent to
/// every viewer as it is.
/// </summary>
public sealed class MediaMessage
{
    /// <summary>Bytes of the message before the init segment or chunk.</summary>
    public const int HeaderLength = 40;

    private const byte InitKind = 1;
    private const byte ChunkKind = 2;

    private readonly byte[] _framed;
    private readonly int _message;

    private MediaMessage(byte kind, MediaTrack track, ChunkFlags flags, uint generation, long sequence, int rendition, ReadOnlySpan<byte> payload)
    {
        (Track, Flags, Generation, Sequence, Rendition) = (track, flags, generation, sequence, rendition);
        var length = HeaderLength + payload.Length;
        _message = length < 126 ? 2 : length <= ushort.MaxValue ? 4 : 10;
        _framed = new byte[_message + length];

        // FIN and opcode 2: one binary message in one frame; a server does not mask.
        _framed[0] = 0x82;
        if (length < 126)
        {
            _framed[1] = (byte)length;
        }
        else if (length <= ushort.MaxValue)
        {
            _framed[1] = 126;
            BinaryPrimitives.WriteUInt16BigEndian(_framed.AsSpan(2), (ushort)length);
        }
        else
        {
            _framed[1] = 127;
            BinaryPrimitives.WriteInt64BigEndian(_framed.AsSpan(2), length);
        }

        var header = _framed.AsSpan(_message);
        header[0] = kind;
        header[1] = (byte)track;
        header[2] = (byte)flags;
        header[3] = HeaderLength;
        BinaryPrimitives.WriteUInt32BigEndian(header[4..], generation);
        BinaryPrimitives.WriteInt64BigEndian(header[8..], sequence);
        BinaryPrimitives.WriteUInt16BigEndian(header[36..], (ushort)rendition);
        payload.CopyTo(header[HeaderLength..]);
    }

    /// <summary>Its track.</summary>
    public MediaTrack Track { get; }

    /// <summary>What it is.</summary>
    public ChunkFlags Flags { get; }

    /// <summary>Which init segment holds for it.</summary>
    public uint Generation { get; }

    /// <summary>Its place in the track.</summary>
    public long Sequence { get; }

    /// <summary>Index of the voice; 0 for the picture.</summary>
    public int Rendition { get; }

    /// <summary>Source time of its beginning.</summary>
    public DateTimeOffset SourceTime { get; private init; }

    /// <summary>When it could first be had.</summary>
    public DateTimeOffset PublishedAt { get; private init; }

    /// <summary>How much of source time it covers.</summary>
    public TimeSpan Duration { get; private init; }

    /// <summary>Frame header, message header, and init segment or chunk.</summary>
    public ReadOnlyMemory<byte> Framed => _framed;

    /// <summary>The same, for what takes segments of arrays; not to be written to.</summary>
    public ArraySegment<byte> Segment => new(_framed);

    /// <summary>The message without the frame header.</summary>
    public ReadOnlyMemory<byte> Message => _framed.AsMemory(_message);

    /// <summary>The init segment or chunk.</summary>
    public ReadOnlyMemory<byte> Payload => _framed.AsMemory(_message + HeaderLength);

    /// <summary>Makes the message of an init segment.</summary>
    /// <param name="track">Its track.</param>
    /// <param name="generation">The generation that it is of.</param>
    /// <param name="next">The chunk that it precedes.</param>
    /// <param name="init">The init segment.</param>
    public static MediaMessage OfInit(MediaTrack track, uint generation, MediaMessage next, ReadOnlySpan<byte> init) =>
        new MediaMessage(InitKind, track, ChunkFlags.None, generation, next.Sequence, next.Rendition, init)
        {
            SourceTime = next.SourceTime,
            PublishedAt = next.PublishedAt,
        }.WithTimes();

    /// <summary>Makes the message of a chunk.</summary>
    /// <param name="draft">What it says and holds.</param>
    /// <param name="generation">Number of its generation.</param>
    /// <param name="publishedAt">When it can first be had.</param>
    public static MediaMessage OfChunk(ChunkDraft draft, uint generation, DateTimeOffset publishedAt)
    {
        var message = new MediaMessage(ChunkKind, draft.Track, draft.Flags, generation, draft.Sequence, draft.Rendition, draft.Payload.Span)
        {
            SourceTime = draft.SourceTime,
            PublishedAt = publishedAt,
            Duration = draft.Duration,
        }.WithTimes();
        draft.Payload.Stamp(message._framed.AsSpan(message._message + HeaderLength), draft.Sequence);
        return message;
    }

    private MediaMessage WithTimes()
    {
        var header = _framed.AsSpan(_message);
        BinaryPrimitives.WriteInt64BigEndian(header[16..], Micros(SourceTime));
        BinaryPrimitives.WriteInt64BigEndian(header[24..], Micros(PublishedAt));
        BinaryPrimitives.WriteUInt32BigEndian(header[32..], (uint)Math.Clamp(Duration.Ticks / TimeSpan.TicksPerMicrosecond, 0, uint.MaxValue));
        return this;
    }

    private static long Micros(DateTimeOffset time) => (time - DateTimeOffset.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond;
}
