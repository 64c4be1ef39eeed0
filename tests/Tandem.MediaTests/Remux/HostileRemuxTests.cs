using System.Buffers.Binary;
using Tandem.Media.Remux;
using Tandem.Media.Worker;
using Tandem.MediaTests.Media;
using Xunit;
using Packet = Tandem.Checks.Demux.TsPacket;

namespace Tandem.MediaTests.Remux;

/// <summary>Damaged and hostile segments: each gets an answer, none grows, nothing is thrown.</summary>
public sealed class HostileRemuxTests(HostileRemuxTests.Source source) : IClassFixture<HostileRemuxTests.Source>
{
    private const int MostGrowth = 64 * 1024;

    [Theory]
    [InlineData("ts")]
    [InlineData("mp4")]
    public void Cut_at_every_region(string kind)
    {
        var good = source.Of(kind);
        for (var length = 1; length < good.Length; length += length < 4000 ? 13 : 997)
        {
            Try(good[..length]);
            Try(good[length..]);
        }
    }

    [Theory]
    [InlineData("ts")]
    [InlineData("mp4")]
    public void Flipped_overwritten_and_shuffled(string kind)
    {
        var good = source.Of(kind);
        var random = new Random(3);
        byte[] memory = [];
        for (var i = 0; i < 3000; i++)
        {
            var bytes = (byte[])good.Clone();
            switch (i % 4)
            {
                case 0:
                    for (var flips = random.Next(1, 300); flips > 0; flips--)
                        bytes[random.Next(bytes.Length)] ^= (byte)(1 << random.Next(8));
                    break;
                case 1:
                    // The heads, where lengths and counts stand.
                    for (var flips = random.Next(1, 30); flips > 0; flips--)
                        bytes[random.Next(Math.Min(3000, bytes.Length))] = (byte)(random.Next(3) == 0 ? 255 : random.Next(256));
                    break;
                case 2:
                    random.NextBytes(bytes.AsSpan(random.Next(bytes.Length / 2), random.Next(1, bytes.Length / 2)));
                    break;
                default:
                    var pieces = bytes.Chunk(188).ToArray();
                    random.Shuffle(pieces);
                    bytes = [.. pieces.SelectMany(piece => piece)];
                    break;
            }

            memory = Try(bytes, memory);
        }
    }

    [Fact]
    public void Memory_that_is_not_the_childs_own_does_no_harm()
    {
        var random = new Random(4);
        var good = Try(source.Of("ts"));
        for (var i = 0; i < 500; i++)
        {
            var memory = i % 2 == 0 ? (byte[])good.Clone() : new byte[random.Next(3000)];
            if (i % 2 == 0)
                memory[random.Next(memory.Length)] = (byte)random.Next(256);
            else
                random.NextBytes(memory);
            Try(source.Of("ts"), memory);
        }
    }

    [Fact]
    public void A_PMT_of_two_hundred_streams_is_read_as_far_as_makes_sense()
    {
        var many = TsEdit.Tables(source.Of("ts"), 2, pmt =>
            [.. pmt, .. Enumerable.Range(0, 195).SelectMany(i => new byte[] { 0x1B, 0xE2, (byte)i, 0xF0, 0 })]);
        var ts = Remuxing.All([many])[0].Data.ToArray();
        Assert.Empty(TsEdit.Breaks(ts));
        Assert.True(ts.Length < many.Length);

        // A PID that is a table's own, and one named again and again.
        var odd = TsEdit.Tables(source.Of("ts"), 2, pmt => [.. pmt, 0x1B, 0xF0, 0, 0xF0, 0, 0x1B, 0xE0, 0, 0xF0, 0, 0x1B, 0xE1, 0, 0xF0, 0]);
        Assert.Equal(Remuxing.All([source.Of("ts")])[0].Data.ToArray(), Remuxing.All([odd])[0].Data.ToArray());
    }

    [Fact]
    public void Tables_that_never_end_or_never_begin_are_survived()
    {
        var packets = TsEdit.Packets(source.Of("ts")).ToList();
        Try(TsEdit.Join(packets.Where(packet => Packet.Pid(packet) == 0x1000)));
        Try(TsEdit.Join(packets.Select(packet => Packet.Pid(packet) is 0 or 0x1000 ? Unbegun(packet) : packet)));
        Try(TsEdit.Join(Enumerable.Range(0, 5000).Select(_ => packets.First(packet => Packet.Pid(packet) == 0x1000))));
        Try(TsEdit.Join(packets.Select(packet => TsEdit.Payload(Packet.Pid(packet), 0, []))));

        static byte[] Unbegun(byte[] packet)
        {
            var bytes = (byte[])packet.Clone();
            bytes[1] &= 0xBF;
            return bytes;
        }
    }

    [Theory]
    [InlineData("moof")]
    [InlineData("traf")]
    [InlineData("trun")]
    [InlineData("tfhd")]
    [InlineData("moov")]
    [InlineData("trak")]
    [InlineData("mdat")]
    public void Absurd_box_sizes(string type)
    {
        var good = source.Of("mp4");
        var name = type.Select(letter => (byte)letter).ToArray();
        foreach (var size in (uint[])[0, 1, 2, 7, 8, 9, 16, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF])
        {
            var bytes = (byte[])good.Clone();
            for (var at = good.AsSpan().IndexOf(name); at >= 4;)
            {
                BinaryPrimitives.WriteUInt32BigEndian(bytes.AsSpan(at - 4), size);
                var next = good.AsSpan(at + 4).IndexOf(name);
                at = next < 0 ? -1 : at + 4 + next;
            }

            Try(bytes);
        }
    }

    [Theory]
    [InlineData(0xFFFFFFFF, 0x000)]
    [InlineData(0x7FFFFFFF, 0x001)]
    [InlineData(0x00FFFFFF, 0x000)]
    [InlineData(0xFFFFFFFF, 0xF05)]
    public void A_run_that_claims_billions_of_samples(uint count, int flags)
    {
        var bytes = source.Of("mp4");
        var at = bytes.AsSpan().IndexOf("trun"u8);
        BinaryPrimitives.WriteInt32BigEndian(bytes.AsSpan(at + 4), flags);
        BinaryPrimitives.WriteUInt32BigEndian(bytes.AsSpan(at + 8), count);
        Assert.Equal(DecodeFault.NotMedia, Remuxing.Fault(bytes));
    }

    [Fact]
    public void Runs_that_name_the_same_bytes_again_and_again_do_not_multiply_them()
    {
        // Each run of 20 bytes names 100,000 samples of a byte each.
        var moov = source.Of("mp4")[..(source.Of("mp4").AsSpan().IndexOf("moof"u8) - 4)];
        var tfhd = Box("tfhd", [0, 2, 0, 0x10, 0, 0, 0, 1, 0, 0, 0, 1]);
        var runs = Enumerable.Repeat(Box("trun", [0, 0, 0, 1, 0, 1, 0x86, 0xA0, 0, 0, 0, 0]), 5000).SelectMany(run => run);
        var moof = Box("moof", Box("traf", [.. tfhd, .. runs]));
        Assert.Equal(DecodeFault.NotMedia, Remuxing.Fault([.. moov, .. moof, .. Box("mdat", new byte[200_000])]));
    }

    [Theory]
    [InlineData("moof", "traf")]
    [InlineData("moov", "trak")]
    [InlineData("free", "free")]
    public void Boxes_beyond_counting(string outer, string inner)
    {
        var boxes = Enumerable.Repeat(Box(inner, []), 1_000_000).SelectMany(box => box).ToArray();
        Try([.. source.Of("mp4"), .. Box(outer, boxes)]);
        Try([.. Box(outer, boxes), .. source.Of("mp4")]);
    }

    [Theory]
    [InlineData("ts")]
    [InlineData("mp4")]
    public async Task Through_a_worker_a_good_segment_comes_out_as_before(string kind)
    {
        var good = source.Of(kind);
        var log = new LogLines();
        await using var worker = MediaWorker.Create(new MediaWorkerOptions { RequestTimeout = TimeSpan.FromSeconds(60) }, TimeProvider.System, log);
        var expected = (await Ask(worker, good)).Segment!.Data.ToArray();
        var random = new Random(5);
        for (var i = 0; i < 100; i++)
        {
            var bytes = (byte[])good.Clone();
            random.NextBytes(bytes.AsSpan(random.Next(Math.Min(bytes.Length, 4000)), random.Next(1, 40)));
            var outcome = await Ask(worker, bytes[..random.Next(bytes.Length / 2, bytes.Length)]);
            Assert.True(outcome.Fault is not (DecodeFault.Crashed or DecodeFault.TimedOut or DecodeFault.Unavailable), $"case {i}: {outcome.Detail}\n{log}");
        }

        Assert.Equal(expected, (await Ask(worker, good)).Segment!.Data.ToArray());
        Assert.Equal(0, worker.Restarts);
    }

    private static Task<RemuxOutcome> Ask(MediaWorker worker, byte[] data) =>
        worker.RemuxAsync(new RemuxRequest(data, default, 0, false), CancellationToken.None);

    private static byte[] Try(byte[] data, byte[]? memory = null)
    {
        var result = Remuxer.Remux((byte[])data.Clone(), default, memory);
        Assert.True(result.Segment is null != result.Fault is null);
        Assert.InRange(result.Segment?.Pieces?.Sum(piece => (long)piece.Length) ?? 0, 0, data.Length + MostGrowth);
        Assert.InRange(result.Segment?.Memory.Length ?? 0, 0, WireRemux.LargestMemory);
        return result.Segment?.Memory.ToArray() ?? [];
    }

    private static byte[] Box(string type, byte[] body)
    {
        byte[] box = [0, 0, 0, 0, .. type.Select(letter => (byte)letter), .. body];
        BinaryPrimitives.WriteInt32BigEndian(box, box.Length);
        return box;
    }

    /// <summary>A second of picture and sound in either container.</summary>
    public sealed class Source
    {
        private readonly byte[] _ts;
        private readonly byte[] _mp4;

        public Source()
        {
            const string Programme = "-f lavfi -i testsrc2=s=160x90:r=25 -f lavfi -i sine=997:r=48000 -t 1 -c:v libx264 -preset veryfast -c:a aac ";
            using var media = new Generated()
                .FFmpeg(Programme + "-f mpegts good.ts")
                .FFmpeg(Programme + "-g 12 -movflags frag_keyframe+empty_moov+default_base_moof -f mp4 good.mp4");
            _ts = media.Bytes("good.ts");
            _mp4 = media.Bytes("good.mp4");
        }

        public byte[] Of(string kind) => (byte[])(kind == "ts" ? _ts : _mp4).Clone();
    }
}
