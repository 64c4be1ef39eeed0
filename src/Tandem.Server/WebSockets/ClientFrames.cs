using System.Buffers.Binary;

namespace Tandem.Server.WebSockets;

/// <summary>What a client sent.</summary>
internal enum ClientEvent
{
    /// <summary>Nothing whole yet.</summary>
    None,

    /// <summary>A text message.</summary>
    Text,

    /// <summary>A ping.</summary>
    Ping,

    /// <summary>A pong.</summary>
    Pong,

    /// <summary>The client closes.</summary>
    Close,

    /// <summary>What the protocol does not allow; <see cref="ClientFrames.Code"/> says what.</summary>
    Violation,
}

/// <summary>
/// Reads a client's frames (RFC 6455, section 5) from bytes as they come, in pieces of any size. Our own, because
/// <see cref="System.Net.WebSockets.WebSocket"/> answers pings and closes by itself, between the bytes of shared messages that go out
/// beside it. Holds one message at most, and nothing of what is not a text message.
/// </summary>
internal sealed class ClientFrames
{
    /// <summary>Largest message of a client, bytes.</summary>
    public const int LargestMessage = 4096;

    // A message of 4 KiB in more pieces than this is made to cost time.
    private const int MostFragments = 32;
    private const int LargestControl = 125;
    private const int LongestHeader = 14;

    private readonly byte[] _header = new byte[LongestHeader];
    private readonly byte[] _control = new byte[LargestControl];
    private byte[] _message = new byte[256];
    private int _headerCount;
    private int _fragments;
    private int _count;
    private int _controlCount;
    private long _left = -1;
    private long _offset;

    /// <summary>Payload of the event that was read last; valid until the next call.</summary>
    public ReadOnlyMemory<byte> Payload { get; private set; }

    /// <summary>Close code: the client's, or the one for its violation; 1005 where it gave none.</summary>
    public int Code { get; private set; }

    /// <summary>One line for people on a violation.</summary>
    public string Detail { get; private set; } = "";

    private int Opcode => _header[0] & 0x0F;

    private bool IsFinal => (_header[0] & 0x80) != 0;

    private bool IsControl => Opcode >= 8;

    /// <summary>Takes bytes until an event is whole.</summary>
    /// <param name="bytes">What came; what was taken is cut off.</param>
    public ClientEvent Next(ref ReadOnlySpan<byte> bytes)
    {
        while (true)
        {
            if (_left < 0)
            {
                if (bytes.IsEmpty)
                    return ClientEvent.None;
                _header[_headerCount++] = bytes[0];
                bytes = bytes[1..];
                if (_headerCount < 2 || _headerCount < HeaderLength)
                    continue;
                if (Begin() is { } violation)
                    return violation;
            }

            var take = (int)Math.Min(_left, bytes.Length);
            Unmask(bytes[..take]);
            bytes = bytes[take..];
            _left -= take;
            if (_left > 0)
                return ClientEvent.None;
            if (End() is var ended and not ClientEvent.None)
                return ended;
        }
    }

    private int HeaderLength => (_header[1] & 0x7F) switch { 126 => 4, 127 => 10, _ => 2 } + ((_header[1] & 0x80) != 0 ? 4 : 0);

    private ClientEvent? Begin()
    {
        long length = _header[1] & 0x7F;
        if (length == 126)
            length = BinaryPrimitives.ReadUInt16BigEndian(_header.AsSpan(2));
        else if (length == 127)
            length = BinaryPrimitives.ReadInt64BigEndian(_header.AsSpan(2));
        if ((_header[0] & 0x70) != 0)
            return Violate(1002, "a reserved bit is set");
        if ((_header[1] & 0x80) == 0)
            return Violate(1002, "a client's frame must be masked");
        if (length < 0)
            return Violate(1002, "a length beyond 63 bits");
        if (Opcode is 2)
            return Violate(1003, "binary messages are not taken");
        if (Opcode is not (0 or 1 or 8 or 9 or 10))
            return Violate(1002, $"opcode {Opcode} is not known");
        if (IsControl && (!IsFinal || length > LargestControl))
            return Violate(1002, "a control frame must be whole and have 125 bytes at most");
        if (!IsControl && (Opcode == 0) != (_fragments > 0))
            return Violate(1002, Opcode == 0 ? "a continuation of nothing" : "a message within another");
        if (!IsControl && length > LargestMessage - _count)
            return Violate(1009, $"a message may have {LargestMessage} bytes");
        if (!IsControl && ++_fragments > MostFragments)
            return Violate(1008, $"a message may have {MostFragments} fragments");
        _left = length;
        _offset = 0;
        _controlCount = 0;
        return null;
    }

    private void Unmask(ReadOnlySpan<byte> bytes)
    {
        if (bytes.IsEmpty)
            return;
        var mask = _header.AsSpan(HeaderLength - 4, 4);
        Span<byte> to;
        if (IsControl)
        {
            to = _control.AsSpan(_controlCount, bytes.Length);
            _controlCount += bytes.Length;
        }
        else
        {
            if (_count + bytes.Length > _message.Length)
                Array.Resize(ref _message, Math.Min(LargestMessage, Math.Max(_count + bytes.Length, _message.Length * 2)));
            to = _message.AsSpan(_count, bytes.Length);
            _count += bytes.Length;
        }

        for (var index = 0; index < bytes.Length; index++)
            to[index] = (byte)(bytes[index] ^ mask[(int)((_offset + index) & 3)]);
        _offset += bytes.Length;
    }

    /// <summary>A frame is whole.</summary>
    private ClientEvent End()
    {
        _left = -1;
        _headerCount = 0;
        switch (Opcode)
        {
            case 8:
                return EndClose();
            case 9 or 10:
                Payload = _control.AsMemory(0, _controlCount);
                return Opcode == 9 ? ClientEvent.Ping : ClientEvent.Pong;
            default:
                if (!IsFinal)
                    return ClientEvent.None;
                Payload = _message.AsMemory(0, _count);
                _count = 0;
                _fragments = 0;
                return ClientEvent.Text;
        }
    }

    private ClientEvent EndClose()
    {
        if (_controlCount == 1)
            return Violate(1002, "a close frame with half a code");
        Code = _controlCount == 0 ? 1005 : BinaryPrimitives.ReadUInt16BigEndian(_control);
        return _controlCount > 0 && Code is < 1000 or (>= 1004 and <= 1006) or (>= 1015 and < 3000) or >= 5000
            ? Violate(1002, "a close code that must not be sent")
            : ClientEvent.Close;
    }

    private ClientEvent Violate(int code, string detail)
    {
        (Code, Detail) = (code, detail);
        return ClientEvent.Violation;
    }
}
