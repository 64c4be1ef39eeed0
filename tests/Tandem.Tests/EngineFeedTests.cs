using System.Threading.Channels;
using Tandem.Live;
using Tandem.Live.Dubbing;
using Tandem.Live.Timeline;
using Xunit;

namespace Tandem.Tests;

public sealed class EngineFeedTests
{
    [Fact]
    public void An_engine_that_is_kept_from_an_advertisement_hears_silence_in_its_place()
    {
        var (track, engine) = (Loud(6), new Listener(new EngineTraits(Aligned: true, Streaming: false)));
        var feed = new EngineFeed(engine, track);
        feed.FeedAll(At(2));
        feed.KeepBack(At(4));
        feed.FeedAll(At(6));

        Assert.Equal([true], engine.Heard.Select(sound => sound.Restarts).Distinct().Where(restarts => restarts));
        Assert.True(Level(engine, 0.1, 1.9) > 0.9);
        Assert.Equal(0, Level(engine, 2.1, 3.9));
        Assert.True(Level(engine, 4.1, 5.8) > 0.9);
        Assert.All(engine.Heard.Zip(engine.Heard.Skip(1)), pair => Assert.Equal(End(pair.First), pair.Second.Start));
    }

    [Fact]
    public void An_engine_that_mutes_the_original_leaves_it_in_an_advertisement()
    {
        var (track, engine) = (Loud(6), new Listener(new EngineTraits(Aligned: true, Streaming: true, OriginalMuted: true)));
        var feed = new EngineFeed(engine, track);
        feed.FeedAll(At(2));
        feed.KeepBack(At(4));
        feed.FeedAll(At(6));

        Assert.All(engine.Heard, sound => Assert.True(End(sound) <= At(2) || sound.Start >= At(4)));
        Assert.True(engine.Heard.First(sound => sound.Start >= At(4)).Restarts);
    }

    private static ChannelTime At(double seconds) => ChannelTime.Zero + SoundLength.OfSeconds(seconds);

    private static ChannelTime End(SourceSound sound) => sound.Start + new SoundLength(sound.Stereo48.Length / 2);

    private static SoundTrack Loud(int seconds)
    {
        var track = new SoundTrack(ChannelTime.Zero);
        var samples = new float[seconds * ChannelTime.Rate * 2];
        Array.Fill(samples, 1f);
        track.Append(samples);
        return track;
    }

    /// <summary>Mean level of what was heard between two times, of both kinds of sound the smaller one; 0 for silence in both.</summary>
    private static double Level(Listener engine, double from, double to)
    {
        var between = engine.Heard.Where(sound => sound.Start >= At(from) && End(sound) <= At(to)).ToList();
        Assert.NotEmpty(between);
        var (stereo, mono) = (between.Average(sound => sound.Stereo48.ToArray().Average()), between.Average(sound => sound.Mono16.ToArray().Average()));
        Assert.True(Math.Abs(stereo - mono) < 0.1, $"{stereo} at 48 kHz, {mono} at 16 kHz");
        return stereo;
    }

    private sealed class Listener(EngineTraits traits) : IEngine
    {
        private readonly Channel<EngineEvent> _events = Channel.CreateUnbounded<EngineEvent>();

        public List<SourceSound> Heard { get; } = [];

        public EngineTraits Traits => traits;

        public ChannelReader<EngineEvent> Events => _events.Reader;

        public int Waiting => 0;

        public void Hear(SourceSound sound) => Heard.Add(sound with { Stereo48 = sound.Stereo48.ToArray() });

        public void Finish()
        {
        }

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
