using System.Diagnostics;
using System.Text;
using CsCheck;
using Tandem.Live.Ingest;
using Xunit;

namespace Tandem.Tests.Ingest;

/// <summary>Texts made to break a parser: it must answer, with a value, in bounded time and memory.</summary>
public sealed class HostilePlaylistTests
{
    private const string Head = "#EXTM3U\n#EXT-X-TARGETDURATION:2\n";

    public static TheoryData<string, Func<string>> Bounds => new()
    {
        { "too_large", () => Head + new string('a', PlaylistParser.MaxText) },
        { "too_large", () => Head + string.Concat(Enumerable.Repeat("#EXTINF:2,\na\n", PlaylistParser.MaxSegments + 1)) },
        { "too_large", () => Head + string.Concat(Enumerable.Repeat("#EXT-X-Q\n", PlaylistParser.MaxSegments + 1)) },
        { "too_large", () => "#EXTM3U\n" + string.Concat(Enumerable.Repeat("#EXT-X-STREAM-INF:BANDWIDTH=1\nv\n", PlaylistParser.MaxEntries + 5)) },
        // A million times a megabyte.
        { "too_large", () => Head + $"#EXT-X-DEFINE:NAME=\"a\",VALUE=\"{new string('x', 50_000)}\"\n#EXTINF:2,\n{string.Concat(Enumerable.Repeat("{$a}", 10_000))}\n" },
        { "too_large", () => Head + string.Concat(Enumerable.Range(0, 500).Select(i => $"#EXT-X-KEY:METHOD=SAMPLE-AES,URI=\"k\",KEYFORMAT=\"f{i}\"\n")) },
        { "bad_playlist", () => Head + string.Concat(Enumerable.Range(0, 5_000).Select(i => $"#EXT-X-DEFINE:NAME=\"v{i}\",VALUE=\"\"\n")) },
        { "bad_playlist", () => Head + "#EXT-X-MAP:" + string.Concat(Enumerable.Repeat("A=B,", 500_000)) },
        // Searching for each closing brace from each opening one would take hours.
        { "bad_playlist", () => Head + "#EXTINF:2,\n" + string.Concat(Enumerable.Repeat("{$", 1_000_000)) + "}\n" },
        { "bad_playlist", () => Head + "#EXTINF:2,\n" + string.Concat(Enumerable.Repeat("../", 1_000_000)) + "\n" },
        { "too_large", () => Head + string.Concat(Enumerable.Repeat($"#EXTINF:2,\na?{new string('q', 100)}\n", 10_000)) + "#EXT-X-DEFINE:NAME=\"p\",VALUE=\"" + new string('p', 8_000) + "\"\n" + string.Concat(Enumerable.Repeat("#EXTINF:2,\n{$p}\n", 3_000)) },
        { "bad_playlist", () => Head + "#EXT-X-KEY:METHOD=\"" + new string('"', 1_000_000) },
        { "not_a_playlist", () => new string('\n', 4_000_000) },
    };

    [Theory]
    [MemberData(nameof(Bounds), DisableDiscoveryEnumeration = true)]
    public void SizesAreBounded(string reason, Func<string> text)
    {
        var began = Stopwatch.GetTimestamp();
        Assert.Equal(reason, Playlist.Rejected(text()).Reason);
        // Not a measurement: quadratic work on these texts takes minutes.
        Assert.True(Stopwatch.GetElapsedTime(began) < TimeSpan.FromSeconds(30));
    }

    [Fact]
    public void OfALargePlaylistTheEndIsKeptUnderItsNumbers()
    {
        var text = Playlist.WindowText(7, PlaylistParser.MaxSegments);
        var playlist = Playlist.Media(text);
        Assert.Equal(PlaylistParser.KeptSegments, playlist.Segments.Length);
        Assert.Equal(7 + PlaylistParser.MaxSegments - 1, playlist.Segments[^1].Sequence);
        Assert.Equal(playlist.Segments[0].Sequence, playlist.MediaSequence);
    }

    /// <summary>The corpus that fuzzing starts from: what broke parsers of HLS before, as public issues tell it.</summary>
    [Fact]
    public void TheCorpusIsAnsweredWithValues()
    {
        string[] corpus =
        [
            "#EXTM3U\n#EXT-X-KEY:\n", "#EXTM3U\n#EXT-X-KEY:METHOD=NONE,URI=\n#EXTINF:,\n", "#EXTM3U\n#EXTINF:\na", "#EXTM3U\n#EXTINF:0,\n\n\n",
            "#EXTM3U\n#EXTINF:2,\n#EXTINF:3,\na\n", "#EXTM3U\n#EXT-X-BYTERANGE:@\n#EXTINF:1,\na", "#EXTM3U\n#EXT-X-BYTERANGE:1@-1\n#EXTINF:1,\na",
            "#EXTM3U\n#EXT-X-MAP:URI=\"\"\n", "#EXTM3U\n#EXT-X-MAP:URI=\"a\",BYTERANGE=\"@\"\n#EXT-X-ENDLIST", "#EXTM3U\n#EXT-X-STREAM-INF:\n\n",
            "#EXTM3U\n#EXT-X-STREAM-INF:=,=,=\"\"\nv", "#EXTM3U\n#EXT-X-STREAM-INF:PROGRAM-ID=1\n", "#EXTM3U\n#EXT-X-STREAM-INF:A=1\n#EXT-X-STREAM-INF:B=1\nv",
            "#EXTM3U\n#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID=\"\",URI=\"://\"\n#EXT-X-STREAM-INF:A=1\nv", "#EXTM3U\n#EXT-X-DEFINE:\n#EXTINF:1,\na",
            "#EXTM3U\n#EXT-X-DEFINE:NAME=\"a\",VALUE=\"{$a}\"\n#EXTINF:1,\n{$a}", "#EXTM3U\n#EXT-X-PROGRAM-DATE-TIME:\n#EXTINF:86400,\na\n#EXTINF:86400,\nb",
            "#EXTM3U\n#EXT-X-PROGRAM-DATE-TIME:2199-12-31T23:59:59Z\n#EXTINF:86400,\na\n#EXTINF:86400,\nb", "#EXTM3U\n#EXT-X-TARGETDURATION:\n",
            "#EXTM3U\n#EXT-X-VERSION:99999999999\n#EXTINF:1,\na", "#EXTM3U\n#EXT-X-VERSION:x\n#EXTINF:1,\na", "#EXTM3U\n#\n##\n#E\n#EX\n#EXT\n#EXTINF:1\nhttp://[::1\n",
            "#EXTM3U\n#EXTINF:1,\nhttp://a:99999/\n", "#EXTM3U\n#EXTINF:1,\nhttp://%zz/\n", "#EXTM3U\n#EXTINF:1,\n\\\\host\\share\n", "#EXTM3U\n#EXTINF:1,\n///\n",
            "#EXTM3U\n#EXTINF:1,\n//\n", "#EXTM3U\n#EXTINF:1,\nhttp:a\n", "#EXTM3U\n#EXTINF:1,\n#fragment\n?\n", "#EXTM3U\n#EXTINF:1,\n\ud800\n", "\uFEFF\uFEFF#EXTM3U\n",
            "#EXTM3U\n#EXT-X-MEDIA-SEQUENCE:1000000000000000000\n#EXT-X-DISCONTINUITY-SEQUENCE:1000000000000000000\n#EXT-X-DISCONTINUITY\n#EXTINF:1,\na\n",
        ];
        foreach (var text in corpus)
            AssertSound(PlaylistParser.Parse(text, Playlist.Address), text);
    }

    [Fact]
    public void AnySoupOfPiecesIsAnsweredWithAValue()
    {
        string[] pool =
        [
            "#EXTM3U", "\n", "\r\n", "\r", "#EXTINF:", "#EXT-X-KEY:", "METHOD=", "AES-128", "NONE", "URI=", "\"", ",", "=", "0x", "1", "9999999999", ".", "-", "@",
            "#EXT-X-BYTERANGE:", "#EXT-X-MAP:", "#EXT-X-DEFINE:", "NAME=\"a\"", "VALUE=\"b\"", "{$a}", "{$", "}", "http://", "//", "a.ts", "?", "#EXT-X-STREAM-INF:",
            "#EXT-X-MEDIA:", "TYPE=AUDIO,GROUP-ID=\"g\"", "#EXT-X-PROGRAM-DATE-TIME:", "2026-01-01T00:00:00Z", "#EXT-X-DISCONTINUITY", "#EXT-X-GAP", "\0", "\uFEFF", "\u2028",
            "#EXT-X-TARGETDURATION:", "#EXT-X-MEDIA-SEQUENCE:", "#EXT-X-ENDLIST", "#EXT-X-DATERANGE:", " ", ":", "é", "\ud83d",
        ];
        var piece = Gen.Int[0, pool.Length - 1].Select(index => pool[index]);
        Gen.Select(piece.Array[0, 60], Gen.Bool).Sample(
            (pieces, headed) =>
            {
                var text = (headed ? "#EXTM3U\n" : string.Empty) + string.Concat(pieces);
                AssertSound(PlaylistParser.Parse(text, Playlist.Address), text);
            },
            iter: 20_000);
    }

    [Fact]
    public void ARealPlaylistDamagedAnywhereIsAnsweredWithAValue()
    {
        var text = Playlist.WindowText(100, 6, date: DateTimeOffset.UnixEpoch) + "#EXT-X-KEY:METHOD=AES-128,URI=\"k\",IV=0x01\n#EXTINF:2,\nz.ts\n";
        Gen.Select(Gen.Int[0, text.Length - 1], Gen.Int[0, 40], Gen.Char).Sample(
            (at, cut, with) =>
            {
                var damaged = new StringBuilder(text).Remove(at, Math.Min(cut, text.Length - at)).Insert(at, with).ToString();
                AssertSound(PlaylistParser.Parse(damaged, Playlist.Address), damaged);
            },
            iter: 5_000);
    }

    [Fact]
    public void WhatIsWrittenIsRead()
    {
        var segment = Gen.Select(Gen.Int[0, 100_000], Gen.Bool, Gen.Bool, Gen.Int[1, 9_999]);
        Gen.Select(Gen.Long[0, PlaylistValues.MaxNumber - 100], Gen.Long[0, 1_000_000], segment.Array[1, 30], Gen.Bool).Sample(
            (first, discontinuities, segments, crlf) =>
            {
                var end = crlf ? "\r\n" : "\n";
                var text = new StringBuilder($"#EXTM3U{end}#EXT-X-TARGETDURATION:100{end}#EXT-X-MEDIA-SEQUENCE:{first}{end}#EXT-X-DISCONTINUITY-SEQUENCE:{discontinuities}{end}");
                foreach (var (milliseconds, discontinuity, gap, name) in segments)
                {
                    text.Append(discontinuity ? $"#EXT-X-DISCONTINUITY{end}" : string.Empty).Append(gap ? $"#EXT-X-GAP{end}" : string.Empty);
                    text.Append(FormattableString.Invariant($"#EXTINF:{milliseconds / 1000m},{end}{name}.ts?x={name}{end}"));
                }

                var playlist = Playlist.Media(text.ToString());
                Assert.Equal(segments.Select((_, index) => first + index), playlist.Segments.Select(item => item.Sequence));
                Assert.Equal(
                    // No segment lasts no time at all: what is written as 0 counts as a millisecond.
                    segments.Select(item => (TimeSpan.FromMilliseconds(Math.Max(item.Item1, 1)), item.Item2, item.Item3, $"https://live.example/ch/{item.Item4}.ts?x={item.Item4}")),
                    playlist.Segments.Select(item => (item.Duration, item.Discontinuity, item.Gap, item.Address.AbsoluteUri)));
                var breaks = segments.Select((_, index) => discontinuities + segments.Take(index + 1).Count(item => item.Item2));
                Assert.Equal(breaks, playlist.Segments.Select(item => item.DiscontinuitySequence));
            },
            iter: 500);
    }

    private static void AssertSound(PlaylistOutcome outcome, string text)
    {
        switch (outcome)
        {
            case PlaylistOutcome.Rejected rejected:
                Assert.Contains(rejected.Reason, (string[])["not_a_playlist", "bad_playlist", "too_large"]);
                Assert.DoesNotContain('\n', rejected.Detail);
                break;
            case PlaylistOutcome.Media media:
                foreach (var segment in media.Playlist.Segments)
                {
                    Assert.True(segment.Address.Scheme is "http" or "https", text);
                    Assert.True(segment.Duration >= TimeSpan.Zero && segment.Range is null or { Length: > 0, Offset: >= 0 }, text);
                    Assert.All(segment.OtherTags, tag => Assert.DoesNotContain(tag, char.IsControl));
                }

                break;
            case PlaylistOutcome.Master master:
                Assert.NotEmpty(master.Playlist.Variants);
                Assert.All(master.Playlist.Variants, variant => Assert.True(variant.Address.Scheme is "http" or "https", text));
                break;
        }
    }
}
