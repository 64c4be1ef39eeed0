using System.Buffers.Binary;
using System.Text;

namespace Tandem.Server.WebSockets;

/// <summary>Frames that a server sends beside media (RFC 6455, section 5): whole, not masked, never longer than 64 KiB.</summary>
internal static class ServerFrames
{
    private const byte FinalText = 0x81;
    private const byte FinalClose = 0x88;
    private const byte FinalPing = 0x89;
    private const byte FinalPong = 0x8A;
    private const int LongestControl = 125;

    /// <summary>A text message.</summary>
    /// <param name="utf8">The text; at most 65,535 bytes.</param>
    public static byte[] Text(ReadOnlySpan<byte> utf8) => Frame(FinalText, utf8);

    /// <summary>A ping.</summary>
    /// <param name="payload">Comes back in the pong; at most 125 bytes.</param>
    public static byte[] Ping(ReadOnlySpan<byte> payload) => Frame(FinalPing, payload);

    /// <summary>A pong.</summary>
    /// <param name="payload">The ping's.</param>
    public static byte[] Pong(ReadOnlySpan<byte> payload) => Frame(FinalPong, payload);

    /// <summary>A close frame.</summary>
    /// <param name="code">RFC 6455, 7.4.</param>
    /// <param name="reason">For people; cut to what fits.</param>
    public static byte[] Close(int code, string reason)
    {
        Span<byte> payload = stackalloc byte[LongestControl];
        BinaryPrimitives.WriteUInt16BigEndian(payload, (ushort)code);
        Encoding.UTF8.GetEncoder().Convert(reason, payload[2..], flush: false, out _, out var written, out _);
        return Frame(FinalClose, payload[..(2 + written)]);
    }

    private static byte[] Frame(byte first, ReadOnlySpan<byte> payload)
    {
        var header = payload.Length < 126 ? 2 : 4;
        var frame = new byte[header + payload.Length];
        frame[0] = first;
        if (header == 2)
        {
            frame[1] = (byte)payload.Length;
        }
        else
        {
            frame[1] = 126;
            BinaryPrimitives.WriteUInt16BigEndian(frame.AsSpan(2), checked((ushort)payload.Length));
        }

        payload.CopyTo(frame.AsSpan(header));
        return frame;
    }
}
