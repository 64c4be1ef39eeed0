using System.Collections.Immutable;
using System.Threading.Channels;
using Tandem.Live.Timeline;

namespace Tandem.Live.Dubbing;

/// <summary>
/// <c>echo</c>: the whole source as one unbroken utterance an epoch, put in its own place at −3 dB. Measures sync, clicks and overhead.
/// </summary>
/// <param name="languages">BCP 47 tags; every one gets the same.</param>
public sealed class EchoEngine(IReadOnlyList<string> languages) : IEngine
{
    /// <summary>What the sound is multiplied by: −3 dB.</summary>
    public const float Gain = 0.7079458f;

    // Longer than any delay; a language whose mixer has gone away must not keep the whole day.
    private static readonly SoundLength LongestKept = SoundLength.Of(TimeSpan.FromMinutes(6));

    private readonly ImmutableArray<string> _languages = [.. languages];
    private readonly EngineEvents _events = new();
    private readonly Lock _lock = new();
    private DubSound[] _sounds = [];
    private ChannelTime _end;
    private long _utterances;
    private bool _disposed;

    /// <summary>An echo ends when its epoch does, which nobody knows beforehand: ten years stand for that.</summary>
    public static SoundLength OpenEnd { get; } = SoundLength.Of(TimeSpan.FromDays(3650));

    /// <inheritdoc/>
    public EngineTraits Traits { get; } = new(Aligned: true, Streaming: true, LevelControl: false, OriginalMuted: true);

    /// <inheritdoc/>
    public ChannelReader<EngineEvent> Events => _events.Reader;

    /// <inheritdoc/>
    public int Waiting => 0;

    /// <inheritdoc/>
    public void Hear(SourceSound sound)
    {
        lock (_lock)
        {
            if (_disposed || sound.Stereo48.IsEmpty)
                return;

            // A hole without a word of it would shift everything after it.
            if (_sounds.Length == 0 || sound.Restarts || sound.Start != _end)
                Begin(sound.Start);
            Append(sound.Stereo48.Span);
            _end = sound.Start + new SoundLength(sound.Stereo48.Length / 2);
            _events.Publish(new HeardUpTo(_end));
        }
    }

    /// <inheritdoc/>
    public void Finish()
    {
        lock (_lock)
            Complete();
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        lock (_lock)
        {
            _disposed = true;
            Complete();
            _events.Complete();
        }

        return ValueTask.CompletedTask;
    }

    private void Begin(ChannelTime start)
    {
        Complete();
        var utterance = new Utterance(++_utterances, start, start + OpenEnd, "");
        _events.Publish(new UtteranceStarted(utterance.Id, start));
        _events.Publish(new UtteranceHeard(utterance));
        _sounds = [.. _languages.Select(_ => new DubSound(2))];
        for (var i = 0; i < _languages.Length; i++)
            _events.Publish(new DubReady(new Dub(utterance, _languages[i], "", _sounds[i])));
    }

    private void Append(ReadOnlySpan<float> stereo)
    {
        var block = new float[stereo.Length];
        for (var i = 0; i < block.Length; i++)
            block[i] = stereo[i] * Gain;

        // One block for all: each language forgets what it has played at its own pace.
        foreach (var sound in _sounds)
        {
            sound.Append(block);
            sound.Trim(sound.Length - LongestKept);
        }
    }

    private void Complete()
    {
        foreach (var sound in _sounds)
            sound.Complete();
        _sounds = [];
    }
}
