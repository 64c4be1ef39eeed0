using Tandem.Live.Dubbing;
using Tandem.Live.Timeline;
using Xunit;

namespace Tandem.Tests.Dubbing;

/// <summary>The engine whose recogniser is the source's captions.</summary>
public sealed class CaptionsEngineTests
{
    private readonly List<EngineEvent> _events = [];

    [Fact]
    public async Task A_caption_is_dubbed_in_each_language_once_its_sound_was_heard()
    {
        await using var engine = Engine();
        engine.Read([Cue(1, 3, "Hello."), Cue(20, 22, "Later.")], Time(30));
        Hear(engine, 0, 5);
        await Until(engine, () => Dubs("es").Count == 1 && Dubs("fr").Count == 1);
        Assert.Equal("es Hello.", Dubs("es")[0].Text);
        Assert.Equal(Time(1), Dubs("es")[0].Utterance.Start);
        Assert.Equal(Time(3), Dubs("es")[0].Utterance.End);
        Assert.Single(_events.OfType<UtteranceHeard>());
        Assert.Equal(Time(5), _events.OfType<HeardUpTo>().Last().Time);
    }

    [Fact]
    public async Task Nothing_is_certain_beyond_a_sentence_that_goes_on_and_beyond_what_was_read()
    {
        await using var engine = Engine();
        Hear(engine, 0, 10);
        engine.Read([Cue(6, 7, "It goes")], Time(7.5));
        await Until(engine, () => _events.OfType<HeardUpTo>().Any(heard => heard.Time == Time(6)));
        engine.Read([Cue(7.5, 9, "on.")], Time(9.5));
        await Until(engine, () => _events.OfType<HeardUpTo>().Any(heard => heard.Time == Time(9.5)));
        Assert.Equal("It goes on.", Assert.Single(_events.OfType<UtteranceHeard>()).Utterance.Text);
    }

    [Fact]
    public async Task Captions_that_lag_do_not_hold_up_a_sentence_for_ever()
    {
        await using var engine = Engine();
        Hear(engine, 0, 4);
        engine.Read([Cue(1, 2, "Without an end")], Time(2));
        Hear(engine, 4, 12);
        await Until(engine, () => Dubs("es").Count == 1);
        Assert.Equal("es Without an end", Dubs("es")[0].Text);
    }

    [Fact]
    public async Task Utterances_do_not_reach_into_another_epoch()
    {
        await using var engine = Engine();
        Hear(engine, 0, 4);
        engine.Read([Cue(3, 4, "Before the break")], Time(4));
        Hear(engine, 4, 6, restarts: true);
        engine.Read([Cue(4.2, 5, "after it.")], Time(6));
        await Until(engine, () => Dubs("es").Count == 2);
        Assert.Equal(["es Before the break", "es after it."], Dubs("es").Select(dub => dub.Text));
    }

    [Fact]
    public async Task The_end_of_a_film_ends_its_last_sentence()
    {
        await using var engine = Engine();
        engine.Read([Cue(1, 2, "The last words")], new ChannelTime(long.MaxValue / 8));
        Hear(engine, 0, 2);
        engine.Finish();
        await Until(engine, () => Dubs("fr").Count == 1);
        Assert.Equal(Time(2), _events.OfType<HeardUpTo>().Last().Time);
    }

    [Fact]
    public async Task Missing_captions_are_told_once_and_so_is_their_return()
    {
        await using var engine = Engine();
        engine.Miss(null);
        engine.Miss("there are none; choose another recogniser");
        engine.Miss("there are none; choose another recogniser");
        engine.Miss(null);
        await Until(engine, () => _events.OfType<EngineHealth>().Count() == 2);
        Assert.Equal(
            [new EngineHealth(false, "there are none; choose another recogniser"), new EngineHealth(true, "")],
            _events.OfType<EngineHealth>());
    }

    [Theory]
    [InlineData("captions+apertium+espeak")]
    [InlineData("captions+apertium+tone")]
    public void The_composition_names_captions_as_recogniser(string name)
    {
        var choice = EngineCatalogue.Resolve(name, "xx", ["es"]);

        // Whether apertium has the pair is another question; what is not asked is whether the language is heard.
        Assert.Contains("translate xx", choice.Error, StringComparison.Ordinal);
        Assert.Contains("captions", EngineCatalogue.Resolve("lips+apertium+espeak", "en", ["es"]).Error, StringComparison.Ordinal);
    }

    private static CaptionsEngine Engine() => new(
        [new CascadeLanguage("es", new FakeTranslator("es"), new ToneVoice(440)), new CascadeLanguage("fr", new FakeTranslator("fr"), new ToneVoice(550))],
        new CascadeOptions(),
        TestServices.Of());

    private static ChannelTime Time(double seconds) => new((long)Math.Round(seconds * ChannelTime.Rate));

    private static SourceCue Cue(double from, double to, string text) => new(Time(from), Time(to), text);

    private static void Hear(CaptionsEngine engine, double from, double to, bool restarts = false)
    {
        var samples = (int)(Time(to) - Time(from)).Samples;
        engine.Hear(new SourceSound(Time(from), new float[samples * 2], new float[samples / 3], restarts));
    }

    private List<Dub> Dubs(string language) =>
        [.. _events.OfType<DubReady>().Select(ready => ready.Dub).Where(dub => dub.Language == language).OrderBy(dub => dub.Utterance.Start)];

    private async Task Until(CaptionsEngine engine, Func<bool> holds)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        while (true)
        {
            while (engine.Events.TryRead(out var report))
                _events.Add(report);
            if (holds())
                return;
            await engine.Events.WaitToReadAsync(limit.Token);
        }
    }
}
