using Tandem.Media.Worker;
using Xunit;

namespace Tandem.MediaTests.Media;

public class MediaWorkerTests
{
    [Fact]
    public async Task Decodes_segments_in_a_child_process()
    {
        using var media = new Generated().FFmpeg(
            "-f lavfi -i testsrc2=s=640x360:r=25 -f lavfi -i sine=1000:r=48000 -t 6 -ac 2 -c:v libx264 -preset ultrafast -g 50 -c:a aac -f hls -hls_time 2 -hls_segment_filename s%d.ts i.m3u8");
        var log = new LogLines();
        await using var worker = MediaWorker.Create(new MediaWorkerOptions(), TimeProvider.System, log);
        long frames = 0;
        foreach (var (bytes, i) in media.All("s*.ts").Select((bytes, i) => (bytes, i)))
        {
            var outcome = await worker.DecodeAsync(new DecodeRequest(bytes, default, "en", i > 0), CancellationToken.None);
            Assert.True(outcome.Fault is null, $"{outcome.Fault} {outcome.Detail}\n{log}");
            var segment = outcome.Segment!;
            Assert.Equal(Container.MpegTs, segment.Container);
            Assert.Equal(0, segment.DamagedFrames);
            frames += segment.Sound.Sum(sound => sound.Samples.Length / 2);
        }

        Assert.InRange(frames, 5.9 * 48_000, 6.1 * 48_000);
        Assert.True(worker.IsReady);
        Assert.Equal(0, worker.Restarts);
    }
}
