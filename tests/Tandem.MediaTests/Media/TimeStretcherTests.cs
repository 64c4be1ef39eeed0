using Tandem.Media;
using Xunit;

namespace Tandem.MediaTests.Media;

public class TimeStretcherTests
{
    [Theory]
    [InlineData(0.5)]
    [InlineData(0.8)]
    [InlineData(1.0)]
    [InlineData(1.1)]
    [InlineData(1.25)]
    [InlineData(2.0)]
    public void Length_follows_speed_and_pitch_stays(double speed)
    {
        var source = Tone(440, 3);
        var result = TimeStretcher.Stretch(source, speed);
        Assert.Equal((int)Math.Round(source.Length / speed), result.Length);
        var inner = result.AsSpan(4800, result.Length - 9600);
        Assert.InRange(Crossings(inner) / (inner.Length / 48_000.0), 435, 445);
        Assert.InRange(Rms(result.AsSpan(result.Length - 2400)), 0.1, 1);
    }

    [Fact]
    public void What_happens_in_the_middle_happens_in_the_middle()
    {
        var source = new float[48_000 * 4];
        Tone(800, 1).CopyTo(source, 96_000);
        var result = TimeStretcher.Stretch(source, 1.25);
        var onset = Array.FindIndex(result, sample => Math.Abs(sample) > 0.05f) / 48_000.0;
        Assert.InRange(onset, 1.6 - 0.03, 1.6 + 0.03);
    }

    [Fact]
    public void Nothing_stays_nothing_and_nonsense_is_refused()
    {
        Assert.Empty(TimeStretcher.Stretch([], 1.25));
        Assert.Equal(8, TimeStretcher.Stretch(new float[10], 1.25).Length);
        Assert.Throws<ArgumentOutOfRangeException>(() => TimeStretcher.Stretch(new float[10], double.NaN));
        Assert.Throws<ArgumentOutOfRangeException>(() => TimeStretcher.Stretch(new float[10], 2.1));
    }

    private static float[] Tone(double frequency, double seconds) =>
        [.. Enumerable.Range(0, (int)(seconds * 48_000)).Select(i => (float)(0.5 * Math.Sin(2 * Math.PI * frequency * i / 48_000)))];

    private static int Crossings(ReadOnlySpan<float> samples)
    {
        var count = 0;
        for (var i = 1; i < samples.Length; i++)
            count += samples[i - 1] < 0 && samples[i] >= 0 ? 1 : 0;
        return count;
    }

    private static double Rms(ReadOnlySpan<float> samples)
    {
        double sum = 0;
        foreach (var sample in samples)
            sum += sample * sample;
        return Math.Sqrt(sum / samples.Length);
    }
}
