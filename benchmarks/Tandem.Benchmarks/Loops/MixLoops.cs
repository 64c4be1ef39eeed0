using Tandem.Live.Dubbing;
using Tandem.Live.Mix;
using Tandem.Live.Timeline;
using Tandem.Media;

namespace Tandem.Benchmarks.Loops;

/// <summary>From the source's sound and a dub to the voice's: half a second of one language, while the dub speaks.</summary>
public sealed class MixLoops : ILoopSet
{
    // As a voice is worked on: VoiceRendition's step.
    private const int Step = 23 * Epoch.FrameSamples;

    private static readonly EngineTraits s_traits = new(Aligned: true, Streaming: false);

    private readonly SoundTrack _bed = new(ChannelTime.Zero);
    private readonly VoiceMixer _mixer = new(new VoiceMixerOptions(), s_traits);
    private readonly Limiter _limiter = new(-2);
    private readonly LoudnessMeter _meter = new(TimeSpan.FromSeconds(30));
    private readonly AacEncoder _encoder = new(128_000);
    private readonly List<ReadOnlyMemory<byte>> _packets = [];
    private readonly DubTrack _track;
    private readonly float[] _sound = SampleSound.Stereo(8);
    private readonly float[] _spoken = SampleSound.Mono(3.4, 180);
    private readonly float[] _out = new float[Step * 2];

    public MixLoops()
    {
        _track = DubLoops.Track(s_traits);
        _bed.Append(_sound);
        var utterance = new Utterance(1, At(0.3), At(4.0), "something that was said");
        _track.Accept(new UtteranceStarted(1, utterance.Start));
        _track.Accept(new UtteranceHeard(utterance));
        _track.Accept(new DubReady(new Dub(utterance, "es", "something that is spoken", DubSound.Of(_spoken))));
        _track.CommitUpTo(At(6));
        if (_track.Placed.Count != 1)
            throw new InvalidOperationException("the dub has no place");
        Loops =
        [
            new(Names[0], Mix), new(Names[1], Limit), new(Names[2], () => _meter.Add(_sound.AsSpan(0, Step * 2))),
            new(Names[3], () => TimeStretcher.Stretch(_spoken, 1.2)), new(Names[4], Encode),
        ];
    }

    /// <summary>Names of its loops.</summary>
    public static IReadOnlyList<string> Names { get; } = ["mix.step", "mix.limiter", "mix.loudness", "mix.stretch", "encode.step"];

    /// <inheritdoc/>
    public IReadOnlyList<InnerLoop> Loops { get; }

    /// <inheritdoc/>
    public void Dispose()
    {
        _mixer.Dispose();
        _meter.Dispose();
        _encoder.Dispose();
    }

    private static ChannelTime At(double seconds) => ChannelTime.Zero + SoundLength.OfSeconds(seconds);

    private void Mix() => _mixer.Mix(At(1), _out, _bed, _track);

    private void Limit()
    {
        var input = _limiter.Input(At(1), Step);
        _sound.AsSpan(0, input.Length).CopyTo(input);
        _limiter.Limit(At(1), _out, _track.Placed);
    }

    private void Encode()
    {
        _packets.Clear();
        _encoder.Encode(_sound.AsSpan(0, Step * 2), _packets);
    }
}
