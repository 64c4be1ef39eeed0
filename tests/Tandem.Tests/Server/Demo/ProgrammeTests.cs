using Tandem.Server.Demo;
using Xunit;

namespace Tandem.Tests.Server.Demo;

/// <summary>What is said when, from texts and recordings.</summary>
public sealed class ProgrammeTests
{
    [Fact]
    public void Texts_are_found_by_name_and_their_spaces_made_single()
    {
        var prompts = Programme.Read(["; comment: no", "tt-weasels: Weasels have  eaten our phone system", "hello-world: Hello world.", "other: x"]);
        Assert.Equal(["hello-world", "tt-weasels"], prompts.Select(p => p.Name));
        Assert.Equal("Weasels have eaten our phone system", prompts[1].Text);
    }

    [Fact]
    public void Schedule_fills_a_multiple_of_eight_seconds_with_pauses_in_range()
    {
        var prompts = Programme.Read(Programme.Order.Select(o => $"{o.Name}: Text."));
        double[] lengths = [1.2, 29.5, 2.1, 2.6, 20.8, 8.6, 4.9, 4.4];
        var (starts, length) = Programme.Schedule(prompts, lengths);
        Assert.Equal(0, length % 8);
        for (var i = 0; i < starts.Length; i++)
        {
            var next = i + 1 < starts.Length ? starts[i + 1] : length + starts[0];
            Assert.InRange(next - starts[i] - lengths[i], 0.6, Programme.LongestPause.TotalSeconds);
        }
    }

    [Fact]
    public void Sentences_go_to_the_pauses_that_divide_them()
    {
        const int Rate = 48_000;
        var sound = new float[10 * Rate];
        Speak(sound, 0, 1.5);
        Speak(sound, 2.1, 5.6);
        Speak(sound, 5.75, 7.0);
        Speak(sound, 7.5, 10);
        var lines = Sentences.Align("Short one. This is a rather longer sentence, with a comma in it. And the last one.", sound, Rate);
        Assert.Equal([0, 2.1, 7.5], lines.Select(l => Math.Round(l.Start, 1)));
        Assert.Equal([1.5, 7.0, 10], lines.Select(l => Math.Round(l.End, 1)));
        Assert.Equal("Short one.", lines[0].Text);
    }

    [Fact]
    public void Words_are_wrapped_and_none_is_lost()
    {
        const string Text = "You have also installed a set of sample sounds and configuration files that should help you to get started.";
        var wrapped = ProgrammePicture.Wrap(Text);
        Assert.Equal(Text, wrapped.Replace('\n', ' '));
        Assert.All(wrapped.Split('\n'), l => Assert.InRange(l.Length, 1, 40));
    }

    private static void Speak(float[] sound, double from, double to)
    {
        for (var i = (int)(from * 48_000); i < (int)(to * 48_000); i++)
        {
            sound[i] = 0.2f * MathF.Sin(i * 0.05f);
        }
    }
}
