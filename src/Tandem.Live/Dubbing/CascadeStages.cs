using System.Threading.Channels;
using Tandem.Live.Faults;

namespace Tandem.Live.Dubbing;

/// <summary>
/// The stages of a cascade from text on: translators and voices of all its languages. Utterances wait in bounded queues, each stage has a
/// deadline, what hangs or crashes is ended and started again and costs one utterance, and a stage that keeps failing is left alone for a
/// while.
/// </summary>
internal sealed class CascadeStages : IAsyncDisposable
{
    /// <summary>Ten utterances of ten seconds are more than any delay that can be set for live use makes worth waiting for.</summary>
    public const int MostWaiting = 16;

    private readonly EngineEvents _events;
    private readonly CascadeOptions _options;
    private readonly TimeProvider _time;
    private readonly FaultPlan? _faults;
    private readonly UtteranceTraces? _traces;
    private readonly IReadOnlyList<CascadeLanguage> _languages;
    private readonly List<Channel<Utterance>> _sentences = [];
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _running;

    /// <summary>Starts the stages.</summary>
    /// <param name="languages">What they speak.</param>
    /// <param name="options">Deadlines.</param>
    /// <param name="services">The clock, and faults on demand.</param>
    /// <param name="events">Where reports go.</param>
    public CascadeStages(IReadOnlyList<CascadeLanguage> languages, CascadeOptions options, EngineServices services, EngineEvents events)
    {
        _events = events;
        _languages = languages;
        _options = options;
        _time = services.Time;
        _faults = services.Faults;
        _traces = services.Traces;
        foreach (var language in languages)
        {
            _sentences.Add(Channel.CreateBounded<Utterance>(
                new BoundedChannelOptions(MostWaiting) { FullMode = BoundedChannelFullMode.DropOldest, SingleReader = true },
                dropped => _events.Publish(new DubFailed(dropped.Id, language.Language, "translate", "overflow"))));
        }

        _running = Task.WhenAll(languages.Select((language, index) => Task.Run(() => SpeakAll(language, _sentences[index].Reader))));
    }

    /// <summary>Whether they are being ended.</summary>
    public bool IsStopped => _stop.IsCancellationRequested;

    /// <summary>Utterances that wait.</summary>
    public int Waiting => _sentences.Sum(sentences => sentences.Reader.Count);

    /// <summary>How many may wait.</summary>
    public int Places => MostWaiting * _languages.Count;

    /// <summary>Reports an utterance that was understood, and has all languages speak it.</summary>
    public void Say(Utterance utterance)
    {
        _traces?.Begin(utterance.Id);
        _events.Publish(new UtteranceHeard(utterance));
        foreach (var sentences in _sentences)
            sentences.Writer.TryWrite(utterance);
    }

    /// <summary>Ends what is being done; nothing new is begun.</summary>
    public async Task StopAsync()
    {
        await _stop.CancelAsync();
        foreach (var language in _languages)
        {
            language.Translator.Kill();
            language.Voice.Kill();
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        await _running;
        foreach (var language in _languages)
        {
            await language.Translator.DisposeAsync();
            await language.Voice.DisposeAsync();
        }

        _stop.Dispose();
    }

    /// <summary>
    /// Runs a stage on one utterance. Its time runs from <paramref name="from"/> on: a recogniser cannot end before the speaker does.
    /// </summary>
    public async Task<(T? Result, string? Reason)> Attempt<T>(
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
        catch (BadAnswerException)
        {
            kill();
            return (null, "bad_answer");
        }
#pragma warning disable CA1031 // The edge of a stage: whatever it throws costs one utterance, never the loop.
        catch (Exception)
#pragma warning restore CA1031
        {
            kill();
            return (null, "crashed");
        }
    }

    /// <summary>What comes, until the stages are ended.</summary>
    public async IAsyncEnumerable<T> Reading<T>(ChannelReader<T> reader)
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

    private async Task SpeakAll(CascadeLanguage language, ChannelReader<Utterance> sentences)
    {
        var translating = new StageCircuit(_time);
        var speaking = new StageCircuit(_time);
        await foreach (var utterance in Reading(sentences))
        {
            var text = await Run(
                utterance, language.Language, "translate", translating, token => Translate(language.Translator, utterance.Text, token),
                _options.TranslateWithin, language.Translator.Kill);
            if (text is null)
                continue;
            var sound = await Run(
                utterance, language.Language, "speak", speaking, token => Speak(language.Voice, text, token),
                _options.SpeakWithin, language.Voice.Kill);
            if (sound is null)
                continue;
            if (text.Length == 0 || sound.Length == 0)
                _events.Publish(new DubFailed(utterance.Id, language.Language, text.Length == 0 ? "translate" : "speak", "empty"));
            else
                _events.Publish(new DubReady(new Dub(utterance, language.Language, text, DubSound.Of(sound))));
        }
    }

    private async Task<string> Translate(ITranslator translator, string text, CancellationToken cancellation)
    {
        var translation = await translator.TranslateAsync(text, cancellation);
        return StageAnswer.Checked(_faults?.Garbled(translation) ?? translation);
    }

    private async Task<float[]> Speak(IVoice voice, string text, CancellationToken cancellation)
    {
        var sound = await voice.SpeakAsync(text, cancellation);
        return StageAnswer.Checked(_faults?.Garbled(sound) ?? sound);
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

        var began = _traces?.Now(utterance.Id);
        var (result, reason) = await Attempt(stage, work, Task.CompletedTask, within, kill);
        if (began is not null)
            _traces!.Stage(utterance.Id, stage, language, began, reason);
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
}
