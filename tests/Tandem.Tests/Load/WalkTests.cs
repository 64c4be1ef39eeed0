using Tandem.Live.Package;
using Tandem.Live.Timeline;
using Tandem.Operations.Load;
using Xunit;

namespace Tandem.Tests.Load;

/// <summary>Containers read while they pass by, in pieces of any size.</summary>
public sealed class WalkTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(100_000)]
    public void Times_are_read_however_the_bytes_come(int piece)
    {
        Assert.Equal(new SegmentTimes(10, 10 + (12 * 1024 / 48_000.0), null, null, false),
            Walk([.. MadeMedia.Init(true), .. MadeMedia.Fragment(480_000, 12, 1)], piece).Times);
        Assert.Equal(new SegmentTimes(null, null, 2, 2 + (20 * 1024 / 48_000.0), false),
            Walk([.. MadeMedia.Init(false), .. MadeMedia.Fragment(96_000, 10, 1), .. MadeMedia.Fragment(96_000 + 10_240, 10, 2)], piece)
            .Times);
        Assert.Equal(new SegmentTimes(3, 3 + (24 * 1024 / 48_000.0), null, null, true), Walk(MadeMedia.Packed(270_000, 24, 1), piece)
            .Times);
        Assert.Equal(new SegmentTimes(5, null, 5, null, true), Walk(MadeMedia.Transport(450_000), piece).Times);
    }

    [Fact]
    public void What_Tandem_packs_is_read_alike()
    {
        var format = SoundFormat.AacLc(48_000, 2);
        var frames = Enumerable.Range(0, 24).Select(index => (ReadOnlyMemory<byte>)new byte[200 + index]).ToList();
        Assert.Equal(7, Walk(PackedAudio.Segment(format, new MediaTime(0, 630_000), frames), 333).Times.Voice);
        byte[] fragment = [.. Cmaf.Init(format, "es"),
            .. Cmaf.Fragment(1, 96_000, [.. frames.Select(frame => new TimedFrame(1024, frame))])];
        Assert.Equal(new SegmentTimes(2, 2 + (24 * 1024 / 48_000.0), null, null, false), Walk(fragment, 333).Times);
    }

    [Fact]
    public void Damage_is_told()
    {
        var fragment = MadeMedia.Fragment(480_000, 12, 1);
        var moof = System.Buffers.Binary.BinaryPrimitives.ReadInt32BigEndian(fragment);
        Assert.Equal("it ends in the middle of a box", Fault(fragment[..^3]));
        Assert.Equal("moof without mdat", Fault(fragment[..moof]));
        Assert.Equal("mdat without moof", Fault(fragment[moof..]));
        Assert.Equal("there is no box \"abcd\"", Fault([0, 0, 0, 9, .. "abcd"u8, 0]));
        fragment[moof + 3]++;
        Assert.Contains("mdat holds", Fault([.. fragment, 0]), StringComparison.Ordinal);
        Assert.Equal("neither moov nor moof", Fault([0, 0, 0, 8, .. "free"u8]));
        Assert.Equal("nothing at all", Fault([]));

        var packed = MadeMedia.Packed(0, 24, 1);
        Assert.Equal("it ends in the middle of a frame", Fault(packed[..^3]));
        Assert.Contains("no AAC frame where frame 24 should begin", Fault([.. packed, .. new byte[20]]), StringComparison.Ordinal);

        var transport = MadeMedia.Transport(0);
        Assert.Equal("it ends in the middle of a packet", Fault(transport[..^3]));
        Assert.Contains("goes from packet counter", Fault([.. transport[..1880], .. transport[2256..]]), StringComparison.Ordinal);
        transport[188 * 7] = 0;
        Assert.Equal("packet 7 does not begin with its sync byte", Fault(transport));
    }

    [Fact]
    public void Noise_never_throws_and_never_passes()
    {
        var random = new Random(1);
        byte[][] good = [[.. MadeMedia.Init(true), .. MadeMedia.Fragment(480_000, 12, 1)], MadeMedia.Packed(270_000, 24, 1),
            MadeMedia.Transport(450_000)];
        for (var round = 0; round < 3000; round++)
        {
            var bytes = good[round % 3].ToArray();
            for (var count = random.Next(1, 8); count > 0; count--)
                bytes[random.Next(bytes.Length)] = (byte)random.Next(256);
            _ = Fault(bytes[..random.Next(bytes.Length)]);
        }

        var noise = new byte[5000];
        random.NextBytes(noise);
        noise[0] = 0;
        Assert.NotNull(Fault(noise));
    }

    private static string? Fault(byte[] bytes)
    {
        var walk = new SegmentWalk(null);
        walk.Feed(bytes);
        return walk.End();
    }

    private static SegmentWalk Walk(byte[] bytes, int piece)
    {
        var walk = new SegmentWalk(null);
        for (var at = 0; at < bytes.Length; at += piece)
            walk.Feed(bytes.AsSpan(at, Math.Min(piece, bytes.Length - at)));
        Assert.Null(walk.End());
        return walk;
    }
}
