using Tandem.Live.Package;
using Tandem.Live.Timeline;
using Tandem.Media;
using Tandem.Media.Worker;
using Xunit;

namespace Tandem.MediaTests.Package;

/// <summary>The self-check must see a fault that is there, and say nothing where it cannot know.</summary>
public sealed class SyncCheckTests
{
    private static readonly Epoch _epoch = new(0, EpochReason.Start, MediaTime.Wrap - 50_000, ChannelTime.Zero, 0, 0);
    private readonly float[] _noise = Noise(seed: 1);

    [Theory]
    [InlineData(Container.MpegTs, 0)]
    [InlineData(Container.FragmentedMp4, 0)]
    [InlineData(Container.MpegTs, 1024)]
    [InlineData(Container.MpegTs, -2112)]
    [InlineData(Container.FragmentedMp4, 48)]
    public void A_voice_is_found_where_it_is(Container container, int late)
    {
        var offset = Check(container, late, _noise);
        Assert.NotNull(offset);
        Assert.Equal(late / 48_000.0, offset.Value.TotalSeconds, 0.0002);
    }

    [Fact]
    public void Other_sound_and_silence_say_nothing()
    {
        Assert.Null(Check(Container.MpegTs, 0, Noise(seed: 2)));
        Assert.Null(Check(Container.MpegTs, 0, new float[_noise.Length]));
    }

    /// <summary>A forgotten priming would be one frame: a sine of 997 Hz fits there nearly as well.</summary>
    [Fact]
    public void Sound_that_repeats_itself_is_taken_for_the_nearest()
    {
        var sine = new float[_noise.Length];
        for (var index = 0; index < sine.Length; index++)
            sine[index] = 0.3f * MathF.Sin(index / 2 * 2 * MathF.PI * 997 / 48_000);
        Assert.Equal(0, Check(Container.MpegTs, 0, sine, sine)!.Value.TotalSeconds, 0.0002);
    }

    /// <summary>Encodes two seconds of sound, as a voice that is late by so many samples, and looks at the second one.</summary>
    private TimeSpan? Check(Container container, int late, float[] bed, float[]? sound = null)
    {
        sound ??= _noise;
        using var encoder = new VoiceEncoder(_epoch, "g", 192_000);
        var moved = new float[sound.Length];
        for (var index = 0; index < sound.Length; index++)
            moved[index] = index - (late * 2) is >= 0 and var from && from < sound.Length ? sound[from] : 0;
        encoder.Feed(moved);
        var (begin, end) = (_epoch.FrameStart(40), _epoch.FrameStart(90));
        encoder.Take(begin);
        var (first, frames) = encoder.Take(end);
        var packager = SoundPackager.Create(container, SoundFormat.AacLc(48_000, 2), "es")!;
        var body = packager.Package(_epoch.ToMedia(_epoch.FrameStart(first)), frames);
        var from0 = (int)(begin - SyncCheck.Margin).Samples * 2;
        var to0 = (int)(end + SyncCheck.Margin).Samples * 2;
        return SyncCheck.OffsetOf(body, packager.Init, _epoch, begin, bed.AsSpan(from0..Math.Min(to0, bed.Length)));
    }

    private static float[] Noise(int seed)
    {
        // Low noise as a voice has it: neighbours are alike.
        var random = new Random(seed);
        var noise = new float[130 * 1024 * 2];
        for (var index = 2; index < noise.Length; index += 2)
        {
            noise[index] = (0.8f * noise[index - 2]) + (0.1f * ((float)random.NextDouble() - 0.5f));
            noise[index + 1] = noise[index];
        }

        return noise;
    }
}
