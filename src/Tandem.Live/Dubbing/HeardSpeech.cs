using System.Threading.Channels;
using Tandem.Live.Timeline;

namespace Tandem.Live.Dubbing;

/// <summary>Speech on its way to the recogniser, from its first sound on.</summary>
/// <param name="id">The utterance.</param>
/// <param name="start">Its onset.</param>
/// <param name="soundStart">Where its sound begins.</param>
internal sealed class HeardSpeech(long id, ChannelTime start, ChannelTime soundStart)
{
    private readonly TaskCompletionSource<(ChannelTime End, bool IsSpeech)> _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>The utterance.</summary>
    public long Id { get; } = id;

    /// <summary>Its onset.</summary>
    public ChannelTime Start { get; } = start;

    /// <summary>Where its sound begins.</summary>
    public ChannelTime SoundStart { get; } = soundStart;

    /// <summary>Its sound, 16 kHz mono; bounded by the length of an utterance, 10 s.</summary>
    public Channel<ReadOnlyMemory<float>> Sound { get; } = Channel.CreateBounded<ReadOnlyMemory<float>>(4096);

    /// <summary>Completes when the speaker has ended: where, and whether it was speech after all.</summary>
    public Task<(ChannelTime End, bool IsSpeech)> Ended => _ended.Task;

    /// <summary>Says that this was all.</summary>
    public void End(ChannelTime end, bool isSpeech)
    {
        Sound.Writer.TryComplete();
        _ended.TrySetResult((end, isSpeech));
    }
}
