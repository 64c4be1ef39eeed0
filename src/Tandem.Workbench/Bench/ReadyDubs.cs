using System.Threading.Channels;
using Tandem.Live.Dubbing;
using Tandem.Live.Timeline;

namespace Tandem.Workbench.Bench;

/// <summary>
/// An engine that costs nothing: at the times of the bench's source it hands over dubs that were made beforehand, a pitch a language.
/// What is measured is the media work around an engine, not an engine.
/// </summary>
/// <param name="voices">Languages and what is spoken in them.</param>
internal sealed class ReadyDubs(IReadOnlyList<DubVoice> voices) : IEngine
{
    private readonly Channel<EngineEvent> _events =
        Channel.CreateBounded<EngineEvent>(new BoundedChannelOptions(4096) { FullMode = BoundedChannelFullMode.DropOldest });

    private long _started;
    private long _ended;

    /// <inheritdoc/>
    public EngineTraits Traits { get; } = new(Aligned: true, Streaming: false);

    /// <inheritdoc/>
    public ChannelReader<EngineEvent> Events => _events.Reader;

    /// <inheritdoc/>
    public int Waiting => 0;

    /// <inheritdoc/>
    public void Finish()
    {
    }

    /// <inheritdoc/>
    public void Hear(SourceSound sound)
    {
        var heard = sound.Start + new SoundLength(sound.Mono16.Length * 3L);
        while (SpeechTimetable.StartOf(_started) < heard)
            Say(new UtteranceStarted(_started, SpeechTimetable.StartOf(_started++)));
        for (; SpeechTimetable.EndOf(_ended) <= heard; _ended++)
        {
            var utterance = new Utterance(_ended, SpeechTimetable.StartOf(_ended), SpeechTimetable.EndOf(_ended), "a sentence of the source");
            Say(new UtteranceHeard(utterance));
            foreach (var voice in voices)
                Say(new DubReady(new Dub(utterance, voice.Language, "a sentence in another language", voice.Sound)));
        }

        Say(new HeardUpTo(heard));
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        _events.Writer.TryComplete();
        return ValueTask.CompletedTask;
    }

    private void Say(EngineEvent report) => _events.Writer.TryWrite(report);
}

/// <summary>What is spoken in one language.</summary>
/// <param name="Language">BCP 47 tag.</param>
/// <param name="Pitch">Hz of the fundamental; tells the languages apart.</param>
/// <param name="Sound">The same dub for every utterance.</param>
internal sealed record DubVoice(string Language, int Pitch, DubSound Sound)
{
    // After these come tags for local use, qaa and on (ISO 639-2).
    private static readonly string[] Real = ["es", "fr", "de", "it", "pt", "nl", "pl", "sv"];

    /// <summary>So many languages, pitches 3 Hz apart and none a multiple of another.</summary>
    public static IReadOnlyList<DubVoice> Make(int count) =>
        [.. Enumerable.Range(0, count).Select(One)];

    private static DubVoice One(int index)
    {
        var pitch = 140 + (3 * index);
        var length = SpeechTimetable.SpeechLength - SoundLength.OfSeconds(0.1);
        var language = index < Real.Length ? Real[index] : $"qa{(char)('a' + (index - Real.Length))}";
        return new DubVoice(language, pitch, DubSound.Of(SyntheticSpeech.Of(pitch, length, index + 2)));
    }
}
