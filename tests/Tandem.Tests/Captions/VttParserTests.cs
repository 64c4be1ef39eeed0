using System.Text;
using CsCheck;
using Tandem.Live.Captions;
using Xunit;

namespace Tandem.Tests.Captions;

public sealed class VttParserTests
{
    [Fact]
    public void A_segment_of_a_live_source_is_read()
    {
        var file = Read(
            """
            WEBVTT
            X-TIMESTAMP-MAP=MPEGTS:900000,LOCAL:00:00:00.000

            NOTE made by hand
            --- nothing of this is a cue

            STYLE
            ::cue { color: red }

            first one
            00:01.000 --> 00:02.500 align:start line:0 position:20%
            <v Anna>Hello <i>there</i>,
            <c.loud>Tom &amp; Jerry</c> &lt;3

            2
            01:00:03,000 --> 01:00:04.000
            - Good<00:00:03.200><c> morning.</c>
            """);
        Assert.Equal(new VttMap(900_000, TimeSpan.Zero), file.Map);
        Assert.Equal(
            [Cue(1, 2.5, "Hello there,\nTom & Jerry <3"), Cue(3603, 3604, "- Good morning.")],
            file.Cues);
        Assert.Equal(990_000, file.TicksOf(file.Cues[0].Start));
    }

    [Theory]
    [InlineData("X-TIMESTAMP-MAP=LOCAL:00:00:10.000,MPEGTS:900000", 990_000)]
    [InlineData("X-TIMESTAMP-MAP=MPEGTS:8589934592,LOCAL:00:11.000", 0)]
    [InlineData("X-TIMESTAMP-MAP=MPEGTS:x,LOCAL:00:00:10.000", 990_000)]
    [InlineData("", 990_000)]
    public void A_map_says_what_the_clock_shows(string map, long ticks) =>
        Assert.Equal(ticks, Read($"WEBVTT\n{map}\n\n00:11.000 --> 00:12.000\nx").TicksOf(TimeSpan.FromSeconds(11)));

    [Fact]
    public void A_map_behind_an_empty_line_counts() =>
        Assert.Equal(new VttMap(1, TimeSpan.Zero), Read("WEBVTT\n\nX-TIMESTAMP-MAP=MPEGTS:1,LOCAL:00:00.000\n\n00:11.000 --> 00:12.000\nx").Map);

    [Fact]
    public void A_cue_without_an_end_shows_until_the_next_or_for_five_seconds()
    {
        var file = Read("WEBVTT\n\n00:01.000 -->\none\n\n00:03.000 --> never\ntwo\n\n00:20.000 --> 00:19.000\nbackwards");
        Assert.Equal([Cue(1, 3, "one"), Cue(3, 8, "two")], file.Cues);
    }

    [Fact]
    public void Cues_need_no_empty_line_between_them_and_any_line_ending_will_do()
    {
        var file = Read("\uFEFFWEBVTT - a title\r\n\r\n00:01.000 --> 00:02.000\r\none\r00:02.000 --> 00:03.000\rtwo\n");
        Assert.Equal([Cue(1, 2, "one"), Cue(2, 3, "two")], file.Cues);
    }

    [Fact]
    public void How_a_word_is_read_is_not_said_twice() =>
        Assert.Equal("漢字", Read("WEBVTT\n\n00:01.000 --> 00:02.000\n<ruby>漢<rt>かん</rt>字<rt>じ</rt></ruby>").Cues[0].Text);

    [Theory]
    [InlineData("&#39;&#x41;&nbsp;&unknown; & &amp", "'A &unknown; & &amp")]
    [InlineData("1 < 2 is lost", "1 ")]
    public void Entities_become_characters(string text, string plain) =>
        Assert.Equal(plain.Trim(), Read($"WEBVTT\n\n00:01.000 --> 00:02.000\n{text}").Cues[0].Text.Trim());

    [Fact]
    public void An_empty_body_has_no_cues() => Assert.Empty(VttParser.Parse([]).File!.Cues);

    [Theory]
    [InlineData("<html><body>404</body></html>")]
    [InlineData("WEBVTTX")]
    [InlineData("1\n00:00:01,000 --> 00:00:02,000\nSubRip")]
    public void What_is_no_WebVTT_is_refused(string text)
    {
        var (file, problem) = VttParser.Parse(Encoding.UTF8.GetBytes(text));
        Assert.Null(file);
        Assert.Contains("WEBVTT", problem, StringComparison.Ordinal);
    }

    [Fact]
    public void What_is_too_large_is_refused_and_a_long_cue_is_cut()
    {
        Assert.Null(VttParser.Parse(new byte[VttParser.Largest + 1]).File);
        var cue = Assert.Single(Read("WEBVTT\n\n00:01.000 --> 00:02.000\n" + new string('a', 100_000)).Cues);
        Assert.Equal(VttParser.LongestText, cue.Text.Length);
    }

    /// <summary>Whatever comes, every cue has an end behind its beginning and a bounded text.</summary>
    [Fact]
    public void Anything_is_read_or_refused()
    {
        string[] words =
        [
            "WEBVTT", "\n", "\n\n", "\r", "-->", " --> ", "00:01.000", "00:00:02.000", "99:99:99.999", "9999999999:00.000", "<", ">", "<v", "&", "&#", ";",
            "NOTE", "STYLE", "X-TIMESTAMP-MAP=", "MPEGTS:", "LOCAL:", ",", "18446744073709551616", "♪", "\uD800", "\0", "a",
        ];
        Gen.Int[0, words.Length - 1].Select(index => words[index]).List[0, 60].Select(list => "WEBVTT\n" + string.Concat(list)).Sample(text =>
        {
            var (file, _) = VttParser.Parse(Encoding.UTF8.GetBytes(text));
            return file is null || file.Cues.All(cue => cue.End > cue.Start && cue.Text.Length <= VttParser.LongestText
                && !cue.Text.Contains("-->", StringComparison.Ordinal));
        }, iter: 3000);
    }

    /// <summary>What a writer of WebVTT writes is read as it was meant.</summary>
    [Fact]
    public void What_is_written_is_read()
    {
        var texts = OneOf("one", "two words", "a & b", "<3", "1 > 0", "naïve", "♪ la ♪").Array[1, 3].Select(lines => string.Join('\n', lines));
        Gen.Select(Gen.Int[0, 360_000_000], Gen.Int[1, 60_000], texts).Array[0, 20].Sample(cues =>
        {
            var text = new StringBuilder("WEBVTT\nX-TIMESTAMP-MAP=MPEGTS:123,LOCAL:00:00:00.000\n\n");
            foreach (var (start, length, said) in cues)
                text.Append(Stamp(start)).Append(" --> ").Append(Stamp(start + length)).Append(" line:90%\n")
                    .Append(said.Replace("&", "&amp;", StringComparison.Ordinal).Replace("<", "&lt;", StringComparison.Ordinal)).Append("\n\n");
            var read = Read(text.ToString());
            return read.Cues.SequenceEqual(cues.Select(cue => Cue(cue.Item1 / 1000.0, (cue.Item1 + cue.Item2) / 1000.0, cue.Item3)));
        });
    }

    private static Gen<string> OneOf(params string[] texts) => Gen.Int[0, texts.Length - 1].Select(index => texts[index]);

    private static string Stamp(int milliseconds)
    {
        var time = TimeSpan.FromMilliseconds(milliseconds);
        return FormattableString.Invariant($"{(int)time.TotalHours:D2}:{time.Minutes:D2}:{time.Seconds:D2}.{time.Milliseconds:D3}");
    }

    private static VttCue Cue(double start, double end, string text) =>
        new(TimeSpan.FromMilliseconds(Math.Round(start * 1000)), TimeSpan.FromMilliseconds(Math.Round(end * 1000)), text);

    private static VttFile Read(string text) => Assert.IsType<VttFile>(VttParser.Parse(Encoding.UTF8.GetBytes(text)).File);
}
