using Tandem.Live.Dubbing;
using Xunit;

namespace Tandem.Tests.Dubbing;

/// <summary>What engines may answer, and what is none of their business.</summary>
public sealed class StageAnswerTests
{
    [Theory]
    [InlineData("hola, ¿qué tal?", true)]
    [InlineData("שלום עולם", true)]
    [InlineData("two\nlines", true)]
    [InlineData("", true)]
    [InlineData("\u0000", false)]
    [InlineData("bell \u0007", false)]
    [InlineData("caf\uFFFD", false)]
    public void Text_is_text(string text, bool good)
    {
        Assert.Equal(good, Record.Exception(() => StageAnswer.Checked(text)) is null);
        Assert.Equal(good, Record.Exception(() => StageAnswer.Checked(new Recognised(text, TimeSpan.Zero, TimeSpan.FromSeconds(1)))) is null);
    }

    [Fact]
    public void A_text_has_an_end() => Assert.Throws<BadAnswerException>(() => StageAnswer.Checked(new string('a', 100_000)));

    [Theory]
    [InlineData(0, 0, true)]
    [InlineData(0.2, 10, true)]
    [InlineData(-0.1, 1, false)]
    [InlineData(2, 1, false)]
    [InlineData(0, 100_000, false)]
    public void Words_lie_within_the_sound(double start, double end, bool good) => Assert.Equal(
        good, Record.Exception(() => StageAnswer.Checked(new Recognised("word", TimeSpan.FromSeconds(start), TimeSpan.FromSeconds(end)))) is null);

    [Theory]
    [InlineData(0.5f, true)]
    [InlineData(-1.2f, true)]
    [InlineData(float.NaN, false)]
    [InlineData(float.PositiveInfinity, false)]
    [InlineData(float.MinValue, false)]
    public void Sound_is_sound(float sample, bool good) =>
        Assert.Equal(good, Record.Exception(() => StageAnswer.Checked([0, 0.1f, sample, 0])) is null);

    [Fact]
    public void A_voice_stops() => Assert.Throws<BadAnswerException>(() => StageAnswer.Checked(new float[61 * 48_000]));
}
