using System.Globalization;
using Tandem.Live.Package;
using Tandem.Live.Timeline;
using Tandem.Media.Decode;
using Tandem.Media.Worker;
using Xunit;

namespace Tandem.MediaTests.Media;

/// <summary>Each sound codec in each container that has it: what is heard, how loud on which side, and when.</summary>
public sealed class SoundCodecTests
{
    private const int FirstTone = 400;
    private const int ToneStep = 200;
    private const double Amplitude = 0.1;
    private const double Half = 0.7071;
    private const string Fragmented = "-movflags frag_keyframe+empty_moov+default_base_moof+delay_moov ";

    /// <summary>What a listener hears of each channel on the left and on the right, before all is scaled alike.</summary>
    private static readonly Dictionary<string, (double Left, double Right)[]> Mixes = new(StringComparer.Ordinal)
    {
        ["mono"] = [(1, 1)],
        ["stereo"] = [(1, 0), (0, 1)],
        ["3.0"] = [(1, 0), (0, 1), (Half, Half)],
        ["5.1"] = [(1, 0), (0, 1), (Half, Half), (0, 0), (Half, 0), (0, Half)],
        ["7.1"] = [(1, 0), (0, 1), (Half, Half), (0, 0), (Half, 0), (0, Half), (Half, 0), (0, Half)],
    };

    [Theory]
    [InlineData("aac", "mpegts", 48_000, "mono stereo 3.0 5.1 7.1")]
    [InlineData("aac", "mp4", 48_000, "mono stereo 3.0 5.1 7.1")]
    [InlineData("aac", "mpegts", 8_000, "mono stereo 5.1")]
    [InlineData("aac", "mp4", 16_000, "mono stereo")]
    [InlineData("aac", "mpegts", 22_050, "stereo")]
    [InlineData("aac", "mp4", 44_100, "stereo 5.1")]
    [InlineData("aac", "mpegts", 96_000, "mono stereo 5.1")]
    [InlineData("libmp3lame", "mpegts", 48_000, "mono stereo")]
    [InlineData("libmp3lame", "mp4", 44_100, "mono stereo")]
    [InlineData("libmp3lame", "mpegts", 8_000, "mono stereo")]
    [InlineData("libmp3lame", "mpegts", 22_050, "stereo")]
    [InlineData("mp2", "mpegts", 48_000, "mono stereo")]
    [InlineData("mp2", "mpegts", 16_000, "mono stereo")]
    [InlineData("mp2", "mp4", 44_100, "stereo")]
    [InlineData("ac3", "mpegts", 48_000, "mono stereo 5.1")]
    [InlineData("ac3", "mp4", 44_100, "mono stereo 5.1")]
    [InlineData("ac3", "mpegts", 32_000, "stereo")]
    [InlineData("eac3", "mpegts", 48_000, "mono stereo 5.1")]
    [InlineData("eac3", "mp4", 48_000, "mono stereo 5.1")]
    [InlineData("eac3", "mp4", 32_000, "stereo")]
    [InlineData("libopus", "mpegts", 48_000, "mono stereo 5.1 7.1")]
    [InlineData("libopus", "mp4", 48_000, "mono stereo 5.1 7.1")]
    public void Each_channel_is_heard_on_its_side_at_its_level_and_in_time(string codec, string format, int rate, string layouts)
    {
        foreach (var layout in layouts.Split(' '))
        {
            var mix = Mixes[layout];
            var segment = Decode(codec, format, rate, layout, mix.Length);
            Assert.Equal(0, segment.DamagedFrames);
            var (left, right, begin) = Sides(segment);
            var output = segment.Sound[0].SampleRate;
            Assert.Equal(rate, output);

            // Tones from 0.2 s to 0.8 s; a beep of a tenth of a second around 1.5 s.
            var loudest = 0.0;
            for (var channel = 0; channel < mix.Length; channel++)
            {
                var tone = FirstTone + (channel * ToneStep);
                var heard = (Left: Tone(left, begin, output, tone), Right: Tone(right, begin, output, tone));
                if (channel == 0)
                    loudest = heard.Left;
                Near(mix[channel].Left * loudest, heard.Left, loudest, $"{layout}, channel {channel}, left");
                Near(mix[channel].Right * loudest, heard.Right, loudest, $"{layout}, channel {channel}, right");
            }

            // One or two channels are as loud as they were; more are scaled so that their sum fits.
            if (mix.Length <= 2)
                Near(Amplitude, loudest, Amplitude, layout);
            Assert.InRange(loudest, Amplitude * 0.2, Amplitude * 1.12);
            Assert.InRange(BeepTime(left, begin, output), 1.499, 1.501);
        }
    }

    [Theory]
    [InlineData("aac", "mpegts", "stereo", true, "mp4a.40.2")]
    [InlineData("aac", "mp4", "5.1", true, "mp4a.40.2")]
    [InlineData("aac", "mpegts", "7.1", true, "mp4a.40.2")]
    [InlineData("libmp3lame", "mpegts", "stereo", true, "mp4a.40.34")]
    [InlineData("libmp3lame", "mp4", "stereo", true, "mp4a.6B")]
    [InlineData("mp2", "mpegts", "stereo", false, null)]
    [InlineData("ac3", "mpegts", "5.1", true, "ac-3")]
    [InlineData("ac3", "mp4", "5.1", true, "ac-3")]
    [InlineData("eac3", "mpegts", "5.1", true, "ec-3")]
    [InlineData("eac3", "mp4", "stereo", true, "ec-3")]
    [InlineData("libopus", "mpegts", "stereo", false, null)]
    [InlineData("libopus", "mp4", "stereo", true, "opus")]
    [InlineData("libopus", "mp4", "5.1", true, "opus")]
    public void The_original_is_packaged_as_it_is_or_known_to_need_encoding(string codec, string format, string layout, bool asItIs, string? tag)
    {
        var segment = Decode(codec, format, 48_000, layout, Mixes[layout].Length);
        var track = segment.Tracks.First(track => track.Id == segment.Heard);
        var sound = SoundFormat.Of(segment.Coded!, track.CodecsTag);
        var packager = sound is null ? null : SoundPackager.Create(segment.Container, sound, "en");
        Assert.Equal((asItIs, tag), (packager is not null, packager?.CodecsTag));
        if (packager is null || segment.Container != Container.FragmentedMp4)
            return;

        // What was packaged decodes to the same sound. The encoder's priming stands before 0, where no segment begins.
        var frames = segment.Coded!.Frames.Select(frame => frame with { Ticks = frame.Ticks + 90_000 }).ToList();
        using var decoder = new SegmentDecoder();
        var again = decoder.Decode(new DecodeRequest(packager.Package(new MediaTime(0, frames[0].Ticks), frames), packager.Init, "en", false));
        Assert.True(again.Segment is not null, again.Detail);
        Assert.Equal(segment.Sound.SelectMany(sound => sound.Samples), again.Segment!.Sound.SelectMany(sound => sound.Samples));
        Assert.Equal(segment.Coded.Channels, again.Segment.Coded!.Channels);
    }

    [Fact]
    public void An_AAC_that_the_library_cannot_decode_is_an_unknown_codec()
    {
        using var media = new Generated().FFmpeg($"-f lavfi -i sine=997:r=48000 -t 1 -ac 2 -c:a aac {Fragmented}-f mp4 t.mp4");
        var bytes = media.Bytes("t.mp4");

        // Audio object type 42 (USAC) in place of LC: 31, 42 − 32, 48 kHz, stereo.
        var at = bytes.AsSpan().IndexOf(new byte[] { 0x11, 0x90, 0x56, 0xE5, 0x00 });
        new byte[] { 0xF9, 0x46, 0x40, 0, 0 }.CopyTo(bytes, at);
        using var decoder = new SegmentDecoder();
        var outcome = decoder.Decode(new DecodeRequest(bytes, default, "en", false));
        Assert.Equal(DecodeFault.UnknownCodec, outcome.Fault);
        Assert.Contains("mp4a.40.42", outcome.Detail, StringComparison.Ordinal);
    }

    private static DecodedSegment Decode(string codec, string format, int rate, string layout, int channels)
    {
        const string Beep = "0.4*sin(2*PI*1000*t)*pow(cos(PI*(t-1.5)/0.1),2)*lt(abs(t-1.5),0.05)";
        var tones = Enumerable.Range(0, channels).Select(channel => string.Create(
            CultureInfo.InvariantCulture, $"{Amplitude}*sin(2*PI*{FirstTone + (channel * ToneStep)}*t)*lt(t,1)+{Beep}"));
        var most = codec switch
        {
            "libmp3lame" when rate < 16_000 => "64k",
            "libmp3lame" or "mp2" when rate < 32_000 => "128k",
            _ => channels > 2 ? "448k" : "192k",
        };
        var bitRate = codec == "aac" && rate < 16_000 ? "48k" : most;
        using var media = new Generated().FFmpeg(
            $"-f lavfi -i testsrc2=s=160x90:r=25 -f lavfi -i \"aevalsrc='{string.Join('|', tones)}':c={layout}:s={rate}\" -t 2.5 -c:v libx264 -bf 0 -preset ultrafast "
            + $"-c:a {codec} -b:a {bitRate} -strict -2 {(codec == "libopus" && channels > 2 ? "-mapping_family 1 " : "")}{(format == "mp4" ? Fragmented : "")}-f {format} t");
        using var decoder = new SegmentDecoder();
        var outcome = decoder.Decode(new DecodeRequest(media.Bytes("t"), default, "en", false));
        Assert.True(outcome.Segment is not null, $"{layout}: {outcome.Fault} {outcome.Detail}");
        return outcome.Segment!;
    }

    /// <summary>Both sides, and the time of their first sample after the first picture's, seconds.</summary>
    private static (float[] Left, float[] Right, double Begin) Sides(DecodedSegment segment)
    {
        var all = segment.Sound.SelectMany(block => block.Samples).ToArray();
        return (
            [.. all.Where((_, i) => i % 2 == 0)],
            [.. all.Where((_, i) => i % 2 == 1)],
            (segment.Sound[0].Ticks - segment.PictureStart!.Value) / 90_000.0);
    }

    /// <summary>Amplitude of a tone between 0.2 s and 0.8 s.</summary>
    private static double Tone(float[] side, double begin, int rate, int frequency)
    {
        var from = (int)((0.2 - begin) * rate);
        var count = (int)(0.6 * rate);
        double sine = 0, cosine = 0;
        for (var i = from; i < from + count; i++)
        {
            var phase = 2 * Math.PI * frequency * i / rate;
            sine += side[i] * Math.Sin(phase);
            cosine += side[i] * Math.Cos(phase);
        }

        return Math.Sqrt((sine * sine) + (cosine * cosine)) * 2 / count;
    }

    /// <summary>Centre of the beep's energy, seconds after the first picture.</summary>
    private static double BeepTime(float[] side, double begin, int rate)
    {
        double energy = 0, moment = 0;
        for (var i = (int)((1.4 - begin) * rate); i < (int)((1.6 - begin) * rate); i++)
        {
            var square = (double)side[i] * side[i];
            energy += square;
            moment += square * (begin + ((double)i / rate));
        }

        return moment / energy;
    }

    // Within 1 dB, and what is to be silent 30 dB below the loudest.
    private static void Near(double expected, double heard, double loudest, string what) =>
        Assert.True(
            expected == 0 ? heard < loudest * 0.032 : heard > expected * 0.89 && heard < expected * 1.12,
            string.Create(CultureInfo.InvariantCulture, $"{what}: {heard:F4} instead of {expected:F4}"));
}
