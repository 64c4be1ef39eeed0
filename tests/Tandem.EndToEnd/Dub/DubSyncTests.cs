using System.Buffers.Binary;
using Tandem.Checks.Detectors;
using Tandem.Checks.Signals;
using Xunit;

namespace Tandem.EndToEnd.Dub;

/// <summary>Sound that belongs to a picture plays with it, in whatever the film came (issue 3, "dub"); measured against the source.</summary>
public sealed class DubSyncTests : IDisposable
{
    private const double MedianLimit = 0.005;
    private const double WorstLimit = 0.010;

    private readonly string _folder = DubRun.Folder();

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData("plain.mp4", "-c:v libx264 -preset ultrafast -bf 2 -g 50", "-c:a aac -ar 44100", 0.0, "out.mp4")]
    [InlineData("start.ts", "-c:v libx264 -preset ultrafast -bf 2 -g 50", "-c:a mp2", 0.0, "out.mp4")]
    [InlineData("late.mp4", "-c:v libx264 -preset ultrafast -bf 2 -g 50", "-c:a aac", 0.7, "out.mp4")]
    [InlineData("film.mkv", "-c:v libx264 -preset ultrafast -bf 0 -g 50", "-c:a libopus -b:a 96k", 0.0, "out.mp4")]
    [InlineData("bare.mov", "-c:v mpeg4 -q:v 5", "-c:a pcm_s16le", 0.0, "out.mkv")]
    public async Task A_voice_lies_where_the_sound_lay(string name, string video, string audio, double shift, string made)
    {
        var source = await DubRun.FlashBeepAsync(_folder, name, video, audio, shift);
        var output = Path.Combine(_folder, made);
        var result = await DubRun.RunAsync(source, "--from", "en", "--to", "es", "--engine", "echo", "-o", output);

        Assert.True(result.Code == 0, result.Errors);
        await InSyncAsync(source, output);
    }

    [Theory]
    [InlineData("-hls_segment_type mpegts", false)]
    [InlineData("-hls_segment_type fmp4", false)]
    [InlineData("-hls_segment_type fmp4", true)]
    public async Task A_playlist_that_has_an_end_is_a_film(string kind, bool apart)
    {
        var source = await DubRun.FlashBeepAsync(_folder, "film.mp4");
        string[] streams = apart
            ? ["-map", "0:v", "-map", "0:a", "-var_stream_map", "v:0,agroup:s a:0,agroup:s,language:en", "-master_pl_name", "master.m3u8"]
            : ["-map", "0", "-var_stream_map", "v:0,a:0", "-master_pl_name", "master.m3u8"];
        await Ffmpeg.RunAsync(
            ["-v", "error", "-i", source, "-c", "copy", .. streams, "-f", "hls", "-hls_time", "2", "-hls_playlist_type", "vod", .. kind.Split(' '), "v%v.m3u8"],
            folder: _folder);
        using var server = new FolderServer(_folder);
        var output = Path.Combine(_folder, "out.mp4");
        var address = new Uri(server.Root, "master.m3u8").AbsoluteUri;
        var result = await DubRun.RunAsync(address, "--allow-private", "--from", "en", "--to", "es", "--engine", "echo", "-o", output);

        Assert.True(result.Code == 0, result.Errors);
        await InSyncAsync(source, output);
    }

    /// <summary>Segments of a transport stream, and AAC that tells its time in an ID3 tag (RFC 8216, section 3.4).</summary>
    [Fact]
    public async Task A_picture_and_packed_audio_have_one_clock()
    {
        var source = await DubRun.FlashBeepAsync(_folder, "film.ts");
        await Ffmpeg.RunAsync(
            ["-v", "error", "-copyts", "-i", source, "-map", "0:v", "-c", "copy", "-output_ts_offset", "20000", "-mpegts_copyts", "1", "-f", "hls", "-hls_time", "2",
                "-hls_playlist_type", "vod", "video.m3u8"],
            folder: _folder);
        await Ffmpeg.RunAsync(["-v", "error", "-i", source, "-map", "0:a", "-c", "copy", "-f", "adts", "plain.aac"], folder: _folder);
        await File.WriteAllBytesAsync(
            At("sound.aac"), [.. Tag(await FirstAsync(source, "a:0") + await FirstAsync(At("video0.ts"), "v:0") - await FirstAsync(source, "v:0")), .. await File.ReadAllBytesAsync(At("plain.aac"))]);
        await File.WriteAllTextAsync(At("sound.m3u8"), "#EXTM3U\n#EXT-X-TARGETDURATION:21\n#EXTINF:20,\nsound.aac\n#EXT-X-ENDLIST\n");
        await File.WriteAllTextAsync(
            At("master.m3u8"),
            """
            #EXTM3U
            #EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="s",NAME="English",LANGUAGE="en",DEFAULT=YES,URI="sound.m3u8"
            #EXT-X-STREAM-INF:BANDWIDTH=500000,CODECS="avc1.4d401f,mp4a.40.2",AUDIO="s"
            video.m3u8
            """);
        using var server = new FolderServer(_folder);
        var result = await DubRun.RunAsync(
            new Uri(server.Root, "master.m3u8").AbsoluteUri, "--allow-private", "--from", "en", "--to", "es", "--engine", "echo", "-o", At("out.mp4"));

        Assert.True(result.Code == 0, result.Errors);
        await InSyncAsync(source, At("out.mp4"));
    }

    /// <summary>The second counts anew: back by no more than the first is long.</summary>
    [Fact]
    public async Task Transport_streams_one_behind_the_other_are_one_film()
    {
        var (front, back) = (await DubRun.FlashBeepAsync(_folder, "front.ts", seconds: 8), await DubRun.FlashBeepAsync(_folder, "back.ts", seconds: 12));
        var both = Path.Combine(_folder, "both.ts");
        await File.WriteAllBytesAsync(both, [.. await File.ReadAllBytesAsync(front), .. await File.ReadAllBytesAsync(back)]);
        var output = Path.Combine(_folder, "out.mp4");
        var result = await DubRun.RunAsync(both, "--from", "en", "--to", "es", "--engine", "echo", "-o", output);

        Assert.True(result.Code == 0, result.Errors);
        var first = await DubRun.OffsetsAsync(front, "a:0");
        var expected = first.Concat((await DubRun.OffsetsAsync(back, "a:0")).Select(pair => KeyValuePair.Create(pair.Key + 8, pair.Value))).ToList();

        // The original is copied frame by frame: one of AAC (21 ms) may be too much where the streams meet.
        foreach (var (track, worst) in new[] { ("a:0", WorstLimit), ("a:1", WorstLimit + 0.0214) })
        {
            var error = SyncError.Between(expected, (await DubRun.OffsetsAsync(output, track)).ToDictionary());
            Assert.True(error.Count >= 17 && error.Missed <= 1 && Math.Abs(error.Worst) <= worst, $"{track}: {error}");
        }
    }

    private string At(string name) => Path.Combine(_folder, name);

    /// <summary>Time of a stream's first packet, 90 kHz.</summary>
    private static async Task<long> FirstAsync(string film, string stream) => (long)Math.Round(90_000 * await DubRun.FirstPacketAsync(film, stream));

    private static byte[] Tag(long ticks)
    {
        var body = new byte[53];
        "com.apple.streaming.transportStreamTimestamp\0"u8.CopyTo(body);
        BinaryPrimitives.WriteInt64BigEndian(body.AsSpan(45), ticks);
        return [.. "ID3"u8, 4, 0, 0, 0, 0, 0, 63, .. "PRIV"u8, 0, 0, 0, 53, 0, 0, .. body];
    }

    private static async Task InSyncAsync(string source, string output)
    {
        var own = await DubRun.OffsetsAsync(source, "a:0");
        Assert.True(own.Count >= 15, $"only {own.Count} beeps in the source");
        var voice = SyncError.Between(own, (await DubRun.OffsetsAsync(output, "a:0")).ToDictionary());
        var original = SyncError.Between(own, (await DubRun.OffsetsAsync(output, "a:1")).ToDictionary());
        foreach (var error in new[] { voice, original })
        {
            var told = $"voice {voice}; original {original}";
            Assert.True(error.Count >= own.Count - 1 && error.Missed == 0, told);
            Assert.True(Math.Abs(error.Median) <= MedianLimit, told);
            Assert.True(Math.Abs(error.Worst) <= WorstLimit, told);
        }

        TestContext.Current.SendDiagnosticMessage($"voice {voice}; original {original}");
        Assert.Empty(await DubRun.ComplaintsAsync(output));
    }
}
