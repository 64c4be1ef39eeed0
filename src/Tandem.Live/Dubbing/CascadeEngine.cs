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
    // Ten utterances of ten seconds are more than any delay that can be set for live use makes worth waiting for.
    private const int Places = 16;

    private readonly EngineEvents _events = new();
    private readonly SpeechSegmenter _segmenter = new();
    private readonly CascadeOptions _options;
    private readonly TimeProvider _time;
    private readonly FaultPlan? _faults;
    private readonly IRecogniser _recogniser;
    private readonly IReadOnlyList<CascadeLanguage> _languages;
    private readonly Channel<HeardSpeech> _speech;
    private readonly List<Channel<Utterance>> _sentences = [];
    private readonly CancellationTokenSource _stop = new();
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
        var bounds = new BoundedChannelOptions(Places) { FullMode = BoundedChannelFullMode.DropOldest, SingleReader = true };
        _speech = Channel.CreateBounded<HeardSpeech>(bounds, dropped => Lose(dropped, "overflow"));
        foreach (var language in languages)
        {
            _sentences.Add(Channel.CreateBounded<Utterance>(
                bounds, dropped => _events.Publish(new DubFailed(dropped.Id, language.Language, "translate", "overflow"))));
        }

        var stages = languages.Select((language, index) => Task.Run(() => SpeakAll(language, _sentences[index].Reader)))
            .Append(Task.Run(RecogniseAll));
        _running = Task.WhenAll(stages);
    }

    /// <inheritdoc/>
    public EngineTraits Traits { get; } = new(Aligned: true, Streaming: false);

    /// <inheritdoc/>
    public ChannelReader<EngineEvent> Events => _events.Reader;

    /// <inheritdoc/>
    public int Waiting => _speech.Reader.Count + _sentences.Sum(sentences => sentences.Reader.Count);

    /// <inheritdoc/>
    public int MostWaiting => Places * (1 + _sentences.Count);

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
        await _stop.CancelAsync();
        _recogniser.Kill();
        foreach (var language in _languages)
        {
            language.Translator.Kill();
            language.Voice.Kill();
        }

        await _running;
        await _recogniser.DisposeAsync();
        foreach (var language in _languages)
        {
            await language.Translator.DisposeAsync();
            await language.Voice.DisposeAsync();
        }

        _events.Complete();
        _stop.Dispose();
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
        await foreach (var speech in Reading(_speech.Reader))
        {
            if (!circuit.Allows)
            {
                Lose(speech, "circuit_open");
                continue;
            }

            var (said, reason) = await Attempt(
                "recognise", token => Recognise(speech, token), speech.Ended, _options.RecogniseWithin, _recogniser.Kill);
            if (_stop.IsCancellationRequested)
                return;
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
        return await _recogniser.EndAsync(cancellation);
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
        var utterance = new Utterance(speech.Id, start, end, said.Text);
        _events.Publish(new UtteranceHeard(utterance));
        foreach (var sentences in _sentences)
            sentences.Writer.TryWrite(utterance);
    }

    private async Task SpeakAll(CascadeLanguage language, ChannelReader<Utterance> sentences)
    {
        var translating = new StageCircuit(_time);
        var speaking = new StageCircuit(_time);
        await foreach (var utterance in Reading(sentences))
        {
            var text = await Run(
                utterance, language.Language, "translate", translating, token => language.Translator.TranslateAsync(utterance.Text, token),
                _options.TranslateWithin, language.Translator.Kill);
            if (text is null)
                continue;
            var sound = await Run(
                utterance, language.Language, "speak", speaking, token => language.Voice.SpeakAsync(text, token),
                _options.SpeakWithin, language.Voice.Kill);
            if (sound is null)
                continue;
            if (text.Length == 0 || sound.Length == 0)
                _events.Publish(new DubFailed(utterance.Id, language.Language, text.Length == 0 ? "translate" : "speak", "empty"));
            else
                _events.Publish(new DubReady(new Dub(utterance, language.Language, text, DubSound.Of(sound))));
        }
    }

    private async Task<T?> Run<T>(
        Utterance utterance, string language, string stage, StageCircuit circuit, Func<CancellationToken, Task<T>> work, TimeSpan within, Action kill)
        where T : class
    {
        if (!circuit.Allows)
        {
            _events.Publish(new DubFailed(utterance.Id, language, stage, "circuit_open"));
            return null;
        }

        var (result, reason) = await Attempt(stage, work, Task.CompletedTask, within, kill);
        var part = $"{stage} {language}";
        if (reason is null)
        {
            if (circuit.Succeeded())
                _events.Publish(new EngineHealth(true, "", part));
            return result;
        }

        if (_stop.IsCancellationRequested)
            return null;
        _events.Publish(new DubFailed(utterance.Id, language, stage, reason));
        if (circuit.Failed())
            _events.Publish(new EngineHealth(false, $"{part}: failed three times in a row ({reason})", part));
        return null;
    }

    /// <summary>
    /// Runs a stage on one utterance. Its time runs from <paramref name="from"/> on: a recogniser cannot end before the speaker does.
    /// </summary>
    private async Task<(T? Result, string? Reason)> Attempt<T>(
        string stage, Func<CancellationToken, Task<T>> work, Task from, TimeSpan within, Action kill)
        where T : class
    {
        using var deadline = new CancellationTokenSource(Timeout.InfiniteTimeSpan, _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, _stop.Token);
        _ = from.ContinueWith(
            _ =>
            {
                try
                {
                    deadline.CancelAfter(within);
                }
                catch (ObjectDisposedException)
                {
                    // The work was done before.
                }
            },
            CancellationToken.None,
            TaskContinuationOptions.ExecuteSynchronously,
            TaskScheduler.Default);
        try
        {
            if (_faults is not null)
                await _faults.StageAsync(stage, kill, either.Token);

            // A stage that does not heed its token must not hold up the others.
            return (await work(either.Token).WaitAsync(either.Token), null);
        }
        catch (OperationCanceledException)
        {
            kill();
            return (null, "timeout");
        }
#pragma warning disable CA1031 // The edge of a stage: whatever it throws costs one utterance, never the loop.
        catch (Exception)
#pragma warning restore CA1031
        {
            kill();
            return (null, "crashed");
        }
    }

    private async IAsyncEnumerable<T> Reading<T>(ChannelReader<T> reader)
    {
        while (!_stop.IsCancellationRequested)
        {
            T item;
            try
            {
                item = await reader.ReadAsync(_stop.Token);
            }
            catch (OperationCanceledException)
            {
                yield break;
            }

            yield return item;
        }
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
