using Tandem.Media.Worker;
using Tandem.MediaTests.Media;
using Xunit;

namespace Tandem.MediaTests.Remux;

/// <summary>Real recordings: the picture is the source's, packet by packet, and ffmpeg complains of nothing that it does not in the source.</summary>
public sealed class SharedRemuxTests
{
    [Theory]
    [InlineData("hls/jordi_ts", "seg*.ts")]
    [InlineData("hls/ts_h264_aac", "n_*.ts")]
    [InlineData("hls/ts_webvtt_de", "*.ts")]
    [InlineData("hls/ts_cea608", "*.ts")]
    [InlineData("hls/ts_alt_audio_video", "green_1.ts")]
    [InlineData("video", "talking_person_jordi.ts")]
    [InlineData("video", "demo_reel_50s.ts")]
    [InlineData("video", "hevc_aac_obs.ts")]
    public void Transport_streams(string folder, string pattern)
    {
        var files = Directory.GetFiles(Generated.SharedFile(folder), pattern).Order(StringComparer.Ordinal).ToList();
        Assert.NotEmpty(files);
        Holds(Remuxing.All(files.Select(File.ReadAllBytes)), [.. files], ".ts");
    }

    [Theory]
    [InlineData("hls/cmaf_separate_audio", "video_init.mp4", "video_?.m4s")]
    [InlineData("hls/jordi_cmaf", "init_0.mp4", "seg_0_*.m4s")]
    public void Fragmented_MP4(string folder, string init, string pattern)
    {
        var files = Directory.GetFiles(Generated.SharedFile(folder), pattern).Order(StringComparer.Ordinal).ToList();
        var head = Path.Combine(Generated.SharedFile(folder), init);
        Holds(Remuxing.All(files.Select(File.ReadAllBytes), File.ReadAllBytes(head)), [head, .. files], ".mp4");
    }

    [Fact]
    public void Fragmented_files()
    {
        var files = Directory.GetFiles(Generated.SharedFile("video"), "*_frag.mp4");
        Assert.NotEmpty(files);
        foreach (var file in files)
            Holds(Remuxing.All([File.ReadAllBytes(file)]), [file], ".mp4");
    }

    private static void Holds(List<RemuxedSegment> segments, List<string> sources, string extension)
    {
        using var media = new Generated();
        using (var whole = File.Create(media["source" + extension]))
        {
            foreach (var source in sources)
                whole.Write(File.ReadAllBytes(source));
        }

        var path = Remuxing.Write(media, "remuxed" + extension, segments);
        Assert.Equal(Remuxing.PictureHashes(media["source" + extension]), Remuxing.PictureHashes(path));
        Assert.DoesNotContain("audio", Remuxing.Kinds(path));
        Assert.Empty(Complaints(path).Except(Complaints(media["source" + extension])));
        Assert.All(segments, segment => Assert.Contains(segment.Tracks, track => track.Kind == TrackKind.Picture));
        Assert.NotNull(segments[0].Tracks.First(track => track.Kind == TrackKind.Picture).CodecsTag);
    }

    // Without the addresses that ffmpeg puts in.
    private static IEnumerable<string> Complaints(string path) => Remuxing.Warnings(path)
        .Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => line[(line.IndexOf(']', StringComparison.Ordinal) + 1)..]);
}
