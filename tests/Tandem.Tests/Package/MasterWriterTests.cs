using System.Collections.Immutable;
using Tandem.Live.Ingest;
using Tandem.Live.Package;
using Xunit;

namespace Tandem.Tests.Package;

public sealed class MasterWriterTests
{
    private static readonly Uri Base = new("https://tandem.test/live/news/");

    [Fact]
    public void Muxed_variants_get_one_group_with_the_original_and_every_language()
    {
        var text = Write(Source([Variant("hi", "BANDWIDTH=3000000,AVERAGE-BANDWIDTH=2500000,CODECS=\"avc1.64001f,mp4a.40.2\",RESOLUTION=1280x720")]), ["es", "he"]);

        Assert.Equal(
            """
            #EXTM3U
            #EXT-X-VERSION:4
            #EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="tandem",NAME="English (original)",LANGUAGE="en",DEFAULT=NO,AUTOSELECT=YES,CHANNELS="2",URI="https://tandem.test/live/news/voice/original.m3u8"
            #EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="tandem",NAME="Español",LANGUAGE="es",DEFAULT=YES,AUTOSELECT=YES,CHANNELS="2",CHARACTERISTICS="public.machine-generated",URI="https://tandem.test/live/news/voice/es.m3u8"
            #EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="tandem",NAME="עברית",LANGUAGE="he",DEFAULT=NO,AUTOSELECT=YES,CHANNELS="2",CHARACTERISTICS="public.machine-generated",URI="https://tandem.test/live/news/voice/he.m3u8"
            #EXT-X-MEDIA:TYPE=SUBTITLES,GROUP-ID="captions",NAME="Español",LANGUAGE="es",DEFAULT=NO,AUTOSELECT=YES,FORCED=NO,CHARACTERISTICS="public.machine-generated",URI="https://tandem.test/live/news/captions/es.m3u8"
            #EXT-X-MEDIA:TYPE=SUBTITLES,GROUP-ID="captions",NAME="עברית",LANGUAGE="he",DEFAULT=NO,AUTOSELECT=YES,FORCED=NO,CHARACTERISTICS="public.machine-generated",URI="https://tandem.test/live/news/captions/he.m3u8"
            #EXT-X-STREAM-INF:BANDWIDTH=3140000,AVERAGE-BANDWIDTH=2632000,CODECS="avc1.64001f,mp4a.40.2",RESOLUTION=1280x720,AUDIO="tandem",SUBTITLES="captions"
            https://tandem.test/live/news/source/hi.m3u8

            """,
            text);
    }

    [Fact]
    public void Every_audio_group_keeps_its_renditions_and_gets_all_voices_under_the_same_names()
    {
        var text = Write(
            Source(
                [
                    Variant("lo", "BANDWIDTH=500000,CODECS=\"avc1.42c015,mp4a.40.5\",AUDIO=\"low\",SUBTITLES=\"subs\""),
                    Variant("hi", "BANDWIDTH=3000000,CODECS=\"avc1.64001f,ac-3\",AUDIO=\"high\",CLOSED-CAPTIONS=\"cc\""),
                ],
                [
                    Rendition("lo-en", "TYPE=AUDIO,GROUP-ID=\"low\",NAME=\"English\",LANGUAGE=\"en\",DEFAULT=YES,AUTOSELECT=YES"),
                    Rendition("lo-fr", "TYPE=AUDIO,GROUP-ID=\"low\",NAME=\"Français\",LANGUAGE=\"fre\",DEFAULT=NO,AUTOSELECT=YES"),
                    Rendition("hi-en", "TYPE=AUDIO,GROUP-ID=\"high\",NAME=\"English\",LANGUAGE=\"en\",DEFAULT=YES,AUTOSELECT=YES,CHANNELS=\"6\""),
                    Rendition("hi-fr", "TYPE=AUDIO,GROUP-ID=\"high\",NAME=\"Français\",LANGUAGE=\"fre\",DEFAULT=NO,AUTOSELECT=YES"),
                    Rendition("subs-en", "TYPE=SUBTITLES,GROUP-ID=\"subs\",NAME=\"Español\",LANGUAGE=\"es\",DEFAULT=YES,AUTOSELECT=YES"),
                    Rendition(null, "TYPE=CLOSED-CAPTIONS,GROUP-ID=\"cc\",NAME=\"CC1\",INSTREAM-ID=\"CC1\""),
                ]),
            ["fr", "es"]);

        foreach (var group in (string[])["low", "high"])
        {
            var lines = Lines(text, $"TYPE=AUDIO,GROUP-ID=\"{group}\"");
            Assert.Equal(["English", "Français", "English (original)", "Español"], lines.Select(line => Value(line, "NAME")));
            Assert.Equal(["Français"], lines.Where(line => line.Contains("DEFAULT=YES", StringComparison.Ordinal)).Select(line => Value(line, "NAME")));
        }

        Assert.DoesNotContain("voice/fr.m3u8", text, StringComparison.Ordinal);
        Assert.DoesNotContain("captions/fr.m3u8", text, StringComparison.Ordinal);
        Assert.Equal(["Español", "Español 2"], Lines(text, "TYPE=SUBTITLES,GROUP-ID=\"subs\"").Select(line => Value(line, "NAME")));
        Assert.Contains("TYPE=CLOSED-CAPTIONS,GROUP-ID=\"cc\",NAME=\"CC1\",INSTREAM-ID=\"CC1\"\n", text, StringComparison.Ordinal);
        Assert.Contains("CODECS=\"avc1.64001f,ac-3,mp4a.40.2\",AUDIO=\"high\",CLOSED-CAPTIONS=\"cc\",SUBTITLES=\"captions\"", text, StringComparison.Ordinal);
        Assert.Contains("voice/fr.m3u8", Write(Source([Variant("lo", "BANDWIDTH=1,AUDIO=\"low\"")], [Rendition("a", "TYPE=AUDIO,GROUP-ID=\"low\",NAME=\"F\",LANGUAGE=\"fr\"")]), ["fr"], dubExisting: true), StringComparison.Ordinal);
    }

    [Fact]
    public void A_language_that_the_source_has_can_be_the_default()
    {
        var text = Write(
            Source([Variant("v", "BANDWIDTH=1,AUDIO=\"a\"")], [Rendition("fr", "TYPE=AUDIO,GROUP-ID=\"a\",NAME=\"VF\",LANGUAGE=\"fr\",AUTOSELECT=NO")]),
            ["fr", "es"]);
        Assert.Equal(["VF"], Lines(text, "DEFAULT=YES").Select(line => Value(line, "NAME")));
        Assert.Contains("AUTOSELECT=YES", Lines(text, "DEFAULT=YES")[0], StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("original", "English (original)")]
    [InlineData("he", "עברית")]
    [InlineData(null, "Español")]
    public void The_configured_voice_is_the_only_default(string? configured, string expected)
    {
        var text = Write(Source([Variant("v", "BANDWIDTH=1")]), ["es", "he"], configured);
        Assert.Equal([expected], Lines(text, "DEFAULT=YES").Select(line => Value(line, "NAME")));
    }

    [Fact]
    public void Sound_inside_the_variants_is_replaced_by_the_original_where_a_rendition_without_uri_named_it()
    {
        var text = Write(
            Source([Variant("v", "BANDWIDTH=1,AUDIO=\"a\"")], [Rendition(null, "TYPE=AUDIO,GROUP-ID=\"a\",NAME=\"English\",LANGUAGE=\"en\",DEFAULT=YES")]), ["es"]);
        Assert.All(Lines(text, "TYPE=AUDIO"), line => Assert.Contains("URI=", line, StringComparison.Ordinal));
        Assert.Equal(2, Lines(text, "TYPE=AUDIO").Count);
    }

    [Fact]
    public void Audio_only_variants_become_one_that_plays_the_default_voice()
    {
        var text = Write(
            Source(
            [
                Variant("v", "BANDWIDTH=3000000,CODECS=\"avc1.64001f,mp4a.40.2\""), Variant("a1", "BANDWIDTH=64000,CODECS=\"mp4a.40.5\""),
                Variant("a2", "BANDWIDTH=32000,CODECS=\"mp4a.40.5\""),
            ]),
            ["es"]);
        Assert.Equal(2, Lines(text, "#EXT-X-STREAM-INF").Count);
        Assert.Contains(
            "#EXT-X-STREAM-INF:BANDWIDTH=140000,AVERAGE-BANDWIDTH=132000,CODECS=\"mp4a.40.2\",AUDIO=\"tandem\"\nhttps://tandem.test/live/news/voice/es.m3u8\n",
            text,
            StringComparison.Ordinal);
    }

    [Fact]
    public void Codecs_are_added_only_where_they_are_known_of_all_variants()
    {
        var source = Source([Variant("v0", "BANDWIDTH=1"), Variant("v1", "BANDWIDTH=2")]);
        var one = new Dictionary<Uri, PlaylistFacts> { [source.Variants[0].Address] = new("avc1.64001f,mp4a.40.33") }.ToImmutableDictionary();
        var both = one.Add(source.Variants[1].Address, new("avc1.42c015,mp4a.40.33"));

        Assert.DoesNotContain("CODECS", Write(source, ["es"], facts: one), StringComparison.Ordinal);
        Assert.Contains("CODECS=\"avc1.42c015,mp4a.40.2\"", Write(source, ["es"], facts: both), StringComparison.Ordinal);
    }

    [Fact]
    public void What_players_would_misread_goes_and_what_they_need_stays()
    {
        var source = Source([Variant("v", "BANDWIDTH=1,PATHWAY-ID=\"cdn-a\"")]) with
        {
            IndependentSegments = true,
            Start = AttributeList.Empty.With("TIME-OFFSET", "-6", quoted: false),
            OtherTags =
            [
                "#EXT-X-SESSION-DATA:DATA-ID=\"com.example\",URI=\"data.json\"", "#EXT-X-SESSION-KEY:METHOD=AES-128,URI=\"../key\"",
                "#EXT-X-CONTENT-STEERING:SERVER-URI=\"steer\"", "#EXT-X-DEFINE:NAME=\"a\",VALUE=\"b\"",
            ],
            IFrameVariants = [new(Attributes("BANDWIDTH=100,CODECS=\"avc1.64001f\",URI=\"i.m3u8\""), new Uri("https://cdn.test/a/i.m3u8"))],
        };
        var text = Write(source, ["es"]);

        foreach (var kept in (string[])[
            "#EXT-X-INDEPENDENT-SEGMENTS\n", "#EXT-X-START:TIME-OFFSET=-6\n", "DATA-ID=\"com.example\",URI=\"https://cdn.test/a/data.json\"",
            "#EXT-X-SESSION-KEY:METHOD=AES-128,URI=\"https://cdn.test/key\"",
            "#EXT-X-I-FRAME-STREAM-INF:BANDWIDTH=100,CODECS=\"avc1.64001f\",URI=\"https://tandem.test/live/news/source/i.m3u8\"\n"])
        {
            Assert.Contains(kept, text, StringComparison.Ordinal);
        }

        foreach (var gone in (string[])["STEERING", "DEFINE", "PATHWAY"])
            Assert.DoesNotContain(gone, text, StringComparison.Ordinal);
    }

    [Fact]
    public void A_media_playlist_gets_a_master_with_what_was_measured()
    {
        var source = Source([Variant("live", "")]);
        var facts = new PlaylistFacts("avc1.64001f,mp4a.40.2", true, 2_000_000, 1_800_000);
        var text = Write(source, ["es"], facts: ImmutableDictionary<Uri, PlaylistFacts>.Empty.Add(source.Variants[0].Address, facts));

        Assert.Contains("BANDWIDTH=2140000,AVERAGE-BANDWIDTH=1932000,CODECS=\"avc1.64001f,mp4a.40.2\",AUDIO=\"tandem\",SUBTITLES=\"captions\"\n", text, StringComparison.Ordinal);
        Assert.Contains("#EXT-X-STREAM-INF:BANDWIDTH=3140000,AUDIO=\"tandem\"", Write(source, ["es"]), StringComparison.Ordinal);
    }

    [Fact]
    public void A_carried_variant_counts_without_the_sound_that_was_taken_out_of_it()
    {
        var source = Source(
            [Variant("v", "BANDWIDTH=3000000,AVERAGE-BANDWIDTH=2500000,CODECS=\"avc1.64001f,ac-3\",AUDIO=\"a\"")],
            [Rendition(null, "TYPE=AUDIO,GROUP-ID=\"a\",NAME=\"Deutsch\",LANGUAGE=\"de\",DEFAULT=YES")]) with
        {
            OtherTags = ["#EXT-X-SESSION-KEY:METHOD=AES-128,URI=\"key\""],
        };
        var facts = ImmutableDictionary<Uri, PlaylistFacts>.Empty
            .Add(source.Variants[0].Address, new("avc1.64001f", true, 2_600_000, 2_000_000) { SoundTaken = 300_000 });
        var text = Write(source, ["es"], facts: facts, carried: true);
        Assert.Contains(
            "#EXT-X-STREAM-INF:BANDWIDTH=2840000,AVERAGE-BANDWIDTH=2332000,CODECS=\"avc1.64001f,mp4a.40.2\",AUDIO=\"a\",SUBTITLES=\"captions\"\n",
            text,
            StringComparison.Ordinal);
        Assert.DoesNotContain("Deutsch", text, StringComparison.Ordinal);
        Assert.DoesNotContain("SESSION-KEY", text, StringComparison.Ordinal);
    }

    [Fact]
    public void What_a_carried_variant_was_measured_at_counts_where_it_is_more_than_the_source_says()
    {
        var source = Source([Variant("v", "BANDWIDTH=1000000,CODECS=\"avc1.64001f,mp4a.40.2\"")]);
        var facts = ImmutableDictionary<Uri, PlaylistFacts>.Empty.Add(source.Variants[0].Address, new("avc1.64001f", true, 1_500_000, 1_400_000));
        Assert.Contains("BANDWIDTH=1640000,CODECS", Write(source, ["es"], facts: facts, carried: true), StringComparison.Ordinal);
    }

    private static string Write(
        MasterPlaylist source,
        string[] languages,
        string? defaultVoice = null,
        bool dubExisting = false,
        ImmutableDictionary<Uri, PlaylistFacts>? facts = null,
        bool carried = false) => MasterWriter.Write(
        new PublishedMaster
        {
            Source = source,
            Carried = carried,
            Paths = Addresses(source).Distinct().ToImmutableDictionary(address => address, address => $"source/{address.Segments[^1]}"),
            Voices =
            [
                new("voice/original.m3u8", "en", true, "mp4a.40.2", 2, 130_000, 128_000),
                .. languages.Select(language => new Voice($"voice/{language}.m3u8", language, false, "mp4a.40.2", 2, 140_000, 132_000)),
            ],
            Captions = [.. languages.Select(language => new CaptionTrack($"captions/{language}.m3u8", language))],
            DefaultVoice = defaultVoice,
            DubExisting = dubExisting,
            Facts = facts ?? ImmutableDictionary<Uri, PlaylistFacts>.Empty,
        },
        Base);

    private static IEnumerable<Uri> Addresses(MasterPlaylist source) => source.Variants.Select(variant => variant.Address)
        .Concat(source.Renditions.Select(rendition => rendition.Address).OfType<Uri>())
        .Concat(source.IFrameVariants.Select(frames => frames.Address));

    private static MasterPlaylist Source(ImmutableArray<Variant> variants, ImmutableArray<Rendition> renditions = default) =>
        new(new Uri("https://cdn.test/a/master.m3u8"), variants, renditions.IsDefault ? [] : renditions, [], false, null, []);

    private static Variant Variant(string name, string attributes) => new(Attributes(attributes), new Uri($"https://cdn.test/a/{name}.m3u8"));

    private static Rendition Rendition(string? name, string attributes) =>
        new(Attributes(attributes), name is null ? null : new Uri($"https://cdn.test/a/{name}.m3u8"));

    private static AttributeList Attributes(string text)
    {
        var attributes = AttributeList.Empty;
        foreach (var match in System.Text.RegularExpressions.Regex.EnumerateMatches(text, "[A-Z0-9-]+=(\"[^\"]*\"|[^,]*)"))
        {
            var pair = text.Substring(match.Index, match.Length).Split('=', 2);
            attributes = attributes.With(pair[0], pair[1].Trim('"'), pair[1].StartsWith('"'));
        }

        return attributes;
    }

    private static List<string> Lines(string text, string part) =>
        [.. text.Split('\n').Where(line => line.Contains(part, StringComparison.Ordinal))];

    private static string Value(string line, string name) => line.Split(name + "=\"")[1].Split('"')[0];
}
