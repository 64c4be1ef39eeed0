using Tandem.Checks.Demux;
using Tandem.Checks.Detectors;
using Tandem.Checks.Signals;
using Xunit;

namespace Tandem.MediaTests.Checks;

/// <summary>The click detector passes an unbroken encoder and finds every way in which a stream of segments goes wrong.</summary>
public sealed class ClicksTests
{
    private const double FrameSeconds = 1024 / 48_000.0;

    [Theory]
    [InlineData(SoundCodec.Aac, 48_000, 128_000)]
    [InlineData(SoundCodec.Aac, 44_100, 96_000)]
    public async Task One_encoder_a_stream_is_clean(SoundCodec codec, int rate, int bitRate)
    {
        var sound = await SineAsync(10, codec, rate, bitRate);
        Assert.Empty(Clicks.Find(await Decode.SoundAsync(sound)));
    }

    [Fact]
    public async Task A_seamless_loop_is_clean()
    {
        var recipe = new ProgrammeRecipe(
            Packing.Ts, [new PictureRecipe(FrameRate.Pal, 64, 36, 20_000, Flashes: false)], [new SoundRecipe(new Sine())], Seconds: 132, LoopSeconds: 64);
        var programme = await ProgrammeMaker.MakeAsync(recipe);
        var track = programme.Tracks[0];
        var loop = Streams.Sound(null, track.Pieces[programme.LoopFrom..programme.LoopTo].Select(piece => piece.Data));
        Assert.Equal(3000, loop.Frames.Count);
        var twice = loop with { Frames = [.. loop.Frames, .. loop.Frames.Select(frame => frame with { Seconds = frame.Seconds + 64 })] };

        Assert.Empty(Clicks.Find(await Decode.SoundAsync(twice)));
    }

    [Fact]
    public async Task An_encoder_a_segment_is_found_faulty_at_every_boundary()
    {
        const int segments = 6;
        var frames = new List<TimedFrame>();
        SoundStream? any = null;
        for (var segment = 0; segment < segments; segment++)
        {
            // Each segment's encoder sees the tone where the last one ended, and starts with priming of its own.
            any = await EncodeAsync(2, offset: segment * 2);
            frames.AddRange(any.Frames.Select(frame => frame with { Seconds = frame.Seconds + (2 * segment) }));
        }

        var faults = Clicks.Find(await Decode.SoundAsync(any! with { Frames = frames }));

        Assert.True(faults.Count >= segments - 1, string.Join(", ", faults));
        for (var boundary = 1; boundary < segments; boundary++)
            Assert.Contains(faults, fault => Math.Abs(fault.Seconds - 10 - (2 * boundary)) < 0.1);
    }

    [Theory]
    [InlineData("drop")]
    [InlineData("repeat")]
    [InlineData("silence")]
    public async Task One_wrong_frame_is_found(string fault)
    {
        var sound = await SineAsync(6);
        var frames = sound.Frames.Select(frame => frame.Data).ToList();
        if (fault == "drop")
            frames.RemoveAt(140);
        else if (fault == "repeat")
            frames.Insert(140, frames[140]);
        else
            frames[140] = (await SineAsync(2, level: -120)).Frames[20].Data;
        // Timestamps without a seam, as a muxer that counts samples would write them: only the sound can tell.
        var even = frames.Select((data, index) => new TimedFrame(10 + (index * FrameSeconds), data, 0)).ToList();

        var faults = Clicks.Find(await Decode.SoundAsync(sound with { Frames = even }));

        Assert.Contains(faults, found => Math.Abs(found.Seconds - 10 - (140 * FrameSeconds)) < 0.06);
        Assert.InRange(faults.Count, 1, 3);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(-1)]
    [InlineData(16)]
    public void A_step_of_one_sample_is_found(int samples)
    {
        var tone = new Sine().Render(48_000, 4);
        var spliced = samples > 0
            ? [.. tone.Take(96_000), .. tone.Skip(96_000 + samples)]
            : tone.Take(96_000).Concat(tone.Skip(96_000 + samples)).ToArray();

        var faults = Clicks.Find(Raw(spliced));

        Assert.Contains(faults, fault => Math.Abs(fault.Seconds - 2) < 0.05);
    }

    [Fact]
    public async Task A_timestamp_that_jumps_is_found()
    {
        var sound = await SineAsync(4);
        var late = sound with { Frames = [.. sound.Frames.Select((frame, index) => index < 90 ? frame : frame with { Seconds = frame.Seconds + 0.001 })] };

        Assert.Contains(Clicks.Find(await Decode.SoundAsync(late)), fault => fault.Kind == ToneFaultKind.Step);
    }

    [Fact]
    public void A_tone_resampled_by_100_ppm_is_clean()
    {
        var tone = new Sine(997 * 1.0001).Render(48_000, 20);
        Assert.Empty(Clicks.Find(Raw(tone)));
    }

    private static DecodedTrack Raw(float[] samples)
    {
        var frames = samples.Length / 1024;
        return new DecodedTrack(
            48_000, samples[..(frames * 1024)], 1024, [.. Enumerable.Range(0, frames).Select(index => new TimedFrame(index * FrameSeconds, default, 0))]);
    }

    private static Task<SoundStream> SineAsync(
        double seconds, SoundCodec codec = SoundCodec.Aac, int rate = 48_000, int bitRate = 128_000, double level = -12) =>
        MakeAsync(seconds, new SoundRecipe(new Sine(Level: level), codec, rate, bitRate));

    private static Task<SoundStream> EncodeAsync(double seconds, double offset) =>
        MakeAsync(seconds, new SoundRecipe(new LaterSine(offset)));

    private static async Task<SoundStream> MakeAsync(double seconds, SoundRecipe sound)
    {
        var recipe = new ProgrammeRecipe(
            Packing.Ts, [new PictureRecipe(FrameRate.Pal, 64, 36, 20_000, Flashes: false)], [sound], Muxed: false, Seconds: seconds);
        var programme = await ProgrammeMaker.MakeAsync(recipe);
        return programme.Sound(programme.Tracks[^1]);
    }

    /// <summary>The tone from a later point of it on.</summary>
    private sealed record LaterSine(double Offset) : Signal
    {
        public override float[] Render(int sampleRate, double seconds) =>
            new Sine().Render(sampleRate, Offset + seconds)[(int)(Offset * sampleRate)..];
    }
}
