using System.Buffers.Binary;
using System.Text;
using Tandem.Server.WebSockets;
using Xunit;

namespace Tandem.Tests.WebSockets;

/// <summary>What a client may send, and what not (RFC 6455, section 5).</summary>
public sealed class ClientFramesTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(1000)]
    public void Messages_in_fragments_with_a_ping_between_them_are_read_from_pieces_of_any_size(int piece)
    {
        byte[] bytes =
        [
            .. Frame(0x01, "{\"type\":"), .. Frame(0x89, "now"), .. Frame(0x80, "\"x\"}"),
            .. Frame(0x81, new string('y', 200)), .. Frame(0x8A, ""), .. Frame(0x88, [0x03, 0xE8]),
        ];
        Assert.Equal(
            [(ClientEvent.Ping, "now"), (ClientEvent.Text, "{\"type\":\"x\"}"), (ClientEvent.Text, new string('y', 200)), (ClientEvent.Pong, ""), (ClientEvent.Close, "1000")],
            Read(bytes, piece));
    }

    public static TheoryData<string, int, byte[]> Wrong => new()
    {
        { "not masked", 1002, [0x81, 0x01, 0x20] },
        { "a reserved bit", 1002, Frame(0xC1, "x") },
        { "binary", 1003, Frame(0x82, "x") },
        { "an unknown opcode", 1002, Frame(0x83, "x") },
        { "an unknown control opcode", 1002, Frame(0x8B, "x") },
        { "a continuation of nothing", 1002, Frame(0x80, "x") },
        { "a message within another", 1002, [.. Frame(0x01, "x"), .. Frame(0x81, "y")] },
        { "a ping in fragments", 1002, Frame(0x09, "x") },
        { "a large ping", 1002, Frame(0x89, new string('x', 126)) },
        { "a large message", 1009, Frame(0x81, new string('x', 4097)) },
        { "a large message in two fragments", 1009, [.. Frame(0x01, new string('x', 4000)), .. Frame(0x80, new string('x', 97))] },
        { "a length of 63 bits", 1009, [0x81, 0xFF, 0x7F, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 1, 2, 3, 4] },
        { "a length of 64 bits", 1002, [0x81, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 1, 2, 3, 4] },
        { "hundreds of fragments", 1008, [.. Frame(0x01, ""), .. Enumerable.Range(0, 100).SelectMany(_ => Frame(0x00, ""))] },
        { "half a close code", 1002, Frame(0x88, [3]) },
        { "a close code that is none", 1002, Frame(0x88, [0x03, 0xED]) },
    };

    [Theory]
    [MemberData(nameof(Wrong))]
    public void What_is_not_allowed_is_refused_with_its_code(string what, int code, byte[] bytes)
    {
        var frames = new ClientFrames();
        ReadOnlySpan<byte> rest = bytes;
        ClientEvent happened;
        while ((happened = frames.Next(ref rest)) is not (ClientEvent.None or ClientEvent.Violation))
        {
        }

        Assert.True(happened == ClientEvent.Violation, what);
        Assert.Equal((what, code), (what, frames.Code));
        Assert.NotEqual("", frames.Detail);
    }

    [Fact]
    public void The_largest_message_that_is_allowed_is_read() =>
        Assert.Equal([(ClientEvent.Text, new string('x', ClientFrames.LargestMessage))], Read(Frame(0x81, new string('x', 4096)), 700));

    [Theory]
    [InlineData("""{"type":"select","language":"fr"}""", "Select { Language = fr }")]
    [InlineData("""{"type":"ack","track":2,"sequence":90,"receivedAt":1.5,"more":[{}]}""", "Ack { Track = 2, Sequence = 90 }")]
    [InlineData("""{"type":"resume","audio":7}""", "Resume { Audio = 7, Video =  }")]
    [InlineData("""{"type":"select","language":7}""", "Unknown { }")]
    [InlineData("""{"type":"ack","track":2,"sequence":-1}""", "Unknown { }")]
    [InlineData("""{"type":"dance"}""", "Unknown { }")]
    [InlineData("""{"kind":"select"}""", null)]
    [InlineData("""["select"]""", null)]
    [InlineData("""{"type":"select" """, null)]
    [InlineData("", null)]
    public void Messages_are_understood_ignored_or_refused(string text, string? understood) =>
        Assert.Equal(understood, ClientMessage.Read(Encoding.UTF8.GetBytes(text))?.ToString());

    [Fact]
    public void Text_that_is_no_utf8_is_refused() =>
        Assert.Null(ClientMessage.Read((byte[])[.. "{\"type\":\""u8, 0xC3, 0x28, .. "\"}"u8]));

    [Fact]
    public void A_client_may_speak_again_as_time_passes()
    {
        var allowance = new MessageAllowance(4, TimeSpan.FromSeconds(10));
        var now = FakeChunks.Begin;
        Assert.All(Enumerable.Range(0, 4), _ => Assert.True(allowance.Take(now)));
        Assert.False(allowance.Take(now));
        Assert.True(allowance.Take(now.AddSeconds(2.5)));
        Assert.False(allowance.Take(now.AddSeconds(2.6)));
    }

    /// <summary>A masked frame.</summary>
    internal static byte[] Frame(byte first, string payload) => Frame(first, Encoding.UTF8.GetBytes(payload));

    internal static byte[] Frame(byte first, byte[] payload)
    {
        byte[] mask = [0x37, 0xFA, 0x21, 0x3D];
        var length = new byte[2];
        BinaryPrimitives.WriteUInt16BigEndian(length, (ushort)payload.Length);
        byte[] header = payload.Length < 126 ? [first, (byte)(0x80 | payload.Length)] : [first, 0xFE, .. length];
        return [.. header, .. mask, .. payload.Select((value, index) => (byte)(value ^ mask[index & 3]))];
    }

    private static List<(ClientEvent What, string Text)> Read(byte[] bytes, int piece)
    {
        var frames = new ClientFrames();
        var read = new List<(ClientEvent, string)>();
        foreach (var part in bytes.Chunk(piece))
        {
            ReadOnlySpan<byte> rest = part;
            while (frames.Next(ref rest) is var happened and not ClientEvent.None)
                read.Add((happened, happened == ClientEvent.Close ? $"{frames.Code}" : Encoding.UTF8.GetString(frames.Payload.Span)));
            Assert.True(rest.IsEmpty);
        }

        return read;
    }
}
