using System.Threading.Channels;
using Tandem.Live.Faults;
using Tandem.Live.Timeline;

namespace Tandem.Live.Dubbing;

/// <summary>One target language of a cascade.</summary>
/// <param name="Language">BCP 47 tag.</param>
/// <param name="Translator">Into it.</param>
/// <param name="Voice">Speaks it.</param>
public sealed record CascadeLanguage(string Language, ITranslator Translator, IVoice Voice);

/// <summary>
/// Recogniser, translators and voices, one after the other: utterances wait in bounded queues, each stage has a deadline, what hangs or
/// crashes is ended and started again and costs one utterance, and a stage that keeps failing is left alone for a while.
/// </summary>
public sealed class CascadeEngine : IEngine
{
    private readonly EngineEvents _events = new();
    private readonly SpeechSegmenter _segmenter = new();
    private readonly CascadeOptions _options;
    private readonly TimeProvider _time;
    private readonly FaultPlan? _faults;
    private readonly UtteranceTraces? _traces;
    private readonly CascadeStages _stages;
    private readonly IRecogniser _recogniser;
    private readonly IReadOnlyList<CascadeLanguage> _languages;
    private readonly Channel<HeardSpeech> _speech;
    private readonly Task _running;
    private readonly Lock _lock = new();
    private HeardSpeech? _current;

    /// <summary>Starts the stages.</summary>
    public CascadeEngine(IRecogniser recogniser, IReadOnlyList<CascadeLanguage> languages, CascadeOptions options, EngineServices services)
    {
        _recogniser = recogniser;
        _languages = languages;
        _options = options;
        _time = services.Time;
        _faults = services.Faults;
        _traces = services.Traces;
        _stages = new CascadeStages(languages, options, services, _events);
        _speech = Channel.CreateBounded<HeardSpeech>(
            new BoundedChannelOptions(CascadeStages.MostWaiting) { FullMode = BoundedChannelFullMode.DropOldest, SingleReader = true },
            dropped => Lose(dropped, "overflow"));
        _running = Task.Run(RecogniseAll);
    }

    /// <inheritdoc/>
    public EngineTraits Traits { get; } = new(Aligned: true, Streaming: false);

    /// <inheritdoc/>
    public ChannelReader<EngineEvent> Events => _events.Reader;

    /// <inheritdoc/>
    public int Waiting => _speech.Reader.Count + _stages.Waiting;

    /// <inheritdoc/>
    public int MostWaiting => CascadeStages.MostWaiting + _stages.Places;

    /// <inheritdoc/>
    public void Hear(SourceSound sound)
    {
        lock (_lock)
        {
            foreach (var found in _segmenter.Hear(sound.Start, sound.Mono16.Span, sound.Restarts))
                Take(found);
        }
    }

    /// <inheritdoc/>
    public void Finish()
    {
        lock (_lock)
        {
            foreach (var found in _segmenter.Finish())
                Take(found);
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _stages.StopAsync();
        _recogniser.Kill();
        await _running;
        await _recogniser.DisposeAsync();
        await _stages.DisposeAsync();
        _events.Complete();
    }

    private void Take(SpeechEvent found)
    {
        switch (found)
        {
            case SpeechStarted started:
                _events.Publish(new UtteranceStarted(started.Id, started.Start));
                _current = new HeardSpeech(started.Id, started.Start, started.SoundStart);
                _speech.Writer.TryWrite(_current);
                break;
            case SpeechSound sound when _current?.Id == sound.Id:
                _current.Sound.Writer.TryWrite(sound.Mono16);
                break;
            case SpeechEnded ended when _current?.Id == ended.Id:
                _traces?.Begin(ended.Id);
                _current.End(ended.End, isSpeech: true);
                break;
            case SpeechDropped dropped when _current?.Id == dropped.Id:
                _current.End(_current.Start, isSpeech: false);
                break;
            case SpeechKnownUpTo known:
                _events.Publish(new HeardUpTo(known.Time));
                break;
        }
    }

    private async Task RecogniseAll()
    {
        var circuit = new StageCircuit(_time);
        await foreach (var speech in _stages.Reading(_speech.Reader))
        {
            if (!circuit.Allows)
            {
                Lose(speech, "circuit_open");
                continue;
            }

            var (said, reason) = await _stages.Attempt(
                "recognise", token => Recognise(speech, token), speech.Ended, _options.RecogniseWithin, _recogniser.Kill);
            if (_stages.IsStopped)
                return;
            _traces?.Stage(speech.Id, "recognise", null, null, reason);
            if (reason is not null)
            {
                Lose(speech, reason);
                if (circuit.Failed())
                    _events.Publish(new EngineHealth(false, $"the recogniser failed three times in a row ({reason})"));
                continue;
            }

            if (circuit.Succeeded())
                _events.Publish(new EngineHealth(true, ""));
            Report(speech, said);
        }
    }

    private async Task<Recognised> Recognise(HeardSpeech speech, CancellationToken cancellation)
    {
        await _recogniser.BeginAsync(cancellation);
        await foreach (var sound in speech.Sound.Reader.ReadAllAsync(cancellation))
            await _recogniser.HearAsync(sound, cancellation);
        var said = await _recogniser.EndAsync(cancellation);
        return StageAnswer.Checked(_faults?.Garbled(said) ?? said);
    }

    private void Report(HeardSpeech speech, Recognised? said)
    {
        var heard = speech.Ended.Result;
        if (said is null || said.Text.Length == 0 || !heard.IsSpeech)
        {
            _events.Publish(new UtteranceEmpty(speech.Id));
            return;
        }

        // Word times are the recogniser's; they never move an utterance out of the sound it was found in.
        var start = ChannelTime.Max(speech.Start, ChannelTime.Min(heard.End, speech.SoundStart + SoundLength.Of(said.Start)));
        var end = ChannelTime.Max(start, ChannelTime.Min(heard.End, speech.SoundStart + SoundLength.Of(said.End)));
        _stages.Say(new Utterance(speech.Id, start, end, said.Text));
    }

    /// <summary>Gives up what was said; how long it was is told when the speaker has ended.</summary>
    private void Lose(HeardSpeech speech, string reason)
    {
        foreach (var language in _languages)
            _events.Publish(new DubFailed(speech.Id, language.Language, "recognise", reason));
        _ = speech.Ended.ContinueWith(
            ended =>
            {
                if (ended.Result.IsSpeech)
                    _events.Publish(new SpeechLost(speech.Id, speech.Start, ended.Result.End));
            },
            CancellationToken.None,
            TaskContinuationOptions.ExecuteSynchronously | TaskContinuationOptions.OnlyOnRanToCompletion,
            TaskScheduler.Default);
    }
}
