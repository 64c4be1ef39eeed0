using System.Globalization;
using Tandem.Media.Worker;
using Xunit;

namespace Tandem.MediaTests.Media;

/// <summary>Damaged and hostile segments, through a real worker: each gets an answer, and afterwards a good one decodes as before.</summary>
public class HostileSegmentsTests
{
    private const int Each = 150;

    [Theory]
    [InlineData("mpegts", "-c:a aac")]
    [InlineData("mp4", "-c:a aac -movflags frag_keyframe+empty_moov+default_base_moof")]
    [InlineData("adts", "-vn -c:a aac")]
    [InlineData("mpegts", "-c:a libmp3lame")]
    public async Task Flipped_cut_and_shuffled_bytes_are_answered(string format, string codec)
    {
        using var media = new Generated().FFmpeg(
            $"-f lavfi -i testsrc2=s=160x90:r=25 -f lavfi -i sine=997:r=48000 -t 1 -ac 2 -c:v libx264 -preset ultrafast {codec} -f {format} good");
        var good = media.Bytes("good");
        var log = new LogLines();
        await using var worker = MediaWorker.Create(new MediaWorkerOptions { RequestTimeout = TimeSpan.FromSeconds(20) }, TimeProvider.System, log);
        var expected = await Decode(worker, good, false);
        Assert.NotNull(expected.Segment);

        var random = new Random(20);
        for (var i = 0; i < Each; i++)
        {
            var outcome = await Decode(worker, Damage(good, random, i), continues: i % 3 != 0);
            Assert.True(
                outcome.Segment is not null || outcome.Fault is not (DecodeFault.Crashed or DecodeFault.TimedOut or DecodeFault.Unavailable),
                $"case {i}: {outcome.Fault} {outcome.Detail}\n{log}");
        }

        var again = await Decode(worker, good, false);
        Assert.Equal(expected.Segment!.Sound.Count, again.Segment!.Sound.Count);
        Assert.Equal(expected.Segment.Sound[^1].Samples, again.Segment.Sound[^1].Samples);
        Assert.Equal(0, worker.Restarts);
    }

    [Fact]
    public async Task A_worker_stays_small()
    {
        using var media = new Generated().FFmpeg(
            "-f lavfi -i testsrc2=s=1280x720:r=25 -f lavfi -i sine=997:r=48000 -t 2 -ac 2 -c:v libx264 -preset ultrafast -b:v 3M -c:a aac -f mpegts good");
        var good = media.Bytes("good");
        await using var worker = MediaWorker.Create(new MediaWorkerOptions(), TimeProvider.System, new LogLines());
        for (var i = 0; i < 100; i++)
            Assert.NotNull((await Decode(worker, good, i > 0)).Segment);
        var before = Ticks(worker);
        for (var i = 0; i < 100; i++)
            Assert.NotNull((await Decode(worker, good, true)).Segment);
        var resident = File.ReadAllLines($"/proc/{worker.ProcessId}/status").First(line => line.StartsWith("VmRSS", StringComparison.Ordinal));
        var kibibytes = int.Parse(resident.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture);
        TestContext.Current.TestOutputHelper?.WriteLine($"{kibibytes >> 10} MiB resident, {(Ticks(worker) - before) / 10.0:F1} ms CPU a segment of {good.Length} bytes");

        // 64 MiB, and the buffers of a request and its answer.
        Assert.InRange(kibibytes, 1, (64 << 10) + (8 * good.Length / 1024));
    }

    // Hundredths of a second of CPU.
    private static long Ticks(MediaWorker worker)
    {
        var fields = File.ReadAllText($"/proc/{worker.ProcessId}/stat").Split(") ")[1].Split(' ');
        return long.Parse(fields[11], CultureInfo.InvariantCulture) + long.Parse(fields[12], CultureInfo.InvariantCulture);
    }

    private static byte[] Damage(byte[] good, Random random, int kind)
    {
        var bytes = (byte[])good.Clone();
        switch (kind % 6)
        {
            case 0:
                for (var flips = random.Next(1, 200); flips > 0; flips--)
                    bytes[random.Next(bytes.Length)] ^= (byte)(1 << random.Next(8));
                return bytes;
            case 1:
                return bytes[..random.Next(bytes.Length)];
            case 2:
                return bytes[random.Next(bytes.Length)..];
            case 3:
                random.NextBytes(bytes.AsSpan(random.Next(bytes.Length / 2), random.Next(1, bytes.Length / 2)));
                return bytes;
            case 4:
                // The heads of containers, where lengths and counts stand.
                for (var flips = random.Next(1, 30); flips > 0; flips--)
                    bytes[random.Next(Math.Min(1500, bytes.Length))] = (byte)(random.Next(3) == 0 ? 255 : random.Next(256));
                return bytes;
            default:
                var pieces = bytes.Chunk(188).ToArray();
                random.Shuffle(pieces);
                return [.. pieces.SelectMany(piece => piece)];
        }
    }

    private static Task<DecodeOutcome> Decode(MediaWorker worker, byte[] data, bool continues) =>
        worker.DecodeAsync(new DecodeRequest(data, default, "en", continues), CancellationToken.None);
}
