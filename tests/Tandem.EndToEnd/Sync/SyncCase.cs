using Tandem.Checks.LiveOrigin;
using Tandem.Checks.Signals;
using Tandem.EndToEnd.Harness;

namespace Tandem.EndToEnd.Sync;

/// <summary>One source of the sync matrix.</summary>
/// <param name="Name">Names the channel.</param>
/// <param name="Options">Its source.</param>
/// <param name="Upset">What is done to the source once it runs; null for nothing.</param>
/// <param name="Missing">Beeps that may be missing: those that the upset or the damage itself cuts.</param>
/// <param name="Epochs">Discontinuity sequences that the recording must come to hold.</param>
/// <param name="StandsStill">Whether the source itself stands still for longer than a playlist may.</param>
public sealed record SyncCase(
    string Name, OriginOptions Options, Action<OriginChannel>? Upset = null, int Missing = 0, int Epochs = 1, bool StandsStill = false)
{
    /// <summary>How the picture reaches viewers.</summary>
    public string Video { get; init; } = "reference";

    private const long Wrap = 1L << 33;
    private const int Second = 90_000;

    /// <summary>
    /// A cover of packing × frame rate × sample rate × muxed or separate in which every pair of values occurs; the whole product is in
    /// <see cref="ProductAsync"/>.
    /// </summary>
    public static async Task<IReadOnlyList<SyncCase>> CoverAsync() =>
    [
        await PlainAsync(Packing.Ts, FrameRate.Pal, 48_000, muxed: true),
        await PlainAsync(Packing.Ts, FrameRate.Ntsc, 44_100, muxed: true),
        await PlainAsync(Packing.Ts, FrameRate.Fifty, 48_000, muxed: false),
        await PlainAsync(Packing.Ts, FrameRate.Pal, 44_100, muxed: false),
        await PlainAsync(Packing.Fmp4, FrameRate.Pal, 44_100, muxed: true),
        await PlainAsync(Packing.Fmp4, FrameRate.Ntsc, 48_000, muxed: false),
        await PlainAsync(Packing.Fmp4, FrameRate.Fifty, 44_100, muxed: true),
        await PlainAsync(Packing.Ts, FrameRate.Pal, 48_000, muxed: true, SoundCodec.Mp2),
        await PlainAsync(Packing.Ts, FrameRate.Pal, 44_100, muxed: true, SoundCodec.Mp3),
    ];

    /// <summary>Sources on which something happens, or is wrong from the beginning.</summary>
    public static async Task<IReadOnlyList<SyncCase>> UpsetsAsync()
    {
        var ts = await Programmes.FlashBeepAsync(Packing.Ts, FrameRate.Pal);
        var fmp4 = await Programmes.FlashBeepAsync(Packing.Fmp4, FrameRate.Pal);
        var separate = await Programmes.FlashBeepAsync(Packing.Fmp4, FrameRate.Pal, muxed: false);
        return
        [
            new("discontinuity-ts", new() { Programme = ts }, channel => channel.Break(7000 * Second), Missing: 2, Epochs: 2),
            new("discontinuity-fmp4", new() { Programme = separate }, channel => channel.Break(3 * Second), Missing: 2, Epochs: 2),
            // The window of 16 s lies before the wrap when the channel starts.
            new("wrap", new() { Programme = ts, FirstTicks = Wrap - (32 * Second) }, Missing: 2),
            new("restart-ts", new() { Programme = ts, FirstSequence = 500 }, channel => channel.Restart(), Missing: 6, Epochs: 2, StandsStill: true),
            new("restart-fmp4", new() { Programme = fmp4, FirstSequence = 500 }, channel => channel.Restart(), Missing: 6, Epochs: 2, StandsStill: true),
            // 14 frames are 0.3 s, as when an encoder lost its input; now and then one cuts a beep.
            new("holes", new() { Programme = await DamagedAsync(Damage.Holes(first: 100, frames: 14, every: 331)) }, Missing: 8),
            new("clock-100ppm", new() { Programme = await DamagedAsync(Damage.ClockError(100)) }),
            new("jitter-1ms", new() { Programme = await DamagedAsync(Damage.Jitter(1, 48_000)) }),
            new("no-dates", new() { Programme = ts, ProgramDates = false }),
        ];
    }

    /// <summary>Sources whose picture is carried.</summary>
    public static async Task<IReadOnlyList<SyncCase>> CarriedAsync()
    {
        SyncCase[] cases =
        [
            await PlainAsync(Packing.Ts, FrameRate.Pal, 48_000, muxed: true),
            await PlainAsync(Packing.Ts, FrameRate.Ntsc, 44_100, muxed: false),
            await PlainAsync(Packing.Fmp4, FrameRate.Fifty, 48_000, muxed: true),
            await PlainAsync(Packing.Fmp4, FrameRate.Pal, 44_100, muxed: false),
            new("aes-ts", new() { Programme = await Programmes.FlashBeepAsync(Packing.Ts, FrameRate.Pal), Encryption = Encryption.Aes128 }),
            new("aes-fmp4", new() { Programme = await Programmes.FlashBeepAsync(Packing.Fmp4, FrameRate.Pal), Encryption = Encryption.Aes128ExplicitIv }),
            new("ranges", new() { Programme = await Programmes.FlashBeepAsync(Packing.Ts, FrameRate.Pal), SegmentsPerFile = 5 }),
            new(
                "discontinuity",
                new() { Programme = await Programmes.FlashBeepAsync(Packing.Fmp4, FrameRate.Pal) },
                channel => channel.Break(3 * Second), Missing: 2, Epochs: 2),
        ];
        return [.. cases.Select(one => one with { Name = "carry-" + one.Name, Video = "carry" })];
    }

    /// <summary>Carried pictures of other codecs than H.264, in the containers that have them.</summary>
    public static async Task<IReadOnlyList<SyncCase>> CodecsAsync()
    {
        var cases = new List<SyncCase>();
        (Packing Packing, PictureCodec Codec)[] codecs =
            [(Packing.Ts, PictureCodec.Hevc), (Packing.Fmp4, PictureCodec.Hevc), (Packing.Fmp4, PictureCodec.Av1), (Packing.Fmp4, PictureCodec.Vp9)];
        foreach (var (packing, codec) in codecs)
        {
            var options = new OriginOptions { Programme = await Programmes.FlashBeepAsync(packing, FrameRate.Pal, picture: codec) };
            cases.Add(new SyncCase($"{codec}-{packing}".ToLowerInvariant(), options) { Video = "carry" });
        }

        return cases;
    }

    /// <summary>Every combination of packing, frame rate, sample rate, and muxed or separate.</summary>
    public static async Task<IReadOnlyList<SyncCase>> ProductAsync()
    {
        var cases = new List<SyncCase>();
        foreach (var packing in new[] { Packing.Ts, Packing.Fmp4 })
        {
            foreach (var rate in new[] { FrameRate.Pal, FrameRate.Ntsc, FrameRate.Fifty })
            {
                foreach (var sampleRate in new[] { 48_000, 44_100 })
                {
                    cases.Add(await PlainAsync(packing, rate, sampleRate, muxed: true));
                    cases.Add(await PlainAsync(packing, rate, sampleRate, muxed: false));
                }
            }
        }

        return cases;
    }

    private static async Task<SyncCase> PlainAsync(Packing packing, FrameRate rate, int sampleRate, bool muxed, SoundCodec codec = SoundCodec.Aac) => new(
        $"{packing}-{rate.FlashFrames}fps-{sampleRate}-{(muxed ? "muxed" : "separate")}-{codec}".ToLowerInvariant(),
        new OriginOptions { Programme = await Programmes.FlashBeepAsync(packing, rate, sampleRate, muxed, codec: codec) });

    private static Task<Programme> DamagedAsync(string filter) => Programmes.FlashBeepAsync(Packing.Ts, FrameRate.Pal, filter: filter);
}
