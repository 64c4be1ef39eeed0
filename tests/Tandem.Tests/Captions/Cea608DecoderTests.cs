using CsCheck;
using Tandem.Checks.Captions;
using Tandem.Live.Captions;
using Xunit;

namespace Tandem.Tests.Captions;

/// <summary>What an encoder of CEA-608 sends comes out as text with times; the encoder is the tests' own.</summary>
public sealed class Cea608DecoderTests
{
    private const long Picture = 3003;

    private readonly Cea608Writer _writer = new();
    private readonly List<TimedText> _told = [];
    private Cea608Decoder _decoder = new(1);
    private long _now = 900_000;

    [Fact]
    public void A_pop_on_caption_shows_from_its_command_until_it_is_erased()
    {
        Send(_writer.PopOn("Hello there,", "how are you?"));
        Assert.Empty(_told);
        var start = At();
        Send(_writer.Show());
        Wait(60);
        var end = At();
        Send(_writer.Erase());
        Assert.Equal([new TimedText(start, end, "Hello there,\nhow are you?")], _told);
    }

    [Fact]
    public void The_next_caption_ends_the_one_before_and_nothing_of_it_stays()
    {
        Send(_writer.PopOn("One."));
        Send(_writer.Show());
        Send(_writer.PopOn("Two."));
        var second = At();
        Send(_writer.Show());
        Wait(30);
        Send(_writer.Erase());
        Assert.Equal(["One.", "Two."], _told.Select(told => told.Text));
        Assert.Equal(second, _told[0].End);
        Assert.Equal(second, _told[1].Start);
    }

    [Fact]
    public void Each_line_of_a_roll_up_is_told_once_when_the_next_begins()
    {
        foreach (var line in new[] { "The first line", "and the second", "and the third" })
        {
            Send(_writer.RollUp(2));
            Send(_writer.Return());
            Send(_writer.MoveTo(15));
            Send(_writer.Text(line));
            Wait(20);
        }

        Assert.Equal(["The first line", "and the second"], _told.Select(told => told.Text));
        Assert.True(_told[0].End <= _told[1].Start);
        Wait(70);
        Assert.Equal(["The first line", "and the second", "and the third"], _told.Select(told => told.Text));
    }

    [Fact]
    public void A_line_of_a_roll_up_that_stops_is_told_after_two_seconds()
    {
        Send(_writer.RollUp(3));
        Send(_writer.Return());
        Send(_writer.MoveTo(14));
        Send(_writer.Text("I was saying"));
        var last = At(-1);
        Wait(59);
        Assert.Empty(_told);
        Wait(2);
        Assert.Equal(["I was saying"], _told.Select(told => told.Text));
        Assert.Equal(last + 180_000, _told[0].End);
    }

    [Fact]
    public void What_is_painted_is_told_when_it_is_erased_or_painted_over()
    {
        Send(_writer.Paint());
        Send(_writer.MoveTo(14));
        var start = At();
        Send(_writer.Text("Painted"));
        Send(_writer.MoveTo(15, 4));
        Send(_writer.Text("on the screen"));
        Send(_writer.MoveTo(14));
        Send(_writer.Text("Anew"));
        Send(_writer.Erase());
        Assert.Equal(["Painted\non the screen", "Anew"], _told.Select(told => told.Text));
        Assert.Equal(start, _told[0].Start);
    }

    [Theory]
    [InlineData("¿Qué pasó, señor Ñandú?")]
    [InlineData("Älter schön groß øre")]
    [InlineData("♪ là è û ê ♪")]
    [InlineData("É ¡ “ » { ç ÷ ’ á í ó ú")]
    public void Characters_of_all_sets_are_read(string text)
    {
        Send(_writer.PopOn(text));
        Send(_writer.Show());
        Send(_writer.Erase());
        Assert.Equal([text], _told.Select(told => told.Text));
    }

    [Fact]
    public void A_command_that_comes_twice_counts_once()
    {
        Send(_writer.PopOn("abcX"));
        Send(_writer.Back());
        Send(_writer.Text("d"));
        Send(_writer.Show());
        Send(_writer.Erase());
        Assert.Equal(["abcd"], _told.Select(told => told.Text));
    }

    [Fact]
    public void Italics_leave_words_apart()
    {
        Send(_writer.PopOn("one"));
        Send(_writer.Italics());
        Send(_writer.Text("two"));
        Send(_writer.Show());
        Send(_writer.Erase());
        Assert.Equal(["one two"], _told.Select(told => told.Text));
    }

    [Theory]
    [InlineData(1, "english")]
    [InlineData(2, "español")]
    [InlineData(3, "français")]
    [InlineData(4, "deutsch")]
    public void Channels_do_not_mix(int channel, string text)
    {
        _decoder = new Cea608Decoder(channel);
        string[] texts = ["english", "español", "français", "deutsch"];
        for (var of = 1; of <= 4; of++)
        {
            var writer = new Cea608Writer(of);
            Send([.. writer.PopOn(texts[of - 1]), .. writer.Show(), .. writer.Erase()], of > 2 ? 2 : 1);
        }

        Assert.Equal([text], _told.Select(told => told.Text));
    }

    [Fact]
    public void What_services_and_text_mode_send_is_no_caption()
    {
        _decoder = new Cea608Decoder(3);
        var writer = new Cea608Writer(3);
        Send(writer.PopOn("right"), 2);

        // Extended data services: a programme's name, in the middle of a caption.
        Send([new LinePair(0x01, 0x83), .. new Cea608Writer().Text("wrong"), new LinePair(0x8F, 0x75)], 2);
        Send(writer.TextMode(), 2);
        Send(writer.Text("wrong too"), 2);
        Send(writer.Show(), 2);
        Send(writer.Erase(), 2);
        Assert.Equal(["right"], _told.Select(told => told.Text));
    }

    [Fact]
    public void Wrong_parity_is_no_character()
    {
        Send(_writer.PopOn("good"));
        Send([new LinePair(0x41, 0x42), new LinePair(0x94, 0x2F)]);
        Send(_writer.Show());
        Send(_writer.Erase());
        Assert.Equal(["good"], _told.Select(told => told.Text));
    }

    [Fact]
    public void A_clock_that_jumps_back_ends_what_shows()
    {
        Send(_writer.PopOn("Before."));
        Send(_writer.Show());
        Wait(10);
        _now = 0;
        Wait(1);
        Assert.Equal(["Before."], _told.Select(told => told.Text));
        Send(_writer.PopOn("After."));
        Send(_writer.Show());
        Send(_writer.Erase());
        Assert.Equal(["Before.", "After."], _told.Select(told => told.Text));
    }

    [Fact]
    public void A_caption_that_stays_is_told_after_ten_seconds_and_not_again()
    {
        Send(_writer.PopOn("Stay."));
        var start = At();
        Send(_writer.Show());
        Wait(310);
        Assert.Equal([new TimedText(start, start + 900_000, "Stay.")], _told);
        Send(_writer.Erase());
        Assert.Single(_told);
    }

    /// <summary>Any words in any places come out whole and in order.</summary>
    [Fact]
    public void What_is_sent_is_read()
    {
        var word = OneOf("a", "bb", "It's", "naïve?", "1,000", "ñandú", "ß", "♪");
        var line = word.Array[1, 4].Select(words => string.Join(' ', words).Replace("ï", "i", StringComparison.Ordinal));
        Gen.Select(line.Array[1, 4], Gen.Int[0, 3]).Array[1, 6].Sample(captions =>
        {
            var decoder = new Cea608Decoder(1);
            var told = new List<TimedText>();
            var at = 0L;
            foreach (var (lines, padding) in captions)
            {
                LinePair[] pairs =
                [
                    .. _writer.PopOn(lines), .. Enumerable.Repeat(LinePair.Padding, padding), .. _writer.Show(), LinePair.Padding, .. _writer.Erase(), LinePair.Padding,
                ];
                foreach (var pair in pairs)
                    told.AddRange(decoder.Take(at += Picture, 1, pair.First, pair.Second));
            }

            return told.Select(one => one.Text).SequenceEqual(captions.Select(caption => string.Join('\n', caption.Item1).Replace('\'', '’')));
        }, iter: 300);
    }

    /// <summary>Whatever comes, captions are short, end behind their beginning, and come in order.</summary>
    [Fact]
    public void Anything_can_be_sent()
    {
        Gen.Select(Gen.Int[0, 1], Gen.Byte, Gen.Byte, Gen.Frequency((20, Gen.Const(Picture)), (1, Gen.Long[-2_000_000, 8_000_000])))
            .Array[0, 400].Sample(pairs =>
            {
                var decoder = new Cea608Decoder(1);
                var at = 0L;
                var told = new List<TimedText>();
                foreach (var (field, first, second, step) in pairs)
                    told.AddRange(decoder.Take(at += step, field + 1, Odd(first), Odd(second)));
                told.AddRange(decoder.Finish());
                return told.All(one => one.End > one.Start && one.Text.Length is > 0 and <= 15 * 33);
            }, iter: 500);
    }

    private static Gen<string> OneOf(params string[] texts) => Gen.Int[0, texts.Length - 1].Select(index => texts[index]);

    private static byte Odd(byte value) => (byte)((System.Numerics.BitOperations.PopCount(value) & 1) == 1 ? value : value ^ 0x80);

    private long At(int pictures = 0) => _now + ((pictures + 1) * Picture);

    private void Wait(int pictures) => Send(Enumerable.Repeat(LinePair.Padding, pictures));

    private void Send(IEnumerable<LinePair> pairs, int field = 1)
    {
        foreach (var pair in pairs)
            _told.AddRange(_decoder.Take(_now += Picture, field, pair.First, pair.Second));
    }
}
