using CsCheck;
using Tandem.Live.Dubbing;
using Tandem.Live.Timeline;
using Xunit;

namespace Tandem.Tests.Dubbing;

public sealed class DubTrackCaptionsTests
{
    private static readonly SoundLength Ten = SoundLength.OfSeconds(10);

    [Fact]
    public void Long_texts_become_several_captions_in_proportion_to_their_letters()
    {
        const string Text = "Enhorabuena, ha instalado y puesto en marcha con éxito la centralita de código abierto, que ahora espera "
            + "sus llamadas y le desea un buen día.";
        var captions = DubTrackCaptions.Of(ChannelTime.Zero, Ten, Text).ToArray();
        Assert.Equal(2, captions.Length);
        Assert.Equal(Text, string.Join(' ', captions.Select(caption => caption.Text.Replace('\n', ' '))));
        Assert.Equal((0.0, 10.0), (captions[0].Start.Seconds, captions[^1].End.Seconds));
        Assert.Equal(captions[0].End, captions[1].Start);
        Assert.Equal(5, captions[0].End.Seconds, 0.7);
    }

    [Fact]
    public void Scripts_without_spaces_are_cut_too_and_stay_whole()
    {
        var text = string.Concat(Enumerable.Repeat("今日は良い天気です。", 8));
        var captions = DubTrackCaptions.Of(ChannelTime.Zero, Ten, text).ToArray();
        Assert.Equal(text, string.Concat(captions.Select(caption => caption.Text.Replace("\n", "", StringComparison.Ordinal))));
        Assert.All(captions.SelectMany(caption => caption.Text.Split('\n')), line => Assert.True(line.Length <= 21));
    }

    [Fact]
    public void No_words_no_captions()
    {
        Assert.Empty(DubTrackCaptions.Of(ChannelTime.Zero, Ten, " \n\t "));
        Assert.Empty(DubTrackCaptions.Of(ChannelTime.Zero, SoundLength.Zero, "word"));
    }

    [Fact]
    public void Where_the_length_is_not_known_it_is_guessed() =>
        Assert.InRange(DubTrackCaptions.Of(ChannelTime.Zero, null, new string('a', 30)).Single().End.Seconds, 1.9, 2.1);

    [Fact]
    public void Whatever_the_text_lines_fit_times_join_and_no_letter_is_lost() =>
        Gen.Select(Gen.String, Gen.Int[0, 2_000_000]).Sample((text, length) =>
        {
            var captions = DubTrackCaptions.Of(ChannelTime.Zero, new SoundLength(length), text).ToArray();
            foreach (var caption in captions)
            {
                var lines = caption.Text.Split('\n');
                Assert.InRange(lines.Length, 1, 2);
                Assert.All(lines, line => Assert.InRange(new System.Globalization.StringInfo(line).LengthInTextElements, 1, 42));
                Assert.True(caption.End > caption.Start);
            }

            Assert.All(captions.Zip(captions.Skip(1)), pair => Assert.Equal(pair.First.End, pair.Second.Start));
            if (length > 10_000)
                Assert.Equal(Letters(text), Letters(string.Concat(captions.Select(caption => caption.Text))));
        });

    private static string Letters(string text) => string.Concat(text.Where(c => !char.IsWhiteSpace(c) && !char.IsControl(c)));
}
