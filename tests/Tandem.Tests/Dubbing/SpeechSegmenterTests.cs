using Tandem.Live.Dubbing;
using Tandem.Live.Timeline;
using Xunit;

namespace Tandem.Tests.Dubbing;

public sealed class SpeechSegmenterTests
{
    private const double Tolerance = 0.08;

    [Fact]
    public void Finds_each_burst_of_speech_where_it_is()
    {
        var sound = new SpeechLike().Silence(1).Speech(2).Silence(0.8).Speech(1.5).Silence(1);

        var found = Utterances(Segment(sound.Samples));

        Assert.Equal(2, found.Count);
        Near(1, 3, found[0]);
        Near(3.8, 5.3, found[1]);
    }

    [Fact]
    public void Reports_a_beginning_within_200_ms()
    {
        var sound = new SpeechLike().Silence(1).Speech(2).Silence(1);

        var segmenter = new SpeechSegmenter();
        var heard = 0;
        var samples = sound.Samples;
        while (heard < samples.Length)
        {
            var events = segmenter.Hear(new ChannelTime(heard * 3L), samples.AsSpan(heard, 160), heard == 0);
            heard += 160;
            if (events.OfType<SpeechStarted>().Any())
                break;
        }

        Assert.InRange(heard / 16_000.0, 1.0, 1.2);
    }

    [Fact]
    public void A_short_pause_does_not_end_an_utterance()
    {
        var sound = new SpeechLike().Silence(1).Speech(1).Silence(0.2).Speech(1).Silence(1);

        var found = Assert.Single(Utterances(Segment(sound.Samples)));

        Near(1, 3.2, found);
    }

    [Fact]
    public void A_click_is_no_utterance()
    {
        var sound = new SpeechLike().Silence(1).Speech(0.15).Silence(1);

        var events = Segment(sound.Samples);

        Assert.Empty(Utterances(events));
        Assert.Equal(events.OfType<SpeechStarted>().Count(), events.OfType<SpeechDropped>().Count());
    }

    [Fact]
    public void Speech_without_a_pause_is_split_and_nothing_of_it_is_lost()
    {
        var sound = new SpeechLike().Silence(1).Speech(34).Silence(1);

        var events = Segment(sound.Samples);
        var found = Utterances(events);

        Assert.InRange(found.Count, 4, 6);
        Assert.All(found, utterance => Assert.InRange(utterance.End - utterance.Start, 0.25, 10.001));
        for (var i = 1; i < found.Count; i++)
            Assert.InRange(found[i].Start - found[i - 1].End, 0, 0.2);
        Near(1, 35, (found[0].Start, found[^1].End));
    }

    [Fact]
    public void A_long_utterance_is_split_at_its_quietest_point()
    {
        // A dip of 60 ms is no pause; it is only the best place to cut.
        var sound = new SpeechLike().Silence(1).Speech(8.5).Silence(0.06).Speech(4).Silence(1);

        var found = Utterances(Segment(sound.Samples));

        Assert.Equal(2, found.Count);
        Assert.InRange(found[0].End, 9.5, 9.58);
    }

    [Theory]
    [InlineData(-50)]
    [InlineData(-30)]
    [InlineData(-15)]
    public void Steady_noise_does_not_become_endless_speech(double level)
    {
        var sound = new SpeechLike().Silence(2).Noise(60, level);

        var found = Utterances(Segment(sound.Samples));

        Assert.True(found.Sum(utterance => utterance.End - utterance.Start) < 6, string.Join(' ', found));
    }

    [Fact]
    public void A_held_chord_does_not_become_endless_speech()
    {
        var sound = new SpeechLike().Silence(2).Tone(60, 440, -18);

        var found = Utterances(Segment(sound.Samples));

        Assert.True(found.Sum(utterance => utterance.End - utterance.Start) < 6, string.Join(' ', found));
    }

    [Fact]
    public void Speech_is_found_in_noise_20_dB_below_it()
    {
        var sound = new SpeechLike(noiseLevel: -40).Silence(5).Speech(2).Silence(1).Speech(2).Silence(1);

        var found = Utterances(Segment(sound.Samples)).Where(utterance => utterance.Start > 4).ToList();

        Assert.Equal(2, found.Count);
        Near(5, 7, found[0]);
        Near(8, 10, found[1]);
    }

    [Fact]
    public void Quiet_speech_is_found_as_loud_speech_is()
    {
        var sound = new SpeechLike(noiseLevel: -80).Silence(1).Speech(2, level: -42).Silence(1);

        Near(1, 3, Assert.Single(Utterances(Segment(sound.Samples))));
    }

    [Fact]
    public void An_utterance_ends_with_its_epoch()
    {
        var before = new SpeechLike().Silence(1).Speech(2).Samples;
        var after = new SpeechLike().Speech(2).Silence(1).Samples;
        var segmenter = new SpeechSegmenter();

        var events = segmenter.Hear(ChannelTime.Zero, before, restarts: true)
            .Concat(segmenter.Hear(new ChannelTime(before.Length * 3L), after, restarts: true)).ToList();

        var found = Utterances(events);
        Assert.Equal(2, found.Count);
        Near(1, 3, found[0]);
        Near(3, 5, found[1]);
        Assert.True(found[0].End <= 3.0001);
        Assert.True(found[1].Start >= 3);
    }

    [Fact]
    public void The_watermark_never_goes_back_and_no_utterance_starts_before_it()
    {
        var sound = new SpeechLike().Silence(1).Speech(2).Silence(0.6).Speech(25).Silence(2).Speech(1).Silence(1);

        var known = double.MinValue;
        foreach (var found in Segment(sound.Samples))
        {
            if (found is SpeechKnownUpTo upTo)
            {
                Assert.True(upTo.Time.Seconds > known);
                known = upTo.Time.Seconds;
            }

            if (found is SpeechStarted started)
                Assert.True(started.Start.Seconds >= known, $"{started} after {known}");
        }

        Assert.InRange(known, sound.Seconds - 0.4, sound.Seconds);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(37)]
    [InlineData(16_000)]
    [InlineData(96_000)]
    public void How_the_sound_is_cut_makes_no_difference(int stretch)
    {
        var sound = new SpeechLike().Silence(1).Speech(2).Silence(0.8).Speech(12).Silence(1);

        var whole = Utterances(Segment(sound.Samples, sound.Samples.Length));
        var cut = Utterances(Segment(sound.Samples, stretch));

        Assert.Equal(whole, cut);
    }

    [Fact]
    public void All_sound_of_an_utterance_is_handed_on_and_in_step()
    {
        var sound = new SpeechLike().Silence(1).Speech(14).Silence(1);
        var samples = sound.Samples;

        var starts = new Dictionary<long, int>();
        var heard = new Dictionary<long, List<float>>();
        foreach (var found in Segment(samples, 999))
        {
            if (found is SpeechStarted started)
            {
                starts[started.Id] = (int)(started.SoundStart.Samples / 3);
                heard[started.Id] = [];
            }

            if (found is SpeechSound more)
                heard[more.Id].AddRange(more.Mono16.ToArray());
            if (found is SpeechEnded ended)
                Assert.True(starts[ended.Id] + heard[ended.Id].Count >= ended.End.Samples / 3);
        }

        Assert.Equal(2, heard.Count);
        foreach (var (id, start) in starts)
            Assert.Equal(samples[start..(start + heard[id].Count)], heard[id]);
    }

    [Fact]
    public void Damaged_samples_do_not_deafen_it()
    {
        var sound = new SpeechLike().Silence(1).Speech(1).Silence(2).Speech(2).Silence(1);
        var samples = sound.Samples;
        samples[8_000] = float.NaN;
        samples[8_001] = float.PositiveInfinity;

        Near(4, 6, Utterances(Segment(samples))[^1]);
    }

    private static List<SpeechEvent> Segment(float[] samples, int stretch = 1600)
    {
        var segmenter = new SpeechSegmenter();
        var events = new List<SpeechEvent>();
        for (var at = 0; at < samples.Length; at += stretch)
        {
            var length = Math.Min(stretch, samples.Length - at);
            events.AddRange(segmenter.Hear(new ChannelTime(at * 3L), samples.AsSpan(at, length), at == 0));
        }

        events.AddRange(segmenter.Finish());
        return events;
    }

    private static List<(double Start, double End)> Utterances(IEnumerable<SpeechEvent> events)
    {
        var starts = new Dictionary<long, double>();
        var found = new List<(double, double)>();
        foreach (var happened in events)
        {
            if (happened is SpeechStarted started)
                starts.Add(started.Id, started.Start.Seconds);
            if (happened is SpeechEnded ended)
                found.Add((starts[ended.Id], ended.End.Seconds));
        }

        return found;
    }

    private static void Near(double start, double end, (double Start, double End) found)
    {
        Assert.InRange(found.Start, start - Tolerance, start + Tolerance);
        Assert.InRange(found.End, end - Tolerance, end + Tolerance);
    }
}
