using Tandem.Live.Dubbing;
using Tandem.Live.Timeline;
using Xunit;

namespace Tandem.Tests.Dubbing;

public sealed class ToneEngineTests
{
    [Fact]
    public async Task Each_utterance_gets_one_tone_a_language_as_long_as_it_is()
    {
        await using var engine = new ToneEngine(["es", "fr"]);
        var sound = new SpeechLike().Silence(1).Speech(2).Silence(1).Speech(1).Silence(1);

        engine.Hear(new SourceSound(ChannelTime.Zero, new float[sound.Samples.Length * 6], sound.Samples, Restarts: true));

        var dubs = new List<Dub>();
        while (engine.Events.TryRead(out var happened))
        {
            if (happened is DubReady ready)
                dubs.Add(ready.Dub);
        }

        Assert.Equal(["es", "fr", "es", "fr"], dubs.Select(dub => dub.Language));
        Assert.Equal(["[tone 440 Hz]", "[tone 550 Hz]"], dubs.Take(2).Select(dub => dub.Text));
        Assert.All(dubs, dub => Assert.Equal(dub.Utterance.End - dub.Utterance.Start, dub.Sound.Length));
        Assert.InRange(dubs[0].Utterance.Start.Seconds, 0.95, 1.05);
        Assert.True(dubs[0].Sound.IsComplete);
    }

    [Fact]
    public async Task An_utterance_that_goes_on_at_the_end_of_a_file_gets_its_tone()
    {
        await using var engine = new ToneEngine(["es"]);
        var sound = new SpeechLike().Silence(1).Speech(2);
        engine.Hear(new SourceSound(ChannelTime.Zero, new float[sound.Samples.Length * 6], sound.Samples, Restarts: true));
        var before = Dubs();
        engine.Finish();
        Assert.Empty(before);
        Assert.InRange(Assert.Single(Dubs()).Utterance.End.Seconds, 2.8, 3.01);

        List<Dub> Dubs()
        {
            var dubs = new List<Dub>();
            while (engine.Events.TryRead(out var happened))
            {
                if (happened is DubReady ready)
                    dubs.Add(ready.Dub);
            }

            return dubs;
        }
    }

    [Theory]
    [InlineData(0, 440)]
    [InlineData(3, 770)]
    public void A_tone_has_its_pitch_and_level_and_no_click(int index, int frequency)
    {
        var tone = Tone.Of(Tone.FrequencyOf(index), SoundLength.OfSeconds(1));

        var crossings = tone.Zip(tone.Skip(1)).Count(pair => pair.First < 0 && pair.Second >= 0);
        Assert.InRange(crossings, frequency - 2, frequency + 2);
        Assert.InRange(tone.Max(), 0.099f, 0.1f);
        Assert.Equal(0, tone[0]);
        Assert.InRange(Math.Abs(tone[^1]), 0, 0.0001f);
        Assert.InRange(tone.Take(240).Max(), 0, 0.055f);
    }
}
