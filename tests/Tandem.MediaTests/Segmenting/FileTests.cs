using Tandem.Media.Segmenting;
using Tandem.Media.Worker;
using Tandem.MediaTests.Media;
using Xunit;

namespace Tandem.MediaTests.Segmenting;

/// <summary>Files of all kinds, cut, against FFmpeg's own copy of the same packets.</summary>
public class FileTests
{
    private const string Picture = "-f lavfi -i testsrc2=size=320x180:rate=25 ";
    private const string Beep = "-f lavfi -i \"sine=frequency=440:beep_factor=4:sample_rate=48000\" ";
    private const string X264 = "-c:v libx264 -preset ultrafast -bf 2 -g 50 -pix_fmt yuv420p ";

    [Theory]
    [InlineData("a.mp4", X264 + "-c:a aac", Container.MpegTs, "h264", "aac")]
    [InlineData("a.mov", X264 + "-c:a aac", Container.MpegTs, "h264", "aac")]
    [InlineData("a.mkv", X264 + "-c:a ac3", Container.MpegTs, "h264", "ac3")]
    [InlineData("a.ts", X264 + "-c:a mp2", Container.MpegTs, "h264", "mp2")]
    [InlineData("a.flv", X264 + "-c:a aac", Container.MpegTs, "h264", "aac")]
    [InlineData("b.mkv", X264 + "-c:a libopus", Container.FragmentedMp4, "h264", "opus")]
    [InlineData("b.mp4", X264 + "-c:a eac3", Container.MpegTs, "h264", "eac3")]
    [InlineData("c.mkv", X264 + "-c:a libmp3lame", Container.MpegTs, "h264", "mp3")]
    public async Task Packets_and_times_are_those_of_a_plain_copy(string name, string codecs, Container container, params string[] streams)
    {
        using var media = new Generated();
        media.FFmpeg($"{Picture}{Beep}-t 9 {codecs} {name}");
        var cuts = (await Cuts.File(media[name])).Sound();
        Assert.Null(cuts.Failed);
        Assert.Null(cuts.Opened.Note);
        Assert.Equal(container, cuts.Opened.Container);
        Assert.Equal(streams, cuts.Opened.Streams.Select(stream => stream.Codec));
        Assert.IsType<CutEnded>(cuts.Events[^1]);
        Assert.InRange(cuts.Segments.Count, 4, 5);
        Assert.All(cuts.Segments, segment => Assert.True(segment.Independent));
        Assert.All(cuts.Segments.Skip(1), segment => Assert.False(segment.Discontinuity));
        Assert.All(cuts.Segments.SkipLast(1), segment => Assert.InRange(segment.Duration, 179_900, 180_100));
        Assert.InRange(cuts.Segments.Sum(segment => segment.Duration), 9 * 90_000 - 100, 9.1 * 90_000);
        Same(media, name, cuts);
    }

    internal static void Same(Generated media, string name, Cuts cuts)
    {
        var suffix = cuts.Opened.Container == Container.MpegTs ? "ts" : "mp4";
        var saved = cuts.Save(media, $"cut.{suffix}");

        // A copy into the same container makes the same frames of them: start codes, ADTS.
        var peer = media[name];
        if (suffix == "ts")
        {
            media.FFmpeg($"-i {name} -map 0:v? -map 0:a -c copy -f mpegts -muxdelay 0 peer.ts");
            peer = media["peer.ts"];
        }

        var (expected, actual) = (Frames.Of(peer, "-map 0"), Frames.Of(saved, "-map 0"));
        Assert.Equal(expected.Keys, actual.Keys);
        var shift = actual[0][0].Pts - expected[0][0].Pts;
        foreach (var (stream, frames) in expected)
        {
            Assert.Equal(frames.Select(frame => frame.Hash), actual[stream].Select(frame => frame.Hash));
            for (var i = 0; i < frames.Count; i++)
                Assert.True(Math.Abs(actual[stream][i].Pts - frames[i].Pts - shift) <= 2, $"stream {stream}, frame {i}: {frames[i]} became {actual[stream][i]}, shift {shift}");
        }

        Assert.Equal("", FfprobeComplaints(saved));
    }

    internal static string FfprobeComplaints(string path)
    {
        var script = $"ffprobe -v warning -show_packets '{path}' 2>&1 >/dev/null";
        return Generated.Run("sh", $"-c \"{script}\"");
    }
}
