using Microsoft.Extensions.Time.Testing;
using Tandem.Live.Dubbing;
using Tandem.Live.Timeline;
using Xunit;

namespace Tandem.Tests.Dubbing;

/// <summary>What a cascade does when its stages hang, crash, are late or talk nonsense: one utterance is lost, the next is dubbed.</summary>
public sealed class CascadeEngineTests
{
    private readonly FakeTimeProvider _time = new();
    private readonly FakeRecogniser _recogniser = new();
    private readonly FakeTranslator _spanish = new("es");
    private readonly FakeTranslator _french = new("fr");
    private readonly List<EngineEvent> _events = [];

    [Fact]
    public async Task Every_utterance_is_dubbed_once_in_each_language()
    {
        await using var engine = Engine();
        Speak(engine, 3);
        await Until(engine, () => Dubs("es").Length == 3 && Dubs("fr").Length == 3);
        Assert.Equal(["es word 1", "es word 2", "es word 3"], Dubs("es").Select(dub => dub.Text));
        Assert.Equal(["fr word 1", "fr word 2", "fr word 3"], Dubs("fr").Select(dub => dub.Text));
        Assert.Empty(_events.OfType<DubFailed>());
        Assert.All(Dubs("es"), dub => Assert.True(dub.Sound.Length > SoundLength.Zero));
    }

    [Fact]
    public async Task An_utterance_never_begins_before_its_reported_onset()
    {
        _recogniser.Behaviour = (_, _) => Task.FromResult(new Recognised("early", TimeSpan.Zero, TimeSpan.FromSeconds(60)));
        await using var engine = Engine();
        Speak(engine, 1);
        await Until(engine, () => Dubs("es").Length == 1);
        var started = _events.OfType<UtteranceStarted>().Single();
        var utterance = Dubs("es")[0].Utterance;
        Assert.True(utterance.Start >= started.Start);
        Assert.InRange((utterance.End - utterance.Start).Seconds, 0.5, 3);
    }

    [Fact]
    public async Task A_recogniser_that_hangs_costs_its_utterance_and_no_other()
    {
        // It does not even heed its token.
        _recogniser.Behaviour = (number, _) => number == 1 ? new TaskCompletionSource<Recognised>().Task : FakeRecogniser.Heard(number);
        await using var engine = Engine();
        Speak(engine, 2);
        await Until(engine, () => Dubs("es").Length == 1 && Dubs("fr").Length == 1, advance: true);
        Assert.Equal("es word 2", Dubs("es")[0].Text);
        Assert.Equal([("es", "recognise", "timeout"), ("fr", "recognise", "timeout")], Failures());
        Assert.Equal(1, _recogniser.Killed);
        var lost = Assert.Single(_events.OfType<SpeechLost>());
        Assert.Equal(_events.OfType<UtteranceStarted>().First().Start, lost.Start);
        Assert.InRange((lost.End - lost.Start).Seconds, 0.5, 3);
    }

    [Fact]
    public async Task A_translator_that_crashes_or_hangs_costs_one_dub_in_its_language()
    {
        _spanish.Behaviour = (text, cancellation) => text switch
        {
            "word 1" => throw new IOException("it died"),
            "word 2" => Forever<string>(cancellation),
            _ => Task.FromResult("es " + text),
        };
        await using var engine = Engine();
        Speak(engine, 3);
        await Until(engine, () => Dubs("es").Length == 1 && Dubs("fr").Length == 3, advance: true);
        Assert.Equal("es word 3", Dubs("es")[0].Text);
        Assert.Equal([("es", "translate", "crashed"), ("es", "translate", "timeout")], Failures());
        Assert.Equal(2, _spanish.Killed);
        Assert.Equal(0, _french.Killed);
    }

    [Fact]
    public async Task An_exception_nobody_expected_does_not_end_the_stage()
    {
        _spanish.Behaviour = (text, _) => text == "word 1" ? throw new OverflowException() : Task.FromResult("es " + text);
        await using var engine = Engine();
        Speak(engine, 2);
        await Until(engine, () => Dubs("es").Length == 1);
        Assert.Equal([("es", "translate", "crashed")], Failures());
    }

    [Fact]
    public async Task Nothing_heard_is_an_empty_utterance()
    {
        _recogniser.Behaviour = (_, _) => Task.FromResult(new Recognised("", TimeSpan.Zero, TimeSpan.Zero));
        await using var engine = Engine();
        Speak(engine, 1);
        await Until(engine, () => _events.OfType<UtteranceEmpty>().Any());
        Assert.Empty(_events.OfType<UtteranceHeard>());
    }

    [Fact]
    public async Task A_recogniser_that_keeps_failing_is_left_alone_and_tried_again()
    {
        var broken = true;
        _recogniser.Behaviour = (number, _) => broken ? Task.FromException<Recognised>(new IOException("it died")) : FakeRecogniser.Heard(number);
        await using var engine = Engine();
        Speak(engine, 4);
        await Until(engine, () => _events.OfType<DubFailed>().Count(failed => failed.Language == "es") == 4);
        Assert.Equal(["crashed", "crashed", "crashed", "circuit_open"], _events.OfType<DubFailed>().Where(failed => failed.Language == "es").Select(failed => failed.Reason));
        Assert.Contains(_events.OfType<EngineHealth>(), health => !health.Healthy);

        broken = false;
        _time.Advance(TimeSpan.FromSeconds(6));
        Speak(engine, 1, after: 40);
        await Until(engine, () => Dubs("es").Length == 1);
        Assert.True(_events.OfType<EngineHealth>().Last().Healthy);
    }

    [Fact]
    public async Task A_translator_that_keeps_failing_is_told_as_that_part_of_the_engine()
    {
        var broken = true;
        _spanish.Behaviour = (text, _) => broken ? throw new IOException("it died") : Task.FromResult("es " + text);
        await using var engine = Engine();
        Speak(engine, 4);
        await Until(engine, () => _events.OfType<DubFailed>().Count() == 4 && Dubs("fr").Length == 4);
        var health = Assert.Single(_events.OfType<EngineHealth>());
        Assert.Equal((false, "translate es"), (health.Healthy, health.Part));

        broken = false;
        _time.Advance(TimeSpan.FromSeconds(6));
        Speak(engine, 1, after: 40);
        await Until(engine, () => Dubs("es").Length == 1);
        Assert.Equal(new EngineHealth(true, "", "translate es"), _events.OfType<EngineHealth>().Last());
    }

    [Fact]
    public async Task Utterances_that_wait_for_a_stage_are_told()
    {
        var gate = new TaskCompletionSource<Recognised>();
        _recogniser.Behaviour = (number, _) => number == 1 ? gate.Task : FakeRecogniser.Heard(number);
        await using var engine = Engine();
        Speak(engine, 5);
        await Until(engine, () => engine.Waiting == 4);
        gate.SetResult(new Recognised("first", TimeSpan.Zero, TimeSpan.FromSeconds(1)));
        await Until(engine, () => Dubs("es").Length == 5);
        await Until(engine, () => engine.Waiting == 0);
    }

    [Fact]
    public async Task More_than_can_wait_drops_the_oldest_and_says_so()
    {
        var gate = new TaskCompletionSource<Recognised>();
        _recogniser.Behaviour = (number, _) => number == 1 ? gate.Task : FakeRecogniser.Heard(number);
        await using var engine = Engine();
        Speak(engine, 24);
        await Until(engine, () => _events.OfType<DubFailed>().Any());
        Assert.All(_events.OfType<DubFailed>(), failed => Assert.Equal("overflow", failed.Reason));
        gate.SetResult(new Recognised("first", TimeSpan.Zero, TimeSpan.FromSeconds(1)));
        await Until(engine, () => Dubs("es").Length + _events.OfType<DubFailed>().Count(failed => failed.Language == "es") == 24);
        Assert.Equal(24, _events.OfType<UtteranceStarted>().Count());
        Assert.Equal(Dubs("es").Length, Dubs("es").Select(dub => dub.Utterance.Id).Distinct().Count());
    }

    [Fact]
    public async Task It_can_be_disposed_of_while_a_stage_hangs()
    {
        _recogniser.Behaviour = (_, _) => new TaskCompletionSource<Recognised>().Task;
        var engine = Engine();
        Speak(engine, 1);
        await engine.DisposeAsync().AsTask().WaitAsync(TimeSpan.FromSeconds(20));
        await engine.Events.Completion.WaitAsync(TimeSpan.FromSeconds(20)).ContinueWith(_ => { });
    }

    private CascadeEngine Engine() => new(
        _recogniser,
        [new CascadeLanguage("es", _spanish, new ToneVoice(440)), new CascadeLanguage("fr", _french, new ToneVoice(550))],
        new CascadeOptions(),
        TestServices.Of(_time));

    private static void Speak(CascadeEngine engine, int utterances, int after = 0)
    {
        var sound = new SpeechLike().Silence(1);
        for (var index = 0; index < utterances; index++)
            sound.Speech(1.2).Silence(1.2);
        var start = new ChannelTime(after * 48_000L);
        engine.Hear(new SourceSound(start, default, sound.Samples, Restarts: true));
    }

    private static async Task<T> Forever<T>(CancellationToken cancellation)
    {
        await Task.Delay(Timeout.Infinite, cancellation);
        throw new InvalidOperationException();
    }

    private Dub[] Dubs(string language) => [.. _events.OfType<DubReady>().Select(ready => ready.Dub).Where(dub => dub.Language == language)];

    private (string Language, string Stage, string Reason)[] Failures() =>
        [.. _events.OfType<DubFailed>().Select(failed => (failed.Language, failed.Stage, failed.Reason))];

    private async Task Until(CascadeEngine engine, Func<bool> done, bool advance = false)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        while (true)
        {
            while (engine.Events.TryRead(out var happened))
                _events.Add(happened);
            if (done())
                return;
            if (advance)
                _time.Advance(TimeSpan.FromSeconds(1));
            await Task.Delay(10, limit.Token);
        }
    }
}
