using System.Threading.Channels;
using Tandem.Live.Timeline;

namespace Tandem.Live.Dubbing;

/// <summary>Turns the source's sound into dubs. One instance a channel; it serves all its target languages.</summary>
public interface IEngine : IAsyncDisposable
{
    /// <summary>What can be relied on.</summary>
    EngineTraits Traits { get; }

    /// <summary>
    /// What the engine has to say, in order. The channel is bounded; an engine that finds it full drops its oldest work and counts it.
    /// Completed only when the engine is disposed.
    /// </summary>
    ChannelReader<EngineEvent> Events { get; }

    /// <summary>
    /// Hands on the next stretch of source sound. Contiguous with the one before, except after <see cref="SourceSound.Restarts"/>.
    /// Returns at once: a slow engine queues within bounds and drops the oldest.
    /// </summary>
    void Hear(SourceSound sound);

    /// <summary>
    /// The sound ends here, as a file's does: an utterance that goes on ends, one that streams is complete. What was heard is still worked
    /// on and reported. Nothing is heard afterwards.
    /// </summary>
    void Finish();

    /// <summary>Utterances that wait for a stage of the engine.</summary>
    int Waiting { get; }

    /// <summary>How many of them there can be; 0 where none waits.</summary>
    int MostWaiting => 0;
}

/// <summary>What an engine's dubs can be relied on for.</summary>
/// <param name="Aligned">Its dubs belong to utterances with known times; otherwise the onset lag is estimated and labelled so.</param>
/// <param name="Streaming">A dub may be handed over before its length is known.</param>
/// <param name="LevelControl">Whether loudness is matched and the limiter acts; <c>echo</c> turns both off.</param>
/// <param name="OriginalMuted">Whether the original is silent, not only lowered, under a dub (<c>echo</c>).</param>
public sealed record EngineTraits(bool Aligned, bool Streaming, bool LevelControl = true, bool OriginalMuted = false);

/// <summary>A stretch of source sound.</summary>
/// <param name="Start">Time of the first sample.</param>
/// <param name="Stereo48">Interleaved stereo, 48 kHz; valid only while it is heard: an engine that needs it later copies it.</param>
/// <param name="Mono16">The same, 16 kHz mono: one third as many samples a channel. Belongs to the engine.</param>
/// <param name="Restarts">True at the first stretch of an epoch: utterances do not reach across.</param>
public sealed record SourceSound(ChannelTime Start, ReadOnlyMemory<float> Stereo48, ReadOnlyMemory<float> Mono16, bool Restarts);

/// <summary>Something an engine reports.</summary>
public abstract record EngineEvent;

/// <summary>Speech began; the utterance's end and text are not known yet. Lets the mixer lower the original in time.</summary>
/// <param name="UtteranceId">The utterance's id.</param>
/// <param name="Start">Its onset.</param>
public sealed record UtteranceStarted(long UtteranceId, ChannelTime Start) : EngineEvent;

/// <summary>An utterance is complete and was understood.</summary>
public sealed record UtteranceHeard(Utterance Utterance) : EngineEvent;

/// <summary>What was taken for an utterance holds no words: nothing will be dubbed.</summary>
public sealed record UtteranceEmpty(long UtteranceId) : EngineEvent;

/// <summary>Somebody spoke and was not understood: a dub should have spoken there. Each language's dub is reported as failed besides.</summary>
/// <param name="UtteranceId">As announced.</param>
/// <param name="Start">Onset.</param>
/// <param name="End">Where the speaker stopped.</param>
public sealed record SpeechLost(long UtteranceId, ChannelTime Start, ChannelTime End) : EngineEvent;

/// <summary>A dub, or the first part of one, is there.</summary>
public sealed record DubReady(Dub Dub) : EngineEvent;

/// <summary>An utterance will have no dub in this language.</summary>
/// <param name="UtteranceId">The utterance's id.</param>
/// <param name="Language">BCP 47 tag of the target language.</param>
/// <param name="Stage"><c>recognise</c>, <c>translate</c> or <c>speak</c>.</param>
/// <param name="Reason">A bounded word for metrics, such as <c>timeout</c>, <c>crashed</c>, <c>overflow</c>.</param>
public sealed record DubFailed(long UtteranceId, string Language, string Stage, string Reason) : EngineEvent;

/// <summary>No utterance will start before <paramref name="Time"/> any more, other than those reported.</summary>
public sealed record HeardUpTo(ChannelTime Time) : EngineEvent;

/// <summary>The engine, or a part of it, stopped working, or works again.</summary>
/// <param name="Healthy">Whether it works.</param>
/// <param name="Reason">One line for people; empty when healthy.</param>
/// <param name="Part">
/// Which part, such as <c>translate es</c>: only that language is without dubs, and each is reported as failed. Empty for what all
/// languages need: then nothing is heard.
/// </param>
public sealed record EngineHealth(bool Healthy, string Reason, string Part = "") : EngineEvent;
