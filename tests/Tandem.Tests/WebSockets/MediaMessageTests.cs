using System.Buffers.Binary;
using Tandem.Live.Package;
using Xunit;

namespace Tandem.Tests.WebSockets;

/// <summary>The bytes of binary messages, as docs/protocol.md has them.</summary>
public sealed class MediaMessageTests
{
    private static readonly DateTimeOffset Source = DateTimeOffset.UnixEpoch.AddTicks(17_900_000_000_123_456 * 10 / 10);
    private static readonly DateTimeOffset Published = new(2026, 3, 1, 12, 0, 8, TimeSpan.Zero);
    private static readonly ChunkGeneration Generation = new(0x01020304, new byte[] { 9, 8, 7 }, "audio/mp4");

    [Fact]
    public void Every_field_is_where_the_document_has_it()
    {
        var message = Chunk(new byte[] { 1, 2, 3 }, ChunkFlags.CutPoint | ChunkFlags.EndsSegment).Message.Span;
        Assert.Equal([2, 2, 5, 40], message[..4].ToArray());
        Assert.Equal(0x01020304u, BinaryPrimitives.ReadUInt32BigEndian(message[4..]));
        Assert.Equal(0x1122334455, BinaryPrimitives.ReadInt64BigEndian(message[8..]));
        Assert.Equal((Source - DateTimeOffset.UnixEpoch).Ticks / 10, BinaryPrimitives.ReadInt64BigEndian(message[16..]));
        Assert.Equal(Published.ToUnixTimeMilliseconds() * 1000, BinaryPrimitives.ReadInt64BigEndian(message[24..]));
        Assert.Equal(405_333u, BinaryPrimitives.ReadUInt32BigEndian(message[32..]));
        Assert.Equal(3, BinaryPrimitives.ReadUInt16BigEndian(message[36..]));
        Assert.Equal(0, BinaryPrimitives.ReadUInt16BigEndian(message[38..]));
        Assert.Equal([1, 2, 3], message[40..].ToArray());
    }

    [Fact]
    public void An_init_segment_carries_the_sequence_and_rendition_of_the_chunk_that_it_precedes()
    {
        var entry = new ChunkEntry(Generation, Chunk(new byte[] { 1 }, ChunkFlags.CutPoint));
        var message = entry.Init.Message.Span;
        Assert.Equal([1, 2, 0, 40], message[..4].ToArray());
        Assert.Equal(0x1122334455, BinaryPrimitives.ReadInt64BigEndian(message[8..]));
        Assert.Equal(3, BinaryPrimitives.ReadUInt16BigEndian(message[36..]));
        Assert.Equal([9, 8, 7], message[40..].ToArray());
        Assert.Same(entry.Init, entry.Init);
    }

    [Theory]
    [InlineData(0, 2)]
    [InlineData(85, 2)]
    [InlineData(86, 4)]
    [InlineData(65_495, 4)]
    [InlineData(65_496, 10)]
    [InlineData(300_000, 10)]
    public void The_frame_header_is_the_shortest_that_tells_the_length(int payload, int header)
    {
        var framed = Chunk(new byte[payload], ChunkFlags.None).Framed.Span;
        Assert.Equal(header + 40 + payload, framed.Length);
        Assert.Equal(0x82, framed[0]);
        Assert.Equal(40 + payload, header switch
        {
            2 => framed[1],
            4 when framed[1] == 126 => BinaryPrimitives.ReadUInt16BigEndian(framed[2..]),
            10 when framed[1] == 127 => BinaryPrimitives.ReadInt64BigEndian(framed[2..]),
            _ => -1,
        });
    }

    [Fact]
    public void Number_and_decoding_time_are_set_in_the_message_and_not_in_the_chunk_it_was_made_of()
    {
        var data = new byte[80];
        var draft = Draft(ChunkFlags.None, new ChunkPayload(data, 20, 60, 0x0102030405060708));
        var payload = MediaMessage.OfChunk(draft, 1, Published).Payload.Span;
        Assert.Equal(0x22334455u, BinaryPrimitives.ReadUInt32BigEndian(payload[20..]));
        Assert.Equal(0x0102030405060708, BinaryPrimitives.ReadInt64BigEndian(payload[60..]));
        Assert.All(data, value => Assert.Equal(0, value));
    }

    private static MediaMessage Chunk(byte[] payload, ChunkFlags flags) =>
        MediaMessage.OfChunk(Draft(flags, new ChunkPayload(payload)), Generation.Number, Published);

    private static ChunkDraft Draft(ChunkFlags flags, ChunkPayload payload) =>
        new(MediaTrack.Audio, 3, 0x1122334455, flags, Source, TimeSpan.FromTicks(4_053_333), Generation, payload);
}
