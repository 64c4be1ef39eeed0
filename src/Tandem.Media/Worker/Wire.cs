using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text;

namespace Tandem.Media.Worker;

/// <summary>Kinds of messages between a worker's two sides. Each message is a length (4 bytes), a kind (1 byte) and that much body.</summary>
internal enum MessageKind : byte
{
    /// <summary>To the child: decode a segment.</summary>
    Decode = 1,

    /// <summary>To the child, in tests: try what must not work.</summary>
    Probe = 2,

    /// <summary>To the child: take the sound out of a segment.</summary>
    Remux = 3,

    /// <summary>To the child, in tests and rehearsals: take all memory that there is.</summary>
    Exhaust = 4,

    /// <summary>To the child: take the caption bytes out of a segment's pictures.</summary>
    Captions = 8,

    /// <summary>To the child: cut a segment's picture into chunks.</summary>
    Chunk = 5,

    /// <summary>From the child: it is ready, and this is how it is confined.</summary>
    Hello = 16,

    /// <summary>From the child: it lives.</summary>
    Beat = 17,

    /// <summary>From the child: what became of a request.</summary>
    Outcome = 18,

    /// <summary>From the child, in tests: what became of a probe.</summary>
    Probed = 19,

    /// <summary>From the child: what became of a request to remux.</summary>
    Remuxed = 20,

    /// <summary>From the child: what became of a request for caption bytes.</summary>
    CaptionsRead = 24,

    /// <summary>From the child: what became of a request for chunks.</summary>
    Chunked = 21,

    /// <summary>To a segmenter's child: what to read and how.</summary>
    Segment = 40,

    /// <summary>From a segmenter's child: it lives, and how far it got.</summary>
    Headway = 41,

    /// <summary>From a segmenter's child: it waits for a sender.</summary>
    Listening = 42,

    /// <summary>From a segmenter's child: what it found.</summary>
    Opened = 43,

    /// <summary>From a segmenter's child: a segment.</summary>
    Cut = 44,

    /// <summary>From a segmenter's child: the source has ended.</summary>
    SourceEnded = 45,

    /// <summary>From a segmenter's child: the source cannot be used.</summary>
    SourceFailed = 46,
}

/// <summary>A message that does not hold what it must: the other side is broken or hostile.</summary>
internal sealed class WireException(string message) : Exception(message);

/// <summary>Writes one message, little-endian, into a buffer that is kept for the next.</summary>
internal sealed class WireWriter
{
    /// <summary>Bytes before the body: length and kind.</summary>
    public const int HeaderLength = 5;

    // Kept between messages; a rare huge one is not.
    private const int KeptCapacity = 8 << 20;

    private byte[] _bytes = new byte[4096];
    private int _count;

    /// <summary>Begins a message.</summary>
    public void Begin(MessageKind kind)
    {
        if (_bytes.Length > KeptCapacity)
            _bytes = new byte[4096];
        _count = HeaderLength;
        _bytes[4] = (byte)kind;
    }

    /// <summary>The whole message; valid until the next begins.</summary>
    public ReadOnlyMemory<byte> End()
    {
        BinaryPrimitives.WriteInt32LittleEndian(_bytes, _count - HeaderLength);
        return _bytes.AsMemory(0, _count);
    }

    public void U8(int value) => Take(1)[0] = (byte)value;

    public void I32(int value) => BinaryPrimitives.WriteInt32LittleEndian(Take(4), value);

    public void I64(long value) => BinaryPrimitives.WriteInt64LittleEndian(Take(8), value);

    /// <summary>Length and bytes.</summary>
    public void Bytes(ReadOnlySpan<byte> value)
    {
        I32(value.Length);
        value.CopyTo(Take(value.Length));
    }

    /// <summary>Length and floats.</summary>
    public void Floats(ReadOnlySpan<float> value)
    {
        I32(value.Length);
        MemoryMarshal.AsBytes(value).CopyTo(Take(value.Length * sizeof(float)));
    }

    /// <summary>Text, or its absence.</summary>
    public void Text(string? value)
    {
        U8(value is null ? 0 : 1);
        if (value is not null)
            Bytes(Encoding.UTF8.GetBytes(value));
    }

    /// <summary>A number, or its absence.</summary>
    public void Optional(long? value)
    {
        U8(value is null ? 0 : 1);
        if (value is { } number)
            I64(number);
    }

    private Span<byte> Take(int count)
    {
        if (count > Array.MaxLength - _count)
            throw new InvalidOperationException("message too long");
        if (_count + count > _bytes.Length)
            Array.Resize(ref _bytes, (int)Math.Min(Math.Max((long)_count + count, _bytes.Length * 2L), Array.MaxLength));
        _count += count;
        return _bytes.AsSpan(_count - count, count);
    }
}

/// <summary>Reads a message's body. Never past its end, never more than the caller's bound: it throws <see cref="WireException"/>.</summary>
internal ref struct WireReader(ReadOnlySpan<byte> body)
{
    private ReadOnlySpan<byte> _rest = body;

    /// <summary>Bytes that were not read yet.</summary>
    public readonly int Left => _rest.Length;

    /// <summary>Whether all was read.</summary>
    public readonly bool AtEnd => _rest.IsEmpty;

    public int U8() => Take(1)[0];

    public int I32() => BinaryPrimitives.ReadInt32LittleEndian(Take(4));

    public long I64() => BinaryPrimitives.ReadInt64LittleEndian(Take(8));

    /// <summary>A number that must lie within bounds.</summary>
    public int Bounded(int least, int most)
    {
        var value = I32();
        return value >= least && value <= most ? value : throw new WireException($"{value} is not within {least} and {most}");
    }

    /// <summary>Length and bytes.</summary>
    public ReadOnlySpan<byte> Bytes(int most) => Take(Bounded(0, most));

    /// <summary>Length and floats.</summary>
    public float[] Floats(int most)
    {
        var count = Bounded(0, most);
        return MemoryMarshal.Cast<byte, float>(Take(count * sizeof(float))).ToArray();
    }

    /// <summary>Text, or its absence; what is no UTF-8 or no printable line is replaced.</summary>
    public string? Text(int most)
    {
        if (U8() == 0)
            return null;
        var text = Encoding.UTF8.GetString(Bytes(most));
        return text.Any(char.IsControl) ? string.Concat(text.Select(letter => char.IsControl(letter) ? '\uFFFD' : letter)) : text;
    }

    /// <summary>A number, or its absence.</summary>
    public long? Optional() => U8() == 0 ? null : I64();

    /// <summary>All that was not read yet.</summary>
    public ReadOnlySpan<byte> Rest() => Take(_rest.Length);

    private ReadOnlySpan<byte> Take(int count)
    {
        if (count > _rest.Length)
            throw new WireException($"{count} bytes wanted, {_rest.Length} there");
        var taken = _rest[..count];
        _rest = _rest[count..];
        return taken;
    }
}
