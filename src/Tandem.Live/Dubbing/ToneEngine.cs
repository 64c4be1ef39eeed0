using System.Collections.Immutable;
using System.Globalization;
using System.Threading.Channels;
using Tandem.Live.Timeline;

namespace Tandem.Live.Dubbing;

/// <summary><c>tone</c>: every utterance dubbed with a tone of its length, one pitch a language. Shows placement without any words.</summary>
/// <param name="languages">BCP 47 tags; the first gets 440 Hz.</param>
public sealed class ToneEngine(IReadOnlyList<string> languages) : IEngine
{
    private readonly ImmutableArray<string> _languages = [.. languages];
    private readonly EngineEvents _events = new();
    private readonly SpeechSegmenter _segmenter = new();
    private readonly Lock _lock = new();
    private ChannelTime _start;
    private bool _disposed;

    /// <inheritdoc/>
    public EngineTraits Traits { get; } = new(Aligned: true, Streaming: false);

    /// <inheritdoc/>
    public ChannelReader<EngineEvent> Events => _events.Reader;

    /// <inheritdoc/>
    public int Waiting => 0;

    /// <inheritdoc/>
    public void Hear(SourceSound sound)
    {
        lock (_lock)
        {
            if (_disposed)
                return;
            foreach (var found in _segmenter.Hear(sound.Start, sound.Mono16.Span, sound.Restarts))
                Report(found);
        }
    }

    /// <inheritdoc/>
    public void Finish()
    {
        lock (_lock)
        {
            foreach (var found in _segmenter.Finish())
                Report(found);
        }
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        lock (_lock)
        {
            _disposed = true;
            _events.Complete();
        }

        return ValueTask.CompletedTask;
    }

    private void Report(SpeechEvent found)
    {
        switch (found)
        {
            case SpeechStarted started:
                _start = started.Start;
                _events.Publish(new UtteranceStarted(started.Id, started.Start));
                break;
            case SpeechDropped dropped:
                _events.Publish(new UtteranceEmpty(dropped.Id));
                break;
            case SpeechEnded ended:
                Dub(new Utterance(ended.Id, _start, ended.End, ""));
                break;
            case SpeechKnownUpTo known:
                _events.Publish(new HeardUpTo(known.Time));
                break;
        }
    }

    private void Dub(Utterance utterance)
    {
        _events.Publish(new UtteranceHeard(utterance));
        for (var i = 0; i < _languages.Length; i++)
        {
            var frequency = Tone.FrequencyOf(i);
            var text = string.Create(CultureInfo.InvariantCulture, $"[tone {frequency} Hz]");
            var sound = DubSound.Of(Tone.Of(frequency, utterance.End - utterance.Start));
            _events.Publish(new DubReady(new Dub(utterance, _languages[i], text, sound)));
        }
    }
}
