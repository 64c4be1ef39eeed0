using System.Globalization;
using System.Text;
using Tandem.Checks.Hls;
using Tandem.Live.Package;
using Tandem.Live.Timeline;

namespace Tandem.Tests.Package;

/// <summary>
/// A channel as it should be, published for 14 steps of 2 s: two variants of the source, the original, a dub and its captions, a
/// discontinuity between segments 104 and 105. <see cref="Text"/> and <see cref="Bytes"/> let a test plant one mistake.
/// </summary>
internal sealed class FakeChannel
{
    public const int Steps = 14;
    public const int Break = 105;

    /// <summary>All media playlists.</summary>
    public static readonly string[] Names = ["v0", "v1", "original", "es", "captions"];

    private const int Window = 6;
    private const int FrameTicks = 1920;
    private static readonly DateTimeOffset Begin = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);

    /// <summary>Changes a playlist on its way to the checker: name, step, text.</summary>
    public Func<string, int, string, string> Text { get; init; } = (_, _, text) => text;

    /// <summary>Changes a segment on its way to the checker: playlist, number, bytes.</summary>
    public Func<string, long, byte[], byte[]> Bytes { get; init; } = (_, _, bytes) => bytes;

    /// <summary>How many segments a playlist lags behind at a step.</summary>
    public Func<string, int, int> Lag { get; init; } = (_, _) => 0;

    public CheckerOptions Options { get; init; } = new() { RequireCodecs = true, Languages = ["es"] };

    /// <summary>Publishes everything and returns what the checker found.</summary>
    public IReadOnlyList<HlsViolation> Run()
    {
        var checker = new PlaylistChecker(Options);
        for (var step = 0; step < Steps; step++)
        {
            var now = Begin.AddSeconds(60 + (2 * step));
            checker.Observe(Address("master"), now, TextOf("master", step));
            foreach (var name in Names)
            {
                var playlist = checker.Observe(Address(name), now, TextOf(name, step));
                foreach (var segment in playlist.Segments)
                {
                    if (BytesOf(name, segment.Number) is { } bytes)
                        checker.ObserveSegment(Address(name), segment, now, bytes);
                }
            }
        }

        return checker.Violations;
    }

    /// <summary>A playlist at a step.</summary>
    public string TextOf(string name, int step) => Text(name, step, name == "master" ? Master() : Media(name, 100 + step - Lag(name, step)));

    /// <summary>A segment of Tandem's own; null of the source's.</summary>
    public byte[]? BytesOf(string name, long number) => Content(name, number) is { } bytes ? Bytes(name, number, bytes) : null;

    /// <summary>Media time of a segment: the discontinuity begins at zero again.</summary>
    public static long TicksOf(long number) => number < Break ? 8_589_000_000 + ((number - 100) * 180_000) : (number - Break) * 180_000;

    private static Uri Address(string name) => new($"https://tandem.test/live/news/{name}.m3u8");

    private static string Master() =>
        """
        #EXTM3U
        #EXT-X-VERSION:4
        #EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="tandem",NAME="English (original)",LANGUAGE="en",DEFAULT=NO,AUTOSELECT=YES,CHANNELS="2",URI="https://tandem.test/live/news/original.m3u8"
        #EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="tandem",NAME="Español",LANGUAGE="es",DEFAULT=YES,AUTOSELECT=YES,CHANNELS="2",CHARACTERISTICS="public.machine-generated",URI="https://tandem.test/live/news/es.m3u8"
        #EXT-X-MEDIA:TYPE=SUBTITLES,GROUP-ID="captions",NAME="Español",LANGUAGE="es",DEFAULT=NO,AUTOSELECT=YES,FORCED=NO,CHARACTERISTICS="public.machine-generated",URI="https://tandem.test/live/news/captions.m3u8"
        #EXT-X-STREAM-INF:BANDWIDTH=3140000,AVERAGE-BANDWIDTH=2632000,CODECS="avc1.64001f,mp4a.40.2",AUDIO="tandem",SUBTITLES="captions"
        https://tandem.test/live/news/v0.m3u8
        #EXT-X-STREAM-INF:BANDWIDTH=1140000,AVERAGE-BANDWIDTH=632000,CODECS="avc1.42c015,mp4a.40.2",AUDIO="tandem",SUBTITLES="captions"
        https://tandem.test/live/news/v1.m3u8

        """;

    private static string Media(string name, long last)
    {
        var first = last - Window + 1;
        var text = new StringBuilder("#EXTM3U\n#EXT-X-VERSION:3\n#EXT-X-TARGETDURATION:2\n");
        text.Append(CultureInfo.InvariantCulture, $"#EXT-X-MEDIA-SEQUENCE:{first}\n#EXT-X-DISCONTINUITY-SEQUENCE:{(first > Break ? 1 : 0)}\n");
        for (var number = first; number <= last; number++)
        {
            if (number == Break)
                text.Append("#EXT-X-DISCONTINUITY\n");
            text.Append(CultureInfo.InvariantCulture, $"#EXT-X-PROGRAM-DATE-TIME:{Begin.AddSeconds(2 * (number - 90)):yyyy-MM-dd'T'HH:mm:ss.fff'Z'}\n");
            text.Append(CultureInfo.InvariantCulture, $"#EXTINF:2.000000,\n{SegmentOf(name, number)}\n");
        }

        return text.ToString();
    }

    private static string SegmentOf(string name, long number) => name switch
    {
        "v0" or "v1" => string.Create(CultureInfo.InvariantCulture, $"https://cdn.test/{name}/{number}.ts?token={number}"),
        "captions" => string.Create(CultureInfo.InvariantCulture, $"captions/{number}.vtt"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{name}/g{(number < Break ? 1 : 2)}/{number}.aac"),
    };

    private static byte[]? Content(string name, long number) => name switch
    {
        "v0" or "v1" => null,
        "captions" => Captions(number),
        _ => Sound(number),
    };

    /// <summary>Whole frames that begin at or after the segment's start, as a voice on an unbroken grid has them.</summary>
    private static byte[] Sound(long number)
    {
        var origin = TicksOf(number < Break ? 95 : Break);
        var from = (TicksOf(number) - origin + FrameTicks - 1) / FrameTicks;
        var to = (TicksOf(number) + 180_000 - origin + FrameTicks - 1) / FrameTicks;
        var frames = Enumerable.Repeat<ReadOnlyMemory<byte>>(new byte[300], (int)(to - from)).ToList();
        return PackedAudio.Segment(SoundFormat.AacLc(48_000, 2), new MediaTime(0, origin + (from * FrameTicks)), frames);
    }

    /// <summary>A cue in each segment, and one across each cut.</summary>
    private static byte[] Captions(long number)
    {
        var epoch = number < Break ? 0 : 1;
        var origin = new MediaTime(epoch, TicksOf(number < Break ? 95 : Break));
        var start = new MediaTime(epoch, TicksOf(number));
        var cues = Enumerable.Range(-1, 3).SelectMany(beside => (CaptionCue[])
        [
            new(At(beside, 0.5), At(beside, 1.5), "dentro"),
            new(At(beside, 1.75), At(beside, 2.25), "a través"),
        ]);
        return WebVtt.Segment(origin, start, At(0, 2), cues.Where(cue => cue.Start.Ticks >= origin.Ticks));

        MediaTime At(int segments, double seconds) => new(epoch, start.Ticks + (segments * 180_000L) + (long)(seconds * 90_000));
    }
}
