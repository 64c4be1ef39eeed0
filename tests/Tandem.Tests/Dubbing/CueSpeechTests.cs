using CsCheck;
using Tandem.Live.Captions;
using Tandem.Live.Dubbing;
using Tandem.Live.Timeline;
using Tandem.Tests.Ingest;
using Xunit;

namespace Tandem.Tests.Dubbing;

/// <summary>What is spoken of captions, and when.</summary>
public sealed class CueSpeechTests
{
    private readonly CueSpeech _speech = new();
    private readonly List<Utterance> _said = [];

    [Fact]
    public void A_sentence_of_one_cue_keeps_its_times()
    {
        Show(1, 3.5, "Good morning,\neverybody.");
        Assert.Equal([(1, 3.5, "Good morning, everybody.")], Said());
    }

    [Fact]
    public void A_sentence_that_goes_on_in_the_next_cue_is_joined()
    {
        Show(1, 3, "Today we have reached");
        Show(3, 5, "an important milestone");
        Show(5.4, 7, "on our way.");
        Assert.Equal([(1, 7, "Today we have reached an important milestone on our way.")], Said());
    }

    [Fact]
    public void A_pause_ends_a_sentence_that_has_no_full_stop()
    {
        Show(1, 3, "And then");
        Show(4.2, 6, "nothing");
        Assert.Equal([(1, 3, "And then")], Said());
        Advance(6.9);
        Assert.Single(_said);
        Advance(7.1);
        Assert.Equal([(1, 3, "And then"), (4.2, 6, "nothing")], Said());
    }

    [Fact]
    public void No_utterance_is_longer_than_ten_seconds()
    {
        for (var at = 0; at < 24; at += 4)
            Show(at, at + 4, $"part {at}");
        Show(30, 55, "a caption that stays");
        Flush();
        Assert.Equal([(0, 8, "part 0 part 4"), (8, 16, "part 8 part 12"), (16, 24, "part 16 part 20"), (30, 40, "a caption that stays")], Said());
    }

    [Fact]
    public void What_a_segment_repeats_of_the_one_before_is_said_once()
    {
        Show(1, 4, "Only once.");
        Show(1, 4, "Only once.");
        Show(1.01, 6, "Only once.");
        Assert.Equal([(1, 4, "Only once.")], Said());
    }

    [Fact]
    public void A_caption_that_was_cut_in_two_lasts_as_long_as_both()
    {
        Show(1, 4, "It goes on");
        Show(4, 6, "It goes on");
        Show(6, 7, "until here.");
        Assert.Equal([(1, 7, "It goes on until here.")], Said());
    }

    [Fact]
    public void Lines_that_scroll_up_are_said_once()
    {
        Show(1, 2, "We were told");
        Show(2, 3, "We were told\nthat it would rain");
        Show(3, 4, "that it would rain\nall day.");
        Show(4, 6, "all day.\nIt did not.");
        Assert.Equal([(1, 4, "We were told that it would rain all day."), (4, 6, "It did not.")], Said());
    }

    [Fact]
    public void A_line_that_grows_is_said_once()
    {
        Show(1, 1.5, "The wea");
        Show(1.5, 2, "The weather");
        Show(2, 2.5, "The weather today");
        Show(2.5, 4, "The weather today\nis fine.");
        Assert.Equal([(1, 4, "The weather today is fine.")], Said());
    }

    [Fact]
    public void The_same_words_after_a_pause_are_said_again()
    {
        Show(1, 2, "No!");
        Show(4, 5, "No!");
        Assert.Equal([(1, 2, "No!"), (4, 5, "No!")], Said());
    }

    [Theory]
    [InlineData("[music]", "")]
    [InlineData("(APPLAUSE)", "")]
    [InlineData("♪ la la la ♪", "")]
    [InlineData("♪ la la", "")]
    [InlineData("...", "")]
    [InlineData("[door slams]\nWho is there?", "Who is there?")]
    [InlineData("Well (laughs) yes.", "Well yes.")]
    [InlineData("[a long\ndescription] Hello.", "Hello.")]
    [InlineData("- Hello.\n- Hello yourself.", "Hello. Hello yourself.")]
    [InlineData("–Où est-il ?", "Où est-il ?")]
    [InlineData(">> ANNA SMITH: It is five o’clock.", "It is five o'clock.")]
    [InlineData(">>> GOOD EVENING.", "GOOD EVENING.")]
    [InlineData("-5 degrees, well-known.", "-5 degrees, well-known.")]
    [InlineData("Note: this stays.", "Note: this stays.")]
    public void Only_speech_is_spoken(string caption, string spoken)
    {
        Show(1, 3, caption);
        Flush();
        Assert.Equal(spoken.Length == 0 ? [] : [spoken], _said.Select(said => said.Text));
    }

    [Fact]
    public void Another_speaker_begins_another_utterance()
    {
        Show(1, 2, "- And what about");
        Show(2, 3, "- Not now.");
        Assert.Equal([(1, 2, "And what about"), (2, 3, "Not now.")], Said());
    }

    [Theory]
    [InlineData("He said “yes.”", true)]
    [InlineData("Is it?", true)]
    [InlineData("I met Mr.", false)]
    [InlineData("I wonder...", false)]
    [InlineData("Wait,", false)]
    [InlineData("終わり。", true)]
    public void The_end_of_a_sentence_is_found(string text, bool ends) => Assert.Equal(ends, CueText.EndsSentence(text));

    /// <summary>Utterances are in order, at most 10 s long, not empty, and hold no word that no caption had.</summary>
    [Fact]
    public void Whatever_is_shown_the_rules_hold()
    {
        var line = OneOf("one", "one two", "two three.", "- four", "[five]", "♪", ">> SIX: six", "", "  ", "seven?");
        Gen.Select(Gen.Int[0, 30], Gen.Int[0, 150], line.Array[0, 3]).Array[0, 40].Sample(cues =>
        {
            var speech = new CueSpeech();
            var said = new List<Utterance>();
            var at = 0;
            foreach (var (step, length, lines) in cues)
            {
                at += step;
                said.AddRange(speech.Add(new SourceCue(Time(at / 10.0), Time((at + length) / 10.0), string.Join('\n', lines))));
                said.AddRange(speech.Advance(Time(at / 10.0)));
            }

            said.AddRange(speech.Flush());
            var words = cues.SelectMany(cue => cue.Item3).SelectMany(text => text.Split(' ')).ToHashSet();
            return said.All(one => one.End >= one.Start && one.End - one.Start <= CueSpeech.Longest && one.Text.Split(' ').All(words.Contains))
                && said.Zip(said.Skip(1)).All(pair => pair.First.Start <= pair.Second.Start && pair.First.Id < pair.Second.Id);
        }, iter: 2000);
    }

    /// <summary>Subtitles of real programmes become sentences.</summary>
    [Theory]
    [InlineData(
        "hls/ts_webvtt_de/subtitle.vtt",
        "0.6–6.36 Heute haben wir einen wesentlichen Meilenstein auf dem Weg zur Science City Hamburg Bahrenfeld erreicht.",
        "6.36–10.68 Die Science City ist ein 125 Hektar großes Areal in Bahrenfeld,")]
    [InlineData(
        "video/his_girl_friday.vtt",
        "0–0.999 Hildy!",
        "1–1.499 How are you?",
        "1.5–2.999 Tell me, is the lord of the universe in?",
        "3–6 Yes, he's in - in a bad humor Somebody must've stolen the crown jewels")]
    public void Real_subtitles_become_sentences(string file, params string[] sentences)
    {
        foreach (var cue in VttParser.Parse(File.ReadAllBytes(SharedMedia.Find(file))).File!.Cues)
            Show(cue.Start.TotalSeconds, cue.End.TotalSeconds, cue.Text);
        Flush();
        Assert.Equal(sentences, Said().Select(said => FormattableString.Invariant($"{said.Start}–{said.End} {said.Text}")));
    }

    private static Gen<string> OneOf(params string[] texts) => Gen.Int[0, texts.Length - 1].Select(index => texts[index]);

    private static ChannelTime Time(double seconds) => new((long)Math.Round(seconds * ChannelTime.Rate));

    private void Show(double from, double to, string text) => _said.AddRange(_speech.Add(new SourceCue(Time(from), Time(to), text)));

    private void Advance(double to) => _said.AddRange(_speech.Advance(Time(to)));

    private void Flush() => _said.AddRange(_speech.Flush());

    private (double Start, double End, string Text)[] Said() => [.. _said.Select(said => (Round(said.Start), Round(said.End), said.Text))];

    private static double Round(ChannelTime time) => Math.Round(time.Seconds, 3);
}
