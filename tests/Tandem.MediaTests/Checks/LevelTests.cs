using Tandem.Checks.Detectors;
using Tandem.Checks.Signals;
using Xunit;

namespace Tandem.MediaTests.Checks;

/// <summary>The detectors of levels, loudness and who speaks.</summary>
public sealed class LevelTests
{
    private const int Rate = 48_000;

    [Theory]
    [InlineData(0)]
    [InlineData(-12)]
    [InlineData(-18)]
    public void The_level_of_a_voice_under_another_is_measured(double level)
    {
        SkipWithoutSpeech();
        var bed = new Speech().Render(Rate, 30);
        var dub = new Speech(First: 4, Pause: 1, Pitch: 1.25).Render(Rate, 30);
        var gain = (float)Math.Pow(10, level / 20);
        var mix = bed.Zip(dub, (b, d) => (gain * b) + d).ToArray();

        for (var from = 0; from + 10 <= 30; from += 10)
            Assert.InRange(BedLevel.Decibels(mix, bed, [(from * Rate)..((from + 10) * Rate)]), level - BedLevel.Tolerance, level + BedLevel.Tolerance);
    }

    [Fact]
    public void A_bed_that_is_not_there_is_far_down()
    {
        SkipWithoutSpeech();
        var bed = new Speech().Render(Rate, 30);
        var dub = new Speech(First: 4, Pause: 1, Pitch: 1.25).Render(Rate, 30);
        Assert.True(BedLevel.Decibels(dub, bed, [Range.All]) < -30);
    }

    [Fact]
    public void Who_is_heard_is_told_at_any_level_and_through_a_hitch()
    {
        SkipWithoutSpeech();
        var one = new Speech().Render(Rate, 40);
        var other = new Speech(First: 4, Pitch: 1.25).Render(Rate, 40);
        // Half as loud, with 3 ms missing in the middle, as a busy page records it.
        var heard = one[(20 * Rate)..(22 * Rate)].Concat(one[((22 * Rate) + 150)..(25 * Rate)]).Select(sample => sample / 2).ToArray();

        var ranked = WhoIsHeard.Rank(heard, [KeyValuePair.Create("other", other), KeyValuePair.Create("one", one)]);

        Assert.Equal("one", ranked[0].Name);
        Assert.True(ranked[0].Likeness > WhoIsHeard.Same, ranked[0].ToString());
        Assert.True(ranked[1].Likeness < WhoIsHeard.Different, ranked[1].ToString());
    }

    [Theory]
    // A recording with hitches, and no other sound that is like it.
    [InlineData(0.82, 0.18, true)]
    [InlineData(0.82, 0.5, false)]
    [InlineData(0.6, 0.1, false)]
    // Two voices that both left the original in.
    [InlineData(0.95, 0.96, true)]
    [InlineData(0.86, 0.95, false)]
    public void A_voice_is_known_by_its_likeness_and_by_how_unlike_the_others_are(double own, double other, bool heard)
    {
        Fit[] fits = [new("own", own, 0), new("other", other, 0)];
        Assert.Equal(heard, WhoIsHeard.IsHeard("own", [.. fits.OrderByDescending(fit => fit.Likeness)]));
    }

    [Fact]
    public void Silence_is_nobody() =>
        Assert.Equal(0, WhoIsHeard.Rank(new float[4 * Rate], [KeyValuePair.Create("tone", new Sine().Render(Rate, 10))])[0].Likeness);

    [Fact]
    public async Task Loudness_is_that_of_the_standard()
    {
        // ITU-R BS.1770: a 997 Hz sine at 0 dBFS in one channel reads −3.01 LUFS; at −20 dBFS on both sides, −20.
        var loudness = await Ebur128.MeasureAsync(new Sine(997, -20).Render(Rate, 10), Rate);
        Assert.InRange(loudness.Integrated, -20.2, -19.8);
        Assert.InRange(loudness.TruePeak, -20.2, -19.8);
    }

    private static void SkipWithoutSpeech()
    {
        if (!Speech.IsThere)
            Assert.Skip("The package asterisk-core-sounds-en-g722 is not installed");
    }
}
