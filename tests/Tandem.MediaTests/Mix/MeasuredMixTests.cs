using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.RegularExpressions;
using Tandem.Checks.Signals;
using Tandem.Live.Dubbing;
using Tandem.Live.Mix;
using Tandem.Live.Timeline;
using Tandem.Media;
using Xunit;

namespace Tandem.MediaTests.Mix;

/// <summary>What the mixer makes of speech, measured by FFmpeg's ebur128.</summary>
public sealed partial class MeasuredMixTests
{
    private const string Prompts = "/usr/share/asterisk/sounds/en/";

    [Theory]
    [InlineData(-23, -14)]
    [InlineData(-16, -26)]
    public async Task A_dub_is_as_loud_as_the_speech_it_replaces_within_1_LU(double speech, double voice)
    {
        var original = await Speech("demo-congrats", speech);
        var dub = await Speech("demo-thanks", voice);
        var options = new VoiceMixerOptions { BackgroundLevel = -60 };
        var spoken = original.Length / 96_000.0;
        var mixed = Mix([.. original, .. new float[20 * 96_000]], options, (0.5, spoken - 0.5, []), (spoken + 1, spoken + 3, Mono(dub)));
        var wanted = await Measure(original);
        var got = await Measure(mixed.AsMemory((int)((spoken + 1) * 48_000) * 2, dub.Length));
        Assert.Equal(wanted.Loudness, got.Loudness, 1.0);
        Assert.True(Math.Abs((await Measure(dub)).Loudness - wanted.Loudness) > 3, "nothing was to be matched");
    }

    [Fact]
    public async Task While_a_hot_dub_speaks_true_peaks_stay_at_2_dB_below_full_scale_and_after_AAC_at_1()
    {
        var original = await Speech("demo-congrats", 12);
        var dub = await Speech("demo-thanks", 6);
        var seconds = dub.Length / 96_000.0;
        var mixed = Mix(original, new VoiceMixerOptions(), (1, 1 + seconds, Mono(dub)));
        var during = mixed.AsMemory(96_000, dub.Length);
        var peak = (await Measure(during)).TruePeak;
        Assert.InRange(peak, -2.3, -1.95);
        foreach (var coder in new[] { "fast", "twoloop" })
            Assert.InRange((await Measure(await ThroughAac(mixed, coder), 1, seconds)).TruePeak, -4, -1);
        Assert.True((await Measure(original.AsMemory(96_000, dub.Length))).TruePeak > 0, "nothing was hot");
    }

    [Fact]
    public async Task The_original_is_18_dB_down_under_a_dub_and_untouched_beside_it()
    {
        var original = await Speech("demo-congrats", -9);
        var mixed = Mix(original, new VoiceMixerOptions(), (4, 10, new float[6 * 48_000]));
        var before = await Measure(original.AsMemory(4 * 96_000, 6 * 96_000));
        var under = await Measure(mixed.AsMemory(4 * 96_000, 6 * 96_000));
        Assert.Equal(before.Loudness - 18, under.Loudness, 0.2);
        var (back, end) = ((10 * 96_000) + (2 * 9_600), 20 * 96_000);
        Assert.Equal(original[back..end], mixed[back..end]);
    }

    /// <summary>A prompt by a human speaker as 48 kHz stereo, so loud that its mean is at a level.</summary>
    private static async Task<float[]> Speech(string prompt, double level)
    {
        var path = Prompts + prompt + ".g722";
        Assert.SkipUnless(File.Exists(path), "asterisk-core-sounds-en-g722 is not installed");
        var run = await Ffmpeg.RunAsync(["-f", "g722", "-i", path, "-ar", "48000", "-ac", "2", "-f", "f32le", "-"]);
        var sound = MemoryMarshal.Cast<byte, float>(run.Output).ToArray();
        var loudness = Loudness.Integrated(sound, 2)!.Value;
        var gain = (float)Math.Pow(10, (level - loudness) / 20);
        return [.. sound.Select(sample => sample * gain)];
    }

    private static float[] Mono(float[] stereo) => [.. stereo.Where((_, index) => index % 2 == 0)];

    private static float[] Mix(float[] original, VoiceMixerOptions options, params (double Start, double End, float[] Dub)[] utterances)
    {
        var traits = new EngineTraits(Aligned: true, Streaming: false);
        var bed = new SoundTrack(ChannelTime.Zero);
        bed.Append(original);
        var track = new DubTrack("es", traits, new PlacementOptions(), TimeStretcher.Stretch);
        var id = 0;
        foreach (var (start, end, dub) in utterances)
        {
            var utterance = new Utterance(++id, At(start), At(end), "");
            track.Accept(new UtteranceHeard(utterance));
            if (dub.Length > 0)
                track.Accept(new DubReady(new Dub(utterance, "es", "", DubSound.Of(dub))));
        }

        using var mixer = new VoiceMixer(options, traits);
        var mixed = new float[original.Length];
        for (var at = 0; at < mixed.Length; at += 46_000)
        {
            var step = mixed.AsSpan(at, Math.Min(46_000, mixed.Length - at));
            var from = new ChannelTime(at / 2);
            track.CommitUpTo(from + new SoundLength(step.Length / 2));
            mixer.Mix(from, step, bed, track);
        }

        return mixed;
    }

    private static ChannelTime At(double seconds) => ChannelTime.Zero + SoundLength.OfSeconds(seconds);

    private static async Task<float[]> ThroughAac(float[] sound, string coder)
    {
        string[] raw = ["-f", "f32le", "-ar", "48000", "-ac", "2"];
        var coded = await Ffmpeg.RunAsync([.. raw, "-i", "-", "-c:a", "aac", "-aac_coder", coder, "-b:a", "128k", "-f", "nut", "-"], Bytes(sound));
        return MemoryMarshal.Cast<byte, float>((await Ffmpeg.RunAsync(["-i", "-", .. raw, "-"], coded.Output)).Output).ToArray();
    }

    private static Task<(double Loudness, double TruePeak)> Measure(float[] sound, double from, double seconds) =>
        Measure(sound.AsMemory((int)(from * 48_000) * 2, (int)(seconds * 48_000) * 2));

    private static async Task<(double Loudness, double TruePeak)> Measure(ReadOnlyMemory<float> sound)
    {
        var run = await Ffmpeg.RunAsync(
            ["-f", "f32le", "-ar", "48000", "-ac", "2", "-i", "-", "-af", "ebur128=peak=true:framelog=verbose", "-f", "null", "-"], Bytes(sound));
        return (Number(IntegratedLine().Match(run.Log)), Number(PeakLine().Match(run.Log)));
    }

    private static byte[] Bytes(ReadOnlyMemory<float> sound) => MemoryMarshal.AsBytes(sound.Span).ToArray();

    private static double Number(Match match) => double.Parse(match.Groups[1].Value, CultureInfo.InvariantCulture);

    [GeneratedRegex(@"I:\s+(-?[\d.]+) LUFS")]
    private static partial Regex IntegratedLine();

    [GeneratedRegex(@"Peak:\s+(-?[\d.]+) dBFS")]
    private static partial Regex PeakLine();
}
