using System.Text;
using Tandem.Checks.Hls;
using Xunit;

namespace Tandem.Tests.Package;

/// <summary>The checker of section 3a checked: a correct channel breaks nothing, and each planted mistake is found by its rule.</summary>
public sealed class PlaylistCheckerTests
{
    /// <summary>Mistakes in the text of playlists: rule, playlist, first step at which it is planted, what is replaced, with what.</summary>
    public static TheoryData<HlsRule, string, int, string, string> Texts => new()
    {
        { HlsRule.Syntax, "es", 0, "#EXTINF:2.000000,\n", "" },
        { HlsRule.Syntax, "es", 0, "#EXTM3U\n", "" },
        { HlsRule.Syntax, "master", 0, "NAME=\"Español\"", "NAME=\"Español" },
        { HlsRule.Version, "v0", 0, "#EXT-X-VERSION:3", "#EXT-X-VERSION:2" },
        { HlsRule.Version, "v0", 0, "#EXTINF", "#EXT-X-GAP\n#EXTINF" },
        { HlsRule.ForbiddenTag, "v0", 0, "#EXT-X-MEDIA-SEQUENCE", "#EXT-X-SERVER-CONTROL:CAN-BLOCK-RELOAD=YES\n#EXT-X-MEDIA-SEQUENCE" },
        { HlsRule.ForbiddenTag, "master", 0, "#EXT-X-VERSION:4", "#EXT-X-VERSION:8\n#EXT-X-DEFINE:NAME=\"a\",VALUE=\"b\"" },
        { HlsRule.TargetDuration, "es", 0, "TARGETDURATION:2", "TARGETDURATION:3" },
        { HlsRule.TargetDuration, "es", 5, "TARGETDURATION:2", "TARGETDURATION:3" },
        { HlsRule.DurationWithinTarget, "v0", 0, "2.000000", "2.500000" },
        { HlsRule.DatePresent, "captions", 0, "#EXT-X-PROGRAM-DATE-TIME", "#X" },
        { HlsRule.DatePresent, "es", 6, "#EXT-X-DISCONTINUITY\n#EXT-X-PROGRAM-DATE-TIME", "#EXT-X-DISCONTINUITY\n#X" },
        { HlsRule.DateContinuous, "es", 0, "12:00:20.000Z", "12:00:20.031Z" },
        { HlsRule.DateContinuous, "v0", 0, "12:00:20.000Z", "12:00:20.101Z" },
        { HlsRule.DiscontinuityAgreement, "es", 0, "DISCONTINUITY-SEQUENCE:0", "DISCONTINUITY-SEQUENCE:1" },
        { HlsRule.DiscontinuityAgreement, "v1", 5, "#EXT-X-DISCONTINUITY\n", "" },
        { HlsRule.VoiceAgreement, "es", 0, "2.000000", "2.000001" },
        { HlsRule.Immutable, "v0", 6, "2.000000", "2.000001" },
        { HlsRule.Immutable, "es", 6, "es/g1/", "es/g3/" },
        { HlsRule.Immutable, "v0", 6, "cdn.test/v0", "cdn2.test/v0" },
        { HlsRule.Immutable, "es", 6, "12:00:24.000Z", "12:00:24.001Z" },
        { HlsRule.Immutable, "v0", 6, "DISCONTINUITY-SEQUENCE:0", "DISCONTINUITY-SEQUENCE:1" },
        { HlsRule.Monotonic, "v0", 13, "DISCONTINUITY-SEQUENCE:1", "DISCONTINUITY-SEQUENCE:0" },
        { HlsRule.Generation, "es", 0, "es/g1/99.aac", "es/g9/99.aac" },
        { HlsRule.UrlContent, "es", 0, "es/g1/99.aac", "es/g1/98.aac" },
        { HlsRule.VoiceGap, "es", 0, "#EXTINF:2.000000,\nes/g1/103", "#EXT-X-GAP\n#EXTINF:2.000000,\nes/g1/103" },
        { HlsRule.AbsoluteUri, "master", 0, "URI=\"https://tandem.test/live/news/es.m3u8\"", "URI=\"es.m3u8\"" },
        { HlsRule.AbsoluteUri, "master", 0, "\nhttps://tandem.test/live/news/v0.m3u8", "\n/live/news/v0.m3u8" },
        { HlsRule.UniqueName, "master", 0, "English (original)", "Español" },
        { HlsRule.OneDefault, "master", 0, "DEFAULT=YES", "DEFAULT=NO" },
        { HlsRule.OneDefault, "master", 0, "LANGUAGE=\"en\",DEFAULT=NO", "LANGUAGE=\"en\",DEFAULT=YES" },
        { HlsRule.RenditionAttributes, "master", 0, "LANGUAGE=\"es\"", "LANGUAGE=\"Spanish\"" },
        { HlsRule.RenditionAttributes, "master", 0, "CHANNELS=\"2\",CHARACTERISTICS", "CHARACTERISTICS" },
        { HlsRule.RenditionAttributes, "master", 0, ",URI=\"https://tandem.test/live/news/original.m3u8\"", "" },
        { HlsRule.Groups, "master", 0, "AUDIO=\"tandem\"", "AUDIO=\"other\"" },
        { HlsRule.Groups, "master", 0, ",AUDIO=\"tandem\",", "," },
        { HlsRule.Groups, "master", 0, "CHANNELS=\"2\",CHARACTERISTICS=\"public.machine-generated\"", "CHANNELS=\"2\"" },
        { HlsRule.CodecsTrue, "master", 0, ",mp4a.40.2\"", "\"" },
        { HlsRule.CodecsTrue, "master", 0, "CODECS=\"avc1.64001f,mp4a.40.2\",", "" },
        { HlsRule.BandwidthTrue, "master", 0, "BANDWIDTH=1140000", "BANDWIDTH=60000" },
        { HlsRule.BandwidthTrue, "master", 0, "AVERAGE-BANDWIDTH=632000", "AVERAGE-BANDWIDTH=6320000" },
        { HlsRule.Map, "es", 6, "es/g2/105.aac", "es/g2/105.m4s" },
    };

    [Theory]
    [InlineData("v0/", true)]
    [InlineData("https://cdn.test/v0/", false)]
    public void A_carried_segment_without_a_picture_is_found_and_the_sources_own_are_not_looked_into(string folder, bool found)
    {
        var checker = new PlaylistChecker();
        var channel = new FakeChannel();
        var now = new DateTimeOffset(2026, 3, 1, 12, 1, 0, TimeSpan.Zero);
        var address = new Uri("https://tandem.test/live/news/v0.m3u8");
        checker.Observe(new Uri("https://tandem.test/live/news/master.m3u8"), now, channel.TextOf("master", 0));
        var playlist = checker.Observe(address, now, channel.TextOf("v0", 0).Replace("https://cdn.test/v0/", folder, StringComparison.Ordinal));
        checker.ObserveSegment(address, playlist.Segments[0], now, Encoding.ASCII.GetBytes("no picture"));
        Assert.Equal(found, checker.Violations.Any(violation => violation.Rule == HlsRule.CarriedPicture));
    }

    [Fact]
    public void A_correct_channel_breaks_nothing() => Assert.Empty(new FakeChannel().Run());

    [Theory]
    [MemberData(nameof(Texts))]
    public void A_mistake_in_a_playlist_is_found(HlsRule rule, string playlist, int step, string old, string planted)
    {
        var touched = false;
        var found = new FakeChannel { Text = Plant }.Run();
        Assert.True(touched);
        Assert.Contains(rule, found.Select(violation => violation.Rule));

        string Plant(string name, int at, string text)
        {
            if (name != playlist || at < step)
                return text;
            touched |= text.Contains(old, StringComparison.Ordinal);
            return text.Replace(old, planted, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("es", 500, HlsRule.DateAgreement)]
    [InlineData("v1", -500, HlsRule.DateAgreement)]
    public void A_discontinuity_that_begins_at_another_date_is_found(string playlist, int milliseconds, HlsRule rule) => Found(rule, new FakeChannel
    {
        Text = (name, _, text) => name != playlist ? text : System.Text.RegularExpressions.Regex.Replace(text, "(?<=DATE-TIME:).*Z", match =>
            DateTimeOffset.Parse(match.Value, System.Globalization.CultureInfo.InvariantCulture).AddMilliseconds(milliseconds)
                .ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", System.Globalization.CultureInfo.InvariantCulture)),
    });

    [Fact]
    public void A_voice_that_lags_behind_the_picture_is_found() =>
        Found(HlsRule.VoiceCoverage, new FakeChannel { Lag = (name, step) => name == "es" && step == 7 ? 1 : 0 });

    [Fact]
    public void A_picture_that_lags_behind_the_voices_is_no_mistake() =>
        Assert.DoesNotContain(HlsRule.VoiceCoverage, new FakeChannel { Lag = (name, step) => name[0] == 'v' ? 1 : 0 }.Run().Select(violation => violation.Rule));

    [Fact]
    public void A_playlist_that_goes_back_is_found() => Found(HlsRule.Monotonic, new FakeChannel { Lag = (name, step) => name == "v1" && step == 7 ? 3 : 0 });

    [Fact]
    public void A_playlist_that_stops_growing_is_found() => Found(HlsRule.Growth, new FakeChannel { Lag = (_, step) => Math.Clamp(step - 5, 0, 2) });

    [Fact]
    public void A_playlist_that_keeps_too_little_is_found() => Found(HlsRule.Window, new FakeChannel
    {
        Text = (name, step, text) => name != "v0" || step < 5 ? text : Cut(text),
    });

    [Fact]
    public void Other_bytes_at_the_same_address_are_found()
    {
        var looks = 0;
        Found(HlsRule.UrlContent, new FakeChannel { Bytes = (name, number, bytes) => name == "es" && number == 100 && ++looks > 1 ? [.. bytes[..^1], 1] : bytes });
    }

    [Theory]
    [InlineData(20, HlsRule.VoiceJoin)]
    [InlineData(60 * 90, HlsRule.MediaTime)]
    public void A_voice_at_another_time_is_found(int ticks, HlsRule rule) => Found(rule, new FakeChannel
    {
        Bytes = (name, number, bytes) => name == "es" && number >= 102 ? Shift(bytes, ticks) : bytes,
    });

    [Fact]
    public void A_voice_with_a_frame_too_few_is_found() => Found(HlsRule.VoiceJoin, new FakeChannel
    {
        Bytes = (name, number, bytes) => name == "es" && number == 102 ? bytes[..^307] : bytes,
    });

    [Fact]
    public void The_original_may_move_by_its_sources_jitter_a_dub_may_not()
    {
        Assert.Empty(new FakeChannel { Bytes = (name, number, bytes) => name == "original" && number == 102 ? Shift(bytes, 90) : bytes }.Run());
        Found(HlsRule.VoiceJoin, new FakeChannel { Bytes = (name, number, bytes) => name == "es" && number == 102 ? Shift(bytes, 90) : bytes });
    }

    [Theory]
    [InlineData("X-TIMESTAMP-MAP", "X-TIME")]
    [InlineData("WEBVTT\n", "VTT\n")]
    [InlineData("LOCAL:00:00:00.000", "LOCAL:00:00:01.000")]
    [InlineData("a través", "aparte")]
    [InlineData("dentro", "x --> y")]
    [InlineData("dentro\n", "\n")]
    public void Captions_that_break_the_rules_are_found(string old, string planted) => Found(HlsRule.Captions, new FakeChannel
    {
        Bytes = (name, number, bytes) => name == "captions" && number == 102
            ? Encoding.UTF8.GetBytes(Encoding.UTF8.GetString(bytes).Replace(old, planted, StringComparison.Ordinal))
            : bytes,
    });

    [Fact]
    public void Captions_of_another_time_are_found() => Found(HlsRule.Captions, new FakeChannel
    {
        Bytes = (name, number, bytes) => name == "captions"
            ? Encoding.UTF8.GetBytes(Encoding.UTF8.GetString(bytes).Replace("LOCAL:00:00:00.000", "LOCAL:00:00:04.000", StringComparison.Ordinal))
            : bytes,
    });

    [Fact]
    public void A_rule_can_be_excepted() => Assert.Empty(new FakeChannel
    {
        Options = new CheckerOptions { Except = [HlsRule.ForbiddenTag] },
        Text = (name, _, text) => name == "v0" ? text.Replace("#EXTINF", "#EXT-X-PART:DURATION=1,URI=\"a\"\n#EXTINF", StringComparison.Ordinal) : text,
    }.Run());

    private static void Found(HlsRule rule, FakeChannel channel) => Assert.Contains(rule, channel.Run().Select(violation => violation.Rule));

    /// <summary>Moves the ID3 time.</summary>
    private static byte[] Shift(byte[] segment, int ticks)
    {
        var moved = segment.ToArray();
        var time = moved.AsSpan(20 + 45, 8);
        System.Buffers.Binary.BinaryPrimitives.WriteInt64BigEndian(time, (System.Buffers.Binary.BinaryPrimitives.ReadInt64BigEndian(time) + ticks) & ((1L << 33) - 1));
        return moved;
    }

    /// <summary>Leaves the last two segments.</summary>
    private static string Cut(string text)
    {
        var lines = text.Split('\n').ToList();
        var first = long.Parse(lines[3].Split(':')[1], System.Globalization.CultureInfo.InvariantCulture);
        lines[3] = string.Create(System.Globalization.CultureInfo.InvariantCulture, $"#EXT-X-MEDIA-SEQUENCE:{first + 4}");
        var dates = lines.Select((line, index) => (line, index)).Where(pair => pair.line.StartsWith("#EXT-X-PROGRAM", StringComparison.Ordinal)).ToList();
        return string.Join('\n', lines[..5].Concat(lines[dates[4].index..]));
    }
}
