using Tandem.Live;
using Tandem.Live.Dubbing;
using Tandem.Live.Timeline;

namespace Tandem.Benchmarks.Loops;

/// <summary>Where dubs go: one language.</summary>
public sealed class DubLoops : ILoopSet
{
    private static readonly SoundLength s_cycle = SoundLength.OfSeconds(4);

    private readonly DubTrack _track = Track(new EngineTraits(Aligned: true, Streaming: false));
    private readonly DubSound _spoken = DubSound.Of(new float[SoundLength.OfSeconds(3.3).Samples]);
    private readonly PlacementOptions _options = new();
    private readonly PlacementCandidate[] _ready;
    private long _said;

    public DubLoops()
    {
        _ready = [.. Enumerable.Range(0, 8).Select(index => new PlacementCandidate(
            index, At(index * 4), At((index * 4) + 3.4), SoundLength.OfSeconds(index % 3 == 0 ? 4.5 : 3)))];
        Loops = [new(Names[0], Plan), new(Names[1], Cycle), new(Names[2], () => _ = _track.Counts)];
    }

    /// <summary>Names of its loops.</summary>
    public static IReadOnlyList<string> Names { get; } = ["dub.plan", "dub.cycle", "dub.counts"];

    /// <inheritdoc/>
    public IReadOnlyList<InnerLoop> Loops { get; }

    /// <summary>A language's track as channels make it.</summary>
    public static DubTrack Track(EngineTraits traits)
    {
        var channel = new ChannelOptions { Id = "loop", Input = new Uri("http://loop.invalid/"), From = "en", To = ["es"] };
        return new DubTrack("es", traits, PlacementOptions.Of(channel, traits), (mono, speed) => new float[(int)(mono.Length / speed)]);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
    }

    private static ChannelTime At(double seconds) => ChannelTime.Zero + SoundLength.OfSeconds(seconds);

    private void Plan() => Placement.Plan(_options, PlacementState.Initial, _ready, []);

    /// <summary>Four seconds: something is said, its dub comes, and all is fixed in steps of half a second.</summary>
    private void Cycle()
    {
        var begin = new ChannelTime(_said * s_cycle.Samples);
        var (from, to) = (begin + SoundLength.OfSeconds(0.3), begin + SoundLength.OfSeconds(3.7));
        var utterance = new Utterance(_said++, from, to, "something that was said");
        _track.Accept(new UtteranceStarted(utterance.Id, utterance.Start));
        _track.Accept(new UtteranceHeard(utterance));
        _track.Accept(new DubReady(new Dub(utterance, "es", "something that is spoken, in another language", _spoken)));
        _track.Accept(new HeardUpTo(begin + s_cycle));
        for (var step = 1; step <= 8; step++)
            _track.CommitUpTo(begin + new SoundLength(s_cycle.Samples * step / 8));
        _track.Trim(begin);
    }
}
