using Tandem.Media;
using Tandem.Media.Decode;
using Xunit;

namespace Tandem.MediaTests.Media;

public class AacEncoderTests
{
    private const int Frame = AacEncoder.FrameSamples;

    [Theory]
    [InlineData(128_000, 2)]
    [InlineData(64_000, 1)]
    public void What_goes_in_comes_out_at_the_same_sample_once_the_priming_packet_is_dropped(int bitRate, int channels)
    {
        // A beep of 50 ms once a second: its onset is where the sound is.
        const int Frames = 300;
        var source = new float[Frames * Frame];
        for (var i = 0; i < source.Length; i++)
            source[i] = i % 48_000 is >= 20_000 and < 22_400 ? 0.5f * MathF.Sin(2 * MathF.PI * 1000 * (i % 48_000 - 20_000) / 48_000) : 0;

        var (packets, config) = Encode(source, bitRate, channels);
        Assert.Equal(Frames + 1, packets.Count);

        var decoded = Decode(packets, config);
        Assert.Equal((Frames + 1) * Frame, decoded.Length);
        var heard = decoded[Frame..];
        Assert.Equal(0, BestShift(source, heard));
    }

    [Fact]
    public void A_sine_stays_one_sine_across_all_frames()
    {
        const int Frames = 400;
        var source = new float[Frames * Frame];
        for (var i = 0; i < source.Length; i++)
            source[i] = 0.25f * MathF.Sin((float)(2 * Math.PI * 997 * i / 48_000.0 % (2 * Math.PI)));
        var (packets, config) = Encode(source, 128_000, 2);
        var heard = Decode(packets, config)[Frame..];

        // What is left after the source is taken away: a repeated or lost frame, or a step, would be as loud as the sine itself.
        double worst = 0;
        for (var i = 4 * Frame; i < heard.Length - Frame; i++)
            worst = Math.Max(worst, Math.Abs(heard[i] - source[i]));
        Assert.True(worst < 0.02, $"differs by {worst:F4}");
    }

    /// <summary>
    /// The search for joint stereo is left out while both channels are nearly alike: each must stay itself there, on the way into such a
    /// stretch, out of it, and where they are foreign to each other.
    /// </summary>
    [Fact]
    public void Each_channel_stays_itself_however_alike_they_are()
    {
        const int Frames = 240;
        var source = new float[Frames * Frame * 2];
        for (var i = 0; i < Frames * Frame; i++)
        {
            // A voice in the middle that comes and goes over a tone at the left and another at the right.
            var time = i / 48_000.0;
            var voice = i / (20 * Frame) % 2 == 0 ? 0.3 * Math.Sin(2 * Math.PI * 500 * time) : 0;
            source[2 * i] = (float)(voice + (0.02 * Math.Sin(2 * Math.PI * 1_700 * time)));
            source[(2 * i) + 1] = (float)(voice + (0.02 * Math.Sin(2 * Math.PI * 2_900 * time)));
        }

        var (packets, config) = EncodeStereo(source);
        var heard = Decode(packets, config, right: false)[Frame..].Zip(Decode(packets, config, right: true)[Frame..]).ToArray();
        for (var frame = 4; frame < Frames - 4; frame++)
        {
            var (left, right, wrong) = (0.0, 0.0, 0.0);
            for (var i = frame * Frame; i < (frame + 1) * Frame; i++)
            {
                left += Math.Pow(heard[i].First - source[2 * i], 2);
                right += Math.Pow(heard[i].Second - source[(2 * i) + 1], 2);
                wrong += 0.5 * 0.02 * 0.02;
            }

            // A side tone that came out at the other side, or turned round, would be an error of at least its own power; where the voice
            // comes or goes in a step the coder itself is that far off.
            if (frame % 20 is > 2 and < 17)
                Assert.True(Math.Max(left, right) < wrong / 10, $"frame {frame}: errors {left:F4} and {right:F4}, a tone is {wrong:F4}");
        }
    }

    [Fact]
    public void A_bad_sample_does_not_stop_the_stream()
    {
        using var encoder = new AacEncoder(128_000);
        var output = new List<ReadOnlyMemory<byte>>();
        var frame = new float[Frame * 2];
        frame[5] = float.NaN;
        frame[6] = float.PositiveInfinity;
        for (var i = 0; i < 4; i++)
            encoder.Encode(frame, output);
        Assert.Equal(3, output.Count);
    }

    [Fact]
    public void Says_what_it_writes()
    {
        using var encoder = new AacEncoder(128_000);
        Assert.Equal(1024, encoder.Priming);

        // AAC LC, 48 kHz, two channels.
        Assert.Equal("1190", Convert.ToHexString(encoder.AudioSpecificConfig.Span[..2]));
        Assert.Throws<ArgumentException>(() => encoder.Encode(new float[100], []));
    }

    internal static (List<ReadOnlyMemory<byte>> Packets, ReadOnlyMemory<byte> Config) Encode(float[] mono, int bitRate, int channels)
    {
        using var encoder = new AacEncoder(bitRate, channels);
        var packets = new List<ReadOnlyMemory<byte>>();
        var frame = new float[Frame * channels];
        for (var at = 0; at < mono.Length; at += Frame)
        {
            for (var i = 0; i < frame.Length; i++)
                frame[i] = mono[at + (i / channels)];
            encoder.Encode(frame, packets);
        }

        encoder.Finish(packets);
        return (packets, encoder.AudioSpecificConfig);
    }

    private static (List<ReadOnlyMemory<byte>> Packets, ReadOnlyMemory<byte> Config) EncodeStereo(float[] interleaved)
    {
        using var encoder = new AacEncoder(128_000);
        var packets = new List<ReadOnlyMemory<byte>>();
        encoder.Encode(interleaved, packets);
        encoder.Finish(packets);
        return (packets, encoder.AudioSpecificConfig);
    }

    internal static float[] Decode(List<ReadOnlyMemory<byte>> packets, ReadOnlyMemory<byte> config, bool right = false)
    {
        using var decoder = SoundDecoder.Open("aac", config.Span)!;
        var left = new List<float>();
        foreach (var packet in packets)
        {
            Assert.True(decoder.Send(packet.Span));
            while (decoder.Receive(out var damaged))
            {
                Assert.False(damaged);
                Assert.Equal(48_000, decoder.SampleRate);
                for (var i = right ? 1 : 0; i < decoder.Samples.Length; i += 2)
                    left.Add(decoder.Samples[i]);
            }
        }

        return [.. left];
    }

    private static int BestShift(float[] source, float[] heard)
    {
        var best = 0;
        double most = double.MinValue;
        for (var shift = -50; shift <= 50; shift++)
        {
            double sum = 0;
            for (var i = 15_000; i < Math.Min(source.Length, heard.Length) - 100; i++)
                sum += source[i] * heard[i + shift];
            if (sum > most)
                (most, best) = (sum, shift);
        }

        return best;
    }
}
