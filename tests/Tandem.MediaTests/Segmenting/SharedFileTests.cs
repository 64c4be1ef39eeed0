using Tandem.Media.Decode;
using Tandem.Media.Segmenting;
using Tandem.Media.Worker;
using Tandem.MediaTests.Media;
using Xunit;

namespace Tandem.MediaTests.Segmenting;

/// <summary>Real recordings.</summary>
public class SharedFileTests
{
    public static TheoryData<string> Videos() => Generated.Shared is { } shared
        ? [.. Directory.GetFiles(Path.Combine(shared, "video")).Select(Path.GetFileName).Order(StringComparer.Ordinal).Select(name => name!)]
        : ["none"];

    [Theory]
    [MemberData(nameof(Videos))]
    public async Task Each_is_cut_and_heard_or_refused_with_a_reason(string name)
    {
        var path = Generated.SharedFile(Path.Combine("video", name));
        using var media = new Generated();
        var cuts = (await Cuts.File(path)).Sound();
        if (Path.GetExtension(name) is ".txt" or ".srt" or ".vtt")
        {
            Assert.Equal(CutFault.NotMedia, cuts.Failed!.Fault);
            Assert.Matches($"^{name}: it (cannot be read|is a playlist, or of a format that Tandem does not read)", cuts.Failed.Detail);
            return;
        }

        Assert.Null(cuts.Failed);
        var saved = cuts.Save(media, cuts.Opened.Container == Container.MpegTs ? "cut.ts" : "cut.mp4");
        Assert.Equal("", FileTests.FfprobeComplaints(saved));
        Heard(cuts);
        if (cuts.Opened.Note is null)
            FileTests.Same(media, path, cuts, name.EndsWith(".mov", StringComparison.Ordinal) ? HiddenFrames : 2);
    }

    // Its edit list hides 4 s of picture, which are there to be decoded but not to be seen.
    private const long HiddenFrames = 5 * 90_000;

    // Each segment's sound is found and decoded by the media worker's own demuxer.
    private static void Heard(Cuts cuts)
    {
        using var decoder = new SegmentDecoder();
        long samples = 0;
        var rate = 0;
        for (var i = 0; i < cuts.Segments.Count; i++)
        {
            var segment = cuts.Segments[i];
            var outcome = decoder.Decode(new DecodeRequest(segment.Data, segment.Init, "en", i > 0));
            if (cuts.Opened.Streams.All(stream => stream.Kind != TrackKind.Sound))
            {
                Assert.Equal(DecodeFault.NoSound, outcome.Fault);
                continue;
            }

            Assert.True(outcome.Fault is null, $"segment {i}: {outcome.Detail}\n{cuts}");
            Assert.Equal(0, outcome.Segment!.DamagedFrames);
            samples += outcome.Segment.Sound.Sum(sound => sound.Samples.Length / 2);
            rate = outcome.Segment.Sound.Count > 0 ? outcome.Segment.Sound[0].SampleRate : rate;
            if (cuts.Opened.Streams[0].Kind == TrackKind.Picture && segment.Independent)
                Assert.InRange(outcome.Segment.PictureStart!.Value - segment.Start, -9000, 1);
        }

        if (rate > 0)
            Assert.InRange(samples / (double)rate, cuts.Segments.Sum(segment => segment.Duration) / 90_000.0 * 0.9, 1000);
    }
}
