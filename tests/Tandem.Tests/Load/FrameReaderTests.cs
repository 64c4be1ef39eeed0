using System.Text;
using Tandem.Operations.Load;
using Xunit;

namespace Tandem.Tests.Load;

/// <summary>WebSocket frames in pieces of any size, and what no server may send.</summary>
public sealed class FrameReaderTests
{
    private static readonly byte[] Stream =
    [
        0x81, 5, .. "hello"u8,
        0x02, 3, 1, 2, 3, 0x89, 2, 9, 9, 0x00, 0, 0x80, 2, 4, 5,
        0x82, 126, 1, 0, .. new byte[256],
        0x82, 127, 0, 0, 0, 0, 0, 1, 0, 0, .. new byte[65536],
        0x01, 2, .. "he"u8, 0x80, 3, .. "llo"u8,
        0x8A, 1, 7,
        0x88, 4, 0x03, 0xE9, .. "by"u8,
    ];

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(1000)]
    [InlineData(1_000_000)]
    public void Messages_are_the_same_however_the_bytes_come(int piece)
    {
        var sink = new Sink();
        var reader = new FrameReader(sink);
        for (var at = 0; at < Stream.Length; at += piece)
            reader.Feed(Stream.AsSpan(at, Math.Min(piece, Stream.Length - at)));
        Assert.Null(reader.Fault);
        Assert.Equal("text hello, ping 0909, binary 5, binary 256, binary 65536, text hello, pong 07, close 1001",
            string.Join(", ", sink.Seen));
        Assert.False(reader.InMessage);
    }

    [Theory]
    [InlineData("C105", "reserved bits")]
    [InlineData("818568656C6C6F", "masked")]
    [InlineData("830168", "kind 3")]
    [InlineData("800168", "kind 0")]
    [InlineData("010168820168", "kind 2")]
    [InlineData("090100", "control frame")]
    [InlineData("897E0100", "control frame")]
    [InlineData("827FFFFFFFFFFFFFFFFF", "a message of media")]
    [InlineData("817F0000000001000000", "a message of text")]
    public void What_no_server_may_send_is_told(string hex, string part)
    {
        var reader = new FrameReader(new Sink());
        reader.Feed(Convert.FromHexString(hex));
        Assert.Contains(part, reader.Fault, StringComparison.Ordinal);
    }

    [Fact]
    public void Noise_never_throws()
    {
        var random = new Random(2);
        for (var round = 0; round < 2000; round++)
        {
            var reader = new FrameReader(new Sink());
            var bytes = Stream[..400].ToArray();
            for (var count = random.Next(1, 6); count > 0; count--)
                bytes[random.Next(40)] = (byte)random.Next(256);
            reader.Feed(bytes);
            reader.Drop();
        }
    }

    [Fact]
    public void The_key_of_RFC_6455_gets_its_answer()
    {
        Assert.Equal("s3pPLMBiTxaQ9kYGzzhZRbK+xOo=", UpgradeAnswer.AcceptOf("dGhlIHNhbXBsZSBub25jZQ=="));
        var answer = UpgradeAnswer.Read("HTTP/1.1 503 Service Unavailable\r\nretry-after: 7\r\nContent-Length: 12");
        Assert.Equal((503, TimeSpan.FromSeconds(7), 12), (answer.Status, answer.RetryAfter, answer.Length));
        Assert.Equal(0, UpgradeAnswer.Read("SSH-2.0-x").Status);
        Assert.Equal("full", UpgradeAnswer.DetailOf("""{"title":"x","detail":"full"}"""u8));
        Assert.Equal("", UpgradeAnswer.DetailOf("<html>"u8));
    }

    [Fact]
    public void A_message_of_the_server_is_read_with_what_it_has()
    {
        var message = ServerMessage.Read("""{"type":"notice","code":"skipped","track":2,"from":5,"to":18446744073709551615,"later":{"a":[1]},"detail":7}"""u8);
        Assert.Equal(("notice", "skipped", 2, 5ul, ulong.MaxValue, null),
            (message?.Type, message?.Code, message?.Track, message?.From, message?.To, message?.Detail));
        Assert.Equal(2, ServerMessage.Read("""{"type":"hello","tracks":[{"track":2},{"track":9},3]}"""u8)?.Tracks);
        Assert.Null(ServerMessage.Read("[]"u8));
        Assert.Null(ServerMessage.Read("""{"type":7}"""u8));
        Assert.Null(ServerMessage.Read("{"u8));
    }

    private sealed class Sink : IMessageSink
    {
        private int _length;

        public List<string> Seen { get; } = [];

        public void Text(ReadOnlySpan<byte> message) => Seen.Add($"text {Encoding.UTF8.GetString(message)}");

        public void BinaryBegins() => _length = 0;

        public void Binary(ReadOnlySpan<byte> bytes) => _length += bytes.Length;

        public void BinaryEnds() => Seen.Add($"binary {_length}");

        public void Ping(ReadOnlySpan<byte> payload) => Seen.Add($"ping {Convert.ToHexString(payload)}");

        public void Pong(ReadOnlySpan<byte> payload) => Seen.Add($"pong {Convert.ToHexString(payload)}");

        public void Close(int code) => Seen.Add($"close {code}");
    }
}
