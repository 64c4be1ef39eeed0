using Tandem.Live.Timeline;

namespace Tandem.Live.Dubbing;

/// <summary>What <see cref="SpeechSegmenter"/> finds.</summary>
public abstract record SpeechEvent;

/// <summary>An utterance has begun.</summary>
/// <param name="Id">Counts up from 1.</param>
/// <param name="Start">Its onset.</param>
/// <param name="SoundStart">Where its sound begins: up to 150 ms earlier, for the recogniser to settle.</param>
public sealed record SpeechStarted(long Id, ChannelTime Start, ChannelTime SoundStart) : SpeechEvent;

/// <summary>More of an utterance's sound; the first begins at <see cref="SpeechStarted.SoundStart"/>, the others follow on.</summary>
/// <param name="Id">The utterance.</param>
/// <param name="Mono16">16 kHz mono, belongs to the receiver.</param>
public sealed record SpeechSound(long Id, ReadOnlyMemory<float> Mono16) : SpeechEvent;

/// <summary>An utterance is over and all its sound handed on.</summary>
/// <param name="Id">The utterance.</param>
/// <param name="End">Where its last sound ends.</param>
public sealed record SpeechEnded(long Id, ChannelTime End) : SpeechEvent;

/// <summary>What had begun was too short to be speech.</summary>
/// <param name="Id">The utterance.</param>
public sealed record SpeechDropped(long Id) : SpeechEvent;

/// <summary>No utterance will start before <paramref name="Time"/> any more, other than those reported.</summary>
/// <param name="Time">Never goes back.</param>
public sealed record SpeechKnownUpTo(ChannelTime Time) : SpeechEvent;
