using Tandem.Media.Decode;
using Tandem.Media.Worker;
using Xunit;

namespace Tandem.MediaTests.Media;

/// <summary>Real recordings, each compared with what ffprobe finds in the same bytes.</summary>
public class SharedMediaTests
{
    [Theory]
    [InlineData("hls/jordi_ts/seg000.ts", "aac")]
    [InlineData("hls/jordi_ts/seg003.ts", "aac")]
    [InlineData("hls/ts_h264_aac/n_0_0_0.ts", "aac")]
    [InlineData("hls/ts_webvtt_de/0.ts", "aac")]
    [InlineData("hls/ts_alt_audio_video/original_128k.ts", "aac")]
    [InlineData("hls/ts_cea608/sd-hls0000000000.ts", "aac")]
    [InlineData("video/talking_person_jordi.ts", "aac")]
    [InlineData("video/demo_reel_50s.ts", "aac")]
    [InlineData("video/hevc_aac_obs.ts", "aac")]
    public void Transport_streams_yield_the_frames_and_times_that_ffprobe_finds(string file, string codec)
    {
        var path = Generated.SharedFile(file);
        using var decoder = new SegmentDecoder();
        var outcome = decoder.Decode(new DecodeRequest(File.ReadAllBytes(path), default, "en", false));
        var segment = Assert.IsType<DecodedSegment>(outcome.Segment);
        Assert.Equal(codec, segment.Coded!.Codec);
        Compare(Peer.Packets(path, "a:0"), segment, header: 7);
        if (segment.PictureStart is { } start)
            Assert.Equal(Peer.Packets(path, "v:0").Min(packet => packet.Ticks), start);
    }

    [Theory]
    [InlineData("hls/jordi_cmaf/init_1.mp4", "hls/jordi_cmaf/seg_1_000.m4s")]
    [InlineData("hls/jordi_cmaf/init_1.mp4", "hls/jordi_cmaf/seg_1_004.m4s")]
    [InlineData("hls/cmaf_separate_audio/audio_init.mp4", "hls/cmaf_separate_audio/audio_1.m4s")]
    [InlineData("hls/cmaf_separate_audio/audio_init.mp4", "hls/cmaf_separate_audio/audio_7.m4s")]
    public void Fragmented_MP4_yields_the_frames_and_times_that_ffprobe_finds(string init, string file)
    {
        byte[] head = File.ReadAllBytes(Generated.SharedFile(init)), data = File.ReadAllBytes(Generated.SharedFile(file));
        using var temp = new Generated();
        File.WriteAllBytes(temp["whole.mp4"], [.. head, .. data]);
        using var decoder = new SegmentDecoder();
        var segment = Assert.IsType<DecodedSegment>(decoder.Decode(new DecodeRequest(data, head, "en", false)).Segment);
        Compare(Peer.Packets(temp["whole.mp4"], "a:0"), segment, header: 0);
    }

    private static void Compare(List<(long Ticks, int Size)> expected, DecodedSegment segment, int header)
    {
        var frames = segment.Coded!.Frames;
        Assert.Equal(expected.Select(packet => packet.Size).ToList(), [.. frames.Select(frame => frame.Data.Length + header)]);

        // ffprobe counts frames on from time stamps in whole ticks, and so drifts by one where a frame is no whole number of them.
        for (var i = 0; i < frames.Count; i++)
            Assert.InRange(frames[i].Ticks - expected[i].Ticks, -1, 1);
        Assert.Equal(0, segment.DamagedFrames);
        Assert.Equal(frames.Select(frame => frame.Ticks), segment.Sound.Select(sound => sound.Ticks));
    }
}
