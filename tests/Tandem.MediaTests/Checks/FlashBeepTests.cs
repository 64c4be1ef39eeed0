using Tandem.Checks.Demux;
using Tandem.Checks.Detectors;
using Tandem.Checks.Signals;
using Xunit;

namespace Tandem.MediaTests.Checks;

/// <summary>The detector of sync errors finds what was planted, through every codec and container that tests use it with.</summary>
public sealed class FlashBeepTests
{
    public static TheoryData<Packing, string, SoundCodec, int> Kinds => new()
    {
        { Packing.Ts, "25", SoundCodec.Aac, 48_000 },
        { Packing.Ts, "29.97", SoundCodec.Aac, 44_100 },
        { Packing.Ts, "50", SoundCodec.Mp2, 48_000 },
        { Packing.Ts, "25", SoundCodec.Mp3, 44_100 },
        { Packing.Fmp4, "29.97", SoundCodec.Aac, 48_000 },
        { Packing.Fmp4, "50", SoundCodec.Aac, 44_100 },
    };

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task A_beep_on_its_flash_has_no_offset(Packing packing, string rate, SoundCodec codec, int sampleRate)
    {
        var offsets = await MeasureAsync(packing, Rate(rate), codec, sampleRate, planted: 0, muxed: true);

        Assert.True(offsets.Count >= 10, $"only {offsets.Count} beeps");
        Assert.All(offsets, offset => Assert.InRange(offset.Offset, -FlashBeep.Tolerance, FlashBeep.Tolerance));
    }

    [Theory]
    [InlineData(Packing.Ts, 0.0213)]
    [InlineData(Packing.Fmp4, -0.005)]
    public async Task A_planted_offset_is_measured(Packing packing, double planted)
    {
        var offsets = await MeasureAsync(packing, FrameRate.Pal, SoundCodec.Aac, 48_000, planted, muxed: false);

        Assert.All(offsets, offset => Assert.InRange(offset.Offset - planted, -FlashBeep.Tolerance, FlashBeep.Tolerance));
    }

    [Fact]
    public async Task Timestamps_that_forget_a_frame_of_priming_are_measured()
    {
        var programme = await MakeAsync(Packing.Ts, FrameRate.Pal, new SoundRecipe(new Beeps()), muxed: true);
        var track = programme.Tracks[0];
        var sound = programme.Sound(track);
        var late = sound with { Frames = [.. sound.Frames.Select(frame => frame with { Seconds = frame.Seconds + (1024 / 48_000.0) })] };

        var offsets = FlashBeep.Match(await FlashBeep.FlashesAsync(programme.Pictures(track)), await FlashBeep.BeepsAsync(late));

        Assert.All(offsets, offset => Assert.InRange(offset.Offset, 0.0213 - FlashBeep.Tolerance, 0.0213 + FlashBeep.Tolerance));
    }

    [Fact]
    public async Task A_beep_that_a_hole_cuts_is_not_counted()
    {
        // Frame 93 to 96 are the beep at 2 s; holes come again each 3 s.
        var sound = new SoundRecipe(new Beeps(), Filter: Damage.Holes(first: 95, frames: 3, every: 141));
        var programme = await MakeAsync(Packing.Ts, FrameRate.Pal, sound, muxed: true);
        var track = programme.Tracks[0];

        var beeps = await FlashBeep.BeepsAsync(programme.Sound(track));
        var offsets = FlashBeep.Match(await FlashBeep.FlashesAsync(programme.Pictures(track)), beeps);

        Assert.Contains(beeps, beep => !beep.Whole);
        Assert.True(offsets.Count >= 6);
        Assert.All(offsets, offset => Assert.InRange(offset.Offset, -FlashBeep.Tolerance, FlashBeep.Tolerance));
    }

    [Fact]
    public void Sync_error_tells_median_worst_drift_and_missing_beeps()
    {
        var source = Enumerable.Range(0, 200).Select(second => KeyValuePair.Create(second, 0.010)).ToList();
        var voice = source.ToDictionary(pair => pair.Key, pair => pair.Value + 0.001 + (pair.Key * 0.00001));
        voice[50] = 0.030;
        voice.Remove(70);
        voice.Remove(199);

        var error = SyncError.Between(source, voice);

        Assert.Equal(1, error.Missed);
        Assert.Equal(198, error.Count);
        Assert.Equal(0.020, error.Worst, 1e-9);
        Assert.InRange(error.Median, 0.0019, 0.0021);
        Assert.InRange(error.Drift, 0.0013, 0.0015);
    }

    private static FrameRate Rate(string name) => name switch
    {
        "25" => FrameRate.Pal,
        "50" => FrameRate.Fifty,
        _ => FrameRate.Ntsc,
    };

    private static async Task<IReadOnlyList<BeepOffset>> MeasureAsync(
        Packing packing, FrameRate rate, SoundCodec codec, int sampleRate, double planted, bool muxed)
    {
        var sound = new SoundRecipe(new Beeps(rate.FlashPeriod, planted), codec, sampleRate);
        var programme = await MakeAsync(packing, rate, sound, muxed);
        var flashes = await FlashBeep.FlashesAsync(programme.Pictures(programme.Tracks[0]));
        var beeps = await FlashBeep.BeepsAsync(programme.Sound(programme.Tracks[^1]));
        return FlashBeep.Match(flashes, beeps);
    }

    private static Task<Programme> MakeAsync(Packing packing, FrameRate rate, SoundRecipe sound, bool muxed) =>
        ProgrammeMaker.MakeAsync(new ProgrammeRecipe(packing, [new PictureRecipe(rate)], [sound], muxed, Seconds: 14));
}
