using Tandem.Live.Package;
using Tandem.Live.Timeline;
using Tandem.Media;
using Xunit;

namespace Tandem.MediaTests.Package;

/// <summary>One life of a voice's encoder, frame by frame.</summary>
public sealed class VoiceEncoderTests
{
    private static readonly Epoch _epoch = new(0, EpochReason.Start, 900_000, ChannelTime.Zero, 0, 0);

    [Fact]
    public void Frames_follow_the_grid_whatever_is_taken_when()
    {
        using var encoder = new VoiceEncoder(_epoch, "g", 128_000);
        encoder.Feed(new float[20 * AacEncoder.FrameSamples * 2]);
        var (first, some) = encoder.Take(_epoch.FrameStart(10));
        var (next, more) = encoder.Take(_epoch.FrameStart(100));
        Assert.Equal((0, 10, 10), (first, some.Count, next));
        Assert.InRange(more.Count, 7, 9);
    }

    [Fact]
    public void To_finish_twice_is_to_finish()
    {
        using var encoder = new VoiceEncoder(_epoch, "g", 128_000);
        encoder.Feed(new float[2 * AacEncoder.FrameSamples * 2]);
        encoder.Finish();
        encoder.Finish();
        Assert.Equal(2, encoder.Take(_epoch.FrameStart(2)).Frames.Count);
    }

    [Fact]
    public void Silence_stands_for_frames_that_are_not_there_yet_and_the_grid_goes_on_behind_it()
    {
        using var encoder = new VoiceEncoder(_epoch, "g", 128_000);
        byte[] silence = [1, 2, 3];
        encoder.Feed(new float[20 * AacEncoder.FrameSamples * 2]);
        var (_, filled) = encoder.Take(_epoch.FrameStart(20), silence);
        Assert.Equal(20, filled.Count);
        var silent = filled.Count(frame => frame.Span.SequenceEqual(silence));
        Assert.InRange(silent, 1, 3);

        encoder.Feed(new float[20 * AacEncoder.FrameSamples * 2]);
        var (first, frames) = encoder.Take(_epoch.FrameStart(30));
        Assert.Equal((20, 10), (first, frames.Count));
        Assert.DoesNotContain(frames, frame => frame.Span.SequenceEqual(silence));
        Assert.Equal(_epoch.FrameStart(40 - silent), encoder.Encoded);
    }
}
