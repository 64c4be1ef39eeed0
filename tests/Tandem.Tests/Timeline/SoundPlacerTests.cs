using Tandem.Live.Timeline;
using Xunit;

namespace Tandem.Tests.Timeline;

/// <summary>A tone with marks is placed by its time stamps; what comes out is compared with where it belongs.</summary>
public sealed class SoundPlacerTests
{
    private static readonly Epoch Start = new(0, EpochReason.Start, 900_000, ChannelTime.Zero, 0, 0);

    [Theory]
    [InlineData(48_000, 1024)]
    [InlineData(44_100, 1024)]
    [InlineData(22_050, 1024)]
    [InlineData(48_000, 1152)]
    public void Sound_comes_to_lie_where_its_time_stamps_say(int rate, int frame)
    {
        var track = Place(rate, frame, 10, (_, ticks) => ticks);
        Assert.Equal(0, Offset(track, rate, 5), 1.0);
    }

    [Fact]
    public void Sound_at_48_kHz_on_the_grid_passes_bit_by_bit()
    {
        var track = Place(48_000, 1024, 3, (_, ticks) => ticks);
        var stereo = new float[2000];
        track.Read(new ChannelTime(70_000), stereo);
        for (var index = 0; index < 1000; index++)
            Assert.Equal(Tone(70_000 + index, 48_000), stereo[index * 2]);
    }

    [Fact]
    public void One_millisecond_of_jitter_is_ignored()
    {
        var random = new Random(1);
        var track = Place(48_000, 1024, 60, (_, ticks) => ticks + random.Next(-90, 91), out var placer);
        Assert.Equal(0, placer.Holes);
        Assert.Equal(0, placer.Overlaps);
        Assert.InRange(Offset(track, 48_000, 55), -24, 24);
        Assert.True(LargestStep(track) < 0.14, "the tone has a step");
    }

    [Theory]
    [InlineData(1.0001)]
    [InlineData(0.9999)]
    [InlineData(1.0008)]
    public void A_wrong_clock_is_followed_without_a_step(double clock)
    {
        // The frames' times advance by `clock` seconds for every second of samples.
        var track = Place(48_000, 1024, 120, (index, _) => 900_000 + (long)Math.Round(index * 1920 * clock), out var placer);
        Assert.Equal(0, placer.Holes);
        var early = OffsetScaled(track, clock, 30);
        var late = OffsetScaled(track, clock, 110);
        Assert.InRange(late, -240, 240);
        Assert.InRange(late - early, -96, 96);
        Assert.True(LargestStep(track) < 0.14, "the tone has a step");
    }

    [Fact]
    public void A_hole_becomes_silence_and_what_follows_keeps_its_place()
    {
        var track = Place(48_000, 1024, 10, (index, ticks) => index is >= 100 and < 110 ? null : ticks, out var placer);
        Assert.Equal(1, placer.Holes);
        Assert.Equal(10 * 1024, placer.Filled.Samples, 48.0);
        Assert.Equal(0, Offset(track, 48_000, 5), 1.0);
        var middle = new float[4000];
        track.Read(new ChannelTime(105 * 1024), middle);
        Assert.All(middle, sample => Assert.Equal(0f, sample));
        Assert.True(LargestStep(track) < 0.14, "the edges of the hole are not faded");
    }

    [Fact]
    public void Sound_that_comes_twice_is_heard_once()
    {
        var track = new SoundTrack(ChannelTime.Zero);
        var placer = new SoundPlacer(track);
        placer.Begin(Start);
        for (var index = 0; index < 200; index++)
        {
            placer.Place(900_000 + (index * 1920), 48_000, Frame(index, 1024, 48_000));
            if (index == 100)
                placer.Place(900_000 + (index * 1920), 48_000, Frame(index, 1024, 48_000));
        }

        placer.Finish();
        Assert.Equal(1, placer.Overlaps);
        Assert.Equal(0, Offset(track, 48_000, 4), 1.0);
    }

    [Fact]
    public void Times_go_on_across_the_33_bit_wrap()
    {
        var track = new SoundTrack(ChannelTime.Zero);
        var placer = new SoundPlacer(track);
        var start = MediaTime.Wrap - 90_000;
        placer.Begin(Start with { StartTicks = start });
        for (var index = 0; index < 200; index++)
            placer.Place((start + (index * 1920)) % MediaTime.Wrap, 48_000, Frame(index, 1024, 48_000));
        placer.Finish();
        Assert.Equal(0, placer.Holes);
        Assert.Equal(0, Offset(track, 48_000, 4), 1.0);
    }

    private static SoundTrack Place(int rate, int frame, int seconds, Func<long, long, long?> stamp) =>
        Place(rate, frame, seconds, stamp, out _);

    private static SoundTrack Place(int rate, int frame, int seconds, Func<long, long, long?> stamp, out SoundPlacer placer)
    {
        var track = new SoundTrack(ChannelTime.Zero);
        placer = new SoundPlacer(track);
        placer.Begin(Start);
        for (long index = 0; index * frame < (long)rate * seconds; index++)
        {
            var ticks = 900_000 + (long)Math.Round(index * frame * 90_000.0 / rate);
            if (stamp(index, ticks) is { } written)
                placer.Place(written, rate, Frame(index, frame, rate));
        }

        placer.Finish();
        return track;
    }

    private static float[] Frame(long index, int frame, int rate)
    {
        var stereo = new float[frame * 2];
        for (var sample = 0; sample < frame; sample++)
            stereo[sample * 2] = stereo[(sample * 2) + 1] = Tone((index * frame) + sample, rate);
        return stereo;
    }

    // A chirp-like sum never repeats within seconds, so that an offset has one answer.
    private static float Tone(long sample, int rate)
    {
        var time = sample / (double)rate;
        return (float)(0.4 * Math.Sin(2 * Math.PI * 300 * time) * (1 + (0.5 * Math.Sin(2 * Math.PI * 0.37 * time)))
            + (0.2 * Math.Sin(2 * Math.PI * 1271 * time)));
    }

    /// <summary>Samples by which the sound around <paramref name="second"/> lies late.</summary>
    private static double Offset(SoundTrack track, int rate, double second) => OffsetScaled(track, 1, second);

    private static double OffsetScaled(SoundTrack track, double clock, double second)
    {
        var stereo = new float[9600];
        track.Read(new ChannelTime((long)(second * 48_000)), stereo);
        var best = (Score: double.MinValue, Shift: 0.0);
        for (var shift = -1200.0; shift <= 1200; shift += 0.5)
        {
            var score = 0.0;
            for (var index = 0; index < 4800; index += 3)
            {
                var place = (second * 48_000) + index - shift;
                var time = place / clock / 48_000;
                var expected = (0.4 * Math.Sin(2 * Math.PI * 300 * time) * (1 + (0.5 * Math.Sin(2 * Math.PI * 0.37 * time))))
                    + (0.2 * Math.Sin(2 * Math.PI * 1271 * time));
                score -= (stereo[index * 2] - expected) * (stereo[index * 2] - expected);
            }

            if (score > best.Score)
                best = (score, shift);
        }

        return best.Shift;
    }

    private static double LargestStep(SoundTrack track)
    {
        var stereo = new float[(int)(track.End - track.Begin).Samples * 2];
        track.Read(track.Begin, stereo);
        var largest = 0.0;
        for (var index = 2; index < stereo.Length - 2000; index += 2)
            largest = Math.Max(largest, Math.Abs(stereo[index] - stereo[index - 2]));
        return largest;
    }
}
