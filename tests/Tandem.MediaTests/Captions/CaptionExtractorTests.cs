using System.Globalization;
using Microsoft.Extensions.Logging.Abstractions;
using Tandem.Checks.Captions;
using Tandem.Fuzz;
using Tandem.Live.Captions;
using Tandem.Media.Captions;
using Tandem.Media.Worker;
using Tandem.MediaTests.Media;
using Xunit;

namespace Tandem.MediaTests.Captions;

/// <summary>Caption bytes that encoders put into pictures come out of segments in order of presentation, with the pictures' times.</summary>
public sealed class CaptionExtractorTests : IDisposable
{
    private const double Rate = 25;

    // Pictures that are decoded in another order than they are shown.
    private const string Picture = "-f lavfi -i testsrc2=s=160x90:r=25:d=6 -c:v libx264 -preset ultrafast -bf 3 -b_strategy 0 -g 50 -pix_fmt yuv420p";

    private static readonly SentCaption[] _captions = [new(1.6, 3.2, "Hello there, how are you?"), new(4.4, 5.6, "I’m fine.")];

    private readonly Generated _made = new();

    public void Dispose() => _made.Dispose();

    [Fact]
    public void Of_a_transport_stream_pairs_come_in_the_order_in_which_pictures_show()
    {
        var segment = Captioned(out var first);
        var outcome = new CaptionExtractor().Extract(new CaptionRequest(segment, default, false));
        Assert.Null(outcome.Detail);
        Expect(outcome.Pairs!, first);
    }

    [Fact]
    public void Of_segments_that_go_on_nothing_is_lost_at_their_cuts()
    {
        var segment = Captioned(out var first);

        // Cut between any packets: a picture goes on in the next part.
        var extractor = new CaptionExtractor();
        var pairs = new List<CaptionPair>();
        var at = 0;
        foreach (var packets in new[] { 97, 31, segment.Length / 188 })
        {
            var part = segment.AsMemory(at, Math.Min(packets * 188, segment.Length - at));
            pairs.AddRange(extractor.Extract(new CaptionRequest(part, default, at > 0)).Pairs!);
            at += part.Length;
        }

        Expect([.. pairs.OrderBy(pair => pair.Ticks)], first);
    }

    [Fact]
    public void Of_fragmented_MP4_the_same_pairs_come()
    {
        File.WriteAllBytes(_made["captioned.ts"], Captioned(out _));
        _made.FFmpeg("-i captioned.ts -c copy -f mp4 -movflags frag_keyframe+empty_moov+default_base_moof captioned.mp4");
        var outcome = new CaptionExtractor().Extract(new CaptionRequest(_made.Bytes("captioned.mp4"), default, false));
        Assert.Null(outcome.Detail);
        Expect(outcome.Pairs!, outcome.Pairs![0].Ticks);
    }

    [Fact]
    public async Task The_confined_worker_answers_with_them_and_says_why_it_cannot()
    {
        // A busy machine starts a child slowly.
        var options = new MediaWorkerOptions { RequestTimeout = TimeSpan.FromSeconds(60), StartTimeout = TimeSpan.FromSeconds(60) };
        await using var worker = MediaWorker.Create(options, TimeProvider.System, NullLogger.Instance);
        var outcome = await worker.ReadCaptionsAsync(new CaptionRequest(Captioned(out var first), default, false), CancellationToken.None);
        Assert.Null(outcome.Detail);
        Expect(outcome.Pairs!, first);
        var refused = await worker.ReadCaptionsAsync(new CaptionRequest("<html>"u8.ToArray(), default, false), CancellationToken.None);
        Assert.Equal(DecodeFault.NotMedia, refused.Fault);
        _made.FFmpeg("-f lavfi -i sine=d=1 -c:a aac sound.ts");
        refused = await worker.ReadCaptionsAsync(new CaptionRequest(_made.Bytes("sound.ts"), default, false), CancellationToken.None);
        Assert.Equal(DecodeFault.NoPicture, refused.Fault);
        _made.FFmpeg("-f lavfi -i testsrc2=s=64x36:d=1 -c:v mpeg2video mpeg2.ts");
        refused = await worker.ReadCaptionsAsync(new CaptionRequest(_made.Bytes("mpeg2.ts"), default, false), CancellationToken.None);
        Assert.Equal(DecodeFault.UnknownCodec, refused.Fault);
        Assert.Contains("mpeg2video", refused.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public void A_picture_without_captions_has_no_pairs()
    {
        _made.FFmpeg($"{Picture} plain.ts");
        Assert.Empty(new CaptionExtractor().Extract(new CaptionRequest(_made.Bytes("plain.ts"), default, false)).Pairs!);
    }

    /// <summary>
    /// Streams written by hand, H.264 and HEVC, with pictures out of order and triplets of CEA-708 between: the fuzzer's seeds. An extended
    /// character takes the place of the one before it.
    /// </summary>
    [Theory]
    [InlineData("pop-on.ts", "Hi!É")]
    [InlineData("pop-on.m4s", "Hi!É")]
    [InlineData("roll-up-hevc.ts", "One")]
    public void Streams_written_by_hand_are_read(string name, string text)
    {
        var folder = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(folder, "Tandem.slnx")))
            folder = Path.GetDirectoryName(folder)!;
        var seed = FuzzTargets.Request(File.ReadAllBytes(Path.Combine(folder, "tests/fuzz/captions", name)), continues: false);
        var outcome = new CaptionExtractor().Extract(new CaptionRequest(seed.Data, seed.Init, false));
        Assert.Null(outcome.Detail);
        Assert.Equal([text], Decoded(outcome.Pairs!).Select(told => told.Text));
    }

    /// <summary>A recording of a broadcast: FFmpeg's decoder of CEA-608, which is another one, finds the same words in it.</summary>
    [Fact]
    public void A_real_recording_says_what_FFmpeg_finds_in_it()
    {
        var path = Generated.SharedFile("hls/ts_cea608/sd-hls0000000000.ts");
        var outcome = new CaptionExtractor().Extract(new CaptionRequest(File.ReadAllBytes(path), default, false));
        Assert.NotEmpty(outcome.Pairs!);
        var peer = Generated.Run("ffmpeg", $"-v error -f lavfi -i movie={path}[out0+subcc] -map 0:s -f srt pipe:1");
        var texts = Decoded(outcome.Pairs!);
        Assert.NotEmpty(texts);
        Assert.Equal(Words(peer), string.Join(' ', texts.Select(text => text.Text.Replace('\n', ' '))));
    }

    private static string Words(string srt) => string.Join(
        ' ',
        srt.Split('\n').Where(line => !line.Contains("-->", StringComparison.Ordinal) && !int.TryParse(line, CultureInfo.InvariantCulture, out _))
            .SelectMany(line => System.Text.RegularExpressions.Regex.Replace(line, @"<[^>]*>|\{[^}]*\}|\\h", " ").Split(' ', StringSplitOptions.RemoveEmptyEntries)));

    private static List<TimedText> Decoded(IReadOnlyList<CaptionPair> pairs)
    {
        var decoder = new Cea608Decoder(1);
        var texts = pairs.SelectMany(pair => decoder.Take(pair.Ticks, pair.Field, pair.First, pair.Second)).ToList();
        texts.AddRange(decoder.Finish());
        return texts;
    }

    private byte[] Captioned(out long first)
    {
        _made.FFmpeg($"{Picture} -muxdelay 0 -muxpreload 0 -output_ts_offset 10 picture.ts");
        var schedule = new PopOnSchedule(_captions, Rate);
        var start = Peer.Packets(_made["picture.ts"], "v:0").Min(packet => packet.Ticks);
        first = start;
        return CaptionedTs.Insert(_made.Bytes("picture.ts"), ticks => [schedule.At((long)Math.Round((ticks - start) * Rate / 90_000.0))]);
    }

    private static void Expect(IReadOnlyList<CaptionPair> pairs, long first)
    {
        Assert.Equal(150, pairs.Count);
        Assert.All(pairs, pair => Assert.Equal(1, pair.Field));
        Assert.Equal(Enumerable.Range(0, 150).Select(picture => first + (picture * 3600L)), pairs.Select(pair => pair.Ticks));
        Assert.Equal(
            [(1.6, 3.2, "Hello there, how are you?"), (4.4, 5.6, "I’m fine.")],
            Decoded(pairs).Select(text => ((text.Start - first) / 90_000.0, (text.End - first) / 90_000.0, text.Text)));
    }
}
