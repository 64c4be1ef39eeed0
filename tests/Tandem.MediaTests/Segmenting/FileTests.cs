using Microsoft.Extensions.Time.Testing;
using Tandem.Media.Decode;
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

    private const string X265 = "-c:v libx265 -preset ultrafast -x265-params log-level=none:keyint=50:min-keyint=50:scenecut=0 -pix_fmt yuv420p ";
    private const string Vp9 = "-c:v libvpx-vp9 -deadline realtime -cpu-used 8 -g 50 ";
    private const string Av1 = "-c:v libsvtav1 -preset 12 -g 50 -svtav1-params scd=0 ";

    [Theory]
    [InlineData("a.mp4", X264 + "-c:a aac", Container.MpegTs, "h264", "aac")]
    [InlineData("a.mov", X264 + "-c:a aac", Container.MpegTs, "h264", "aac")]
    [InlineData("a.mkv", X264 + "-c:a ac3", Container.MpegTs, "h264", "ac3")]
    [InlineData("a.ts", X264 + "-c:a mp2", Container.MpegTs, "h264", "mp2")]
    [InlineData("a.flv", X264 + "-c:a aac", Container.MpegTs, "h264", "aac")]
    [InlineData("b.mkv", X264 + "-c:a libopus", Container.FragmentedMp4, "h264", "opus")]
    [InlineData("b.mp4", X264 + "-c:a eac3", Container.MpegTs, "h264", "eac3")]
    [InlineData("c.mkv", X264 + "-c:a libmp3lame", Container.MpegTs, "h264", "mp3")]
    [InlineData("d.webm", Vp9 + "-c:a libopus", Container.FragmentedMp4, "vp9", "opus")]
    [InlineData("d.mp4", Av1 + "-c:a aac", Container.FragmentedMp4, "av1", "aac")]
    [InlineData("e.ts", X265 + "-c:a aac", Container.MpegTs, "hevc", "aac")]
    [InlineData("e.mkv", X265 + "-c:a flac", Container.FragmentedMp4, "hevc", "flac")]
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

        // FFmpeg's program smoothes sound whose times are whole milliseconds; Tandem leaves that to what places it.
        Same(media, name, cuts, name.EndsWith(".flv", StringComparison.Ordinal) ? 90 : 2);
    }

    [Theory]
    [InlineData("a.wav", "-c:a pcm_s16le -ar 44100 -ac 2", "aac", "pcm_s16le")]
    [InlineData("a.ogg", "-c:a libvorbis -ar 44100 -ac 1", "aac", "vorbis")]
    [InlineData("a.m4a", "-c:a alac -ar 48000", "aac", "alac")]
    [InlineData("a.mp3", "-c:a libmp3lame -ar 22050", "mp3", null)]
    [InlineData("a.flac", "-c:a flac -ar 96000 -ac 2", "flac", null)]
    [InlineData("a.aac", "-c:a aac -ar 32000", "aac", null)]
    [InlineData("b.ogg", "-c:a libopus", "opus", null)]
    public async Task Sound_alone_is_cut_by_time_and_sounds_where_it_did(string name, string codec, string expected, string? from)
    {
        using var media = new Generated();

        // Ten seconds of silence but for a beep of 0.1 s at 7.3 s.
        media.FFmpeg($"-f lavfi -i \"aevalsrc='if(between(t,7.3,7.4),0.8*sin(2*PI*1000*t),0)':s=48000:d=10\" {codec} {name}");
        var cuts = (await Cuts.File(media[name])).Sound();
        Assert.Null(cuts.Failed);
        var stream = Assert.Single(cuts.Opened.Streams);
        Assert.Equal((expected, from), (stream.Codec, stream.EncodedFrom));
        Assert.Equal(from is null, cuts.Opened.Note is null);
        Assert.InRange(cuts.Segments.Count, 5, 6);
        Assert.InRange(cuts.Segments.Sum(segment => segment.Duration), 9.9 * 90_000, 10.2 * 90_000);

        using var decoder = new SegmentDecoder();
        var sound = cuts.Segments
            .SelectMany((segment, i) => decoder.Decode(new DecodeRequest(segment.Data, segment.Init, "en", i > 0)).Segment!.Sound)
            .ToList();
        var loud = sound.SelectMany(block => Enumerable.Range(0, block.Samples.Length / 2)
            .Where(i => Math.Abs(block.Samples[2 * i]) > 0.2)
            .Select(i => block.Ticks + (i * 90_000.0 / block.SampleRate))).ToList();

        // MP3 and AAC files do not say how much priming they have; what the source's own decoder skips is not known here.
        var slack = name is "a.mp3" or "a.aac" ? 0.06 : 0.004;

        // What stands before 0 in the source: the priming of the new encoder, Opus's pre-skip of 312 samples.
        var begin = cuts.Segments[0].Start + (from is not null ? 1920 : expected == "opus" ? 585 : 0);
        Assert.InRange((loud.Min() - begin) / 90_000, 7.3 - slack, 7.3 + slack);
        Assert.InRange((loud.Max() - loud.Min()) / 90_000, 0.095, 0.105);
    }

    [Fact]
    public async Task Every_sound_is_kept_with_its_language_and_cut_with_the_picture()
    {
        using var media = new Generated();
        media.FFmpeg($"{Picture}{Beep}{Beep}-t 7 -map 0 -map 1 -map 2 {X264}-c:a aac -metadata:s:a:0 language=eng -metadata:s:a:1 language=deu a.mkv");
        var cuts = (await Cuts.File(media["a.mkv"])).Sound();
        Assert.Equal([null, "eng", "deu"], cuts.Opened.Streams.Select(stream => stream.Language));
        Assert.Equal((320, 180, 25), (cuts.Opened.Streams[0].Width, cuts.Opened.Streams[0].Height, cuts.Opened.Streams[0].FrameRate));
        var saved = cuts.Save(media, "cut.ts");
        Assert.Equal("eng\ndeu", Generated.Run("ffprobe", $"-v error -select_streams a -show_entries stream_tags=language -of csv=p=0 {saved}").Trim().Split('\n').TakeLast(2).Aggregate((a, b) => $"{a}\n{b}"));
        foreach (var segment in cuts.Segments)
        {
            File.WriteAllBytes(media["one.ts"], segment.Data.ToArray());
            var frames = Frames.Of(media["one.ts"], "-map 0");
            Assert.Equal(3, frames.Count);
            foreach (var stream in new[] { 1, 2 })
                Assert.All(frames[stream], frame => Assert.InRange(frame.Pts, segment.Start - (segment.Discontinuity ? 2000 : 0), segment.Start + segment.Duration));
        }

        Same(media, "a.mkv", cuts, 90);
    }

    [Fact]
    public async Task Pictures_and_sound_of_an_edit_list_stay_in_step()
    {
        // Cut into an MP4 midway by copying: an edit list hides what comes before 3.1 s.
        using var media = new Generated();
        media.FFmpeg($"{Picture}{Beep}-t 9 {X264}-c:a aac whole.mp4").FFmpeg("-ss 3.1 -i whole.mp4 -c copy a.mp4");
        var cuts = (await Cuts.File(media["a.mp4"])).Sound();
        Assert.Null(cuts.Failed);
        var saved = cuts.Save(media, "cut.ts");

        // What is shown: pictures that play from 0 on, against sound that plays from 0 on.
        var (source, cut) = (Frames.Of(media["a.mp4"], "-map 0"), Frames.Of(saved, "-map 0"));
        var (picture, sound) = (source[0].FindIndex(frame => frame.Pts >= 0), source[1].FindIndex(frame => frame.Pts >= 0));
        Assert.True(picture > 0);
        Assert.InRange(cut[0][picture].Pts - cut[1][sound].Pts - (source[0][picture].Pts - source[1][sound].Pts), -2, 2);
        Assert.InRange(cut[0][picture].Pts - cut[0][0].Pts, 0, 9000);
        Assert.Equal("", FfprobeComplaints(saved));
    }

    [Fact]
    public async Task Without_key_frames_it_is_cut_all_the_same()
    {
        using var media = new Generated();
        media.FFmpeg($"{Picture}{Beep}-t 30 -c:v libx264 -preset ultrafast -g 1000 -keyint_min 1000 -sc_threshold 0 -pix_fmt yuv420p -c:a aac a.mp4");
        var cuts = (await Cuts.File(media["a.mp4"], options => options with { Longest = TimeSpan.FromSeconds(5) })).Sound();
        Assert.Equal([true, false, false, false, false, false], cuts.Segments.Select(segment => segment.Independent));
        Assert.All(cuts.Segments, segment => Assert.InRange(segment.Duration, 1, 5.2 * 90_000));
        Same(media, "a.mp4", cuts);
    }

    [Fact]
    public async Task Times_that_wrap_go_on()
    {
        // 2³³ ticks of 90 kHz are 95,443.7 s.
        using var media = new Generated();
        media.FFmpeg($"{Picture}{Beep}-t 9 {X264}-c:a ac3 -muxdelay 0 -output_ts_offset 95440 a.ts").FFmpeg($"{Picture}{Beep}-t 9 {X264}-c:a ac3 -muxdelay 0 b.ts");
        var (wrapped, plain) = ((await Cuts.File(media["a.ts"])).Sound(), (await Cuts.File(media["b.ts"])).Sound());
        Assert.Single(wrapped.Segments, segment => segment.Discontinuity);
        Assert.Equal(plain.Segments.Select(segment => segment.Duration), wrapped.Segments.Select(segment => segment.Duration));
        Assert.Equal(plain.Segments.Select(segment => segment.Data.ToArray()), wrapped.Segments.Select(segment => segment.Data.ToArray()));
    }

    [Fact]
    public async Task A_jump_in_a_file_is_a_discontinuity()
    {
        using var media = new Generated();
        media.FFmpeg($"{Picture}{Beep}-t 4 {X264}-c:a aac -output_ts_offset 1000 a.ts").FFmpeg($"{Picture}{Beep}-t 4 {X264}-c:a aac b.ts");
        await File.WriteAllBytesAsync(media["c.ts"], [.. media.Bytes("a.ts"), .. media.Bytes("b.ts")], TestContext.Current.CancellationToken);
        var cuts = (await Cuts.File(media["c.ts"])).Sound();
        Assert.Equal([true, false, true, false], cuts.Segments.Select(segment => segment.Discontinuity));
        Assert.All(cuts.Segments, segment => Assert.True(segment.Independent));
        Assert.All(cuts.Segments, segment => Assert.InRange(segment.Duration, 1.9 * 90_000, 2.1 * 90_000));
        Assert.Equal("", FfprobeComplaints(cuts.Save(media, "cut.ts")));
    }

    [Fact]
    public async Task Continuity_counters_go_on_and_every_segment_begins_with_its_tables()
    {
        using var media = new Generated();
        media.FFmpeg($"{Picture}{Beep}-t 9 {X264}-c:a aac a.mp4");
        var cuts = (await Cuts.File(media["a.mp4"])).Sound();
        var counters = new Dictionary<int, int>();
        foreach (var segment in cuts.Segments)
        {
            var packets = segment.Data.ToArray().Chunk(188).ToList();
            Assert.All(packets, packet => Assert.Equal((188, 0x47), (packet.Length, packet[0])));
            var pids = packets.Select(packet => ((packet[1] & 31) << 8) | packet[2]).ToList();
            var first = pids.FindIndex(pid => pid is 0x100 or 0x101);
            Assert.Contains(0, pids[..first]);
            Assert.Contains(0x1000, pids[..first]);
            foreach (var (packet, pid) in packets.Zip(pids))
            {
                // Packets with payload count; no discontinuity indicator excuses a break.
                if ((packet[3] & 0x10) == 0)
                    continue;
                if (counters.TryGetValue(pid, out var before))
                    Assert.Equal((before + 1) & 15, packet[3] & 15);
                counters[pid] = packet[3] & 15;
                Assert.False((packet[3] & 0x20) != 0 && packet[4] > 0 && (packet[5] & 0x80) != 0);
            }
        }
    }

    [Fact]
    public async Task A_loop_goes_on_with_a_discontinuity_each_turn()
    {
        using var media = new Generated();
        media.FFmpeg($"{Picture}{Beep}-t 4 {X264}-c:a aac a.mp4");
        using var handle = File.OpenHandle(media["a.mp4"]);
        await using var segmenter = Segmenter.Start(
            new SegmenterOptions { Input = new FileInput(handle, "a.mp4", Loop: true) }, TimeProvider.System, new LogLines());
        var cuts = (await Cuts.Read(segmenter, so => so.Segments.Count == 7)).Sound();
        Assert.Equal([true, false, true, false, true, false, true], cuts.Segments.Select(segment => segment.Discontinuity));
        Assert.Equal(cuts.Segments[0].Duration, cuts.Segments[2].Duration);
        Assert.Equal(0, cuts.Events.Count(next => next is CutFailed or CutEnded));
    }

    [Fact]
    public async Task A_paced_file_comes_as_its_time_passes()
    {
        using var media = new Generated();
        media.FFmpeg($"{Picture}{Beep}-t 8 {X264}-c:a aac a.mp4");
        using var handle = File.OpenHandle(media["a.mp4"]);
        var time = new FakeTimeProvider();
        await using var segmenter = Segmenter.Start(
            new SegmenterOptions { Input = new FileInput(handle, "a.mp4"), Paced = true }, time, new LogLines());
        var events = segmenter.ReadAsync(CancellationToken.None).GetAsyncEnumerator();
        await using var _ = events;
        async Task<CutEvent> Next(Task<bool> moved) => await moved ? events.Current : throw new InvalidOperationException("over");
        Assert.IsType<CutOpened>(await Next(events.MoveNextAsync().AsTask()));
        Assert.IsType<SegmentCut>(await Next(events.MoveNextAsync().AsTask()));
        var second = events.MoveNextAsync().AsTask();
        time.Advance(TimeSpan.FromSeconds(1.9));
        Assert.False(second.IsCompleted);

        // The wait may not have begun yet when time is advanced; then it is as much shorter.
        while (!second.IsCompleted)
        {
            time.Advance(TimeSpan.FromSeconds(0.1));
            await Task.Yield();
        }

        Assert.Equal(1, Assert.IsType<SegmentCut>(await Next(second)).Sequence);
    }

    internal static void Same(Generated media, string name, Cuts cuts, long tolerance = 2)
    {
        var suffix = cuts.Opened.Container == Container.MpegTs ? "ts" : "mp4";
        var saved = cuts.Save(media, $"cut.{suffix}");

        // A copy into the same container makes the same frames of them: start codes, ADTS.
        var peer = Path.IsPathRooted(name) ? name : media[name];
        if (suffix == "ts")
        {
            media.FFmpeg($"-i \"{name}\" -map 0:v? -map 0:a? -c copy -f mpegts -muxdelay 0 -pes_payload_size 0 peer.ts");
            peer = media["peer.ts"];
        }

        var (expected, actual) = (Frames.Of(peer, "-map 0"), Frames.Of(saved, "-map 0"));
        Assert.Equal(expected.Keys.Order(), actual.Keys.Order());
        var shift = actual[0][^1].Pts - expected[0][^1].Pts;
        foreach (var (stream, frames) in expected)
        {
            Assert.Equal(frames.Select(frame => frame.Hash), actual[stream].Select(frame => frame.Hash));
            for (var i = 0; i < frames.Count; i++)
                Assert.True(Math.Abs(actual[stream][i].Pts - frames[i].Pts - shift) <= tolerance, $"stream {stream}, frame {i}: {frames[i]} became {actual[stream][i]}, shift {shift}");
        }

        Assert.Equal("", FfprobeComplaints(saved));
    }

    internal static string FfprobeComplaints(string path)
    {
        var script = $"ffprobe -v warning -show_packets '{path}' 2>&1 >/dev/null";
        return Generated.Run("sh", $"-c \"{script}\"");
    }
}
