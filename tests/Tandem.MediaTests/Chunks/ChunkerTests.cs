using System.Buffers.Binary;
using System.Globalization;
using Tandem.Media.Chunks;
using Tandem.Media.Worker;
using Tandem.MediaTests.Media;
using Tandem.MediaTests.Remux;
using Xunit;

namespace Tandem.MediaTests.Chunks;

/// <summary>Pictures as CMAF chunks, held against their source with ffmpeg.</summary>
public sealed class ChunkerTests
{
    private const int Count = 5;
    private const string Picture = "-f lavfi -i testsrc2=s=316x180:r=25 ";
    private const string Sound = "-f lavfi -i sine=997:r=48000 ";
    private const string H264 = "-c:v libx264 -preset veryfast -bf 3 -g 50 ";
    private const string Hevc = "-c:v libx265 -x265-params log-level=none -preset ultrafast -tag:v hvc1 -g 50 ";
    private const string Ts = "-f hls -hls_time 2 -hls_segment_filename s%d.ts ";
    private const string Mp4 = "-f hls -hls_time 2 -hls_segment_type fmp4 -hls_segment_filename s%d.ts ";

    [Theory]
    [InlineData(Ts, H264, "avc1.64")]
    [InlineData(Ts, Hevc, "hvc1.1.6.L60.90")]
    [InlineData(Ts, "-c:v libx264 -preset veryfast -flags +ilme+ildct -x264-params interlaced=1 -g 50 ", "avc1.64")]
    [InlineData(Ts, "-c:v libx264 -profile:v baseline -g 50 ", "avc1.42")]
    [InlineData(Mp4, H264, "avc1.64")]
    [InlineData(Mp4, Hevc, "hvc1.1.6.L60.90")]
    public void Chunks_show_the_sources_pictures_at_their_times(string muxer, string video, string tag)
    {
        using var media = new Generated().FFmpeg($"{Picture}{Sound}-t 6 -ac 2 {video}-c:a aac {muxer}i.m3u8");
        var init = File.Exists(media["init.mp4"]) ? media.Bytes("init.mp4") : [];
        var cut = media.All("s*.ts").Select(segment => Cut(segment, init)).ToList();
        Assert.All(cut, segment => Assert.StartsWith(tag, segment.CodecsTag, StringComparison.Ordinal));
        Assert.All(cut, segment => Assert.Equal((316, 180), (segment.Width, segment.Height)));
        Assert.All(cut, segment => Assert.Equal(cut[0].Init.ToArray(), segment.Init.ToArray()));
        File.WriteAllBytes(media["source"], [.. init, .. media.All("s*.ts").SelectMany(segment => segment)]);
        File.WriteAllBytes(media["chunks.mp4"], [.. cut[0].Init.ToArray(), .. cut.SelectMany(segment => segment.Chunks).SelectMany(chunk => chunk.Data.ToArray())]);
        Assert.Equal(Pictures(media["source"]), Pictures(media["chunks.mp4"]));
        Assert.Equal("", Remuxing.Warnings(media["chunks.mp4"]));
    }

    [Theory]
    [InlineData(Ts)]
    [InlineData(Mp4)]
    public void Chunks_are_short_follow_each_other_and_say_where_decoding_can_begin(string muxer)
    {
        using var media = new Generated().FFmpeg($"{Picture}{Sound}-t 6 -ac 2 {H264}-c:a aac {muxer}i.m3u8");
        var init = File.Exists(media["init.mp4"]) ? media.Bytes("init.mp4") : [];
        var chunks = media.All("s*.ts").SelectMany(segment => Cut(segment, init).Chunks).ToList();
        var scale = Cut(media.All("s*.ts")[0], init).Timescale;
        Assert.Equal(3 * Count, chunks.Count);
        for (var index = 0; index < chunks.Count; index++)
        {
            Assert.InRange(chunks[index].Duration, scale / 4, scale / 2);
            Assert.Equal(index % Count == 0, chunks[index].IsCut);
            Assert.Equal(chunks[index].DecodeTime, BinaryPrimitives.ReadInt64BigEndian(chunks[index].Data.Span[PictureChunk.TimeAt..]));
            Assert.Equal("mfhd"u8.ToArray(), chunks[index].Data.Span[(PictureChunk.SequenceAt - 8)..(PictureChunk.SequenceAt - 4)].ToArray());
            if (index > 0)
                Assert.Equal(chunks[index].DecodeTime, chunks[index - 1].DecodeTime + chunks[index - 1].Duration);
        }
    }

    [Fact]
    public void A_cut_is_moved_to_a_picture_that_decoding_can_begin_with()
    {
        var samples = Enumerable.Range(0, 100).Select(index => new PictureSample(index * 3600, 0, 3600, index % 36 == 0, default)).ToList();
        var starts = ChunkCuts.Of(samples, 90_000, 9);
        Assert.Contains(36, starts);
        Assert.Contains(72, starts);
        Assert.Equal(9, starts.Distinct().Count());
        Assert.All(starts.Append(100).Zip(starts.Skip(1).Append(100)), pair => Assert.InRange(pair.Second - pair.First, 0, 13));
    }

    [Theory]
    [InlineData(1, 5)]
    [InlineData(3, 5)]
    [InlineData(250, 5)]
    public void Few_pictures_and_many_are_cut_into_as_many_chunks(int pictures, int count)
    {
        var samples = Enumerable.Range(0, pictures).Select(index => new PictureSample(index * 3600, 0, 3600, index == 0, default)).ToList();
        var starts = ChunkCuts.Of(samples, 90_000, count);
        Assert.Equal(count, starts.Length);
        Assert.Equal(0, starts[0]);
        Assert.Equal(starts.Order(), starts);
        Assert.InRange(starts[^1], 0, pictures);
    }

    [Fact]
    public void What_cannot_be_cut_says_why()
    {
        using var media = new Generated()
            .FFmpeg("-f lavfi -i sine=997:r=48000 -t 1 -c:a aac -f mpegts sound.ts -t 1 -c:a aac -f adts sound.aac")
            .FFmpeg($"{Picture}-t 1 -c:v mpeg2video -f mpegts mpeg2.ts");
        Assert.Equal(DecodeFault.NoPicture, Chunker.Cut(media.Bytes("sound.ts"), default, Count).Fault);
        Assert.Equal(DecodeFault.UnknownCodec, Chunker.Cut(media.Bytes("mpeg2.ts"), default, Count).Fault);
        Assert.Equal(DecodeFault.NotMedia, Chunker.Cut(media.Bytes("sound.aac"), default, Count).Fault);
        Assert.Equal(DecodeFault.NotMedia, Chunker.Cut(new byte[5000], default, Count).Fault);
    }

    /// <summary>Each damaged segment gets an answer that the parent takes, and nothing is thrown.</summary>
    [Theory]
    [InlineData(Ts)]
    [InlineData(Mp4)]
    public void Damaged_segments_get_an_answer(string muxer)
    {
        using var media = new Generated().FFmpeg($"{Picture}{Sound}-t 1 -ac 2 {H264}-c:a aac {muxer}i.m3u8");
        var good = media.All("s*.ts")[0];
        var init = File.Exists(media["init.mp4"]) ? media.Bytes("init.mp4") : [];
        var random = new Random(5);
        for (var round = 0; round < 1500; round++)
        {
            var (bytes, header) = ((byte[])good.Clone(), (byte[])init.Clone());
            switch (round % 3)
            {
                case 0:
                    for (var flips = random.Next(1, 200); flips > 0; flips--)
                        bytes[random.Next(bytes.Length)] ^= (byte)(1 << random.Next(8));
                    break;
                case 1:
                    for (var flips = random.Next(1, 30); flips > 0; flips--)
                        bytes[random.Next(Math.Min(3000, bytes.Length))] = (byte)random.Next(256);
                    break;
                default:
                    bytes = bytes[..random.Next(1, bytes.Length)];
                    if (header.Length > 0)
                        header[random.Next(header.Length)] = (byte)random.Next(256);
                    break;
            }

            Cut(bytes, header, mayFail: true);
        }
    }

    [Fact]
    public async Task The_worker_cuts_as_this_process_does()
    {
        using var media = new Generated().FFmpeg($"{Picture}{Sound}-t 2 -ac 2 {H264}-c:a aac {Ts}i.m3u8");
        var segment = media.All("s*.ts")[0];
        await using var worker = MediaWorker.Create(new MediaWorkerOptions(), TimeProvider.System, new LogLines());
        var outcome = await worker.ChunkAsync(new ChunkRequest(segment, default, Count), CancellationToken.None);
        Assert.True(outcome.Segment is not null, outcome.Detail);
        var here = Cut(segment, []);
        Assert.Equal(here.Init.ToArray(), outcome.Segment!.Init.ToArray());
        Assert.Equal(here.Chunks.Select(chunk => Convert.ToHexString(chunk.Data.Span)), outcome.Segment.Chunks.Select(chunk => Convert.ToHexString(chunk.Data.Span)));
        Assert.Equal(DecodeFault.NotMedia, (await worker.ChunkAsync(new ChunkRequest(new byte[999], default, Count), CancellationToken.None)).Fault);
        Assert.Equal(0, worker.Restarts);
    }

    /// <summary>As the child does it, and over the wire as the parent reads it.</summary>
    private static ChunkedSegment Cut(byte[] segment, byte[] init, bool mayFail = false)
    {
        var result = Chunker.Cut(segment, init, Count);
        var (head, pieces) = WireChunks.Outcome(7, result);
        byte[] message = [.. head, .. pieces.SelectMany(piece => piece.ToArray())];
        var (request, outcome) = WireChunks.ReadOutcome(message.AsSpan(WireWriter.HeaderLength));
        Assert.Equal(7, request);
        Assert.NotNull(WireChunks.Resolve(outcome, new ChunkRequest(segment, init, Count)));
        Assert.True(mayFail || outcome.Segment is not null, $"{result.Fault} {result.Detail}");
        return outcome.Segment!;
    }

    /// <summary>When each picture is shown, and what it looks like.</summary>
    private static string[] Pictures(string path)
    {
        var frames = Generated.Run("ffmpeg", $"-v error -nostdin -i \"{path}\" -map 0:v -fps_mode passthrough -copyts -enc_time_base 1:90000 -f framemd5 -");
        return [.. frames.Split('\n').Where(line => line.Length > 0 && line[0] != '#').Select(line =>
        {
            var cells = line.Split(',', StringSplitOptions.TrimEntries);
            return string.Create(CultureInfo.InvariantCulture, $"{cells[2]} {cells[5]}");
        })];
    }
}
