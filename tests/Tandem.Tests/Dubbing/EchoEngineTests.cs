using Tandem.Live.Dubbing;
using Tandem.Live.Timeline;
using Xunit;

namespace Tandem.Tests.Dubbing;

public sealed class EchoEngineTests
{
    [Fact]
    public async Task Every_language_hears_the_source_in_its_own_place_3_dB_down()
    {
        await using var engine = new EchoEngine(["es", "fr"]);
        var stereo = Ramp(4_800);

        engine.Hear(Stretch(480, stereo[..2_000], restarts: true));
        engine.Hear(Stretch(480 + 1_000, stereo[2_000..], restarts: false));

        var events = Drain(engine);
        var dubs = events.OfType<DubReady>().Select(ready => ready.Dub).ToList();
        Assert.Equal(["es", "fr"], dubs.Select(dub => dub.Language));
        Assert.All(dubs, dub =>
        {
            Assert.Equal(new ChannelTime(480), dub.Utterance.Start);
            Assert.Equal(2, dub.Sound.Channels);
            Assert.Equal(4_800, dub.Sound.Length.Samples);
            Assert.False(dub.Sound.IsComplete);
            var heard = new float[stereo.Length];
            Assert.Equal(4_800, dub.Sound.Read(SoundLength.Zero, heard));
            Assert.Equal(stereo.Select(sample => sample * 0.7079458f), heard);
        });
        Assert.Equal(new ChannelTime(480 + 4_800), events.OfType<HeardUpTo>().Last().Time);
        Assert.Equal(new ChannelTime(480), Assert.Single(events.OfType<UtteranceStarted>()).Start);
    }

    [Fact]
    public async Task At_the_end_of_a_file_the_echo_is_whole()
    {
        await using var engine = new EchoEngine(["es"]);
        engine.Hear(Stretch(0, Ramp(1_000), restarts: true));
        engine.Finish();
        var dub = Assert.Single(Drain(engine).OfType<DubReady>()).Dub;
        Assert.True(dub.Sound.IsComplete);
        Assert.Equal(1_000, dub.Sound.Length.Samples);
    }

    [Fact]
    public async Task A_new_epoch_ends_one_echo_and_begins_the_next()
    {
        await using var engine = new EchoEngine(["es"]);

        engine.Hear(Stretch(0, Ramp(1_000), restarts: true));
        engine.Hear(Stretch(1_000, Ramp(700), restarts: true));

        var dubs = Drain(engine).OfType<DubReady>().Select(ready => ready.Dub).ToList();
        Assert.Equal(2, dubs.Count);
        Assert.True(dubs[0].Sound.IsComplete);
        Assert.Equal(1_000, dubs[0].Sound.Length.Samples);
        Assert.False(dubs[1].Sound.IsComplete);
        Assert.Equal(new ChannelTime(1_000), dubs[1].Utterance.Start);
        Assert.NotEqual(dubs[0].Utterance.Id, dubs[1].Utterance.Id);
    }

    [Fact]
    public async Task One_language_forgetting_what_it_played_takes_nothing_from_another()
    {
        await using var engine = new EchoEngine(["es", "fr"]);
        engine.Hear(Stretch(0, Ramp(1_000), restarts: true));
        engine.Hear(Stretch(1_000, Ramp(1_000), restarts: false));
        var dubs = Drain(engine).OfType<DubReady>().Select(ready => ready.Dub).ToList();

        dubs[0].Sound.Trim(new SoundLength(1_000));

        Assert.Equal(500, dubs[1].Sound.Read(SoundLength.Zero, new float[1_000]));
    }

    [Fact]
    public async Task Disposal_completes_the_echo_and_the_events()
    {
        var engine = new EchoEngine(["es"]);
        engine.Hear(Stretch(0, Ramp(1_000), restarts: true));
        await engine.DisposeAsync();
        engine.Hear(Stretch(1_000, Ramp(1_000), restarts: false));

        var dub = Assert.Single(Drain(engine).OfType<DubReady>()).Dub;
        Assert.True(dub.Sound.IsComplete);
        Assert.Equal(1_000, dub.Sound.Length.Samples);
        Assert.True(engine.Events.Completion.IsCompleted);
    }

    private static float[] Ramp(int samples) => [.. Enumerable.Range(0, samples * 2).Select(i => (i % 997 / 997f) - 0.5f)];

    private static SourceSound Stretch(long start, float[] stereo, bool restarts) => new(new ChannelTime(start), stereo, default, restarts);

    private static List<EngineEvent> Drain(EchoEngine engine)
    {
        var events = new List<EngineEvent>();
        while (engine.Events.TryRead(out var happened))
            events.Add(happened);
        return events;
    }
}
