using System.Collections.Immutable;
using System.Text;
using CsCheck;
using Tandem.Checks.Hls;
using Tandem.Live.Ingest;
using Tandem.Live.Package;
using Tandem.Live.Timeline;
using Tandem.Media.Worker;
using Xunit;

namespace Tandem.Tests.Package;

/// <summary>Whatever a source or a worker hands over, what is written stays a playlist, a caption, a segment.</summary>
public sealed class HostileInputTests
{
    private static readonly Gen<string> Nasty = Gen.Select(
        One("", "\"", "\n", "\r\n#EXT-X-ENDLIST\n", ",", "=", "#EXTINF:1,\nhttp://x/\n", "-->", "&", "\0", "\u2028", "😀", "\ud800", "a"),
        Gen.String[0, 20],
        One("\n", "\"", "x", "\n\n"),
        (first, middle, last) => first + middle + last);

    private static Gen<string> One(params string[] texts) => Gen.Int[0, texts.Length - 1].Select(index => texts[index]);

    [Fact]
    public void Text_of_a_source_cannot_add_lines_to_a_playlist() => Gen.Select(Nasty, Nasty, Nasty, Nasty).Sample((title, address, tag, value) =>
    {
        if (!Uri.TryCreate(new Uri("https://cdn.test/"), address, out var uri))
            return;
        var text = MediaPlaylistWriter.Write(new PublishedPlaylist
        {
            TargetDuration = 2,
            MediaSequence = 7,
            DiscontinuitySequence = 0,
            Start = AttributeList.Empty.With("TIME-OFFSET", value, quoted: false),
            Segments =
            [
                new PublishedSegment(uri, TimeSpan.FromSeconds(2), DateTimeOffset.UnixEpoch)
                {
                    Title = title,
                    OtherTags = [tag, "#EXT-X-CUE-OUT:" + tag],
                    Map = new MediaMap(uri, null),
                    Keys = [new MediaKey("AES-128", uri, null, AttributeList.Empty.With("METHOD", "AES-128", false).With("X", value, true))],
                },
            ],
        });

        var read = HlsReader.Read(new Uri("https://tandem.test/a.m3u8"), text);
        Assert.DoesNotContain(read.Faults, fault => !fault.StartsWith("EXT-X-START", StringComparison.Ordinal));
        var segment = Assert.Single(read.Segments);
        Assert.Equal(7, segment.Number);
        Assert.False(read.Ended);
    });

    [Fact]
    public void Text_of_a_source_cannot_add_lines_to_a_master() => Gen.Select(Nasty, Nasty).Sample((name, value) =>
    {
        var address = new Uri("https://cdn.test/v.m3u8");
        var text = MasterWriter.Write(
            new PublishedMaster
            {
                Source = new MasterPlaylist(
                    address,
                    [new Variant(AttributeList.Empty.With("BANDWIDTH", "1", false).With("AUDIO", "g", true).With("X", value, true), address)],
                    [new Rendition(AttributeList.Empty.With("TYPE", "AUDIO", false).With("GROUP-ID", "g", true).With("NAME", name, true), address)],
                    [],
                    false,
                    null,
                    [value, "#EXT-X-SESSION-DATA:URI=\"" + value + "\""]),
                Paths = ImmutableDictionary<Uri, string>.Empty.Add(address, "v.m3u8"),
                Voices = [new Voice("es/index.m3u8", "es", false, "mp4a.40.2", 2, 128_000, 128_000)],
            },
            new Uri("https://tandem.test/live/x/"));

        var lines = text.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(2, lines.Count(line => line.StartsWith("#EXT-X-MEDIA:", StringComparison.Ordinal)));
        Assert.Equal(["https://tandem.test/live/x/v.m3u8"], lines.Where(line => line[0] != '#'));
    });

    [Fact]
    public void Text_of_a_dub_cannot_break_a_caption() => Gen.Select(Nasty, Nasty).Sample((first, second) =>
    {
        CaptionCue[] cues = [new(new MediaTime(0, 0), new MediaTime(0, 90_000), first + second), new(new MediaTime(0, 90_000), new MediaTime(0, 90_000), second)];
        var bytes = WebVtt.Segment(default, default, new MediaTime(0, 180_000), cues);
        Assert.True(CaptionSegment.Read(bytes, out var fault) is not null, fault + "\n" + Encoding.UTF8.GetString(bytes));
    });

    [Fact]
    public void Frames_of_a_worker_cannot_break_a_packager() => Gen.Select(
        One("aac", "mp3", "mp2", "ac3", "eac3", "opus", "other"),
        Gen.Byte.Array[0, 40],
        Gen.Select(Gen.Long, Gen.Int, Gen.Byte.Array[0, 60]).Array[0, 20],
        Gen.Int[-1, 100_000],
        Gen.Int[-1, 10]).Sample((codec, config, frames, rate, channels) =>
    {
        var coded = frames.Select(frame => new CodedFrame(frame.Item1, frame.Item2, frame.Item3)).ToArray();
        if (SoundFormat.Of(new CodedSound(codec, rate, channels, config, coded)) is not { } format)
            return;
        foreach (var container in Enum.GetValues<Container>())
        {
            if (SoundPackager.Create(container, format, "en") is { } packager)
                Assert.InRange(packager.Package(new MediaTime(0, 90_000), coded).Length, 1, 1_000_000);
        }
    });
}
