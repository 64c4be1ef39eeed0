using System.Buffers.Binary;
using System.Text;
using Tandem.Media.Decode;
using Tandem.Media.Demux;
using Tandem.Media.Worker;
using Xunit;

namespace Tandem.MediaTests.Media;

/// <summary>Generated media, taken apart and decoded in this process; the worker's child runs the same code.</summary>
public class SegmentDecoderTests
{
    private const long Wrap = 1L << 33;
    private const string Sine = "-f lavfi -i sine=997:r=";
    private const string Picture = "-f lavfi -i testsrc2=s=320x180:r=25 ";

    [Theory]
    [InlineData("-c:a aac", 48_000, "aac", "mp4a.40.2")]
    [InlineData("-c:a aac", 44_100, "aac", "mp4a.40.2")]
    [InlineData("-c:a mp2", 48_000, "mp2", "mp4a.40.33")]
    [InlineData("-c:a libmp3lame", 44_100, "mp3", "mp4a.40.34")]
    [InlineData("-c:a ac3", 48_000, "ac3", "ac-3")]
    [InlineData("-c:a eac3", 48_000, "eac3", "ec-3")]
    public void Transport_stream_segments_decode_to_one_unbroken_sound(string codec, int rate, string name, string tag)
    {
        using var media = new Generated().FFmpeg(
            $"{Picture}{Sine}{rate} -t 6 -ac 2 -c:v libx264 -preset veryfast -g 50 {codec} -b:a 128k -f hls -hls_time 2 -hls_segment_filename s%d.ts i.m3u8");
        var segments = DecodeAll(media.All("s*.ts"));
        Assert.All(segments, segment => Assert.Equal((name, rate), (segment.Coded!.Codec, segment.Coded.SampleRate)));
        Assert.Contains(segments[0].Tracks, track => track.Kind == TrackKind.Sound && track.CodecsTag == tag);
        Assert.Contains(segments[0].Tracks, track => track.Kind == TrackKind.Picture && track.CodecsTag!.StartsWith("avc1.", StringComparison.Ordinal));
        IsUnbroken(segments, rate);
        PicturesMeet(segments);
    }

    [Theory]
    [InlineData(25, 48_000, "")]
    [InlineData(50, 44_100, "-bf 3")]
    public void Fragmented_MP4_segments_decode_to_one_unbroken_sound(int pictures, int rate, string video)
    {
        using var media = new Generated().FFmpeg(
            $"-f lavfi -i testsrc2=s=320x180:r={pictures} {Sine}{rate} -t 6 -ac 2 -c:v libx264 -preset veryfast -g {pictures * 2} {video} -c:a aac "
            + "-f hls -hls_time 2 -hls_segment_type fmp4 -hls_segment_filename s%d.m4s i.m3u8");
        var segments = DecodeAll(media.All("s*.m4s"), media.Bytes("init.mp4"));
        Assert.All(segments, segment => Assert.Equal(Container.FragmentedMp4, segment.Container));
        IsUnbroken(segments, rate);
        PicturesMeet(segments);
    }

    [Theory]
    [InlineData("aac")]
    [InlineData("libmp3lame")]
    [InlineData("ac3")]
    public void Frames_survive_cuts_at_any_packet(string codec)
    {
        using var media = new Generated().FFmpeg($"{Picture}{Sine}48000 -t 6 -ac 2 -c:v libx264 -preset veryfast -c:a {codec} -f mpegts whole.ts");
        var bytes = media.Bytes("whole.ts");
        var whole = DecodeAll([bytes])[0].Coded!.Frames;

        // Cuts that fall into PES packets and frames, as a packager makes that cuts by size.
        var pieces = bytes.Chunk(188 * 371).ToArray();
        var frames = DecodeAll(pieces).SelectMany(segment => segment.Coded!.Frames).ToList();
        Assert.Equal(whole.Select(frame => (frame.Ticks, frame.Data.Length)), frames.Select(frame => (frame.Ticks, frame.Data.Length)));
        Assert.True(whole.Zip(frames).All(pair => pair.First.Data.Span.SequenceEqual(pair.Second.Data.Span)));
    }

    [Fact]
    public void Time_goes_on_across_the_33_bit_wrap()
    {
        // The wrap lies 95,443.7 s after 0.
        using var media = new Generated().FFmpeg(
            $"{Picture}{Sine}48000 -t 6 -ac 2 -c:v libx264 -preset veryfast -c:a aac -muxdelay 0 -output_ts_offset 95441 -f mpegts whole.ts");
        var segment = DecodeAll([media.Bytes("whole.ts")])[0];
        var ticks = segment.Sound.Select(sound => sound.Ticks).ToList();
        Assert.All(ticks, time => Assert.InRange(time, 0, Wrap - 1));
        Assert.True(ticks[0] > ticks[^1]);
        foreach (var (first, second) in ticks.Zip(ticks.Skip(1)))
            Assert.InRange((second - first + Wrap) % Wrap, 1919, 1921);
        Assert.InRange((segment.PictureEnd!.Value - segment.PictureStart!.Value + Wrap) % Wrap, 6 * 90_000 - 3600, 6 * 90_000 + 3600);
    }

    [Theory]
    [InlineData("en", 0)]
    [InlineData("es", 1)]
    [InlineData("es-MX", 1)]
    [InlineData("de", 2)]
    [InlineData("fr", 1)]
    public void The_language_asked_for_is_heard_else_stereo(string language, int track)
    {
        using var media = new Generated().FFmpeg(
            "-f lavfi -i sine=400:r=48000 -f lavfi -i sine=800:r=48000 -f lavfi -i sine=1600:r=48000 -t 2 -map 0 -map 1 -map 2 "
            + "-c:a aac -ac:a:0 1 -ac:a:1 2 -ac:a:2 1 -metadata:s:a:0 language=eng -metadata:s:a:1 language=spa -metadata:s:a:2 language=ger -f mpegts t.ts");
        using var decoder = new SegmentDecoder();
        var segment = decoder.Decode(new DecodeRequest(media.Bytes("t.ts"), default, language, false)).Segment!;
        Assert.Equal(segment.Tracks[track].Id, segment.Heard);
        Assert.InRange(Frequency(segment), 400 * (1 << track) * 0.98, 400 * (1 << track) * 1.02);
    }

    [Theory]
    [InlineData("-ac 1 -c:a aac", "mp4")]
    [InlineData("-ac 1 -c:a flac", "mp4")]
    [InlineData("-ac 1 -c:a mp2", "mpegts")]
    public void Mono_is_heard_on_both_sides_as_loud_as_it_is(string codec, string format)
    {
        using var media = new Generated().FFmpeg(
            $"-f lavfi -i aevalsrc=0.5*sin(2*PI*1000*t):s=48000 -t 2 {codec} -strict -2 -movflags frag_keyframe+empty_moov+default_base_moof -f {format} t");
        var segment = DecodeAll([media.Bytes("t")])[0];
        var samples = segment.Sound.Skip(10).SkipLast(3).SelectMany(sound => sound.Samples).ToArray();
        for (var i = 0; i < samples.Length; i += 2)
            Assert.Equal(samples[i], samples[i + 1], 4);

        // By its mean square: FFmpeg's encoder lets single frames of a pure tone overshoot.
        Assert.InRange(Math.Sqrt(samples.Average(sample => (double)sample * sample)), 0.5 / Math.Sqrt(2) * 0.97, 0.5 / Math.Sqrt(2) * 1.03);
    }

    [Fact]
    public void Surround_is_mixed_down_and_not_louder_than_full_scale()
    {
        using var media = new Generated().FFmpeg(
            "-f lavfi -i aevalsrc=0.9*sin(2*PI*500*t)|0.9*sin(2*PI*500*t)|0.9*sin(2*PI*500*t)|0|0.9*sin(2*PI*500*t)|0.9*sin(2*PI*500*t):c=5.1:s=48000 -t 2 -c:a ac3 -b:a 448k -f mpegts t.ts");
        var segment = DecodeAll([media.Bytes("t.ts")])[0];
        Assert.Equal(6, segment.Coded!.Channels);
        var samples = segment.Sound.Skip(10).SelectMany(sound => sound.Samples).ToArray();
        Assert.InRange(samples.Max(), 0.6, 1.0);
    }

    [Fact]
    public void Rate_and_channels_may_change_on_the_way()
    {
        using var media = new Generated()
            .FFmpeg($"{Sine}48000 -t 2 -ac 2 -c:a aac -f mpegts a.ts")
            .FFmpeg($"{Sine}44100 -t 2 -ac 1 -c:a aac -f mpegts b.ts");
        byte[] a = media.Bytes("a.ts"), b = media.Bytes("b.ts");
        var segments = DecodeAll([a, b, a, [.. a, .. b]]);
        Assert.Equal([48_000, 44_100, 48_000], segments[..3].Select(segment => segment.Sound[^1].SampleRate));
        Assert.Equal([44_100, 48_000], segments[3].Sound.Select(sound => sound.SampleRate).Distinct().Order());
    }

    [Fact]
    public void Packed_audio_plays_at_its_ID3_time()
    {
        using var media = new Generated().FFmpeg($"{Sine}48000 -t 4 -ac 2 -c:a aac -f adts a.aac");
        var adts = media.Bytes("a.aac");
        var cut = adts.Length / 2;
        var segments = DecodeAll([[.. Id3(Wrap - 90_000), .. adts[..cut]], adts[cut..]]);
        Assert.All(segments, segment => Assert.Equal(Container.PackedAudio, segment.Container));
        var ticks = segments.SelectMany(segment => segment.Sound).Select(sound => sound.Ticks).ToList();
        Assert.Equal(Wrap - 90_000, ticks[0]);
        for (var i = 0; i < ticks.Count; i++)
            Assert.Equal((Wrap - 90_000 + (1920L * i)) % Wrap, ticks[i]);
    }

    [Fact]
    public void Lost_packets_lose_frames_but_no_times()
    {
        using var media = new Generated().FFmpeg($"{Picture}{Sine}48000 -t 6 -ac 2 -c:v libx264 -preset veryfast -c:a aac -f mpegts whole.ts");
        var bytes = media.Bytes("whole.ts");
        var whole = DecodeAll([bytes])[0].Coded!.Frames.ToDictionary(frame => frame.Ticks);
        byte[] holed = [.. bytes.Chunk(188).Where((_, i) => i % 97 != 50).SelectMany(packet => packet)];
        var segment = DecodeAll([holed])[0];
        Assert.True(segment.DamagedFrames > 0);
        Assert.InRange(segment.Coded!.Frames.Count, whole.Count / 4, whole.Count - 1);
        Assert.All(segment.Coded.Frames, frame => Assert.True(whole[frame.Ticks].Data.Span.SequenceEqual(frame.Data.Span)));
    }

    [Fact]
    public void What_cannot_be_heard_says_why()
    {
        using var media = new Generated()
            .FFmpeg($"{Picture} -t 1 -c:v libx264 -preset veryfast -f mpegts silent.ts")
            .FFmpeg($"{Sine}48000 -t 1 -c:a aac -f mpegts sound.ts")
            .FFmpeg($"{Sine}48000 -t 1 -c:a aac -encryption_scheme cenc-aes-ctr -encryption_key 76a6c65c5ea762046bd749a2e632ccbb -encryption_kid a7e61c373e219033c21091fa607bf3b8 -movflags frag_keyframe+empty_moov+default_base_moof -f mp4 cenc.mp4")
            .FFmpeg($"{Sine}48000 -t 1 -c:a dca -strict -2 -f mpegts dts.ts");
        Assert.Equal(DecodeFault.NoSound, Fault(media.Bytes("silent.ts")));
        using var decoder = new SegmentDecoder();
        Assert.NotNull(decoder.Decode(new DecodeRequest(media.Bytes("silent.ts"), default, "en", false)).Segment?.PictureStart);
        Assert.Equal(DecodeFault.Encrypted, Fault(media.Bytes("cenc.mp4")));
        Assert.Equal(DecodeFault.Encrypted, Fault(SampleAes(media.Bytes("sound.ts"))));
        Assert.Equal(DecodeFault.UnknownCodec, Fault(media.Bytes("dts.ts")));
        Assert.Equal(DecodeFault.NotMedia, Fault(Encoding.UTF8.GetBytes("<!DOCTYPE html><html><body>404 Not Found</body></html>")));
        Assert.Equal(DecodeFault.NotMedia, Fault(new byte[100_000]));
        Assert.Equal(DecodeFault.NotMedia, Fault(Enumerable.Repeat((byte)0x47, 50_000).ToArray()));
        Assert.Equal(DecodeFault.NotMedia, Fault([0, 0, 0, 8, .. "moof"u8]));
        var random = new byte[200_000];
        new Random(7).NextBytes(random);
        Assert.Equal(DecodeFault.NotMedia, Fault(random));
    }

    [Fact]
    public void An_edit_list_moves_the_sound_to_where_it_plays()
    {
        // The encoder's priming stands before 0 and the edit list says so; ffprobe applies it too.
        using var media = new Generated().FFmpeg(
            $"{Picture}{Sine}48000 -t 4 -ac 2 -c:v libx264 -bf 2 -preset veryfast -g 50 -c:a aac -movflags frag_keyframe+empty_moov+default_base_moof+delay_moov -f mp4 t.mp4");
        var segment = DecodeAll([media.Bytes("t.mp4")])[0];
        var expected = Peer.Packets(media["t.mp4"], "a:0");
        Assert.Equal(expected.Select(packet => packet.Ticks), segment.Coded!.Frames.Select(frame => frame.Ticks));
        Assert.Equal(Peer.Packets(media["t.mp4"], "v:0").Min(packet => packet.Ticks), segment.PictureStart);
        Assert.Equal(segment.PictureStart + (4 * 90_000), segment.PictureEnd);
    }

    [Theory]
    [InlineData("eng", "en-GB", true)]
    [InlineData("spa", "es", true)]
    [InlineData("ger", "deu", true)]
    [InlineData("he", "heb", true)]
    [InlineData("EN", "en", true)]
    [InlineData("spa", "en", false)]
    [InlineData(null, "en", false)]
    public void Language_tags_of_either_length_compare(string? left, string right, bool same) =>
        Assert.Equal(same, LanguageTag.SameLanguage(left, right));

    internal static List<DecodedSegment> DecodeAll(IEnumerable<byte[]> segments, byte[]? init = null)
    {
        using var decoder = new SegmentDecoder();
        var decoded = new List<DecodedSegment>();
        foreach (var bytes in segments)
        {
            var outcome = decoder.Decode(new DecodeRequest(bytes, init, "en", decoded.Count > 0));
            Assert.True(outcome.Segment is not null, $"{outcome.Fault} {outcome.Detail}");
            decoded.Add(outcome.Segment!);
        }

        return decoded;
    }

    private static DecodeFault? Fault(byte[] bytes)
    {
        using var decoder = new SegmentDecoder();
        return decoder.Decode(new DecodeRequest(bytes, default, "en", false)).Fault;
    }

    private static void IsUnbroken(List<DecodedSegment> segments, int rate)
    {
        Assert.All(segments, segment => Assert.Equal(0, segment.DamagedFrames));
        var blocks = segments.SelectMany(segment => segment.Sound).ToList();
        foreach (var (first, second) in blocks.Zip(blocks.Skip(1)))
            Assert.InRange(second.Ticks - first.Ticks - FrameClock.Ticks(first.Samples.Length / 2, rate), -2, 2);

        // 997 Hz at 1/8: between neighbouring samples it never moves faster than its slope at 0. A click does.
        var left = blocks.SelectMany(block => block.Samples.Where((_, i) => i % 2 == 0)).Skip(rate / 5).SkipLast(rate / 5).ToArray();
        var steepest = left.Zip(left.Skip(1), (a, b) => Math.Abs(b - a)).Max();
        Assert.True(steepest < 0.125 * 2 * Math.PI * 997 / rate * 1.15, $"a step of {steepest}");
        Assert.InRange(left.Length / (double)rate, 5.3, 5.9);
    }

    private static void PicturesMeet(List<DecodedSegment> segments)
    {
        foreach (var (first, second) in segments.Zip(segments.Skip(1)))
            Assert.InRange(second.PictureStart!.Value - first.PictureEnd!.Value, -2, 2);
    }

    private static double Frequency(DecodedSegment segment)
    {
        var left = segment.Sound.Skip(5).SelectMany(sound => sound.Samples.Where((_, i) => i % 2 == 0)).ToArray();
        return left.Zip(left.Skip(1)).Count(pair => pair.First < 0 && pair.Second >= 0) / (left.Length / 48_000.0);
    }

    private static byte[] Id3(long ticks)
    {
        var body = new byte[53];
        "com.apple.streaming.transportStreamTimestamp\0"u8.CopyTo(body);
        BinaryPrimitives.WriteInt64BigEndian(body.AsSpan(45), ticks);
        return [.. "ID3"u8, 4, 0, 0, 0, 0, 0, 63, .. "PRIV"u8, 0, 0, 0, 53, 0, 0, .. body];
    }

    // Apple's stream type for encrypted AAC in place of the clear one, with the CRC made right again.
    private static byte[] SampleAes(byte[] ts)
    {
        for (var at = 0; at < ts.Length; at += 188)
        {
            // A PMT's section: table 2 behind pointer field 0.
            var section = ts.AsSpan(at + 5, 183);
            if ((ts[at + 1] & 0x40) == 0 || ts[at + 4] != 0 || section[0] != 2)
                continue;
            var length = 3 + (((section[1] & 15) << 8) | section[2]);
            var info = ((section[10] & 15) << 8) | section[11];
            section[12 + info] = 0xCF;
            BinaryPrimitives.WriteUInt32BigEndian(section[(length - 4)..], PsiSection.Crc(section[..(length - 4)]));
        }

        return ts;
    }
}
