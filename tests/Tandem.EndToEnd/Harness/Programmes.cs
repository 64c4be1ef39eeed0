using Tandem.Checks.Signals;

namespace Tandem.EndToEnd.Harness;

/// <summary>Programmes that several tests play.</summary>
public static class Programmes
{
    /// <summary>Three qualities and two audio groups (low and high bit rate), each with two languages that say different things.</summary>
    public static Task<Programme> VariantsAsync(Packing packing, double seconds = 120) => ProgrammeMaker.MakeAsync(new ProgrammeRecipe(
        packing,
        [
            new PictureRecipe(FrameRate.Pal, 256, 144, 120_000, Flashes: false),
            new PictureRecipe(FrameRate.Pal, 320, 180, 250_000, Flashes: false),
            new PictureRecipe(FrameRate.Pal, 480, 270, 500_000, Flashes: false),
        ],
        [
            new SoundRecipe(new Speech(), BitRate: 64_000, Language: "en", Group: "low"),
            new SoundRecipe(new Speech(First: 4, Pitch: 1.25), BitRate: 64_000, Language: "de", Group: "low"),
            new SoundRecipe(new Speech(), BitRate: 128_000, Language: "en", Group: "high"),
            new SoundRecipe(new Speech(First: 4, Pitch: 1.25), BitRate: 128_000, Language: "de", Group: "high"),
        ],
        Muxed: false,
        Seconds: seconds));

    /// <summary>Flash and beep.</summary>
    public static Task<Programme> FlashBeepAsync(
        Packing packing, FrameRate rate, int sampleRate = 48_000, bool muxed = true, double seconds = 100, double loop = 0, string? filter = null,
        double segment = 2, SoundCodec codec = SoundCodec.Aac, PictureCodec picture = PictureCodec.H264) =>
        ProgrammeMaker.MakeAsync(new ProgrammeRecipe(
            packing,
            [new PictureRecipe(rate, 160, 90, 60_000, Codec: picture)],
            [new SoundRecipe(new Beeps(rate.FlashPeriod), codec, sampleRate, Filter: filter)],
            muxed,
            seconds,
            segment,
            loop));

    /// <summary>Speech in the source language, muxed, under a plain picture.</summary>
    public static Task<Programme> SpeechAsync(Packing packing, double seconds = 120) => ProgrammeMaker.MakeAsync(new ProgrammeRecipe(
        packing, [new PictureRecipe(FrameRate.Pal, 160, 90, 60_000, Flashes: false)], [new SoundRecipe(new Speech())], Seconds: seconds));

    /// <summary>A 997 Hz sine, muxed.</summary>
    public static Task<Programme> SineAsync(Packing packing, double seconds, double segment = 2, double loop = 0) =>
        ProgrammeMaker.MakeAsync(new ProgrammeRecipe(
            packing,
            [new PictureRecipe(FrameRate.Pal, 64, 36, 20_000, Flashes: false)],
            [new SoundRecipe(new Sine())],
            Muxed: true,
            seconds,
            segment,
            loop));
}
