using System.Buffers;
using System.Buffers.Binary;

namespace Tandem.Operations.Load;

/// <summary>Takes what a <see cref="FrameReader"/> finds.</summary>
internal interface IMessageSink
{
    /// <summary>A whole text message.</summary>
    void Text(ReadOnlySpan<byte> message);

    /// <summary>A binary message begins.</summary>
    void BinaryBegins();

    /// <summary>The next bytes of it.</summary>
    void Binary(ReadOnlySpan<byte> bytes);

    /// <summary>It is whole.</summary>
    void BinaryEnds();

    /// <summary>The server pings; the pong carries the same.</summary>
    void Ping(ReadOnlySpan<byte> payload);

    /// <summary>The answer to a ping.</summary>
    void Pong(ReadOnlySpan<byte> payload);

    /// <summary>The server closes. 1005 where it gives no code.</summary>
    void Close(int code);
}

/// <summary>
/// Reads WebSocket frames of a server (RFC 6455, section 5) as their bytes pass by: binary messages are handed on in pieces and never held,
/// so that a viewer needs no buffer of a message's size.
/// </summary>
internal sealed class FrameReader(IMessageSink sink)
{
    private const int LongestText = 1 << 20;
    private const long LongestBinary = 64 << 20;

    private readonly byte[] _head = new byte[10];
    private readonly byte[] _control = new byte[125];
    private int _headLength;
    private bool _inFrame;
    private long _left;
    private bool _final;
    private int _opcode;
    private int _message;
    private long _messageLength;
    private int _controlLength;
    private byte[]? _text;

    /// <summary>What the server did that it must not, one line; null so far. Nothing more is read then.</summary>
    public string? Fault { get; private set; }

    /// <summary>Whether a message has begun and is not whole.</summary>
    public bool InMessage => _inFrame || _headLength > 0 || _message != 0;

    /// <summary>The next bytes.</summary>
    public void Feed(ReadOnlySpan<byte> bytes)
    {
        while (Fault is null)
        {
            if (!_inFrame)
            {
                if (!TakeHead(ref bytes))
                    return;
            }

            var count = (int)Math.Min(_left, bytes.Length);
            TakePayload(bytes[..count]);
            bytes = bytes[count..];
            _left -= count;
            if (_left > 0)
                return;
            _inFrame = false;
            EndFrame();
        }
    }

    /// <summary>Gives back what is held.</summary>
    public void Drop()
    {
        if (_text is not null)
            ArrayPool<byte>.Shared.Return(_text);
        _text = null;
    }

    private bool TakeHead(ref ReadOnlySpan<byte> bytes)
    {
        while (true)
        {
            var wanted = _headLength < 2 ? 2 : (_head[1] & 0x7F) switch { 126 => 4, 127 => 10, _ => 2 };
            if (_headLength >= wanted)
                break;
            if (bytes.Length == 0)
                return false;
            var count = Math.Min(wanted - _headLength, bytes.Length);
            bytes[..count].CopyTo(_head.AsSpan(_headLength));
            _headLength += count;
            bytes = bytes[count..];
        }

        _left = (_head[1] & 0x7F) switch
        {
            126 => BinaryPrimitives.ReadUInt16BigEndian(_head.AsSpan(2)),
            127 => BinaryPrimitives.ReadInt64BigEndian(_head.AsSpan(2)),
            var length => length,
        };
        (_headLength, _inFrame) = (0, true);
        BeginFrame();
        return Fault is null;
    }

    private void BeginFrame()
    {
        _final = (_head[0] & 0x80) != 0;
        _opcode = _head[0] & 0xF;
        if ((_head[0] & 0x70) != 0)
            Fault = "a frame with reserved bits";
        else if ((_head[1] & 0x80) != 0)
            Fault = "a masked frame from a server";
        else if (_opcode >= 8)
            Fault = _opcode > 10 || !_final || _left > 125 ? "a control frame that is none" : null;
        else if (_opcode > 2 || (_opcode == 0) != (_message != 0))
            Fault = $"a frame of kind {_opcode} where none may be";
        if (Fault is not null)
            return;
        if (_opcode >= 8)
        {
            _controlLength = 0;
            return;
        }

        if (_opcode != 0)
        {
            (_message, _messageLength) = (_opcode, 0);
            if (_opcode == 2)
                sink.BinaryBegins();
        }

        if (_left < 0 || _messageLength + _left > (_message == 1 ? LongestText : LongestBinary))
            Fault = $"a message of {(_message == 1 ? "text" : "media")} of more than {_messageLength + _left} bytes";
        else if (_message == 1)
            Grow((int)(_messageLength + _left));
    }

    private void Grow(int length)
    {
        if (_text is not null && _text.Length >= length)
            return;
        var larger = ArrayPool<byte>.Shared.Rent(Math.Max(length, 512));
        _text?.AsSpan(0, (int)_messageLength).CopyTo(larger);
        Drop();
        _text = larger;
    }

    private void TakePayload(ReadOnlySpan<byte> bytes)
    {
        if (_opcode >= 8)
        {
            bytes.CopyTo(_control.AsSpan(_controlLength));
            _controlLength += bytes.Length;
            return;
        }

        if (_message == 1)
            bytes.CopyTo(_text.AsSpan((int)_messageLength));
        else if (bytes.Length > 0)
            sink.Binary(bytes);
        _messageLength += bytes.Length;
    }

    private void EndFrame()
    {
        var control = _control.AsSpan(0, _controlLength);
        switch (_opcode)
        {
            case 8:
                sink.Close(control.Length >= 2 ? BinaryPrimitives.ReadUInt16BigEndian(control) : 1005);
                return;
            case 9:
                sink.Ping(control);
                return;
            case 10:
                sink.Pong(control);
                return;
            default:
                break;
        }

        if (!_final)
            return;
        if (_message == 1)
            sink.Text(_text.AsSpan(0, (int)_messageLength));
        else
            sink.BinaryEnds();
        _message = 0;
        Drop();
    }
}
