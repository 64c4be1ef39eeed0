using Tandem.Checks.Detectors;
using Tandem.EndToEnd.Harness;
using Xunit;

namespace Tandem.EndToEnd.Dub;

/// <summary>Recordings from the world (issue 3, "What must be shown", point 2).</summary>
public sealed class DubMediaTests : IDisposable
{
    private readonly string _folder = DubRun.Folder();

    private static string Media { get; } = Environment.GetEnvironmentVariable("TANDEM_TEST_MEDIA") ?? Path.Combine(Checkout.Root, "../shared/media");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact, Trait("Category", "Full")]
    public async Task Every_recording_is_dubbed_and_decoded_again_without_complaint()
    {
        Assert.SkipUnless(Directory.Exists(Media), $"no recordings at {Media}");
        string[] kinds = [".mp4", ".ts", ".mov", ".webm", ".wav", ".flac", ".mp3"];
        var films = new[] { "video", "speech" }.SelectMany(folder => Directory.EnumerateFiles(Path.Combine(Media, folder), "*", SearchOption.AllDirectories))
            .Where(path => kinds.Contains(Path.GetExtension(path))).Order(StringComparer.Ordinal).ToList();
        Assert.NotEmpty(films);
        var problems = new List<string>();
        var compared = 0;
        foreach (var film in films)
        {
            var streams = await DubRun.StreamsAsync(film);
            var hasSound = streams.Any(stream => stream.GetProperty("codec_type").GetString() == "audio");
            var isVp8 = streams.Any(stream => stream.GetProperty("codec_name").GetString() == "vp8");
            var output = Path.Combine(_folder, isVp8 ? "out.mkv" : "out.mp4");
            var result = await DubRun.RunAsync(film, "--from", "en", "--to", "es", "--engine", "tone", "-o", output, "--overwrite");
            if (result.Code != (hasSound ? 0 : 1))
                problems.Add($"{film}: exit code {result.Code}: {string.Join(" ", result.Complaints)}");
            else if (hasSound && await DubRun.ComplaintsAsync(output) is { Length: > 0 } complaint && await DubRun.ComplaintsAsync(film) is not { Length: > 0 })
                problems.Add($"{film}: {complaint}");

            // The original is carried beside the voice: picture and sound begin as far apart as they did.
            if (!hasSound || result.Code != 0 || Lead(streams) is not { } before)
                continue;
            compared++;
            if (Lead(await DubRun.StreamsAsync(output)) is not { } after || Math.Abs(after - before) > 0.03)
                problems.Add($"{film}: the picture led its sound by {before:F3} s, and does by {Lead(await DubRun.StreamsAsync(output)):F3} s");
        }

        Assert.InRange(compared, 3, films.Count);
        Assert.True(problems.Count == 0, string.Join('\n', problems));
    }

    /// <summary>How long before its last sound track the picture begins, s; null where either is missing or does not say.</summary>
    private static double? Lead(IReadOnlyList<System.Text.Json.JsonElement> streams)
    {
        var (picture, sound) = (Start("video", streams), Start("audio", streams));
        return sound - picture;

        static double? Start(string kind, IEnumerable<System.Text.Json.JsonElement> streams) => streams
            .Where(stream => stream.GetProperty("codec_type").GetString() == kind && stream.TryGetProperty("start_time", out _))
            .Select(stream => (double?)double.Parse(stream.GetProperty("start_time").GetString()!, System.Globalization.CultureInfo.InvariantCulture)).LastOrDefault();
    }

    [Fact]
    public async Task Human_English_and_German_tracks_of_one_picture_do_not_shift_against_each_other()
    {
        var film = Path.Combine(Media, "video/count_2audio_eng_deu.mp4");
        Assert.SkipUnless(File.Exists(film), $"no recordings at {Media}");
        var output = Path.Combine(_folder, "out.mp4");
        var result = await DubRun.RunAsync(film, "--from", "en", "--to", "es", "--engine", "echo", "-o", output);
        Assert.True(result.Code == 0, result.Errors);

        // The voice, then English and German.
        var streams = await DubRun.StreamsAsync(output);
        Assert.Equal(["spa", "eng", "deu"], streams.Where(stream => stream.GetProperty("codec_type").GetString() == "audio").Select(stream => DubRun.Tag(stream, "language")));
        for (var track = 0; track < 3; track++)
        {
            var before = await SoundAsync(film, track < 2 ? "a:0" : "a:1");
            var after = await SoundAsync(output, $"a:{track}");
            var fit = WhoIsHeard.Rank(after[(5 * 48_000)..(20 * 48_000)], [KeyValuePair.Create("same", before[(5 * 48_000)..])])[0];
            Assert.True(fit.Likeness > WhoIsHeard.Same, $"track {track}: {fit}");
            var shift = Shift(before, after);
            Assert.True(Math.Abs(shift) <= 0.005, $"track {track} is {shift * 1000:F2} ms late");
        }
    }

    private static async Task<float[]> SoundAsync(string film, string stream) => (await DubRun.SoundAsync(film, stream)).Between(0, 22);

    /// <summary>By how much the second is later, where the two correlate best within 30 ms.</summary>
    private static double Shift(float[] before, float[] after)
    {
        const int reach = 1_440;
        var (best, at) = (double.MinValue, 0);
        for (var shift = -reach; shift <= reach; shift += 4)
        {
            double sum = 0;
            for (var index = 5 * 48_000; index < 15 * 48_000; index += 3)
                sum += before[index] * after[index + shift];
            if (sum > best)
                (best, at) = (sum, shift);
        }

        return at / 48_000.0;
    }
}
