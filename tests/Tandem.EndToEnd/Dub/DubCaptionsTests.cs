using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using Tandem.Checks.Captions;
using Tandem.Checks.Signals;
using Xunit;

namespace Tandem.EndToEnd.Dub;

/// <summary><c>dub</c> with captions as the recogniser: of a file beside the film, of its tracks, of its pictures, of its playlist.</summary>
public sealed class DubCaptionsTests : IDisposable
{
    private const string Engine = "captions+apertium+espeak";
    private const int Seconds = 12;

    private static readonly SentCaption[] _captions = [new(2, 4, "Good morning."), new(6, 8.5, "The house is red.")];

    private readonly string _folder = DubRun.Folder();

    private string Output => Path.Combine(_folder, "dubbed.mkv");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task A_file_beside_the_film_says_what_is_dubbed()
    {
        Skip();
        var film = await FilmAsync("film.mp4");
        var run = await DubAsync(film, "--captions", Vtt());
        await ExpectAsync(run);
    }

    [Fact]
    public async Task A_film_without_captions_is_refused_with_the_remedy()
    {
        Skip();
        var run = await DubAsync(await FilmAsync("film.mp4"));
        Assert.Equal(1, run.Code);
        Assert.Contains("has no captions in en: it has no subtitles, and its picture carries no CEA-608 (CC1)", run.Errors, StringComparison.Ordinal);
        Assert.Contains("--captions FILE.vtt", run.Errors, StringComparison.Ordinal);
        Assert.False(File.Exists(Output));
        run = await DubRun.RunAsync("nothing.mp4", "--from", "en", "--to", "es", "-o", Output, "--captions", "some.vtt");
        Assert.Equal(2, run.Code);
        Assert.Contains("--captions: engine offline reads none", run.Errors, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("film.mp4", "mov_text")]
    [InlineData("film.mkv", "subrip")]
    [InlineData("film.mkv", "ass")]
    [InlineData("film.webm", "webvtt")]
    [Trait("Category", "Full")]
    public async Task A_subtitle_track_says_what_is_dubbed(string name, string codec)
    {
        Skip();
        var film = await FilmAsync("plain.mkv");
        var subtitled = Path.Combine(_folder, name);
        string[] coded = name.EndsWith("webm", StringComparison.Ordinal) ? ["-c:v", "libvpx", "-c:a", "libopus"] : ["-c", "copy"];
        await Ffmpeg.RunAsync(
            ["-v", "error", "-i", film, "-i", Vtt(), "-map", "0", "-map", "1", .. coded, "-c:s", codec, "-metadata:s:s:0", "language=eng", subtitled]);
        await ExpectAsync(await DubAsync(subtitled));
    }

    [Theory]
    [InlineData("film.ts")]
    [InlineData("film.mp4")]
    [Trait("Category", "Full")]
    public async Task CEA_608_in_the_picture_says_what_is_dubbed(string name)
    {
        Skip();
        await ExpectAsync(await DubAsync(await Line21Async(name)));
    }

    [Fact]
    [Trait("Category", "Full")]
    public async Task A_playlist_s_rendition_says_what_is_dubbed()
    {
        Skip();
        var film = await FilmAsync("plain.mp4");
        await Ffmpeg.RunAsync(["-v", "error", "-i", film, "-c", "copy", "-f", "hls", "-hls_time", "4", "-hls_playlist_type", "vod", "film.m3u8"], folder: _folder);
        Vtt("subs0.vtt", 1.4);
        await File.WriteAllTextAsync(Path.Combine(_folder, "subs.m3u8"), $"#EXTM3U\n#EXT-X-TARGETDURATION:{Seconds}\n#EXTINF:{Seconds},\nsubs0.vtt\n#EXT-X-ENDLIST\n");
        await File.WriteAllTextAsync(Path.Combine(_folder, "master.m3u8"), """
            #EXTM3U
            #EXT-X-MEDIA:TYPE=SUBTITLES,GROUP-ID="s",NAME="English",LANGUAGE="en",URI="subs.m3u8"
            #EXT-X-STREAM-INF:BANDWIDTH=500000,CODECS="avc1.42c00b,mp4a.40.2",SUBTITLES="s"
            film.m3u8

            """);
        using var server = new FolderServer(_folder);
        await ExpectAsync(await DubAsync(new Uri(server.Root, "master.m3u8").AbsoluteUri, "--allow-private"));
    }

    private static void Skip()
    {
        if (!File.Exists("/usr/share/apertium/modes/eng-spa.mode"))
            Assert.Skip("apertium-eng-spa is not installed");
    }

    private Task<DubResult> DubAsync(string film, params string[] more) =>
        DubRun.RunAsync([film, "--from", "en", "--to", "es", "-o", Output, "--engine", Engine, "--json", .. more]);

    /// <summary>The dubbed film's captions are the translations, at the source's times, and what is heard there is no silence.</summary>
    private async Task ExpectAsync(DubResult run)
    {
        Assert.True(run.Code == 0, run.Errors);
        Assert.Equal(2, run.Summary.GetProperty("utterances").GetInt64());
        var captions = await Ffmpeg.RunAsync(["-v", "error", "-i", Output, "-map", "0:s:0", "-f", "webvtt", "pipe:1"]);
        var cues = Encoding.UTF8.GetString(captions.Output).Split("\n\n").Where(block => block.Contains("-->", StringComparison.Ordinal))
            .Select(block => block.Trim().Split('\n')).Select(lines => (Start: Start(lines[0]), Text: string.Join(' ', lines.Skip(1)))).ToList();
        Assert.Equal(["Buenos días", "La casa es roja"], cues.Select(cue => cue.Text.TrimEnd('.')));
        Assert.Equal(2, cues[0].Start, 0.1);
        Assert.Equal(6, cues[1].Start, 0.1);
        var voice = await DubRun.SoundAsync(Output, "a:0");
        foreach (var (start, _) in cues)
            Assert.True(Loudness(voice.Between(start + 0.1, start + 0.7)) > -35, $"silence at {start:F2} s");
        Assert.True(Loudness(voice.Between(4.8, 5.8)) < -60, "something is heard where nobody speaks");
    }

    private static double Start(string line) =>
        line.Split(" --> ")[0].Split(':').Aggregate(0.0, (sum, part) => (sum * 60) + double.Parse(part, CultureInfo.InvariantCulture));

    private static double Loudness(float[] samples) => 10 * Math.Log10((samples.Sum(sample => (double)sample * sample) / samples.Length) + 1e-10);

    private string Vtt(string name = "said.vtt", double? mappedTo = null)
    {
        var text = new StringBuilder("WEBVTT\n");
        if (mappedTo is { } seconds)
            text.Append(CultureInfo.InvariantCulture, $"X-TIMESTAMP-MAP=LOCAL:00:00:00.000,MPEGTS:{(long)(seconds * 90_000)}\n");
        foreach (var caption in _captions)
            text.Append(CultureInfo.InvariantCulture, $"\n00:{caption.Start:00.000} --> 00:{caption.End:00.000}\n<i>{caption.Text}</i>\n");
        var path = Path.Combine(_folder, name);
        File.WriteAllText(path, text.ToString());
        return path;
    }

    /// <summary>A film in whose sound something is heard where its captions show: a quiet noise.</summary>
    private async Task<string> FilmAsync(string name)
    {
        var path = Path.Combine(_folder, name);
        var sound = new float[Seconds * 48_000];
        var random = new Random(7);
        foreach (var caption in _captions)
        {
            for (var index = (int)(caption.Start * 48_000); index < (int)(caption.End * 48_000); index++)
                sound[index] = (float)((random.NextDouble() - 0.5) * 0.2);
        }

        await Ffmpeg.RunAsync(
            [
                "-v", "error", "-f", "lavfi", "-i", $"testsrc2=s=160x90:r=25:d={Seconds}", "-f", "f32le", "-ar", "48000", "-ac", "1", "-i", "pipe:0",
                "-c:v", "libx264", "-preset", "ultrafast", "-bf", "2", "-pix_fmt", "yuv420p", "-c:a", "aac", "-b:a", "128k", path,
            ],
            MemoryMarshal.AsBytes(sound.AsSpan()).ToArray());
        return path;
    }

    private async Task<string> Line21Async(string name)
    {
        var plain = await FilmAsync("plain.ts");
        var bytes = await File.ReadAllBytesAsync(plain);
        long? first = null;
        _ = CaptionedTs.Insert(bytes, ticks =>
        {
            first = Math.Min(first ?? ticks, ticks);
            return [LinePair.Padding];
        });
        var schedule = new PopOnSchedule(_captions, 25);
        var captioned = Path.Combine(_folder, "line21.ts");
        await File.WriteAllBytesAsync(captioned, CaptionedTs.Insert(bytes, ticks => [schedule.At((long)Math.Round((ticks - first!.Value) * 25 / 90_000.0))]));
        var path = Path.Combine(_folder, name);
        await Ffmpeg.RunAsync(["-v", "error", "-i", captioned, "-c", "copy", .. name.EndsWith("mp4", StringComparison.Ordinal) ? ["-bsf:a", "aac_adtstoasc"] : Array.Empty<string>(), path]);
        return path;
    }
}
